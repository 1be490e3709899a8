"""Numbered inputs for a target, and what escapes of it.

Input number K of a seed is the same file whenever the vectors' keys are the same. A verdict is right to be anything but
an escape: each reader must come to its end without any error but its own, with an answer that can be written down, in
time.
"""

from __future__ import annotations

import time
import traceback
from dataclasses import dataclass
from random import Random
from typing import TYPE_CHECKING

if TYPE_CHECKING:
    from tests.fuzz.targets import Target

LONGEST = 10.0  # seconds of processor time for one input; by the clock a busy machine would be the finding


@dataclass(frozen=True, slots=True)
class Escape:
    """An error that nobody declared, or an input that took too long."""

    number: int
    seed_file: str
    what: str
    octets: bytes


class Fuzzer:
    """A target and a seed: gives the same inputs in the same order."""

    def __init__(self, target: Target, *, seed: int) -> None:
        self.target = target
        self._seed = seed

    def input(self, number: int) -> tuple[str, bytes]:
        """The input of this number, and the name of the seed that it was made of."""
        chance = Random(f"{self._seed}/{self.target.name}/{number}")
        name, octets = chance.choice(self.target.seeds)
        for _ in range(chance.choice((1, 1, 1, 2, 3, 8))):
            if octets:
                octets = chance.choice(self.target.damages)(octets, chance, self.target.seeds)
        return name, octets

    def escape(self, number: int) -> Escape | None:
        """What is wrong with how this input is answered; None where nothing is."""
        name, octets = self.input(number)
        what = self.escape_of(octets)
        return Escape(number, name, what, octets) if what is not None else None

    def escape_of(self, octets: bytes) -> str | None:
        """The traceback of an error that nobody declared, or how long it took; None where all is well."""
        began = time.process_time()
        try:
            self.target.ask(octets)
        except Exception:  # noqa: BLE001 - whatever escapes is what is looked for
            return traceback.format_exc()
        took = time.process_time() - began
        return f"it took {took:.1f} s" if took > LONGEST else None
