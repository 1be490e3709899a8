"""The life of one child: started, found ready, watched, started again with growing pauses, ended."""

from __future__ import annotations

import contextlib
import os
import signal
import subprocess
import time
from collections.abc import Callable
from dataclasses import dataclass, field
from datetime import UTC, datetime, timedelta
from enum import Enum
from pathlib import Path

from api.supervision.errors import ChildGaveUp
from api.supervision.log import ChildLog
from api.supervision.undertaker import Undertaker
from storage.embedded.child import Child, kill_group, spawn


def _nothing() -> None:
    """The step that most children do not need."""


@dataclass(frozen=True, slots=True)
class Supervised:
    """A child to keep: how to start it and how to see that it works.

    ``child`` is asked before every start; ``ready`` answers within seconds; ``prepare`` runs once, before the first
    start. It is started when the children named in ``needs`` were ready once; by default all that are listed before it.
    """

    name: str
    child: Callable[[], Child]
    ready: Callable[[], bool]
    prepare: Callable[[], None] = _nothing
    needs: tuple[str, ...] | None = None
    ready_within: timedelta = timedelta(seconds=120)


@dataclass(frozen=True, slots=True)
class RestartPolicy:
    """How patient to be with a child that does not stay up.

    A child that was never ready is most likely set up wrongly: few attempts. One that was is more likely to wait for
    something else. Who stayed ready for ``settled_after`` starts with a clean record.
    """

    first_pause: timedelta = timedelta(milliseconds=100)
    longest_pause: timedelta = timedelta(seconds=5)
    attempts_at_start: int = 3
    attempts: int = 12
    settled_after: timedelta = timedelta(seconds=10)

    def pause(self, failures: int) -> float:
        """Seconds to wait after this many failures in a row."""
        doubled = self.first_pause.total_seconds() * 2.0 ** (failures - 1)
        return min(doubled, self.longest_pause.total_seconds())


class ChildState(Enum):
    """Where a child is in its life."""

    WAITING = "waiting"
    STARTING = "starting"
    READY = "ready"
    STOPPED = "stopped"


@dataclass(frozen=True, slots=True)
class ChildStatus:
    """What can be told about a child; ``since`` is when it came into this state."""

    name: str
    state: ChildState
    process: int | None = None
    restarts: int = 0
    since: datetime = field(default_factory=lambda: datetime.now(UTC))


@dataclass(frozen=True, slots=True)
class ChildNews:
    """What people may want to hear: a child is ready, or has to be started again (``reason`` says why)."""

    name: str
    log: Path
    reason: str | None = None


class Life:
    """One child's life. All methods are called by one thread, the supervisor's, since children die with it."""

    def __init__(
        self,
        supervised: Supervised,
        *,
        log: ChildLog,
        undertaker: Undertaker,
        policy: RestartPolicy,
        tell: Callable[[ChildNews], None],
    ) -> None:
        self.name = supervised.name
        self.was_ready = False
        self._tell = tell
        self._supervised = supervised
        self._log = log
        self._undertaker = undertaker
        self._policy = policy
        self._child: Child | None = None
        self._process: subprocess.Popen[bytes] | None = None
        self._failures = 0
        self._starts = 0
        self._next_moment = 0.0  # monotonic: of the next start, of giving up waiting, or of being settled
        self.status = ChildStatus(supervised.name, ChildState.WAITING)

    @property
    def is_ready(self) -> bool:
        """Whether it was found ready and has not ended since."""
        return self.status.state is ChildState.READY

    def look_after(self) -> None:
        """Do what is due now. Raises ``ChildGaveUp``."""
        if self._process is None:
            if time.monotonic() >= self._next_moment:
                self._start()
        elif (returned := self._process.poll()) is not None:
            self._fail(_how_it_ended(returned))
        elif self.status.state is ChildState.STARTING:
            self._look_whether_ready()
        elif time.monotonic() >= self._next_moment:
            self._failures = 0

    def ask_to_end(self) -> None:
        """Send the signal for an orderly end; :meth:`end` counts its patience from here."""
        if self._process is not None and self._child is not None:
            self._process.send_signal(self._child.stop_signal)
            self._next_moment = time.monotonic() + self._child.stop_within.total_seconds()

    def end(self) -> None:
        """Wait for the end that was asked for, or bring it about by force."""
        if self._process is not None:
            try:
                self._process.wait(timeout=max(self._next_moment - time.monotonic(), 0.0))
                self._log.note("stopped")
            except subprocess.TimeoutExpired:
                self._log.note("did not stop when asked to and was killed")
            self._remove()
        self._enter(ChildState.STOPPED)

    def _start(self) -> None:
        if self._starts == 0:
            self._supervised.prepare()
        self._child = self._supervised.child()
        self._log.forget_last_words()
        reading, writing = os.pipe()
        self._log.follow(reading)
        try:
            self._process = spawn(self._child, output=writing)
        finally:
            os.close(writing)
        self._undertaker.watch(self._process.pid, stop_signal=self._child.stop_signal)
        self._starts += 1
        self._log.note(f"started as process {self._process.pid}")
        self._next_moment = time.monotonic() + self._supervised.ready_within.total_seconds()
        self._enter(ChildState.STARTING)

    def _look_whether_ready(self) -> None:
        if self._supervised.ready():
            self.was_ready = True
            self._next_moment = time.monotonic() + self._policy.settled_after.total_seconds()
            self._enter(ChildState.READY)
            self._tell(ChildNews(self.name, log=self._log.path))
        elif time.monotonic() >= self._next_moment:
            self._fail(f"gave no sign of being ready for {self._supervised.ready_within.total_seconds():.0f} s")

    def _fail(self, reason: str) -> None:
        """Remove what is left of it, then plan the next attempt or give up."""
        self._remove()
        self._failures += 1
        self._log.note(reason)
        self._enter(ChildState.WAITING)
        if self._failures >= (self._policy.attempts if self.was_ready else self._policy.attempts_at_start):
            raise self._gave_up(reason)
        self._tell(ChildNews(self.name, log=self._log.path, reason=reason))
        self._next_moment = time.monotonic() + self._policy.pause(self._failures)

    def _remove(self) -> None:
        """Kill what is left of it and of what it has started."""
        if self._process is not None:
            kill_group(self._process.pid)
            self._process.wait()
            self._undertaker.forget(self._process.pid)
            self._process = None

    def _gave_up(self, reason: str) -> ChildGaveUp:
        return ChildGaveUp(
            name=self.name,
            reason=reason,
            attempts=self._failures,
            log=self._log.path,
            last_words=self._log.last_words(),
        )

    def _enter(self, state: ChildState) -> None:
        process = None if self._process is None else self._process.pid
        restarts = max(self._starts - 1, 0)
        self.status = ChildStatus(self.name, state, process=process, restarts=restarts)


def _how_it_ended(returned: int) -> str:
    if returned < 0:
        with contextlib.suppress(ValueError):
            return f"was ended by {signal.Signals(-returned).name}"
    return f"ended with status {returned}"
