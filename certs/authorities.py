"""Whom to ask of several timestamp authorities, and how many questions may be open at a time.

An authority may take minutes, and some count what they are asked. So no more than so many questions are open, in this
process or, with places that others share, in all of them (:mod:`storage.timestamp_places`). One that kept a caller
waiting for nothing is left alone for a while: the others are asked, and where there is no other, callers learn at once
that they have to come again, instead of waiting for the same silence one by one.
"""

from __future__ import annotations

import threading
import time
from contextlib import contextmanager
from dataclasses import dataclass
from datetime import timedelta
from typing import TYPE_CHECKING, Protocol

from certs.errors import TimestampUnavailable
from certs.online import OnlineLimits

if TYPE_CHECKING:
    from collections.abc import Callable, Iterator
    from contextlib import AbstractContextManager

REST = timedelta(seconds=30)
_WORTH_A_REST = timedelta(seconds=1)
"""A refused connection costs nobody anything; such an authority may be asked again by everyone."""


@dataclass(frozen=True, slots=True)
class TimestampLimits:
    """``at_once`` questions may be open; ``patience`` is how long one may take."""

    at_once: int = 4
    patience: timedelta = timedelta(seconds=60)

    @property
    def online(self) -> OnlineLimits:
        """What an HTTP client must bear."""
        return OnlineLimits(per_request=self.patience, total=self.patience)


class Places(Protocol):
    """Room for so many questions at a time; safe to use from several threads."""

    def place(self) -> AbstractContextManager[None]:
        """Room for one question, waited for as long as a question may take; :class:`TimestampUnavailable`."""
        ...


class PlacesHere:
    """Places that nobody shares with this process."""

    def __init__(self, limits: TimestampLimits) -> None:
        self._limits = limits
        self._places = threading.BoundedSemaphore(limits.at_once)

    @contextmanager
    def place(self) -> Iterator[None]:
        """As :class:`Places` says."""
        if not self._places.acquire(timeout=self._limits.patience.total_seconds()):
            raise all_taken(self._limits)
        try:
            yield
        finally:
            self._places.release()


def all_taken(limits: TimestampLimits) -> TimestampUnavailable:
    """What is told to who found no place in time."""
    return TimestampUnavailable(f"{limits.at_once} questions to timestamp authorities are open already")


class Authorities:
    """The addresses in the operator's order; safe to use from several threads."""

    def __init__(
        self, urls: tuple[str, ...], limits: TimestampLimits, *, monotonic: Callable[[], float] = time.monotonic
    ) -> None:
        self._urls = urls
        self._limits = limits
        self._monotonic = monotonic
        self._resting: dict[str, float] = {}
        self._lock = threading.Lock()

    def awake(self) -> Iterator[str]:
        """Those that may be asked now, in order; raises :class:`TimestampUnavailable` where all of them rest.

        When a rest is over, one caller finds out for all whether the authority answers again.
        """
        told = False
        for url in self._urls:
            if self._is_awake(url):
                told = True
                yield url
        if self._urls and not told:
            msg = (
                f"no timestamp authority has answered in time; they are asked again within {REST.total_seconds():.0f} s"
            )
            raise TimestampUnavailable(msg)

    @contextmanager
    def asking(self, url: str) -> Iterator[None]:
        """Around a question: an answer of any kind ends a rest, a long wait that was in vain begins one."""
        begun = self._monotonic()
        try:
            yield
        except BaseException:
            self._note_silence(url, waited=timedelta(seconds=self._monotonic() - begun))
            raise
        with self._lock:
            self._resting.pop(url, None)

    def _is_awake(self, url: str) -> bool:
        with self._lock:
            until = self._resting.get(url)
            if until is None:
                return True
            if self._monotonic() < until:
                return False
            self._resting[url] = self._monotonic() + self._limits.patience.total_seconds()
            return True

    def _note_silence(self, url: str, *, waited: timedelta) -> None:
        with self._lock:
            if waited >= _WORTH_A_REST:
                self._resting[url] = self._monotonic() + REST.total_seconds()
            else:
                self._resting.pop(url, None)
