"""How a batch is told: a line or a JSON object for each file, a bar on a terminal, and a sentence at the end."""

from __future__ import annotations

import json
import sys
from collections import Counter
from contextlib import contextmanager
from dataclasses import asdict
from enum import Enum
from typing import TYPE_CHECKING

from rich.console import Console
from rich.progress import BarColumn, MofNCompleteColumn, Progress, TextColumn, TimeRemainingColumn

from api.batch.run import Result, Status

if TYPE_CHECKING:
    from collections.abc import Callable, Iterator
    from typing import TextIO


class Form(Enum):
    """Text for people, or one JSON object per file and line."""

    TEXT = "text"
    JSON = "json"


class Teller:
    """Tells on standard output, and beside it on standard error what only people want to see."""

    def __init__(self, form: Form, *, out: TextIO) -> None:
        self._form = form
        self._out = out
        self._told: Counter[Status] = Counter()

    @contextmanager
    def counting(self, files: int) -> Iterator[Callable[[Result], None]]:
        """A bar over so many files on a terminal; what is yielded tells one result."""
        console = Console(stderr=True)
        columns = (TextColumn("Ký số (signing)"), BarColumn(), MofNCompleteColumn(), TimeRemainingColumn())
        with Progress(*columns, console=console, disable=not console.is_terminal) as progress:
            bar = progress.add_task("", total=files)

            def tell(result: Result) -> None:
                self._told[result.status] += 1
                self._write(result)
                progress.advance(bar)

            yield tell

    def sum_up(self) -> None:
        """How many of each, for people."""
        told = self._told
        sys.stderr.write(
            f"Đã ký (signed): {told[Status.SIGNED]} · đã có (already signed): {told[Status.ALREADY]} · "
            f"lỗi (failed): {told[Status.FAILED]}\n"
        )

    def _write(self, result: Result) -> None:
        self._out.write((_object(result) if self._form is Form.JSON else _line(result)) + "\n")
        self._out.flush()


def _object(result: Result) -> str:
    members = {
        "file": str(result.file),
        "status": result.status.value,
        "output": None if result.output is None else str(result.output),
        "sha256": result.sha256,
        "seconds": result.seconds,
        "error": None if result.trouble is None else asdict(result.trouble),
    }
    return json.dumps(members, ensure_ascii=False)


def _line(result: Result) -> str:
    if result.trouble is None:
        mark = "✓" if result.status is Status.SIGNED else "="
        return f"{mark} {result.file} → {result.output}"
    trouble = result.trouble
    return f"✗ {result.file}: {trouble.vi} ({trouble.code}: {trouble.en})\n  → {trouble.hint}"
