"""Wait a little for the worker, so that a caller usually gets the finished document in one call (RFC 7240, 4.3)."""

from __future__ import annotations

import asyncio
import re
import time
from dataclasses import dataclass
from typing import TYPE_CHECKING

from issuance.advance import TRANSITIONAL

if TYPE_CHECKING:
    from collections.abc import Awaitable, Callable

    from issuance.documents import Document

DEFAULT_WAIT = 20.0
LONGEST_WAIT = 60.0
_FIRST_PAUSE = 0.015
_LONGEST_PAUSE = 0.150
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


async def settled(
    document: Document,
    *,
    read: Callable[[], Awaitable[Document]],
    seconds: float,
    monotonic: Callable[[], float] = time.monotonic,
) -> Waited:
    """Read the document again until its worker is done, has met an obstacle, or the time is over.

    ``document`` is what the use case answered; an obstacle that it already carries is an old one.
    """
    known = document.obstacle
    deadline = monotonic() + seconds
    pause = _FIRST_PAUSE
    while document.state in TRANSITIONAL and monotonic() < deadline:
        await asyncio.sleep(min(pause, max(0.0, deadline - monotonic())))
        pause = min(pause * _GROWTH, _LONGEST_PAUSE)
        document = await read()
        if document.obstacle is not None and document.obstacle != known:
            return Waited(document=document, stopped=document.state in TRANSITIONAL)
    return Waited(document=document, stopped=False)
