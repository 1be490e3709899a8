"""The children of one token: as many as calls are in flight, up to a limit, each with a session of its own.

A device works on several calls at once, a child on one. Sessions are opened one after the other, so that a wrong PIN
meets a single login; a token that gives fewer sessions than asked for is used with those.
"""

from __future__ import annotations

import logging
import os
import threading
import time
from contextlib import contextmanager
from dataclasses import dataclass
from typing import TYPE_CHECKING

from hsm import protocol
from hsm.errors import DeviceAnsweredWrongly, DeviceFailed, HsmError, PinRefused
from hsm.isolation import ChildLost, ChildProcess
from hsm.pin import is_typed_at_token, pin_evidence, read_pin
from hsm.protocol import Access, Operation

if TYPE_CHECKING:
    from collections.abc import Iterator
    from concurrent.futures import Executor
    from pathlib import Path

    from hsm.limits import Limits
    from hsm.pin import Pin
    from hsm.uri import Pkcs11Uri

_log = logging.getLogger(__name__)


@dataclass(frozen=True, slots=True)
class _Failure:
    """An opening that failed, when, and what the PIN file looked like."""

    error: HsmError
    at: float
    evidence: tuple[int, ...]


class Children:
    """For many threads; one call is in flight in each child."""

    def __init__(
        self, uri: Pkcs11Uri, *, state: Path, limits: Limits, spawner: Executor, typed: Pin | None = None
    ) -> None:
        """``spawner`` runs on one thread that lives as long as the signer: children die with the thread.

        ``typed`` is a PIN that a person gave at the start; without it the PIN is read each time a session is opened.
        """
        self._uri = uri
        self._state = state
        self._limits = limits
        self._spawner = spawner
        self._typed = typed
        self._changed = threading.Condition()
        self._idle: list[ChildProcess] = []
        self._open = 0
        self._opening = False
        self._closed = False
        self._failure: _Failure | None = None
        self.started = 0
        self.logged_in = 0

    @property
    def problem(self) -> str | None:
        """The code of the error that keeps the token from being used; None where a session is open."""
        failure = self._failure
        return None if failure is None or self._open else failure.error.code

    @contextmanager
    def one(self) -> Iterator[ChildProcess]:
        """A child for one call; a call that leaves it in doubt ends it.

        Raises :class:`DeviceFailed` where none is free in time, and what opening a session raises.
        """
        child = self._taken()
        doubtful = True
        try:
            yield child
            doubtful = False
        except HsmError as error:
            doubtful = isinstance(error, DeviceFailed | DeviceAnsweredWrongly)
            raise
        except ChildLost as error:
            raise DeviceFailed(token=self._uri.name, reason=str(error)) from error
        finally:
            if doubtful:
                self._end(child)
            else:
                self._put_back(child)

    def fill(self) -> None:
        """Open as many sessions as there may be; raises what the first that could not be opened raised."""
        while True:
            with self._changed:
                if not self._may_grow():
                    return
                self._opening = True
            self._put_back(self._opened())

    def close(self) -> None:
        """End the children, each after its call if that ends soon."""
        patience = self._limits.call.total_seconds()
        with self._changed:
            self._closed = True
            self._changed.wait_for(lambda: not self._opening and len(self._idle) == self._open, patience)
            while self._idle:
                self._idle.pop().kill()
                self._open -= 1

    def _taken(self) -> ChildProcess:
        """An idle child or a fresh one; waits while all are busy."""
        arrived = time.monotonic()
        deadline = arrived + self._limits.turn.total_seconds()
        while True:
            with self._changed:
                while not self._idle and not self._may_grow():
                    self._share_failure(arrived)
                    if not self._changed.wait(deadline - time.monotonic()):
                        raise DeviceFailed(token=self._uri.name, reason="too many calls are waiting for it")
                if self._idle:
                    return self._idle.pop()
                self._share_failure(arrived)
                self._opening = True
            try:
                return self._opened()
            except HsmError:
                if not self._open:
                    raise  # else: the sessions that there are will do

    def _may_grow(self) -> bool:
        if self._closed or self._opening or self._open >= self._most():
            return False
        failure = self._failure
        return (
            not self._open or failure is None or time.monotonic() - failure.at > self._limits.regrowth.total_seconds()
        )

    def _most(self) -> int:
        """How many sessions there may be: one where each would have a person type the PIN."""
        return 1 if is_typed_at_token(self._uri) else self._limits.children

    def _share_failure(self, arrived: float) -> None:
        """Where no session is open, answer what an opening met meanwhile, instead of repeating it for every caller."""
        failure = self._failure
        if failure is None or self._open:
            return
        if failure.at >= arrived or self._still_refused(failure):
            raise failure.error.again()

    def _still_refused(self, failure: _Failure) -> bool:
        """For a refused PIN it is not worth a process to look again at once, unless the PIN file was written anew."""
        if not isinstance(failure.error, PinRefused):
            return False
        recent = time.monotonic() - failure.at < self._limits.refusal.total_seconds()
        return recent and failure.evidence == pin_evidence(self._uri, os.environ)

    def _opened(self) -> ChildProcess:
        """A fresh child; only one caller at a time comes here."""
        evidence = pin_evidence(self._uri, os.environ)
        try:
            child = self._fresh_child()
        except BaseException as error:
            with self._changed:
                self._opening = False
                if isinstance(error, HsmError):
                    _log.warning("token %s cannot be used: %s", self._uri.name, error)
                    self._failure = _Failure(error, at=time.monotonic(), evidence=evidence)
                self._changed.notify_all()
            raise
        with self._changed:
            self._opening = False
            self._open += 1
            self.logged_in += 1
            self._failure = None
            self._changed.notify_all()
        return child

    def _fresh_child(self) -> ChildProcess:
        """A child with an open session; the PIN is read for it, given to it and forgotten."""
        pin = self._typed or read_pin(self._uri, os.environ)
        request = protocol.request(
            Operation.OPEN,
            uri=str(self._uri),
            pin=pin.secret,
            state=str(self._state),
            access=Access.SIGN.value,
        )
        child = self._spawner.submit(ChildProcess.start, os.environ).result()
        self.started += 1
        try:
            child.ask(request, limit=self._limits.keypad if is_typed_at_token(self._uri) else self._limits.opening)
        except ChildLost as error:
            child.kill()
            raise DeviceFailed(token=self._uri.name, reason=str(error)) from error
        except BaseException:
            child.kill()
            raise
        return child

    def _put_back(self, child: ChildProcess) -> None:
        with self._changed:
            self._idle.append(child)
            self._changed.notify()

    def _end(self, child: ChildProcess) -> None:
        child.kill()
        with self._changed:
            self._open -= 1
            self._changed.notify()
