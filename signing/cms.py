"""The CMS object of a PAdES signature, written directly in DER (RFC 5652, ETSI EN 319 142-1, clause 6).

Only digest, value and timestamp differ from one signature to the next, and DER has one way to write each of them, so
a writer of a few lines is faster and easier to check than a general encoder. ``openssl cms``, pyHanko and pdfsig read
the result in the tests.
"""

from __future__ import annotations

import hashlib
from functools import lru_cache
from typing import TYPE_CHECKING

from cryptography import x509

from certs import der
from certs.identifiers import digest_identifier, signature_identifier
from signing.claims import NO_CLAIMS, Claims

if TYPE_CHECKING:
    from certs.algorithms import SignatureAlgorithm

_ID_DATA = "1.2.840.113549.1.7.1"
_ID_SIGNED_DATA = "1.2.840.113549.1.7.2"
_CONTENT_TYPE = "1.2.840.113549.1.9.3"
_MESSAGE_DIGEST = "1.2.840.113549.1.9.4"
_SIGNING_CERTIFICATE_V2 = "1.2.840.113549.1.9.16.2.47"
_ALGORITHM_PROTECTION = "1.2.840.113549.1.9.52"
_SIGNATURE_TIMESTAMP = "1.2.840.113549.1.9.16.2.14"


def signed_attributes(
    *, document_digest: bytes, certificate: bytes, algorithm: SignatureAlgorithm, claims: Claims = NO_CLAIMS
) -> bytes:
    """The DER ``SET OF Attribute`` that the device signs.

    Content type, message digest, ESS signing-certificate-v2 (RFC 5035) and algorithm protection (RFC 6211), then what
    the signer claims. There is no signing-time: PAdES keeps the claimed time in ``/M`` (EN 319 142-1, 6.3).
    """
    return der.set_of(
        _attribute(_CONTENT_TYPE, der.oid(_ID_DATA)),
        _attribute(_MESSAGE_DIGEST, der.octet_string(document_digest)),
        _certificate_attribute(certificate),
        _protection_attribute(algorithm),
        *claims.attributes,
    )


def signature_container(
    *,
    attributes: bytes,
    value: bytes,
    certificate: bytes,
    chain: tuple[bytes, ...],
    algorithm: SignatureAlgorithm,
    timestamp: bytes | None,
) -> bytes:
    """The ``ContentInfo`` with one ``SignerInfo``; ``timestamp`` is a DER signature-timestamp token (RFC 3161)."""
    unsigned = (
        b"" if timestamp is None else der.tlv(0xA1, der.sequence(der.oid(_SIGNATURE_TIMESTAMP), der.set_of(timestamp)))
    )
    signer = der.sequence(
        der.integer(1),
        _issuer_and_serial(certificate),
        digest_identifier(algorithm.digest),
        # [0] IMPLICIT: the SET's own tag is replaced (RFC 5652, 5.3); signed was the SET (5.4).
        b"\xa0" + attributes[1:],
        signature_identifier(algorithm),
        der.octet_string(value),
        unsigned,
    )
    signed_data = der.sequence(
        der.integer(1),
        der.set_of(digest_identifier(algorithm.digest)),
        der.sequence(der.oid(_ID_DATA)),
        b"\xa0" + der.set_of(certificate, *chain)[1:],
        der.set_of(signer),
    )
    return der.sequence(der.oid(_ID_SIGNED_DATA), der.context(0, signed_data))


def _attribute(kind: str, value: bytes) -> bytes:
    return der.sequence(der.oid(kind), der.set_of(value))


@lru_cache(maxsize=1024)
def _certificate_attribute(certificate: bytes) -> bytes:
    """ESSCertIDv2 with its default SHA-256, and the issuer and serial number (RFC 5035, 4)."""
    parsed = x509.load_der_x509_certificate(certificate)
    issuer = der.sequence(der.context(4, parsed.issuer.public_bytes()))
    essential = der.sequence(
        der.octet_string(hashlib.sha256(certificate).digest()),
        der.sequence(issuer, der.integer(parsed.serial_number)),
    )
    return _attribute(_SIGNING_CERTIFICATE_V2, der.sequence(der.sequence(essential)))


@lru_cache(maxsize=32)
def _protection_attribute(algorithm: SignatureAlgorithm) -> bytes:
    signature = signature_identifier(algorithm)
    return _attribute(
        _ALGORITHM_PROTECTION,
        der.sequence(digest_identifier(algorithm.digest), b"\xa1" + signature[1:]),
    )


@lru_cache(maxsize=1024)
def _issuer_and_serial(certificate: bytes) -> bytes:
    parsed = x509.load_der_x509_certificate(certificate)
    return der.sequence(parsed.issuer.public_bytes(), der.integer(parsed.serial_number))
