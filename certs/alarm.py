"""Calls to be made when a time is up, waited for by one thread: a thread for each would cost more than it guards."""

from __future__ import annotations

import heapq
import itertools
import threading
import time
from dataclasses import dataclass, field
from functools import lru_cache
from typing import TYPE_CHECKING

if TYPE_CHECKING:
    from collections.abc import Callable

_KEPT = 256


@dataclass(order=True, slots=True)
class Alarm:
    """A call that is due at a moment of the monotonic clock, unless it is cancelled before."""

    due: float
    order: int
    ring: Callable[[], None] | None = field(compare=False)

    def cancel(self) -> None:
        """Let nothing happen; an alarm that already rings is not stopped."""
        self.ring = None


class Alarms:
    """Rings in a thread of its own, which begins with the first alarm; what rings must neither fail nor wait."""

    def __init__(self) -> None:
        self._waiting: list[Alarm] = []
        self._order = itertools.count()
        self._changed = threading.Condition()
        self._thread: threading.Thread | None = None

    def set(self, seconds: float, ring: Callable[[], None]) -> Alarm:
        """Ring in so many seconds."""
        alarm = Alarm(time.monotonic() + seconds, next(self._order), ring)
        with self._changed:
            if len(self._waiting) >= _KEPT:
                self._waiting = [each for each in self._waiting if each.ring is not None]
                heapq.heapify(self._waiting)
            heapq.heappush(self._waiting, alarm)
            if self._thread is None or not self._thread.is_alive():
                self._thread = threading.Thread(target=self._watch, name="alarms", daemon=True)
                self._thread.start()
            elif self._waiting[0] is alarm:
                self._changed.notify()
        return alarm

    def _watch(self) -> None:
        while True:
            with self._changed:
                while not self._waiting or (left := self._waiting[0].due - time.monotonic()) > 0:
                    self._changed.wait(left if self._waiting else None)
                ring = heapq.heappop(self._waiting).ring
            if ring is not None:
                ring()


@lru_cache(maxsize=1)
def alarms() -> Alarms:
    """Those of this process."""
    return Alarms()
