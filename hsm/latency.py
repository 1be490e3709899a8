"""How long signatures took, as a histogram of fixed bounds: small enough to travel with every answer about health."""

from __future__ import annotations

from bisect import bisect_left

BOUNDS = (2, 5, 10, 25, 50, 100, 250, 500, 1000, 2500, 5000, 10000, 30000)
"""Upper bounds in milliseconds; what takes longer is counted behind the last."""


class Latency:
    """Counts for each bound, each call once; not for threads."""

    def __init__(self) -> None:
        self._counts = [0] * (len(BOUNDS) + 1)
        self._seconds = 0.0

    def count(self, seconds: float) -> None:
        """One call that took so long."""
        self._counts[bisect_left(BOUNDS, seconds * 1000)] += 1
        self._seconds += seconds

    @property
    def counts(self) -> tuple[int, ...]:
        """How many calls fell between each bound and the one before it."""
        return tuple(self._counts)

    @property
    def milliseconds(self) -> int:
        """All of them together."""
        return round(self._seconds * 1000)
