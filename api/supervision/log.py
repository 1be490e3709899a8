"""A child's output in a file that cannot fill the disk."""

from __future__ import annotations

import os
import sys
import threading
from collections import deque
from datetime import UTC, datetime
from pathlib import Path
from typing import BinaryIO

_LARGEST = 10_000_000  # bytes; one older file of this size is kept beside it
_LAST_LINES = 6
_DRAINED_WITHIN = 1.0  # seconds


class ChildLog:
    """``FOLDER/NAME.log`` and the one before it, ``NAME.log.1``.

    Writing never raises: a full disk must not stop the child by a pipe that nobody empties.
    """

    def __init__(self, folder: Path, *, name: str) -> None:
        self.path = folder / f"{name}.log"
        self._lock = threading.Lock()
        self._pump: threading.Thread | None = None
        self._last: deque[str] = deque(maxlen=_LAST_LINES)

    def follow(self, output: int) -> None:
        """Copy what arrives at this file descriptor, until its end, in a thread of its own; closes it."""
        source = os.fdopen(output, "rb")
        self._pump = threading.Thread(target=self._copy, args=(source,), daemon=True, name=self.path.stem)
        self._pump.start()

    def note(self, text: str) -> None:
        """A line of the supervisor's own."""
        self._write(f"--- {datetime.now(UTC):%Y-%m-%dT%H:%M:%SZ} {text}\n".encode())

    def last_words(self) -> str:
        """The last lines the child wrote, each cut to a readable length; call it after the child's end."""
        if self._pump is not None:
            self._pump.join(timeout=_DRAINED_WITHIN)
        return "\n".join(f"  {line[:300]}" for line in self._last)

    def forget_last_words(self) -> None:
        """Begin a new attempt, whose words shall not be mixed with those of the one before."""
        self._last.clear()

    def _copy(self, output: BinaryIO) -> None:
        with output:
            for line in output:
                self._last.append(line.decode(errors="replace").rstrip())
                self._write(line)

    def _write(self, line: bytes) -> None:
        with self._lock:
            try:
                if self.path.exists() and self.path.stat().st_size + len(line) > _LARGEST:
                    self.path.replace(self.path.with_suffix(".log.1"))
                with self.path.open("ab") as file:
                    file.write(line)
            except OSError as error:
                sys.stderr.write(f"{self.path}: {error.strerror}\n")
