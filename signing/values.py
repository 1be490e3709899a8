"""Check a device's answer against what it should have signed and the certificate it should have used."""

from __future__ import annotations

from typing import TYPE_CHECKING, TypeVar, assert_never

from cryptography.exceptions import InvalidSignature
from cryptography.hazmat.primitives import hashes
from cryptography.hazmat.primitives.asymmetric import ec, ed25519, padding, rsa

from certs.algorithms import DigestAlgorithm, SignatureScheme
from signing.errors import WrongSignatureValue

if TYPE_CHECKING:
    from signing.prepared import PreparedSignature, SignatureValue

_Key = TypeVar("_Key")

_HASHES = {
    DigestAlgorithm.SHA256: hashes.SHA256(),
    DigestAlgorithm.SHA384: hashes.SHA384(),
    DigestAlgorithm.SHA512: hashes.SHA512(),
}


def demand_right_value(prepared: PreparedSignature, value: SignatureValue) -> None:
    """Raise :class:`WrongSignatureValue` unless the value verifies over the DTBS with the certificate's public key."""
    key = prepared.certificate.x509.public_key()
    algorithm = prepared.algorithm
    digest = _HASHES[algorithm.digest]
    try:
        match algorithm.scheme:
            case SignatureScheme.RSA_PKCS1:
                _of_type(key, rsa.RSAPublicKey).verify(value.octets, prepared.dtbs, padding.PKCS1v15(), digest)
            case SignatureScheme.RSA_PSS:
                pss = padding.PSS(mgf=padding.MGF1(digest), salt_length=digest.digest_size)
                _of_type(key, rsa.RSAPublicKey).verify(value.octets, prepared.dtbs, pss, digest)
            case SignatureScheme.ECDSA:
                curve_key = _of_type(key, ec.EllipticCurvePublicKey)
                curve_key.verify(value.octets, prepared.dtbs, ec.ECDSA(digest))
            case SignatureScheme.ED25519:
                _of_type(key, ed25519.Ed25519PublicKey).verify(value.octets, prepared.dtbs)
            case _:
                assert_never(algorithm.scheme)
    except InvalidSignature as error:
        raise WrongSignatureValue from error


def _of_type(key: object, kind: type[_Key]) -> _Key:
    if not isinstance(key, kind):
        raise WrongSignatureValue
    return key
