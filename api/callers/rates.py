"""How often an address or an account may ask: sliding windows in memory, one set for each server process.

They slow down guessing (client secrets, lookup codes) and keep one caller from taking all the room. They are no books:
a restart forgets them, and several processes allow as many times as much. What they guard is random and long; what a
person can choose, an activation code, is counted in PostgreSQL (:mod:`storage.secret_tries`).
"""

from __future__ import annotations

import ipaddress
import threading
import time
from collections import OrderedDict, deque
from typing import TYPE_CHECKING

from api.errors import TooManyRequests

if TYPE_CHECKING:
    from collections.abc import Callable
    from datetime import timedelta

_KEYS_REMEMBERED = 20_000


class RateLimit:
    """At most ``allowed`` counted events for each key within the window; the oldest keys are forgotten first."""

    def __init__(self, *, allowed: int, window: timedelta, monotonic: Callable[[], float] = time.monotonic) -> None:
        self._allowed = allowed
        self._window = window.total_seconds()
        self._monotonic = monotonic
        self._events: OrderedDict[str, deque[float]] = OrderedDict()
        self._lock = threading.Lock()

    def wait(self, key: str) -> int:
        """Whole seconds until the key may go on, 0 where it may now."""
        with self._lock:
            events = self._recent(key)
            if len(events) < self._allowed:
                return 0
            return max(1, round(events[-self._allowed] + self._window - self._monotonic() + 0.5))

    def demand(self, key: str) -> None:
        """Raise :class:`TooManyRequests` where the key has used up its events."""
        seconds = self.wait(key)
        if seconds:
            raise TooManyRequests(retry_after=seconds)

    def count(self, key: str) -> None:
        """Count one event."""
        with self._lock:
            events = self._recent(key)
            events.append(self._monotonic())
            self._events[key] = events
            self._events.move_to_end(key)
            while len(self._events) > _KEYS_REMEMBERED:
                self._events.popitem(last=False)

    def forget(self, key: str) -> None:
        """Start again for this key."""
        with self._lock:
            self._events.pop(key, None)

    def _recent(self, key: str) -> deque[float]:
        events = self._events.get(key) or deque(maxlen=self._allowed)
        oldest = self._monotonic() - self._window
        while events and events[0] <= oldest:
            events.popleft()
        return events


def address_key(address: str | None) -> str:
    """The address as a key: IPv4 whole, IPv6 by its /64, since one caller usually holds a whole /64."""
    try:
        parsed = ipaddress.ip_address(address or "")
    except ValueError:
        return "unknown"
    if isinstance(parsed, ipaddress.IPv6Address):
        if parsed.ipv4_mapped is not None:
            return str(parsed.ipv4_mapped)
        return str(ipaddress.ip_network((parsed, 64), strict=False))
    return str(parsed)
