"""The other processes' way to the keys: a call over the signer's socket, with the signer's own errors."""

from __future__ import annotations

import os
import select
import socket
import time
from collections import deque
from contextlib import suppress
from datetime import timedelta
from typing import TYPE_CHECKING

from hsm import framing, protocol
from hsm.errors import SignerUnavailable
from hsm.protocol import Operation
from hsm.uri import Pkcs11Uri
from signing.prepared import SignatureValue

if TYPE_CHECKING:
    from pathlib import Path

    from certs.algorithms import SignatureAlgorithm
    from hsm.framing import Message
    from hsm.inventory import SignerHealth, TokenInventory

_LIMIT = timedelta(seconds=90)  # more than a signer takes that waits, opens anew and repeats (hsm.limits.Limits)

_IDLE = 5.0  # seconds; the signer waits for a next call twice as long (hsm.limits.Limits.frame)


class SignerClient:
    """For any number of threads: a call has its connection to itself, so none can read another's answer.

    Every method raises :class:`SignerUnavailable` where the signer does not listen or breaks off, and otherwise the
    error that the signer reports (:mod:`hsm.errors`).
    """

    def __init__(self, socket: Path, *, limit: timedelta = _LIMIT) -> None:
        self._socket = socket
        self._limit = limit
        self._idle = _IdleConnections()

    def sign(self, *, key: str, dtbs: bytes, algorithm: SignatureAlgorithm) -> SignatureValue:
        """Sign the data (not its digest) with the key that this PKCS#11 URI names; the value has been verified."""
        request = protocol.sign_request(key=Pkcs11Uri.parse(key), dtbs=dtbs, algorithm=algorithm)
        return SignatureValue(self._ask(request).octets("value"))

    def credentials(self) -> tuple[TokenInventory, ...]:
        """Every configured token with its keys and certificates, or with the problem that it has."""
        answer = self._ask(protocol.request(Operation.KEYS))
        return tuple(protocol.inventory_of(token) for token in answer.messages("tokens"))

    def health(self) -> SignerHealth:
        """How the signer and its tokens are; touches no token."""
        return protocol.health_of(self._ask(protocol.request(Operation.HEALTH)))

    def retire(self, *, key: str, reason: str) -> Pkcs11Uri:
        """From now on this one key does not sign; answers its full name. Only an operator with the file undoes it."""
        answer = self._ask(protocol.request(Operation.RETIRE, key=str(Pkcs11Uri.parse(key)), reason=reason))
        return Pkcs11Uri.parse(answer.text("key"))

    def _ask(self, request: protocol.Members) -> Message:
        try:
            return protocol.answer_of(self._exchanged(request))
        except TimeoutError as error:
            raise self._unavailable(reason=f"no answer within {self._limit.total_seconds():g} s") from error
        except (FileNotFoundError, ConnectionRefusedError) as error:
            raise self._unavailable(reason="nothing listens there") from error
        except (OSError, EOFError) as error:
            raise self._unavailable(reason=str(error) or "it broke off") from error

    def _exchanged(self, request: protocol.Members) -> Message:
        connection = self._idle.taken() or self._connected()
        try:
            reply = self._answered(connection, request)
        except BaseException:  # whatever may still come over it belongs to this call and to no other
            connection.close()
            raise
        self._idle.put(connection)
        return reply

    def _answered(self, connection: socket.socket, request: protocol.Members) -> Message:
        deadline = time.monotonic() + self._limit.total_seconds()
        connection.settimeout(self._limit.total_seconds())
        framing.send(connection, request)
        reply = framing.receive(connection, deadline=deadline)
        if reply is None:
            raise self._unavailable(reason="it broke off")
        return reply

    def _connected(self) -> socket.socket:
        connection = socket.socket(socket.AF_UNIX, socket.SOCK_STREAM)
        connection.settimeout(self._limit.total_seconds())
        try:
            connection.connect(str(self._socket))
        except BaseException:
            connection.close()
            raise
        return connection

    def _unavailable(self, *, reason: str) -> SignerUnavailable:
        return SignerUnavailable(socket=str(self._socket), reason=reason)


class _IdleConnections:
    """Connections whose last call ended well, kept briefly: connecting costs as much as a fast signature.

    The newest is taken first, so that the others grow old and go. After a fork none is used again.
    """

    def __init__(self) -> None:
        self._waiting: deque[tuple[socket.socket, float, int]] = deque()

    def put(self, connection: socket.socket) -> None:
        """Keep a connection for the next call, and close those that nobody took for a while."""
        self._waiting.append((connection, time.monotonic(), os.getpid()))
        while self._waiting and not _is_fresh(self._waiting[0]):
            with suppress(IndexError):  # another thread took the last one
                self._waiting.popleft()[0].close()

    def taken(self) -> socket.socket | None:
        """A connection that the signer has not closed; None where there is none."""
        with suppress(IndexError):
            while True:
                waiting = self._waiting.pop()
                if _is_fresh(waiting):
                    return waiting[0]
                waiting[0].close()
        return None


def _is_fresh(waiting: tuple[socket.socket, float, int]) -> bool:
    """Ours, used lately, and silent: a signer that ended or restarted makes its side readable (end of stream)."""
    connection, since, pid = waiting
    if pid != os.getpid() or time.monotonic() - since > _IDLE:
        return False
    sense = select.poll()  # select(2) cannot watch descriptors from 1024 on
    sense.register(connection, select.POLLIN)
    return not sense.poll(0)
