"""How much memory uploads may take together: what has come so far is counted, not what a slow caller announces."""

from __future__ import annotations

import threading
from contextlib import contextmanager
from typing import TYPE_CHECKING

from api.errors import Busy

if TYPE_CHECKING:
    from collections.abc import Iterator

_RETRY_SECONDS = 5


class Room:
    """A number of bytes, and a number of callers, for all uploads of a process at once."""

    def __init__(self, *, size: int, callers: int) -> None:
        self._free = size
        self._lock = threading.Lock()
        self._callers = threading.BoundedSemaphore(callers)

    @contextmanager
    def lease(self) -> Iterator[Lease]:
        """What one upload takes; given back when the block ends. Raises :class:`Busy` where nobody more is let in."""
        if not self._callers.acquire(blocking=False):
            raise Busy(retry_after=_RETRY_SECONDS)
        lease = Lease(self)
        try:
            yield lease
        finally:
            self.give_back(lease.taken)
            self._callers.release()

    def take(self, size: int) -> None:
        """Count bytes; raises :class:`Busy` where they do not fit beside the others'."""
        with self._lock:
            if size > self._free:
                raise Busy(retry_after=_RETRY_SECONDS)
            self._free -= size

    def give_back(self, size: int) -> None:
        """Count bytes as free again."""
        with self._lock:
            self._free += size


class Lease:
    """The part of the room that one upload holds."""

    def __init__(self, room: Room) -> None:
        self._room = room
        self.taken = 0

    def take(self, size: int) -> None:
        """Hold this much more; raises :class:`Busy`."""
        self._room.take(size)
        self.taken += size
