"""How the service and a sandboxed child talk: a JSON header of known length, then raw bytes as the header announces.

Nothing is ever unpickled. Both sides count before they allocate, and a frame that is larger than agreed ends the talk.
"""

from __future__ import annotations

import json
import struct
from dataclasses import dataclass
from typing import TYPE_CHECKING, Protocol

if TYPE_CHECKING:
    from collections.abc import Iterator

_LENGTH = struct.Struct(">I")
_MOST_HEADER = 16 * 1024 * 1024
_MOST_BLOBS = 65536


class FrameError(ValueError):
    """What arrived is not a frame."""


@dataclass(frozen=True, slots=True)
class Frame:
    """A JSON object and the byte strings it speaks of."""

    header: dict[str, object]
    blobs: tuple[bytes, ...] = ()

    def pieces(self) -> Iterator[bytes]:
        """The bytes to send, in order."""
        header = json.dumps({**self.header, "blobs": [len(blob) for blob in self.blobs]}).encode()
        yield _LENGTH.pack(len(header)) + header
        yield from self.blobs


class Source(Protocol):
    """Where a frame is read from."""

    def take(self, length: int) -> bytes:
        """Exactly this many bytes; raises EOFError where there are fewer."""
        ...


def read_frame(source: Source, *, most_bytes: int) -> Frame:
    """One frame; raises :class:`FrameError` and EOFError."""
    (length,) = _LENGTH.unpack(source.take(_LENGTH.size))
    if length > _MOST_HEADER:
        msg = "the header is longer than agreed"
        raise FrameError(msg)
    try:
        header = json.loads(source.take(length))
    except ValueError as error:
        msg = "the header is not JSON"
        raise FrameError(msg) from error
    lengths = header.pop("blobs", None) if isinstance(header, dict) else None
    if not isinstance(lengths, list) or len(lengths) > _MOST_BLOBS:
        msg = "the header announces no blobs"
        raise FrameError(msg)
    if not all(type(size) is int and size >= 0 for size in lengths) or sum(lengths) > most_bytes:
        msg = "the blobs are larger than agreed"
        raise FrameError(msg)
    return Frame(header, tuple(source.take(size) for size in lengths))
