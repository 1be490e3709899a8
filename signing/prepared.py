"""The plain values that lie between the two halves of a signature, so that any process may finish what another began.

Terms of ETSI EN 319 102-1, clause 4: DTBS (data to be signed) and DTBSR (its representation, the digest).
"""

from __future__ import annotations

import hashlib
from dataclasses import dataclass
from typing import TYPE_CHECKING

from signing.errors import RevisionBroken

if TYPE_CHECKING:
    from certs.algorithms import SignatureAlgorithm
    from certs.certificate import SigningCertificate


@dataclass(frozen=True, slots=True)
class ReservedRegion:
    """Byte offsets of the ``/Contents`` hexadecimal string: ``start`` is its ``<``, ``end`` is just past its ``>``."""

    start: int
    end: int

    @property
    def capacity(self) -> int:
        """How many bytes of DER fit."""
        return (self.end - self.start - 2) // 2


@dataclass(frozen=True, slots=True)
class PreparedSignature:
    """A file whose signature field is written but whose ``/Contents`` is still empty, and what is to be signed.

    ``signed_attributes`` is the DER ``SET OF Attribute`` (RFC 5652, 5.4): exactly the bytes a device signs.
    """

    pdf: bytes
    reserved: ReservedRegion
    document_digest: bytes
    signed_attributes: bytes
    certificate: SigningCertificate
    algorithm: SignatureAlgorithm

    @property
    def dtbs(self) -> bytes:
        """Data to be signed."""
        return self.signed_attributes

    @property
    def dtbsr(self) -> bytes:
        """Digest of the data to be signed, in the algorithm's digest."""
        return hashlib.new(self.algorithm.digest.value, self.signed_attributes).digest()


@dataclass(frozen=True, slots=True)
class PreparedTimestamp:
    """A file with an empty document timestamp, and the digest its token must carry (EN 319 142-1, 5.4.3)."""

    pdf: bytes
    reserved: ReservedRegion
    document_digest: bytes


@dataclass(frozen=True, slots=True)
class SignatureValue:
    """The device's answer: PKCS#1 or PSS octets, DER ``Ecdsa-Sig-Value``, or 64 octets of Ed25519."""

    octets: bytes


@dataclass(frozen=True, slots=True)
class SignedDocument:
    """A file whose newest signature is complete."""

    pdf: bytes


def demand_increment(*, old: bytes, new: bytes) -> None:
    """Raise :class:`RevisionBroken` unless ``new`` is ``old`` plus something (ISO 32000-2, 7.5.6)."""
    if len(new) <= len(old) or not new.startswith(old):
        raise RevisionBroken
