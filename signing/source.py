"""The revision that an increment is written for: in memory or in an open file, and hashed once for all who ask.

A signature adds some kilobytes to a file that may have hundreds of megabytes. Nobody needs those in memory: a reader
wants the end of the file and the few objects it leads to, a digest wants every byte once and in order.
"""

from __future__ import annotations

import hashlib
import os
from io import BufferedReader, BytesIO
from mmap import ACCESS_READ, mmap
from typing import TYPE_CHECKING

if TYPE_CHECKING:
    from hashlib import _Hash


class Source:
    """All bytes of a revision. An open file must be readable, in binary mode, and stay as it is meanwhile."""

    def __init__(self, content: bytes | BufferedReader) -> None:
        self._content = content
        self._states: dict[str, _Hash] = {}
        self._mapped: mmap | None = None
        self.length = len(content) if isinstance(content, bytes) else content.seek(0, os.SEEK_END)

    @classmethod
    def over(cls, base: bytes | Source) -> Source:
        """What was given, as a source."""
        return base if isinstance(base, Source) else cls(base)

    def stream(self) -> BytesIO | BufferedReader:
        """For reading only, from the start."""
        if isinstance(self._content, bytes):
            return BytesIO(self._content)  # shares the bytes as long as nobody writes
        self._content.seek(0)
        return self._content

    def buffer(self) -> bytes | mmap:
        """The same as octets that can be looked into anywhere; of a file no more is read than is looked at."""
        if isinstance(self._content, bytes) or not self.length:
            return self._content if isinstance(self._content, bytes) else b""
        if self._mapped is None:
            self._mapped = mmap(self._content.fileno(), self.length, access=ACCESS_READ)
        return self._mapped

    def ends_a_line(self) -> bool:
        """Whether the last byte is a line end, so that an object may begin right behind it."""
        return self.buffer()[-1:] in {b"\n", b"\r"}

    def digest(self, name: str, *further: bytes | memoryview) -> bytes:
        """The digest of all bytes and of what follows them; the bytes themselves are hashed at the first call only."""
        if name not in self._states:
            self._states[name] = (
                hashlib.new(name, self._content)
                if isinstance(self._content, bytes)
                else hashlib.file_digest(self.stream(), name)
            )
        state = self._states[name].copy()
        for piece in further:
            state.update(piece)
        return state.digest()
