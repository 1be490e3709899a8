"""A process to run, as a value, and the one way to start it.

Every process is started through ``leash.py``, a script that ties it to its parent: whatever way the parent dies, the
kernel stops the child. The leash replaces itself by the program, so no extra process remains.
"""

from __future__ import annotations

import os
import signal
import subprocess
import sys
from dataclasses import dataclass
from datetime import timedelta
from pathlib import Path
from typing import TYPE_CHECKING

if TYPE_CHECKING:
    from collections.abc import Mapping

_LEASH = Path(__file__).with_name("leash.py")


@dataclass(frozen=True, slots=True)
class Child:
    """One process: ``environment`` is all of it, nothing is inherited; ``user`` and ``group`` None mean the caller's.

    ``stop_signal`` asks for an orderly end; who has not ended ``stop_within`` that time is killed.
    """

    name: str
    argv: tuple[str, ...]
    environment: Mapping[str, str]
    cwd: Path
    user: int | None = None
    group: int | None = None
    stop_signal: signal.Signals = signal.SIGTERM
    stop_within: timedelta = timedelta(seconds=10)


def spawn(child: Child, *, output: int) -> subprocess.Popen[bytes]:
    """Start the child in a session of its own, standard output and error going to this file descriptor.

    The kernel stops the child when the *thread* that called this ends (prctl(2), PR_SET_PDEATHSIG): call it from a
    thread that lives as long as the child should.
    """
    identity = [str(-1 if number is None else number) for number in (child.user, child.group)]
    leash = [sys.executable, "-I", "-S", str(_LEASH), str(os.getpid()), str(int(child.stop_signal)), *identity]
    return subprocess.Popen(
        [*leash, *child.argv],
        env=dict(child.environment),
        cwd=child.cwd,
        stdin=subprocess.DEVNULL,
        stdout=output,
        stderr=subprocess.STDOUT,
        start_new_session=True,
    )


def end(process: subprocess.Popen[bytes], child: Child) -> None:
    """Stop the child in an orderly way, or after ``stop_within`` by force, with everything it started."""
    if process.poll() is None:
        process.send_signal(child.stop_signal)
        try:
            process.wait(timeout=child.stop_within.total_seconds())
        except subprocess.TimeoutExpired:
            process.kill()
    kill_group(process.pid)
    process.wait()


def kill_group(leader: int) -> None:
    """Kill what is left of the process group that this process led."""
    try:
        os.killpg(leader, signal.SIGKILL)
    except ProcessLookupError:
        return
