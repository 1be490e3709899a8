"""The plain values that lie between the two halves of a signature, so that any process may finish what another began.

Terms of ETSI EN 319 102-1, clause 4: DTBS (data to be signed) and DTBSR (its representation, the digest). Only the
increment is kept, never the file that it is appended to: what is signed may be large, what is added is small.
"""

from __future__ import annotations

import hashlib
from dataclasses import dataclass
from typing import TYPE_CHECKING

from signing.claims import NO_CLAIMS, Claims
from signing.errors import ReservedRegionTooSmall, RevisionBroken

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
class Increment:
    """What is appended to a revision of ``base_length`` bytes (ISO 32000-2, 7.5.6)."""

    base_length: int
    octets: bytes

    def onto(self, base: bytes) -> bytes:
        """The new revision; raises :class:`RevisionBroken` where this was written for another one."""
        if len(base) != self.base_length or not self.octets:
            raise RevisionBroken
        return base + self.octets


@dataclass(frozen=True, slots=True)
class Placeholder:
    """An increment with an empty ``/Contents``; ``reserved`` counts from the start of the whole file."""

    increment: Increment
    reserved: ReservedRegion

    def pieces(self) -> tuple[memoryview, memoryview]:
        """What ``/ByteRange`` covers of the increment, before and behind the gap."""
        whole, start = memoryview(self.increment.octets), self.increment.base_length
        return whole[: self.reserved.start - start], whole[self.reserved.end - start :]

    @property
    def has_empty_gap(self) -> bool:
        """Whether the gap lies behind the base, within the increment, and holds nothing but zeros."""
        start, end = (offset - self.increment.base_length for offset in (self.reserved.start, self.reserved.end))
        if start < 0 or end > len(self.increment.octets):
            return False
        return self.increment.octets[start:end] == b"<" + b"0" * (2 * self.reserved.capacity) + b">"

    def filled(self, content: bytes) -> Increment:
        """The increment with the content in its gap and nothing else changed; :class:`ReservedRegionTooSmall`."""
        if len(content) > self.reserved.capacity:
            raise ReservedRegionTooSmall
        before, behind = self.pieces()
        digits = content.hex().encode("ascii").ljust(2 * self.reserved.capacity, b"0")
        return Increment(self.increment.base_length, b"".join((before, b"<", digits, b">", behind)))


@dataclass(frozen=True, slots=True)
class PreparedSignature:
    """An increment whose signature field is written but whose ``/Contents`` is still empty, and what is to be signed.

    ``signed_attributes`` is the DER ``SET OF Attribute`` (RFC 5652, 5.4): exactly the bytes a device signs.
    """

    placeholder: Placeholder
    document_digest: bytes
    signed_attributes: bytes
    certificate: SigningCertificate
    algorithm: SignatureAlgorithm
    claims: Claims = NO_CLAIMS

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
    """An increment with an empty document timestamp, and the digest its token must carry (EN 319 142-1, 5.4.3)."""

    placeholder: Placeholder
    document_digest: bytes


@dataclass(frozen=True, slots=True)
class SignatureValue:
    """The device's answer: PKCS#1 or PSS octets, DER ``Ecdsa-Sig-Value``, or 64 octets of Ed25519."""

    octets: bytes


def demand_increment(*, old: bytes, new: bytes) -> None:
    """Raise :class:`RevisionBroken` unless ``new`` is ``old`` plus something (ISO 32000-2, 7.5.6)."""
    if len(new) <= len(old) or not new.startswith(old):
        raise RevisionBroken
