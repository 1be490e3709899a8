"""Whether a signature value is right, for the algorithms of CMS and OCSP that are still accepted.

SHA-2 with RSA of 2048 bits and more (PKCS#1 and PSS), ECDSA and Ed25519; everything else is a no (ETSI TS 119 312).
"""

from __future__ import annotations

from typing import TYPE_CHECKING, assert_never

from cryptography.exceptions import InvalidSignature, UnsupportedAlgorithm
from cryptography.hazmat.primitives import hashes
from cryptography.hazmat.primitives.asymmetric import ec, ed25519, padding, rsa

from certs import _tsp_asn1 as shapes
from certs.algorithms import DigestAlgorithm, SignatureAlgorithm, SignatureScheme
from certs.errors import TimestampUnreadable
from certs.identifiers import DIGEST_OIDS, MGF1, RSA_ENCRYPTION, RSASSA_PSS, SIGNATURE_OIDS
from certs.tsp import AlgorithmIdentifier, algorithm_identifier

if TYPE_CHECKING:
    from cryptography.hazmat.primitives.asymmetric.types import PublicKeyTypes

_HASHES = {
    DigestAlgorithm.SHA256: hashes.SHA256(),
    DigestAlgorithm.SHA384: hashes.SHA384(),
    DigestAlgorithm.SHA512: hashes.SHA512(),
}
_DIGESTS_BY_OID = {oid: _HASHES[digest] for digest, oid in DIGEST_OIDS.items()}
_ALGORITHMS_BY_OID = {oid: algorithm for algorithm, oid in SIGNATURE_OIDS.items()}
_PKCS1 = {a.digest: a for a in SignatureAlgorithm if a.scheme is SignatureScheme.RSA_PKCS1}
_PKCS1_BY_DIGEST_OID = {oid: _PKCS1[digest] for digest, oid in DIGEST_OIDS.items()}
_SMALLEST_RSA = 2048


def verifies(*, key: PublicKeyTypes, algorithm: SignatureAlgorithm, dtbs: bytes, value: bytes) -> bool:
    """Whether the value is this key's signature over the data; a key of another kind made none."""
    digest = _HASHES[algorithm.digest]
    try:
        match algorithm.scheme:
            case SignatureScheme.RSA_PKCS1:
                if isinstance(key, rsa.RSAPublicKey):
                    key.verify(value, dtbs, padding.PKCS1v15(), digest)
                    return True
            case SignatureScheme.RSA_PSS:
                if isinstance(key, rsa.RSAPublicKey):
                    key.verify(value, dtbs, padding.PSS(padding.MGF1(digest), digest.digest_size), digest)
                    return True
            case SignatureScheme.ECDSA:
                if isinstance(key, ec.EllipticCurvePublicKey):
                    key.verify(value, dtbs, ec.ECDSA(digest))
                    return True
            case SignatureScheme.ED25519:
                if isinstance(key, ed25519.Ed25519PublicKey):
                    key.verify(value, dtbs)
                    return True
            case _:
                assert_never(algorithm.scheme)
    except InvalidSignature:
        return False
    return False


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
    if isinstance(key, rsa.RSAPublicKey) and key.key_size < _SMALLEST_RSA:
        return False
    try:
        if algorithm.oid == RSASSA_PSS:
            return _is_signed_with_pss(key, message=message, signature=signature, algorithm=algorithm)
        named = algorithm.oid != RSA_ENCRYPTION
        known = _ALGORITHMS_BY_OID[algorithm.oid] if named else _PKCS1_BY_DIGEST_OID[digest_algorithm or ""]
        return verifies(key=key, algorithm=known, dtbs=message, value=signature)
    except (InvalidSignature, UnsupportedAlgorithm, TimestampUnreadable, ValueError, KeyError):
        return False


def _is_signed_with_pss(
    key: PublicKeyTypes, *, message: bytes, signature: bytes, algorithm: AlgorithmIdentifier
) -> bool:
    """RFC 8017, A.2.3, with digest, mask digest and salt length as the signer spelt them out; the defaults mean SHA-1.

    Raises ``InvalidSignature`` and what reading parameters raises.
    """
    parameters = shapes.decode(shapes.PssParameters, algorithm.parameters or b"")
    mask = algorithm_identifier(parameters.mask or [])
    if mask.oid != MGF1 or mask.parameters is None or parameters.salt_length is None:
        msg = "unusual PSS parameters"
        raise TimestampUnreadable(msg)
    mask_digest = _DIGESTS_BY_OID[algorithm_identifier(shapes.elements(mask.parameters)).oid]
    digest = _DIGESTS_BY_OID[algorithm_identifier(parameters.digest or []).oid]
    if not isinstance(key, rsa.RSAPublicKey):
        return False
    key.verify(signature, message, padding.PSS(padding.MGF1(mask_digest), parameters.salt_length), digest)
    return True
