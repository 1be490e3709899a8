"""A certification request signed by a key that cannot be read (RFC 2986, PKCS #10)."""

from __future__ import annotations

from typing import TYPE_CHECKING

from certs import der
from certs.identifiers import signature_identifier
from hsm.errors import MechanismUnsupported

if TYPE_CHECKING:
    from collections.abc import Callable

    from cryptography import x509

    from certs.algorithms import SignatureAlgorithm
    from hsm.inventory import KeyDescription


def certification_request(
    *, key: KeyDescription, subject: x509.Name, sign: Callable[[bytes, SignatureAlgorithm], bytes]
) -> bytes:
    """DER ``CertificationRequest`` without attributes, signed with the key's first usual algorithm."""
    if not key.algorithms:
        raise MechanismUnsupported(
            token=key.uri.name, algorithm="PKCS #10", reason="no mechanism of the token signs with this key"
        )
    algorithm = key.algorithms[0]
    unsigned = der.sequence(der.integer(0), subject.public_bytes(), key.public_key, der.context(0, b""))
    value = sign(unsigned, algorithm)
    return der.sequence(unsigned, signature_identifier(algorithm), der.bit_string(value))
