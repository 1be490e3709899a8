"""Other programs, installed into an environment of their own that the run makes and throws away."""

from __future__ import annotations

from typing import TYPE_CHECKING

if TYPE_CHECKING:
    from collections.abc import Iterator

    from bench.figures import Row
    from bench.ground import Ground


def measure(ground: Ground) -> Iterator[Row]:
    """What the peers need."""
    yield from ()
