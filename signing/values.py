"""Check a device's answer against what it should have signed and the certificate it should have used."""

from __future__ import annotations

from typing import TYPE_CHECKING

from certs.signature_values import verifies
from signing.errors import WrongSignatureValue

if TYPE_CHECKING:
    from signing.prepared import PreparedSignature, SignatureValue


def demand_right_value(prepared: PreparedSignature, value: SignatureValue) -> None:
    """Raise :class:`WrongSignatureValue` unless the value verifies over the DTBS with the certificate's public key."""
    key = prepared.certificate.x509.public_key()
    if not verifies(key=key, algorithm=prepared.algorithm, dtbs=prepared.dtbs, value=value.octets):
        raise WrongSignatureValue
