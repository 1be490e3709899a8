"""Python's collector of cycles, held back while a file is judged.

A file of many objects makes it look through all of them again and again, a quarter of the time of a verdict, and finds
nothing, since a parsed file lives until its verdict stands. Afterwards what was made meanwhile is swept once. How much
memory a file may take is the sandbox's to say.
"""

from __future__ import annotations

import gc
from contextlib import contextmanager
from typing import TYPE_CHECKING

if TYPE_CHECKING:
    from collections.abc import Iterator

_YOUNGEST = 0


@contextmanager
def swept_afterwards() -> Iterator[None]:
    """Hold the collector back, unless someone else does already."""
    if not gc.isenabled():
        yield
        return
    gc.disable()
    try:
        yield
    finally:
        gc.enable()
        gc.collect(_YOUNGEST)
