"""One configured token as the signer sees it: calls on its children, repeated where that is safe, and counted.

A call is repeated once, on another child, when its child crashed, hung or reported a failed device: what a child
computes leaves it only as a complete, verified answer, so no value was released. One that did not verify is thrown
away and the call is not repeated.
"""

from __future__ import annotations

import logging
import threading
import time
from contextlib import contextmanager
from typing import TYPE_CHECKING

from hsm import protocol
from hsm.children import Children
from hsm.errors import DeviceAnsweredWrongly, DeviceFailed
from hsm.inventory import TokenHealth
from hsm.latency import Latency
from hsm.protocol import Operation
from hsm.uri import Pkcs11Uri

if TYPE_CHECKING:
    from collections.abc import Callable, Iterator
    from concurrent.futures import Executor
    from pathlib import Path

    from certs.algorithms import SignatureAlgorithm
    from hsm.framing import Message
    from hsm.inventory import KeyDescription, TokenInventory
    from hsm.keybook import KeyBook
    from hsm.limits import Limits
    from hsm.pin import Pin

_log = logging.getLogger(__name__)


class TokenSession:
    """For many threads."""

    def __init__(
        self,
        uri: Pkcs11Uri,
        *,
        state: Path,
        limits: Limits,
        spawner: Executor,
        book: KeyBook,
        typed: Pin | None = None,
    ) -> None:
        """``spawner`` runs on one thread that lives as long as the signer; ``typed`` is a PIN given at the start."""
        self.uri = uri
        self.keys: tuple[KeyDescription, ...] = ()
        self._limits = limits
        self._children = Children(uri, state=state, limits=limits, spawner=spawner, typed=typed)
        self._book = book
        self._names: dict[Pkcs11Uri, Pkcs11Uri] = {}
        self._counting = threading.Lock()
        self._signatures = 0
        self._failures = 0
        self._latency = Latency()

    def open(self) -> None:
        """Open the sessions that are not open, and read which keys there are; raises as :meth:`sign` does."""
        self._children.fill()
        self.inventory()

    def sign(self, *, key: Pkcs11Uri, dtbs: bytes, algorithm: SignatureAlgorithm) -> bytes:
        """A verified value.

        Raises :class:`~hsm.errors.TokenAbsent`, :class:`~hsm.errors.PinRefused`, :class:`~hsm.errors.PinUnavailable`,
        :class:`~hsm.errors.KeyAbsent`, :class:`~hsm.errors.KeyRetired`, :class:`~hsm.errors.MechanismUnsupported`,
        :class:`DeviceFailed`, :class:`~hsm.errors.DeviceAnsweredWrongly`.
        """
        with self._counted(key) as count:
            return count(self._asked_twice(self._request(key, dtbs=dtbs, algorithm=algorithm)))

    def sign_once(self, *, key: Pkcs11Uri, dtbs: bytes, algorithm: SignatureAlgorithm) -> bytes:
        """The same without a second attempt, for a caller that has another token to ask."""
        with self._counted(key) as count:
            return count(self._asked(self._request(key, dtbs=dtbs, algorithm=algorithm)))

    def inventory(self) -> TokenInventory:
        """What the token holds; raises as :meth:`sign` does."""
        held = protocol.inventory_of(self._asked_twice(protocol.request(Operation.KEYS)))
        self.keys = held.keys
        return held

    def health(self) -> TokenHealth:
        """How it has fared so far; asks the token nothing."""
        return TokenHealth(
            name=self.uri.name,
            problem=self._children.problem,
            signatures=self._signatures,
            children=self._children.started,
            failures=self._failures,
            logins=self._children.logged_in,
            milliseconds=self._latency.milliseconds,
            durations=self._latency.counts,
        )

    def close(self) -> None:
        """End the children, after the calls in flight if those end soon."""
        self._children.close()

    def _request(self, key: Pkcs11Uri, *, dtbs: bytes, algorithm: SignatureAlgorithm) -> protocol.Members:
        retired = [uri for uri in self._book.retired() if uri.may_lie_on(self.uri)]
        return protocol.sign_request(key=key, dtbs=dtbs, algorithm=algorithm, retired=retired)

    @contextmanager
    def _counted(self, asked: Pkcs11Uri) -> Iterator[Callable[[Message], bytes]]:
        """Write down how a call ended and how long it took, under the name of the key that it turned out to mean."""
        started = time.monotonic()

        def count(answer: Message) -> bytes:
            value, key = answer.octets("value"), Pkcs11Uri.parse(answer.text("key"))
            with self._counting:
                self._signatures += 1
                self._latency.count(time.monotonic() - started)
                self._names[asked] = key
            self._book.signed(key)
            return value

        try:
            yield count
        except (DeviceFailed, DeviceAnsweredWrongly):
            with self._counting:
                self._failures += 1
            if (known := self._names.get(asked)) is not None:
                self._book.failed(known)
            raise

    def _asked_twice(self, request: protocol.Members) -> Message:
        try:
            return self._asked(request)
        except DeviceFailed as error:
            _log.warning("%s; once more on another child", error)
        return self._asked(request)

    def _asked(self, request: protocol.Members) -> Message:
        with self._children.one() as child:
            return child.ask(request, limit=self._limits.call)
