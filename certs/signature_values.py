"""Whether a signature value is right, for the algorithms of CMS and OCSP that are still accepted.

SHA-2 with RSA of 2048 bits and more (PKCS#1 and PSS), ECDSA and Ed25519; everything else is a no (ETSI TS 119 312).
"""

from __future__ import annotations

from typing import TYPE_CHECKING

from cryptography.exceptions import InvalidSignature, UnsupportedAlgorithm
from cryptography.hazmat.primitives import hashes
from cryptography.hazmat.primitives.asymmetric import ec, ed25519, padding, rsa

from certs import _tsp_asn1 as shapes
from certs.errors import TimestampUnreadable
from certs.tsp import DIGEST_NAMES, AlgorithmIdentifier, algorithm_identifier

if TYPE_CHECKING:
    from cryptography.hazmat.primitives.asymmetric.types import PublicKeyTypes

_RSA = "1.2.840.113549.1.1.1"
_RSA_PSS = "1.2.840.113549.1.1.10"
_ED25519 = "1.3.101.112"
_MGF1 = "1.2.840.113549.1.1.8"
_RSA_WITH_DIGEST = {
    "1.2.840.113549.1.1.11": "sha256",
    "1.2.840.113549.1.1.12": "sha384",
    "1.2.840.113549.1.1.13": "sha512",
}
_ECDSA_WITH_DIGEST = {
    "1.2.840.10045.4.3.2": "sha256",
    "1.2.840.10045.4.3.3": "sha384",
    "1.2.840.10045.4.3.4": "sha512",
}
_DIGESTS: dict[str, type[hashes.SHA256 | hashes.SHA384 | hashes.SHA512]] = {
    "sha256": hashes.SHA256,
    "sha384": hashes.SHA384,
    "sha512": hashes.SHA512,
}
_SMALLEST_RSA = 2048


def is_signed_by(
    key: PublicKeyTypes,
    *,
    message: bytes,
    signature: bytes,
    algorithm: AlgorithmIdentifier,
    digest_algorithm: str | None = None,
) -> bool:
    """Whether the key made this signature over the message.

    ``digest_algorithm`` is a dotted OID, needed where CMS says only ``rsaEncryption`` (RFC 3370, 3.2).
    """
    try:
        match key:
            case rsa.RSAPublicKey() if key.key_size >= _SMALLEST_RSA:
                scheme, digest = _rsa_scheme(algorithm, digest_algorithm=digest_algorithm)
                key.verify(signature, message, scheme, digest)
            case ec.EllipticCurvePublicKey():
                key.verify(signature, message, ec.ECDSA(_DIGESTS[_ECDSA_WITH_DIGEST[algorithm.oid]]()))
            case ed25519.Ed25519PublicKey() if algorithm.oid == _ED25519:
                key.verify(signature, message)
            case _:
                return False
    except (InvalidSignature, UnsupportedAlgorithm, TimestampUnreadable, ValueError, KeyError):
        return False
    return True


def _rsa_scheme(
    algorithm: AlgorithmIdentifier, *, digest_algorithm: str | None
) -> tuple[padding.AsymmetricPadding, hashes.HashAlgorithm]:
    if algorithm.oid == _RSA_PSS:
        return _pss(algorithm)
    name = DIGEST_NAMES[digest_algorithm or ""] if algorithm.oid == _RSA else _RSA_WITH_DIGEST[algorithm.oid]
    return padding.PKCS1v15(), _DIGESTS[name]()


def _pss(algorithm: AlgorithmIdentifier) -> tuple[padding.PSS, hashes.HashAlgorithm]:
    """RFC 8017, A.2.3, with digest, mask digest and salt length spelt out; the defaults mean SHA-1."""
    parameters = shapes.decode(shapes.PssParameters, algorithm.parameters or b"")
    mask = algorithm_identifier(parameters.mask or [])
    if mask.oid != _MGF1 or mask.parameters is None or parameters.salt_length is None:
        msg = "unusual PSS parameters"
        raise TimestampUnreadable(msg)
    mask_digest = algorithm_identifier(shapes.elements(mask.parameters)).oid
    digest = algorithm_identifier(parameters.digest or []).oid
    scheme = padding.PSS(padding.MGF1(_DIGESTS[DIGEST_NAMES[mask_digest]]()), parameters.salt_length)
    return scheme, _DIGESTS[DIGEST_NAMES[digest]]()
