"""Runs the parts of a one-machine service as children: in order, restarted when they die, all gone at the end.

One thread keeps all children: it starts them, watches them, starts them again. The kernel ties a child's life to the
thread that started it (prctl(2), PR_SET_PDEATHSIG), and this thread lives exactly as long as the supervision. The
caller's thread stays free: ``kyso up`` waits in it for a signal, ``kyso demo`` runs its scenario in it::

    with Supervisor(home, children) as supervisor:
        scenario()

However the supervisor ends, no child stays: it stops them itself, each before those it needs; if it is killed, the
kernel signals them and an undertaker stops what they have started.
"""

from __future__ import annotations

import os
import queue
import signal
import threading
from collections.abc import Callable, Iterator, Sequence
from contextlib import contextmanager
from enum import Enum
from pathlib import Path
from types import FrameType, TracebackType
from typing import Self

from api.supervision.errors import AddressTaken, ChildGaveUp, HomeTaken, HomeUnusable, SupervisorError
from api.supervision.home import Home
from api.supervision.life import ChildNews, ChildState, ChildStatus, Life, RestartPolicy, Supervised
from api.supervision.log import ChildLog
from api.supervision.undertaker import Undertaker

__all__ = [
    "AddressTaken",
    "ChildGaveUp",
    "ChildNews",
    "ChildState",
    "ChildStatus",
    "HomeTaken",
    "HomeUnusable",
    "RestartPolicy",
    "Supervised",
    "Supervisor",
    "SupervisorError",
]

_GLANCE = 0.05  # seconds between two looks at the children
# The system may give a signal to another thread; Python then runs the handler when the main thread wakes up next.
_NAP = 0.2  # seconds
_DEFAULT_POLICY = RestartPolicy()


def _do_nothing() -> None:
    """What is done once all is up, unless the caller says something else."""


def _say_nothing(_news: ChildNews) -> None:
    """What is told to people, unless the caller wants to hear it."""


class _News(Enum):
    """What the waiting thread is told."""

    UP = "all children are ready"
    STOP = "a signal asks for the end"


class Supervisor:
    """Keeps children, each started when those it needs are ready; logs go to ``home/log/NAME.log``.

    ``tell`` is called, from another thread, whenever a child is ready or has to be started again.
    Used once: either ``run_until_stopped``, or ``start`` (also as ``with``), work of one's own, ``stop``. ``failure``
    is what ended the supervision before its time, or None.
    """

    def __init__(
        self,
        home: Path,
        children: Sequence[Supervised],
        *,
        policy: RestartPolicy = _DEFAULT_POLICY,
        tell: Callable[[ChildNews], None] = _say_nothing,
    ) -> None:
        self._tell = tell
        self._home = Home(home)
        self._children = tuple(children)
        self._policy = policy
        self._lives: tuple[Life, ...] = ()
        self._stopping = threading.Event()
        # A SimpleQueue, since a signal handler may put into it while the same thread waits on it.
        self._news: queue.SimpleQueue[_News | BaseException] = queue.SimpleQueue()
        self._keeper: threading.Thread | None = None
        self.failure: BaseException | None = None

    def start(self) -> None:
        """Start all children and return when all are ready.

        Raises ``HomeTaken``, ``HomeUnusable``, ``ChildGaveUp``, and what a child's own preparation raises; then
        everything is stopped again.
        """
        try:
            self._begin()
            self._heed()
        except BaseException:
            self.stop()
            raise

    def run_until_stopped(self, *, once_up: Callable[[], None] = _do_nothing) -> None:
        """Start, call ``once_up``, wait for SIGINT or SIGTERM, then stop all children; call it in the main thread.

        A signal during the start ends it, too. Raises what ``start`` raises, and later ``ChildGaveUp`` when a child
        cannot be kept.
        """
        with self._signals_as_news():
            try:
                self._begin()
                if self._heed() is _News.UP:
                    once_up()
                    self._heed()
            finally:
                self.stop()

    def stop(self) -> None:
        """Stop all children, each before those it needs; safe to repeat."""
        self._stopping.set()
        if self._keeper is not None:
            self._keeper.join()

    def children_status(self) -> tuple[ChildStatus, ...]:
        """How each child is, in starting order."""
        return tuple(life.status for life in self._lives)

    def __enter__(self) -> Self:
        self.start()
        return self

    def __exit__(
        self, kind: type[BaseException] | None, error: BaseException | None, trace: TracebackType | None
    ) -> None:
        self.stop()

    def _begin(self) -> None:
        if self._keeper is not None:
            msg = "a supervisor is started once"
            raise RuntimeError(msg)
        lock = self._home.take()
        self._keeper = threading.Thread(target=self._keep, args=(lock,), name="supervisor", daemon=True)
        self._keeper.start()

    def _heed(self) -> _News:
        """Wait for the keeper's news or a signal's; an error is raised."""
        while True:
            try:
                news = self._news.get(timeout=_NAP)
            except queue.Empty:
                continue
            if isinstance(news, BaseException):
                raise news
            return news

    def _keep(self, lock: int) -> None:
        """The keeper's thread, the outermost boundary for what goes wrong in it."""
        try:
            undertaker = Undertaker(lock=lock)
            try:
                self._raise_children(undertaker)
            finally:
                self._end_children()
                undertaker.dismiss()
        except BaseException as error:  # noqa: BLE001 - handed to the thread that waits
            self.failure = error
            self._news.put(error)
        finally:
            os.close(lock)

    def _raise_children(self, undertaker: Undertaker) -> None:
        """Bring them up, each after those it needs, then look after them, until asked to stop."""
        self._lives = tuple(
            Life(
                child,
                log=ChildLog(self._home.logs, name=child.name),
                undertaker=undertaker,
                policy=self._policy,
                tell=self._tell,
            )
            for child in self._children
        )
        told = False
        while not self._stopping.wait(_GLANCE):
            undertaker.replace_if_dead()
            for life, needs in zip(self._lives, self._needs(), strict=True):
                if life.was_ready or all(needed.was_ready for needed in needs):
                    life.look_after()
            if not told and all(life.is_ready for life in self._lives):
                told = True
                self._news.put(_News.UP)

    def _end_children(self) -> None:
        """In waves: first those that no other child needs, all at once; then those that only they needed; and so on."""
        left = dict(zip(self._lives, self._needs(), strict=True))
        while left:
            needed = [life for needs in left.values() for life in needs]
            wave = [life for life in left if life not in needed]
            for life in wave:
                life.ask_to_end()
            for life in wave:
                life.end()
                del left[life]

    def _needs(self) -> Iterator[Sequence[Life]]:
        """For each child, in order, the lives that must have been ready before it starts."""
        for position, child in enumerate(self._children):
            named = child.needs
            before = self._lives[:position]
            yield before if named is None else [life for life in before if life.name in named]

    @contextmanager
    def _signals_as_news(self) -> Iterator[None]:
        def stop(_number: int, _frame: FrameType | None) -> None:
            self._news.put(_News.STOP)

        former = {number: signal.signal(number, stop) for number in (signal.SIGINT, signal.SIGTERM)}
        try:
            yield
        finally:
            for number, handler in former.items():
                signal.signal(number, handler)
