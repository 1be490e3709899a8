"""CMS objects as their parts, so that any part can be left out, doubled, swapped or encoded wrong.

A second writer beside ``signing.cms``, which can only write right ones. The parts are encoded already; nothing is
checked (RFC 5652, 5; RFC 5035; EN 319 122-1, 5).
"""

from __future__ import annotations

import hashlib
from dataclasses import dataclass, replace
from typing import TYPE_CHECKING

from cryptography.hazmat.primitives import hashes
from cryptography.hazmat.primitives.asymmetric import ec, ed25519, padding, rsa
from cryptography.hazmat.primitives.asymmetric.utils import decode_dss_signature

from certs.der import (
    context,
    context_primitive,
    integer,
    null,
    octet_string,
    oid,
    sequence,
    set_of,
    tlv,
)

if TYPE_CHECKING:
    from collections.abc import Callable, Iterable, Mapping

    from asn1crypto.x509 import Certificate

    from tests.notary import Key

DATA = "1.2.840.113549.1.7.1"
SIGNED_DATA = "1.2.840.113549.1.7.2"
TST_INFO = "1.2.840.113549.1.9.16.1.4"
CONTENT_TYPE = "1.2.840.113549.1.9.3"
MESSAGE_DIGEST = "1.2.840.113549.1.9.4"
SIGNING_TIME = "1.2.840.113549.1.9.5"
ALGORITHM_PROTECTION = "1.2.840.113549.1.9.52"
SIGNING_CERTIFICATE = "1.2.840.113549.1.9.16.2.12"
SIGNING_CERTIFICATE_V2 = "1.2.840.113549.1.9.16.2.47"
SIGNATURE_TIMESTAMP = "1.2.840.113549.1.9.16.2.14"

_DIGESTS = {
    "md5": "1.2.840.113549.2.5",
    "sha1": "1.3.14.3.2.26",
    "sha256": "2.16.840.1.101.3.4.2.1",
    "sha384": "2.16.840.1.101.3.4.2.2",
    "sha512": "2.16.840.1.101.3.4.2.3",
}
_HASHES: dict[str, hashes.HashAlgorithm] = {
    "md5": hashes.MD5(),
    "sha1": hashes.SHA1(),
    "sha256": hashes.SHA256(),
    "sha384": hashes.SHA384(),
    "sha512": hashes.SHA512(),
}


def digest_algorithm(name: str) -> bytes:
    """``AlgorithmIdentifier`` of a digest, without parameters (RFC 5754, 2)."""
    return sequence(oid(_DIGESTS[name]))


@dataclass(frozen=True, slots=True)
class Scheme:
    """How a signature value is made, and the ``AlgorithmIdentifier`` that says so."""

    identifier: bytes
    sign: Callable[[Key, bytes], bytes]

    def called(self, identifier: bytes) -> Scheme:
        """The same way of signing under another name."""
        return replace(self, identifier=identifier)


def rsa_pkcs1(digest: str) -> Scheme:
    """RSASSA-PKCS1-v1_5 (RFC 8017, 8.2), named by the digest and RSA in one identifier."""
    arcs = {"md5": 4, "sha1": 5, "sha256": 11, "sha384": 12, "sha512": 13}

    def sign(key: Key, message: bytes) -> bytes:
        assert isinstance(key, rsa.RSAPrivateKey)
        return key.sign(message, padding.PKCS1v15(), _HASHES[digest])

    return Scheme(sequence(oid(f"1.2.840.113549.1.1.{arcs[digest]}"), null()), sign)


def pss_parameters(digest: str, *, mgf: str | None = None, salt: int = 32, trailer: bytes = b"") -> bytes:
    """``RSASSA-PSS-params`` (RFC 8017, A.2.3)."""
    mask = sequence(oid("1.2.840.113549.1.1.8"), sequence(oid(_DIGESTS[mgf or digest]), null()))
    return sequence(
        context(0, sequence(oid(_DIGESTS[digest]), null())), context(1, mask), context(2, integer(salt)), trailer
    )


def rsa_pss(
    digest: str = "sha256", *, mgf: str | None = None, salt: int = 32, parameters: bytes | None = None
) -> Scheme:
    """RSASSA-PSS; ``parameters`` are what is claimed, if not what is done."""
    claimed = pss_parameters(digest, mgf=mgf, salt=salt) if parameters is None else parameters

    def sign(key: Key, message: bytes) -> bytes:
        assert isinstance(key, rsa.RSAPrivateKey)
        mask = padding.MGF1(_HASHES[mgf or digest])
        return key.sign(message, padding.PSS(mgf=mask, salt_length=salt), _HASHES[digest])

    return Scheme(sequence(oid("1.2.840.113549.1.1.10"), claimed), sign)


def ecdsa(digest: str = "sha256") -> Scheme:
    """ECDSA with the digest in the identifier (RFC 5758, 3.2)."""
    arcs = {"sha256": "4.3.2", "sha384": "4.3.3", "sha512": "4.3.4", "sha1": "4.1"}

    def sign(key: Key, message: bytes) -> bytes:
        assert isinstance(key, ec.EllipticCurvePrivateKey)
        return key.sign(message, ec.ECDSA(_HASHES[digest]))

    return Scheme(sequence(oid(f"1.2.840.10045.{arcs[digest]}")), sign)


def ecdsa_plain() -> Scheme:
    """ECDSA with SHA-256 whose value is r and s side by side (BSI TR-03111, 5.2.1.1)."""

    def sign(key: Key, message: bytes) -> bytes:
        r, s = decode_dss_signature(ecdsa().sign(key, message))
        return r.to_bytes(32, "big") + s.to_bytes(32, "big")

    return Scheme(sequence(oid("0.4.0.127.0.7.1.1.4.1.3")), sign)


def ed25519_pure() -> Scheme:
    """Ed25519 (RFC 8419)."""

    def sign(key: Key, message: bytes) -> bytes:
        assert isinstance(key, ed25519.Ed25519PrivateKey)
        return key.sign(message)

    return Scheme(sequence(oid("1.3.101.112")), sign)


@dataclass(frozen=True, slots=True, kw_only=True)
class SignerInfo:
    """One signer; ``attributes`` None means that there are no signed attributes."""

    sid: bytes
    attributes: bytes | None
    signature_algorithm: bytes
    signature: bytes
    version: bytes = integer(1)
    digest_algorithm: bytes = digest_algorithm("sha256")
    unsigned: tuple[bytes, ...] = ()

    def der(self) -> bytes:
        """The SignerInfo; its attributes are ``[0] IMPLICIT`` of the SET that was signed."""
        return sequence(
            self.version,
            self.sid,
            self.digest_algorithm,
            b"\xa0" + self.attributes[1:] if self.attributes is not None else b"",
            self.signature_algorithm,
            octet_string(self.signature),
            context(1, b"".join(self.unsigned)) if self.unsigned else b"",
        )


@dataclass(frozen=True, slots=True, kw_only=True)
class Envelope:
    """``ContentInfo`` with ``SignedData``. ``certificates`` and ``crls`` are whole ``[0]`` and ``[1]`` elements."""

    signers: tuple[SignerInfo, ...]
    certificates: bytes
    content_type: bytes = oid(SIGNED_DATA)
    version: bytes = integer(1)
    digest_algorithms: bytes = set_of(digest_algorithm("sha256"))
    content: bytes = sequence(oid(DATA))
    crls: bytes = b""

    @property
    def signer(self) -> SignerInfo:
        """The only signer."""
        return self.signers[0]

    def with_signer(self, **changes: object) -> Envelope:
        """The only signer's parts replaced; the signature value stays what it was."""
        return replace(self, signers=(replace(self.signer, **changes),))  # type: ignore[arg-type] # names are checked at run time

    def der(self) -> bytes:
        """The CMS object."""
        return sequence(self.content_type, context(0, self.signed_data()))

    def signed_data(self) -> bytes:
        """The ``SignedData`` in it."""
        return sequence(
            self.version,
            self.digest_algorithms,
            self.content,
            self.certificates,
            self.crls,
            set_of(*(signer.der() for signer in self.signers)),
        )


def attribute(kind: str, *values: bytes) -> bytes:
    """``Attribute``: its type and the SET of its values."""
    return sequence(oid(kind), set_of(*values))


def certificate_set(certificates: Iterable[Certificate]) -> bytes:
    """``[0] IMPLICIT CertificateSet`` in the order given."""
    return context(0, b"".join(certificate.dump() for certificate in certificates))


def issuer_and_serial(certificate: Certificate, *, serial: int | None = None) -> bytes:
    """``IssuerAndSerialNumber``, of another certificate of the issuer if told so."""
    return sequence(certificate.issuer.dump(), integer(certificate.serial_number if serial is None else serial))


def key_identifier(certificate: Certificate) -> bytes:
    """``[0] IMPLICIT SubjectKeyIdentifier``."""
    return context_primitive(0, bytes(certificate.key_identifier))


def ess_certificate(certificate: Certificate, *, digest: str = "sha256", claimed: str | None = None) -> bytes:
    """``ESSCertIDv2`` with issuer and serial; ``claimed`` names another digest than the one that was used."""
    named = claimed or digest
    name = tlv(0xA4, certificate.issuer.dump())
    return sequence(
        b"" if named == "sha256" else digest_algorithm(named),
        octet_string(hashlib.new(digest, certificate.dump()).digest()),
        sequence(sequence(name), integer(certificate.serial_number)),
    )


def signing_certificate(*certificates: bytes) -> bytes:
    """The attribute signing-certificate-v2 over these ``ESSCertIDv2``."""
    return attribute(SIGNING_CERTIFICATE_V2, sequence(sequence(*certificates)))


def baseline_attributes(certificate: Certificate, digest: bytes, *, content_type: str = DATA) -> dict[str, bytes]:
    """The signed attributes of a PAdES baseline signature by their types (EN 319 142-1, 6.3)."""
    return {
        CONTENT_TYPE: attribute(CONTENT_TYPE, oid(content_type)),
        MESSAGE_DIGEST: attribute(MESSAGE_DIGEST, octet_string(digest)),
        SIGNING_CERTIFICATE_V2: signing_certificate(ess_certificate(certificate)),
    }


def der_set(attributes: Mapping[str, bytes]) -> bytes:
    """The attributes as the SET that is signed (RFC 5652, 5.4)."""
    return set_of(*attributes.values())


def sealed(
    attributes: bytes,
    *,
    certificate: Certificate,
    key: Key,
    scheme: Scheme,
    chain: Iterable[Certificate] = (),
    digest: str = "sha256",
) -> Envelope:
    """An envelope whose value is made over exactly these attribute bytes."""
    signer = SignerInfo(
        sid=issuer_and_serial(certificate),
        attributes=attributes,
        signature_algorithm=scheme.identifier,
        signature=scheme.sign(key, attributes),
        digest_algorithm=digest_algorithm(digest),
    )
    return Envelope(
        signers=(signer,),
        certificates=certificate_set((certificate, *chain)),
        digest_algorithms=set_of(digest_algorithm(digest)),
    )
