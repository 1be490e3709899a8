"""The signature algorithms this project signs and verifies with, in the names of RFC 8017, FIPS 186-5 and RFC 8032."""

from __future__ import annotations

from enum import Enum


class DigestAlgorithm(Enum):
    """Digest of the document and of the signed attributes (FIPS 180-4)."""

    SHA256 = "sha256"
    SHA384 = "sha384"
    SHA512 = "sha512"


class SignatureScheme(Enum):
    """How the digest is signed."""

    RSA_PKCS1 = "rsa_pkcs1"
    RSA_PSS = "rsa_pss"
    ECDSA = "ecdsa"
    ED25519 = "ed25519"


class SignatureAlgorithm(Enum):
    """A scheme with its digest; the value is ``(scheme, digest)``.

    ECDSA values are always the DER ``Ecdsa-Sig-Value`` of RFC 3279, as CMS wants it, whatever the device answers.
    PSS uses MGF1 with the same digest and a salt as long as the digest. Ed25519 signs the message itself; the digest
    named beside it is that of the document (RFC 8419).
    """

    RSA_SHA256 = (SignatureScheme.RSA_PKCS1, DigestAlgorithm.SHA256)
    RSA_SHA384 = (SignatureScheme.RSA_PKCS1, DigestAlgorithm.SHA384)
    RSA_SHA512 = (SignatureScheme.RSA_PKCS1, DigestAlgorithm.SHA512)
    RSA_PSS_SHA256 = (SignatureScheme.RSA_PSS, DigestAlgorithm.SHA256)
    RSA_PSS_SHA384 = (SignatureScheme.RSA_PSS, DigestAlgorithm.SHA384)
    RSA_PSS_SHA512 = (SignatureScheme.RSA_PSS, DigestAlgorithm.SHA512)
    ECDSA_SHA256 = (SignatureScheme.ECDSA, DigestAlgorithm.SHA256)
    ECDSA_SHA384 = (SignatureScheme.ECDSA, DigestAlgorithm.SHA384)
    ECDSA_SHA512 = (SignatureScheme.ECDSA, DigestAlgorithm.SHA512)
    ED25519 = (SignatureScheme.ED25519, DigestAlgorithm.SHA512)

    @property
    def scheme(self) -> SignatureScheme:
        """The signature scheme alone."""
        return self.value[0]

    @property
    def digest(self) -> DigestAlgorithm:
        """The digest alone."""
        return self.value[1]
