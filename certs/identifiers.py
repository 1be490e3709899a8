"""The one table of object identifiers for digests and signature algorithms, and their DER ``AlgorithmIdentifier``.

CMS objects, certification requests and timestamps all say with these octets how something was digested or signed.
"""

from __future__ import annotations

import hashlib
from functools import lru_cache

from certs import der
from certs.algorithms import DigestAlgorithm, SignatureAlgorithm, SignatureScheme

DIGEST_OIDS = {
    DigestAlgorithm.SHA256: "2.16.840.1.101.3.4.2.1",
    DigestAlgorithm.SHA384: "2.16.840.1.101.3.4.2.2",
    DigestAlgorithm.SHA512: "2.16.840.1.101.3.4.2.3",
}
RSA_ENCRYPTION = "1.2.840.113549.1.1.1"
RSASSA_PSS = "1.2.840.113549.1.1.10"
MGF1 = "1.2.840.113549.1.1.8"
ED25519 = "1.3.101.112"
SIGNATURE_OIDS = {
    SignatureAlgorithm.RSA_SHA256: "1.2.840.113549.1.1.11",
    SignatureAlgorithm.RSA_SHA384: "1.2.840.113549.1.1.12",
    SignatureAlgorithm.RSA_SHA512: "1.2.840.113549.1.1.13",
    SignatureAlgorithm.ECDSA_SHA256: "1.2.840.10045.4.3.2",
    SignatureAlgorithm.ECDSA_SHA384: "1.2.840.10045.4.3.3",
    SignatureAlgorithm.ECDSA_SHA512: "1.2.840.10045.4.3.4",
    SignatureAlgorithm.ED25519: ED25519,
}
"""Algorithms whose OID says everything; RSASSA-PSS says the rest in its parameters."""


@lru_cache(maxsize=8)
def digest_identifier(digest: DigestAlgorithm) -> bytes:
    """Without parameters, as CMS writes SHA-2 (RFC 5754, 2)."""
    return der.sequence(der.oid(DIGEST_OIDS[digest]))


@lru_cache(maxsize=8)
def digest_identifier_with_null(digest: DigestAlgorithm) -> bytes:
    """With NULL parameters, as PKCS #1 writes it (RFC 8017, 9.2 and A.2.3; RFC 4055, 2.1)."""
    return der.sequence(der.oid(DIGEST_OIDS[digest]), der.null())


@lru_cache(maxsize=32)
def signature_identifier(algorithm: SignatureAlgorithm) -> bytes:
    """How a value of this algorithm is announced."""
    if algorithm.scheme is SignatureScheme.RSA_PSS:
        return der.sequence(der.oid(RSASSA_PSS), _pss_parameters(algorithm.digest))
    identifier = der.oid(SIGNATURE_OIDS[algorithm])
    # RFC 4055, 5: NULL parameters with RSA; none with ECDSA (RFC 5754, 3.3; RFC 5758, 3.2) and Ed25519 (RFC 8410, 3).
    if algorithm.scheme is SignatureScheme.RSA_PKCS1:
        return der.sequence(identifier, der.null())
    return der.sequence(identifier)


def _pss_parameters(digest: DigestAlgorithm) -> bytes:
    """RSASSA-PSS-params with MGF1 over the same digest and a salt as long as it (RFC 4055, 3.1)."""
    identifier = digest_identifier_with_null(digest)
    return der.sequence(
        der.context(0, identifier),
        der.context(1, der.sequence(der.oid(MGF1), identifier)),
        der.context(2, der.integer(hashlib.new(digest.value).digest_size)),
    )
