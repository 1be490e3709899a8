"""A small process that outlives a killed supervisor just long enough to stop everything it had started.

The kernel already signals the direct children of a supervisor that dies (``storage/embedded/leash.py``), but not
their children, and it does not insist. The undertaker knows every process group. It learns of the supervisor's death,
however it came, from the end of the pipe between them; then it asks all groups to end and kills those that do not. It
shares the lock on the home folder, so that the next supervisor waits until it is done.

The lower half of this file runs as ``python -I -S undertaker.py`` and therefore needs the standard library only.
"""

from __future__ import annotations

import os
import signal
import subprocess
import sys
import time
from pathlib import Path

_PATIENCE = 6.0  # seconds; a database that is killed later repairs itself at the next start
_GLANCE = 0.05


class Undertaker:
    """The supervisor's side. ``lock`` is the descriptor of the home's lock."""

    def __init__(self, *, lock: int) -> None:
        self._lock = lock
        self._groups: dict[int, signal.Signals] = {}
        self._process = self._hire()

    def watch(self, group: int, *, stop_signal: signal.Signals) -> None:
        """Remember a process group, and by which signal it ends in an orderly way."""
        self._groups[group] = stop_signal
        self._tell()

    def forget(self, group: int) -> None:
        """Nothing of this group is left."""
        self._groups.pop(group, None)
        self._tell()

    def replace_if_dead(self) -> None:
        """Somebody may kill the undertaker too."""
        if self._process.poll() is not None:
            self._process = self._hire()
            self._tell()

    def dismiss(self) -> None:
        """Close the pipe and wait; groups that were not forgotten are stopped."""
        if self._process.stdin is not None:
            self._process.stdin.close()
        self._process.wait()

    def _hire(self) -> subprocess.Popen[bytes]:
        return subprocess.Popen(
            [sys.executable, "-I", "-S", str(Path(__file__).absolute())],
            stdin=subprocess.PIPE,
            pass_fds=(self._lock,),
            start_new_session=True,
            cwd="/",
            bufsize=0,
        )

    def _tell(self) -> None:
        """The whole list in one line, so that a line that was cut off says nothing."""
        listing = " ".join(f"{group}:{int(number)}" for group, number in self._groups.items())
        try:
            if self._process.stdin is not None:
                self._process.stdin.write(f"{listing}\n".encode())
        except BrokenPipeError:  # dead; replace_if_dead() tells its successor
            return


def _main() -> None:
    for ignored in (signal.SIGINT, signal.SIGTERM, signal.SIGHUP):
        signal.signal(ignored, signal.SIG_IGN)
    listing = ""
    for line in sys.stdin:
        if line.endswith("\n"):
            listing = line
    groups = dict(_pair(entry) for entry in listing.split())
    for group, number in groups.items():
        _signal(group, number)
    deadline = time.monotonic() + _PATIENCE
    while any(_signal(group, 0) for group in groups) and time.monotonic() < deadline:
        time.sleep(_GLANCE)
    for group in groups:
        _signal(group, signal.SIGKILL)


def _pair(entry: str) -> tuple[int, int]:
    group, number = entry.split(":")
    return int(group), int(number)


def _signal(group: int, number: int) -> bool:
    """Whether there was somebody to receive it."""
    try:
        os.killpg(group, number)
    except (ProcessLookupError, PermissionError):
        return False
    return True


if __name__ == "__main__":
    _main()
