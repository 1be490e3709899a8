"""One configured token as the signer sees it: calls on its children, repeated where that is safe, and counted.

A call is repeated once, on another child, when its child crashed, hung or reported a failed device: what a child
computes leaves it only as a complete, verified answer, so no value was released. One that did not verify is thrown
away and the call is not repeated.
"""

from __future__ import annotations

import logging
import threading
from typing import TYPE_CHECKING

from hsm import protocol
from hsm.children import Children
from hsm.errors import DeviceFailed
from hsm.inventory import TokenHealth
from hsm.protocol import Operation

if TYPE_CHECKING:
    from concurrent.futures import Executor
    from pathlib import Path

    from certs.algorithms import SignatureAlgorithm
    from hsm.framing import Message
    from hsm.inventory import TokenInventory
    from hsm.limits import Limits
    from hsm.uri import Pkcs11Uri

_log = logging.getLogger(__name__)


class TokenSession:
    """For many threads."""

    def __init__(self, uri: Pkcs11Uri, *, state: Path, limits: Limits, spawner: Executor) -> None:
        """``spawner`` runs on one thread that lives as long as the signer: children die with the thread."""
        self.uri = uri
        self._limits = limits
        self._children = Children(uri, state=state, limits=limits, spawner=spawner)
        self._counting = threading.Lock()
        self._signatures = 0

    def open(self) -> None:
        """Open the sessions that are not open; raises as :meth:`sign` does."""
        self._children.fill()

    def sign(self, *, key: Pkcs11Uri, dtbs: bytes, algorithm: SignatureAlgorithm) -> bytes:
        """A verified value.

        Raises :class:`~hsm.errors.TokenAbsent`, :class:`~hsm.errors.PinRefused`, :class:`~hsm.errors.PinUnavailable`,
        :class:`~hsm.errors.KeyAbsent`, :class:`~hsm.errors.MechanismUnsupported`, :class:`DeviceFailed`,
        :class:`~hsm.errors.DeviceAnsweredWrongly`.
        """
        return self._counted(self._asked_twice(protocol.sign_request(key=key, dtbs=dtbs, algorithm=algorithm)))

    def sign_once(self, *, key: Pkcs11Uri, dtbs: bytes, algorithm: SignatureAlgorithm) -> bytes:
        """The same without a second attempt, for a caller that has another token to ask."""
        return self._counted(self._asked(protocol.sign_request(key=key, dtbs=dtbs, algorithm=algorithm)))

    def inventory(self) -> TokenInventory:
        """What the token holds; raises as :meth:`sign` does."""
        return protocol.inventory_of(self._asked_twice(protocol.request(Operation.KEYS)))

    def health(self) -> TokenHealth:
        """How it has fared so far; asks the token nothing."""
        return TokenHealth(
            name=self.uri.name,
            problem=self._children.problem,
            signatures=self._signatures,
            children=self._children.started,
        )

    def close(self) -> None:
        """End the children, after the calls in flight if those end soon."""
        self._children.close()

    def _counted(self, answer: Message) -> bytes:
        value = answer.octets("value")
        with self._counting:
            self._signatures += 1
        return value

    def _asked_twice(self, request: protocol.Members) -> Message:
        try:
            return self._asked(request)
        except DeviceFailed as error:
            _log.warning("%s; once more on another child", error)
        return self._asked(request)

    def _asked(self, request: protocol.Members) -> Message:
        with self._children.one() as child:
            return child.ask(request, limit=self._limits.call)
