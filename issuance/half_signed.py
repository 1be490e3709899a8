"""A file between the two halves of its signature, as it is kept by whoever must be able to go on after a crash."""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING, Protocol

if TYPE_CHECKING:
    from signing.prepared import ReservedRegion


@dataclass(frozen=True, slots=True)
class HalfSigned:
    """A file between the two halves of its signature: ``increment`` follows the file, the rest says what is signed."""

    increment: bytes
    reserved: ReservedRegion
    document_digest: bytes
    signed_attributes: bytes
    value: bytes | None = None
    timestamp: bytes | None = None


class Progress(Protocol):
    """Where the halves of one file are kept; what was kept outlives a crash."""

    def recall(self) -> HalfSigned | None:
        """What an earlier attempt kept last."""
        ...

    def keep(self, half: HalfSigned) -> None:
        """Returns once it is safe."""
        ...
