"""Check a device's answer against what it should have signed and the certificate it should have used."""

from __future__ import annotations

from typing import TYPE_CHECKING

from cryptography.hazmat.primitives.asymmetric.utils import encode_dss_signature

from certs.algorithms import SignatureScheme
from certs.signature_values import verifies
from signing.errors import WrongSignatureValue
from signing.prepared import SignatureValue

if TYPE_CHECKING:
    from signing.prepared import PreparedSignature


def demand_right_value(prepared: PreparedSignature, value: SignatureValue) -> None:
    """Raise :class:`WrongSignatureValue` unless the value verifies over the DTBS with the certificate's public key."""
    if not _is_right(prepared, value):
        raise WrongSignatureValue


def right_value(prepared: PreparedSignature, octets: bytes) -> SignatureValue:
    """What an official's token answered, as CMS wants it, once it verified; else :class:`WrongSignatureValue`.

    Tokens give ECDSA values as ``r || s`` (PKCS#11 3.0, 6.3.1; also CNG and Web Crypto), CMS wants them in DER
    (RFC 5753, 7.2); both are taken.
    """
    value = SignatureValue(octets)
    if _is_right(prepared, value):
        return value
    half = len(octets) // 2
    if prepared.algorithm.scheme is SignatureScheme.ECDSA and half and len(octets) % 2 == 0:
        r, s = int.from_bytes(octets[:half]), int.from_bytes(octets[half:])
        value = SignatureValue(encode_dss_signature(r, s))
        if _is_right(prepared, value):
            return value
    raise WrongSignatureValue


def _is_right(prepared: PreparedSignature, value: SignatureValue) -> bool:
    key = prepared.certificate.x509.public_key()
    return verifies(key=key, algorithm=prepared.algorithm, dtbs=prepared.dtbs, value=value.octets)
