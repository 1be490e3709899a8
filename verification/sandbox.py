"""The sandbox: a pool of children in which all foreign bytes are opened, so that no file can hurt the service.

Children are spawned and never forked from a process with threads; they have no network, no files to write, no programs,
no other processes, and limits on memory, processor time and wall time (:mod:`verification.sandbox_child`). One that
dies, exceeds a limit or has grown is replaced.
"""

from __future__ import annotations

import os
import threading
import time
from concurrent.futures import ThreadPoolExecutor
from dataclasses import dataclass
from datetime import timedelta
from enum import Enum
from typing import TYPE_CHECKING, Self

from verification.errors import SandboxBusy, SandboxFailed
from verification.sandbox_process import SandboxProcess

if TYPE_CHECKING:
    from verification.frames import Frame

_MIB = 1024 * 1024


@dataclass(frozen=True, slots=True)
class SandboxLimits:
    """How many children there are, what one job may use, and how many callers may wait how long.

    ``memory`` is resident memory in bytes. A child is replaced after ``jobs`` jobs, or once it keeps more than
    ``resident`` bytes; to start one costs as much processor time as a hundred jobs. ``answer`` is the most a child may
    send back. A job that takes longer than ``slow_after`` goes on at low priority, and up to ``spare`` children more
    are started, so that others need not wait for its end.
    """

    children: int = min(4, os.cpu_count() or 1)
    memory: int = 512 * _MIB
    cpu: timedelta = timedelta(seconds=10)
    wall: timedelta = timedelta(seconds=30)
    slow_after: timedelta = timedelta(seconds=2)
    spare: int = 2
    jobs: int = 5000
    resident: int = 256 * _MIB
    answer: int = 512 * _MIB
    waiting: int = 64
    patience: timedelta = timedelta(seconds=60)


class Start(Enum):
    """Whether children start with the pool or when they are first needed."""

    EAGERLY = "eagerly"
    LAZILY = "lazily"


class Sandbox:
    """A thread-safe pool; as many questions are answered at once as there are children. Close it after use."""

    def __init__(self, limits: SandboxLimits | None = None, *, start: Start = Start.LAZILY) -> None:
        """Children die with the thread that started them, so one thread starts all and lives as long as the pool."""
        self._limits = limits or SandboxLimits()
        self._starter = ThreadPoolExecutor(max_workers=1, thread_name_prefix="sandbox-starter")
        self._changed = threading.Condition()
        self._idle: list[SandboxProcess] = []
        self._busy: set[SandboxProcess] = set()
        self._starting = 0
        self._waiting = 0
        self._failed_starts = 0
        self._start_error: SandboxFailed | None = None
        self._missing: tuple[str, ...] = ()
        self._closed = False
        if start is Start.EAGERLY:
            with self._changed:
                for _ in range(self._limits.children):
                    self._start_one()

    def __enter__(self) -> Self:
        return self

    def __exit__(self, *_: object) -> None:
        self.close()

    @property
    def missing(self) -> tuple[str, ...]:
        """What this kernel could not do to confine the children that were started, for the health page."""
        return self._missing

    def child_pids(self) -> tuple[int, ...]:
        """The process ids of the children that live now."""
        with self._changed:
            return tuple(child.pid for child in (*self._idle, *self._busy))

    def ask(self, question: Frame, *, about: bytes = b"") -> Frame:
        """A child's answer; raises :class:`SandboxFailed`, or :class:`SandboxBusy` where too many wait already.

        Where several children are free, the one answers that was asked ``about`` the same before: it may remember.
        """
        child = self._acquire(about)
        try:
            answer = child.ask(question, cpu=self._limits.cpu, wall=self._limits.wall)
        except BaseException:
            self._replace(child)
            raise
        if child.is_slowed or child.jobs >= self._limits.jobs or child.resident > self._limits.resident:
            self._replace(child)
        else:
            self._release(child)
        if "failure" in answer.header:
            raise SandboxFailed(reason=f"it failed with {answer.header['failure']}")
        return answer

    def close(self) -> None:
        """End all children; questions that are being answered fail."""
        with self._changed:
            self._closed = True
            idle, self._idle = self._idle, []
            for child in self._busy:
                child.end()  # whoever waits for its answer buries it
            self._changed.notify_all()
        for child in idle:
            child.kill()
        self._starter.shutdown(wait=True)

    def _acquire(self, about: bytes) -> SandboxProcess:
        deadline = time.monotonic() + self._limits.patience.total_seconds()
        with self._changed:
            if self._waiting >= self._limits.waiting:
                raise SandboxBusy(waiting=self._waiting)
            self._waiting += 1
            failed_before = self._failed_starts
            try:
                while (child := self._living(about)) is None:
                    self._demand_usable(failed_before)
                    if self._has_room():
                        self._start_one()
                    left = deadline - time.monotonic()
                    if left <= 0:
                        raise SandboxBusy(waiting=self._waiting)
                    self._changed.wait(min(left, self._limits.slow_after.total_seconds()))
                self._busy.add(child)
                if about:
                    child.familiar.append(about)
                return child
            finally:
                self._waiting -= 1

    def _has_room(self) -> bool:
        """Whether one child more may be started; slow ones leave their places to spares. The lock is held."""
        slow = [child for child in self._busy if child.works_longer_than(self._limits.slow_after)]
        for child in slow:
            child.slow_down()
        spared = min(len(slow), self._limits.spare)
        return len(self._busy) + self._starting < self._limits.children + spared

    def _living(self, about: bytes) -> SandboxProcess | None:
        """An idle child, after burying those that died while they were idle; the lock is held."""
        while self._idle:
            child = next((one for one in self._idle if about and about in one.familiar), self._idle[-1])
            self._idle.remove(child)
            if child.is_alive:
                return child
            child.kill()
        return None

    def _demand_usable(self, failed_before: int) -> None:
        if self._closed:
            msg = "the sandbox is closed"
            raise RuntimeError(msg)
        if self._failed_starts > failed_before and self._start_error is not None:
            raise SandboxFailed(reason=self._start_error.reason)

    def _release(self, child: SandboxProcess) -> None:
        with self._changed:
            self._busy.discard(child)
            if not self._closed:
                self._idle.append(child)
            self._changed.notify()
        if self._closed:
            child.kill()

    def _replace(self, child: SandboxProcess) -> None:
        child.kill()
        with self._changed:
            self._busy.discard(child)
            if not self._closed and len(self._busy) + len(self._idle) + self._starting < self._limits.children:
                self._start_one()

    def _start_one(self) -> None:
        """Have the starter thread start a child; the lock is held."""
        self._starting += 1
        self._starter.submit(self._start)

    def _start(self) -> None:
        child, failure = None, None
        try:
            child = SandboxProcess(memory=self._limits.memory, most_bytes=self._limits.answer)
        except SandboxFailed as error:
            failure = error
        except OSError as error:
            failure = SandboxFailed(reason=f"no child could be started: {error.strerror}")
        with self._changed:
            self._starting -= 1
            if child is None:
                self._failed_starts += 1
                self._start_error = failure
            elif not self._closed:
                self._missing = child.missing
                self._idle.append(child)
                child = None
            self._changed.notify_all()
        if child is not None:
            child.kill()
