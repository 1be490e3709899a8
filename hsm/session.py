"""One configured token as the signer sees it: a child process that is replaced when it fails, and a queue before it.

A call is repeated once, on a fresh child, when its child crashed, hung or reported a failed device: what a child
computes leaves it only as a complete, verified answer, so no value was released. One that did not verify is thrown
away and the call is not repeated.
"""

from __future__ import annotations

import logging
import os
import threading
import time
from contextlib import contextmanager
from dataclasses import dataclass
from datetime import timedelta
from typing import TYPE_CHECKING, TypeVar

from hsm import protocol
from hsm.errors import DeviceAnsweredWrongly, DeviceFailed, HsmError, PinRefused
from hsm.inventory import TokenHealth
from hsm.isolation import ChildLost, ChildProcess
from hsm.pin import pin_evidence, read_pin
from hsm.protocol import Access, Operation

if TYPE_CHECKING:
    from collections.abc import Callable, Iterator
    from concurrent.futures import Executor
    from pathlib import Path

    from certs.algorithms import SignatureAlgorithm
    from hsm.framing import Message
    from hsm.inventory import TokenInventory
    from hsm.uri import Pkcs11Uri

_Answer = TypeVar("_Answer")
_log = logging.getLogger(__name__)


@dataclass(frozen=True, slots=True)
class Limits:
    """How long things may take: opening a session, one call on it, waiting for one's turn, one frame of a client."""

    opening: timedelta = timedelta(seconds=15)
    call: timedelta = timedelta(seconds=4)
    turn: timedelta = timedelta(seconds=30)
    frame: timedelta = timedelta(seconds=10)
    refusal: timedelta = timedelta(seconds=5)


@dataclass(frozen=True, slots=True)
class _Failure:
    """An opening that failed, when, and what the PIN file looked like."""

    error: HsmError
    at: float
    evidence: tuple[int, ...]


class TokenSession:
    """For many threads; one call is in flight."""

    def __init__(self, uri: Pkcs11Uri, *, state: Path, limits: Limits, spawner: Executor) -> None:
        """``spawner`` runs on one thread that lives as long as the signer: children die with the thread."""
        self.uri = uri
        self._state = state
        self._limits = limits
        self._spawner = spawner
        self._turn = threading.Lock()
        self._child: ChildProcess | None = None
        self._failure: _Failure | None = None
        self._signatures = 0
        self._children = 0

    def open(self) -> None:
        """Open the session if it is not open; raises as :meth:`sign` does."""
        with self._my_turn():
            self._attempted_twice(self._opened)

    def sign(self, *, key: Pkcs11Uri, dtbs: bytes, algorithm: SignatureAlgorithm) -> bytes:
        """A verified value.

        Raises :class:`~hsm.errors.TokenAbsent`, :class:`PinRefused`, :class:`~hsm.errors.PinUnavailable`,
        :class:`~hsm.errors.KeyAbsent`, :class:`~hsm.errors.MechanismUnsupported`, :class:`DeviceFailed`,
        :class:`DeviceAnsweredWrongly`.
        """
        request = protocol.sign_request(key=key, dtbs=dtbs, algorithm=algorithm)
        with self._my_turn():
            value = self._attempted_twice(lambda: self._asked(request)).octets("value")
            self._signatures += 1
        return value

    def inventory(self) -> TokenInventory:
        """What the token holds; raises as :meth:`sign` does."""
        request = protocol.request(Operation.KEYS)
        with self._my_turn():
            return protocol.inventory_of(self._attempted_twice(lambda: self._asked(request)))

    def health(self) -> TokenHealth:
        """How it has fared so far; asks the token nothing."""
        failure = self._failure
        return TokenHealth(
            name=self.uri.name,
            problem=None if failure is None else failure.error.code,
            signatures=self._signatures,
            children=self._children,
        )

    def close(self) -> None:
        """End the child, after the call in flight if that ends soon."""
        acquired = self._turn.acquire(timeout=self._limits.call.total_seconds())
        try:
            self._drop()
        finally:
            if acquired:
                self._turn.release()

    def _attempted_twice(self, attempt: Callable[[], _Answer]) -> _Answer:
        try:
            return attempt()
        except DeviceFailed as error:
            _log.warning("%s; once more on a fresh child", error)
        return attempt()

    def _asked(self, request: protocol.Members) -> Message:
        """One attempt; whatever makes the child doubtful ends it."""
        child = self._opened()
        try:
            return child.ask(request, limit=self._limits.call)
        except ChildLost as error:
            self._drop()
            raise DeviceFailed(token=self.uri.name, reason=str(error)) from error
        except (DeviceFailed, DeviceAnsweredWrongly):
            self._drop()
            raise

    @contextmanager
    def _my_turn(self) -> Iterator[None]:
        """Wait for the token, and share the answer of an opening that failed meanwhile instead of repeating it."""
        arrived = time.monotonic()
        if not self._turn.acquire(timeout=self._limits.turn.total_seconds()):
            raise DeviceFailed(token=self.uri.name, reason="too many calls are waiting for it")
        try:
            failure = self._failure
            if failure is not None and (failure.at >= arrived or self._still_refused(failure)):
                raise failure.error.again()
            yield
        finally:
            self._turn.release()

    def _still_refused(self, failure: _Failure) -> bool:
        """For a refused PIN it is not worth a process to look again at once, unless the PIN file was written anew."""
        if not isinstance(failure.error, PinRefused):
            return False
        recent = time.monotonic() - failure.at < self._limits.refusal.total_seconds()
        return recent and failure.evidence == pin_evidence(self.uri, os.environ)

    def _opened(self) -> ChildProcess:
        if self._child is None:
            evidence = pin_evidence(self.uri, os.environ)
            try:
                self._child = self._fresh_child()
            except HsmError as error:
                _log.warning("token %s cannot be used: %s", self.uri.name, error)
                self._failure = _Failure(error, at=time.monotonic(), evidence=evidence)
                raise
            self._failure = None
        return self._child

    def _fresh_child(self) -> ChildProcess:
        """A child with an open session; the PIN is read for it, given to it and forgotten."""
        request = protocol.request(
            Operation.OPEN,
            uri=str(self.uri),
            pin=read_pin(self.uri, os.environ).secret,
            state=str(self._state),
            access=Access.SIGN.value,
        )
        child = self._spawner.submit(ChildProcess.start, os.environ).result()
        self._children += 1
        try:
            child.ask(request, limit=self._limits.opening)
        except ChildLost as error:
            child.kill()
            raise DeviceFailed(token=self.uri.name, reason=str(error)) from error
        except BaseException:
            child.kill()
            raise
        return child

    def _drop(self) -> None:
        if self._child is not None:
            self._child.kill()
            self._child = None
