"""Fair comparison on a machine that is never quiet: works take turns, and only what stood side by side is divided.

Each round runs every work once, in order (A B A B …). A ratio is the median of the rounds' own ratios, so that a round
in which something else was busy counts once and not for everything.
"""

from __future__ import annotations

import gc
import statistics
import time
from dataclasses import dataclass
from enum import Enum
from typing import TYPE_CHECKING

if TYPE_CHECKING:
    from collections.abc import Callable, Mapping

_ROUNDS = 9


class Clock(Enum):
    """What is counted: the CPU of this process with all its threads, or the time that passes."""

    CPU = "cpu"
    WALL = "wall"

    def read(self) -> float:
        """Seconds since some fixed point."""
        return time.process_time() if self is Clock.CPU else time.perf_counter()


@dataclass(frozen=True, slots=True)
class Work:
    """Something to be measured; ``repeats`` calls make one reading, so that short works are read finely."""

    call: Callable[[], object]
    repeats: int = 1

    def seconds(self, clock: Clock) -> float:
        """One reading: seconds for one call; the rubbish of the work before is swept up first."""
        gc.collect()
        start = clock.read()
        for _ in range(self.repeats):
            self.call()
        return (clock.read() - start) / self.repeats


Readings = dict[str, list[float]]
"""For each work, its seconds in every round."""


def take_turns(works: Mapping[str, Work], *, clock: Clock = Clock.CPU, rounds: int = _ROUNDS) -> Readings:
    """Run all works in turn after one unmeasured round; caches are warm as in a service that runs."""
    for work in works.values():
        work.seconds(clock)
    readings: Readings = {name: [] for name in works}
    gc.freeze()  # what stays until the end need not be looked through before each reading
    for _ in range(rounds):
        for name, work in works.items():
            readings[name].append(work.seconds(clock))
    gc.unfreeze()
    return readings


def ratio(readings: Readings, of: str, to: str) -> float:
    """The median over the rounds of one work's seconds by another's."""
    return statistics.median(one / other for one, other in zip(readings[of], readings[to], strict=True))


def milliseconds(readings: Readings, of: str) -> str:
    """The median as text, for notes."""
    return f"{statistics.median(readings[of]) * 1000:.2f} ms"
