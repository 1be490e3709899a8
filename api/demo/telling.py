"""Tell the demonstration to whoever watches: one aligned line a step, with what came of it and how long it took."""

from __future__ import annotations

import time
from contextlib import contextmanager
from dataclasses import dataclass
from pathlib import Path
from typing import TYPE_CHECKING

from rich.text import Text

if TYPE_CHECKING:
    from collections.abc import Iterator

    from rich.console import Console

_STEP_WIDTH = 34
_REMARK_WIDTH = 46


@dataclass(slots=True)
class Line:
    """The line of a step under way."""

    remark: str = ""


class Teller:
    """Writes to a console; ``elapsed`` is the time since the telling began, in seconds."""

    def __init__(self, console: Console) -> None:
        self._console = console
        self._begun = time.monotonic()

    @property
    def elapsed(self) -> float:
        """Seconds since the beginning."""
        return time.monotonic() - self._begun

    def title(self, words: str) -> None:
        """A heading with space around it."""
        self._console.print(Text(f"\n  {words}\n", style="bold"))

    @contextmanager
    def step(self, name: str) -> Iterator[Line]:
        """Do a step inside the block; its line is written at the end, with a cross where the block raised."""
        line, begun, mark = Line(), time.monotonic(), Text("✗", style="bold red")
        try:
            with self._console.status(f"{name} …"):
                yield line
            mark = Text("✓", style="bold green")
        finally:
            took = Text(f"{seconds(time.monotonic() - begun):>9}", style="dim")
            words = f" {name:<{_STEP_WIDTH}}{line.remark:<{_REMARK_WIDTH}}"
            self._console.print(Text.assemble("  ", mark, words, took), soft_wrap=True)

    def verdict(self, words: str, *, style: str) -> None:
        """The one line that counts."""
        self._console.print(Text(f"\n  {words}", style=style), soft_wrap=True)

    def fact(self, name: str, words: str) -> None:
        """A line below the verdict."""
        self._console.print(Text.assemble(f"  {name:<13}", (words, "bold")), soft_wrap=True)


def seconds(duration: float) -> str:
    """Seconds as Vietnamese writes them: ``0,42 s``."""
    return f"{duration:.2f} s".replace(".", ",")


def size_of(content: bytes) -> str:
    """A size for people."""
    return f"{round(len(content) / 1000)} kB"


def near(path: Path) -> str:
    """The path as one would type it here: relative where it lies below the working folder."""
    here = Path.cwd()
    return str(path.relative_to(here)) if path.is_relative_to(here) else str(path)
