"""Check a device's answer against what it should have signed and the certificate it should have used."""

from __future__ import annotations

from typing import TYPE_CHECKING

from cryptography.exceptions import InvalidSignature
from cryptography.hazmat.primitives import hashes
from cryptography.hazmat.primitives.asymmetric import ec, ed25519, padding, rsa

from certs.algorithms import DigestAlgorithm, SignatureScheme
from signing.errors import WrongSignatureValue

if TYPE_CHECKING:
    from signing.prepared import PreparedSignature, SignatureValue

_HASHES = {
    DigestAlgorithm.SHA256: hashes.SHA256(),
    DigestAlgorithm.SHA384: hashes.SHA384(),
    DigestAlgorithm.SHA512: hashes.SHA512(),
}


def demand_right_value(prepared: PreparedSignature, value: SignatureValue) -> None:
    """Raise :class:`WrongSignatureValue` unless the value verifies over the DTBS with the certificate's public key."""
    digest = _HASHES[prepared.algorithm.digest]
    try:
        match prepared.algorithm.scheme, prepared.certificate.x509.public_key():
            case SignatureScheme.RSA_PKCS1, rsa.RSAPublicKey() as key:
                key.verify(value.octets, prepared.dtbs, padding.PKCS1v15(), digest)
            case SignatureScheme.RSA_PSS, rsa.RSAPublicKey() as key:
                pss = padding.PSS(mgf=padding.MGF1(digest), salt_length=digest.digest_size)
                key.verify(value.octets, prepared.dtbs, pss, digest)
            case SignatureScheme.ECDSA, ec.EllipticCurvePublicKey() as key:
                key.verify(value.octets, prepared.dtbs, ec.ECDSA(digest))
            case SignatureScheme.ED25519, ed25519.Ed25519PublicKey() as key:
                key.verify(value.octets, prepared.dtbs)
            case _:
                raise WrongSignatureValue
    except InvalidSignature as error:
        raise WrongSignatureValue from error
