"""Wait a little for the worker, so that a caller usually gets the finished document in one call (RFC 7240, 4.3).

Whoever waits is told by the database; in case that is not heard, he also asks every now and then.
"""

from __future__ import annotations

import asyncio
import re
import time
from contextlib import contextmanager, suppress
from dataclasses import dataclass
from typing import TYPE_CHECKING

from issuance.advance import TRANSITIONAL

if TYPE_CHECKING:
    from collections.abc import Awaitable, Callable, Iterator
    from uuid import UUID

    from issuance.documents import Document
    from storage.announcements import Announcements

DEFAULT_WAIT = 20.0
LONGEST_WAIT = 60.0
_FIRST_PAUSE = 0.015
_LONGEST_PAUSE = 0.150
_PAUSE_WHEN_TOLD = 2.0
_GROWTH = 1.5
_WAIT = re.compile(r"\s*wait\s*=\s*\"?(\d{1,9})\"?\s*", re.IGNORECASE)


def wait_of(prefer: str | None) -> float:
    """Seconds that the caller is ready to wait: ``Prefer: wait=N``, 20 where nothing is said, never more than 60."""
    for preference in (prefer or "").replace(";", ",").split(","):
        match = _WAIT.fullmatch(preference)
        if match is not None:
            return min(float(match[1]), LONGEST_WAIT)
        if preference.strip().lower() == "respond-async":
            return 0.0
    return DEFAULT_WAIT


@dataclass(frozen=True, slots=True)
class Waited:
    """The document as it stood at the end; ``stopped`` tells that an obstacle appeared after the request began."""

    document: Document
    stopped: bool

    @property
    def under_way(self) -> bool:
        """Whether a worker still has the document."""
        return not self.stopped and self.document.state in TRANSITIONAL


class Bell:
    """Rung when the document was settled, or may have been; ``is_heard`` tells whether somebody would ring it."""

    def __init__(self, is_heard: Callable[[], bool]) -> None:
        self._is_heard = is_heard
        self._loop = asyncio.get_running_loop()
        self._rung = asyncio.Event()
        self._pause = _FIRST_PAUSE

    def ring(self) -> None:
        """Call it from any thread."""
        # The server may be closing its loop just now; then nobody waits any more.
        with suppress(RuntimeError):
            self._loop.call_soon_threadsafe(self._rung.set)

    async def wait(self, most: float) -> None:
        """Until it is rung or it is time to ask, but no longer than ``most`` seconds."""
        pause = _PAUSE_WHEN_TOLD if self._is_heard() else self._pause
        self._pause = min(self._pause * _GROWTH, _LONGEST_PAUSE)
        with suppress(TimeoutError):
            await asyncio.wait_for(self._rung.wait(), timeout=max(0.0, min(pause, most)))
        self._rung.clear()


@contextmanager
def belled(announcements: Announcements, document_id: UUID) -> Iterator[Bell]:
    """A bell for this document; hang it up before the worker is asked, so that its answer is not missed."""
    bell = Bell(lambda: announcements.listens)
    with announcements.heard(document_id, bell.ring):
        yield bell


async def settled(
    document: Document,
    *,
    read: Callable[[], Awaitable[Document]],
    bell: Bell,
    seconds: float,
    monotonic: Callable[[], float] = time.monotonic,
) -> Waited:
    """Read the document again until its worker is done, has met an obstacle, or the time is over.

    ``document`` is what the use case answered; an obstacle that it already carries is an old one.
    """
    known = document.obstacle
    deadline = monotonic() + seconds
    while document.state in TRANSITIONAL and monotonic() < deadline:
        await bell.wait(deadline - monotonic())
        document = await read()
        if document.obstacle is not None and document.obstacle != known:
            return Waited(document=document, stopped=document.state in TRANSITIONAL)
    return Waited(document=document, stopped=False)
