"""A certification request signed by a key that cannot be read (RFC 2986, PKCS #10)."""

from __future__ import annotations

from typing import TYPE_CHECKING

from certs import der
from certs.algorithms import SignatureAlgorithm
from hsm.errors import MechanismUnsupported

if TYPE_CHECKING:
    from collections.abc import Callable

    from cryptography import x509

    from hsm.inventory import KeyDescription

# RFC 4055, 5 wants NULL parameters with RSA; RFC 5758, 3.2 and RFC 8410, 3 want none.
_IDENTIFIERS = {
    SignatureAlgorithm.RSA_SHA256: der.sequence(der.oid("1.2.840.113549.1.1.11"), der.null()),
    SignatureAlgorithm.RSA_SHA384: der.sequence(der.oid("1.2.840.113549.1.1.12"), der.null()),
    SignatureAlgorithm.RSA_SHA512: der.sequence(der.oid("1.2.840.113549.1.1.13"), der.null()),
    SignatureAlgorithm.ECDSA_SHA256: der.sequence(der.oid("1.2.840.10045.4.3.2")),
    SignatureAlgorithm.ECDSA_SHA384: der.sequence(der.oid("1.2.840.10045.4.3.3")),
    SignatureAlgorithm.ECDSA_SHA512: der.sequence(der.oid("1.2.840.10045.4.3.4")),
    SignatureAlgorithm.ED25519: der.sequence(der.oid("1.3.101.112")),
}


def certification_request(
    *, key: KeyDescription, subject: x509.Name, sign: Callable[[bytes, SignatureAlgorithm], bytes]
) -> bytes:
    """DER ``CertificationRequest`` without attributes, signed with the key's first usual algorithm."""
    algorithm = next((a for a in key.algorithms if a in _IDENTIFIERS), None)
    if algorithm is None:
        raise MechanismUnsupported(
            token=key.uri.name, algorithm="PKCS #10", reason="the key has no algorithm for a signing request"
        )
    unsigned = der.sequence(der.integer(0), subject.public_bytes(), key.public_key, der.context(0, b""))
    value = sign(unsigned, algorithm)
    return der.sequence(unsigned, _IDENTIFIERS[algorithm], der.bit_string(value))
