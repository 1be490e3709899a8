"""The signer: the one process that may use the keys, behind a Unix socket that only its own user can reach.

It never loads a PKCS#11 module itself; each token has a child for that (:mod:`hsm.child`). Clients are threads here,
and what they send is not trusted: frames are bounded in size and time, and nothing they say ends the process.
"""

from __future__ import annotations

import argparse
import logging
import os
import select
import signal
import socket as sockets
import struct
import sys
import threading
import time
from concurrent.futures import ThreadPoolExecutor
from contextlib import suppress
from pathlib import Path
from typing import TYPE_CHECKING

from hsm import framing, protocol
from hsm.doorway import Doorway
from hsm.errors import CallerRefused, HsmError, KeyAbsent, RequestInvalid, TokenAbsent, UriInvalid
from hsm.inventory import SignerHealth, TokenInventory
from hsm.keybook import KeyBook, key_health
from hsm.limits import Limits
from hsm.pin import forbid_core_dumps
from hsm.pool import Pool
from hsm.protocol import Operation
from hsm.session import TokenSession
from hsm.uri import Pkcs11Uri

if TYPE_CHECKING:
    from collections.abc import Mapping

    from certs.algorithms import SignatureAlgorithm
    from hsm.framing import Message
    from hsm.pin import Pin

_log = logging.getLogger(__name__)
_CALLERS = 512  # connections at once; each is a thread
_POOLS = 1024  # names of keys that lie on several tokens; the oldest is forgotten
_LARGEST_DTBS = 1 << 19  # signed attributes are a few hundred bytes; what is let in must fit into a child's frame too
_BREATH = 0.05  # seconds before the next caller after one could not be admitted
_LINGERING = 1.0  # seconds for a refused caller to read why
_PARTING = 5.0  # seconds that callers have to end when the signer stops


class Signer:
    """Tokens behind a socket; raises :class:`UriInvalid` for a token that is not named well enough to be opened."""

    def __init__(
        self,
        *,
        tokens: tuple[Pkcs11Uri, ...],
        socket: Path,
        state: Path,
        limits: Limits,
        typed: Mapping[Pkcs11Uri, Pin],
    ) -> None:
        for token in tokens:
            _demand_complete(token)
        self._spawner = ThreadPoolExecutor(max_workers=1, thread_name_prefix="spawner")
        self._doorway = Doorway(socket=socket, state=state)
        self._book = KeyBook(state)
        self._sessions = tuple(
            TokenSession(
                token, state=state, limits=limits, spawner=self._spawner, book=self._book, typed=typed.get(token)
            )
            for token in tokens
        )
        self._limits = limits
        self._places = threading.BoundedSemaphore(_CALLERS)
        self._callers: set[sockets.socket] = set()
        self._pools: dict[Pkcs11Uri, Pool] = {}
        self._pooling = threading.Lock()
        self._wake, self._waker = os.pipe()

    def serve(self) -> None:
        """Answer until :meth:`stop`; raises :class:`~hsm.errors.SignerRefusedStart`."""
        with self._doorway.claimed():
            with self._doorway.listening() as listener:
                for session in self._sessions:
                    threading.Thread(target=_warm, args=(session,), daemon=True).start()
                _log.info("signer listens with %d tokens", len(self._sessions))
                while self._wake not in select.select([listener.fileno(), self._wake], [], [])[0]:
                    self._admit(listener)
            self._part()

    def stop(self) -> None:
        """End :meth:`serve`; safe from any thread and from a signal handler."""
        os.write(self._waker, b".")

    def _admit(self, listener: sockets.socket) -> None:
        try:
            connection, _ = listener.accept()
        except OSError as error:  # the caller is gone again, or all file descriptors are in use
            _log.warning("no caller admitted: %s", error)
            time.sleep(_BREATH)
            return
        if self._places.acquire(blocking=False):
            self._callers.add(connection)
            threading.Thread(target=self._converse, args=(connection,), daemon=True).start()
        else:
            connection.close()

    def _converse(self, connection: sockets.socket) -> None:
        try:
            with connection:
                self._answer_all(connection)
        except (OSError, EOFError):
            _log.debug("a caller went away")
        except Exception:  # noqa: BLE001 - the outermost boundary of a caller: its thread ends, the signer goes on
            _log.exception("a caller met a defect")
        finally:
            self._callers.discard(connection)
            self._places.release()

    def _answer_all(self, connection: sockets.socket) -> None:
        """Requests of one connection, in order; the first frame that is none ends it."""
        try:
            _demand_own_user(connection)
            while (message := framing.receive(connection, deadline=self._deadline())) is not None:
                self._send(connection, self._reply(message))
        except (CallerRefused, RequestInvalid) as error:
            self._send(connection, protocol.refusal(error))
            _linger(connection)

    def _send(self, connection: sockets.socket, reply: protocol.Members) -> None:
        connection.settimeout(self._limits.frame.total_seconds())
        framing.send(connection, reply)

    def _deadline(self) -> float:
        return time.monotonic() + self._limits.frame.total_seconds()

    def _reply(self, message: Message) -> protocol.Members:
        try:
            return protocol.answer(self._answer(message))
        except HsmError as error:
            return protocol.refusal(error)

    def _answer(self, message: Message) -> protocol.Members:
        operation = protocol.operation_of(message)
        if operation is Operation.SIGN:
            key = Pkcs11Uri.parse(message.text("key"))
            dtbs, algorithm = message.octets("dtbs"), protocol.algorithm_of(message)
            if len(dtbs) > _LARGEST_DTBS:
                raise RequestInvalid(reason=f"dtbs may hold {_LARGEST_DTBS} bytes")
            return {"value": framing.base64_text(self._signed(key, dtbs=dtbs, algorithm=algorithm))}
        if operation is Operation.KEYS:
            return {"tokens": [protocol.inventory_members(_inventory(session)) for session in self._sessions]}
        if operation is Operation.HEALTH:
            return protocol.health_members(self._health())
        if operation is Operation.RETIRE:
            return {"key": str(self._retired(Pkcs11Uri.parse(message.text("key")), reason=message.text("reason")))}
        raise RequestInvalid(reason=f"callers may not {operation.value}")

    def _signed(self, key: Pkcs11Uri, *, dtbs: bytes, algorithm: SignatureAlgorithm) -> bytes:
        found = [session for session in self._sessions if key.may_lie_on(session.uri)]
        if not found:
            raise TokenAbsent(token=key.name, reason="KYSO_PKCS11_MODULES does not name it")
        if len(found) == 1:
            return found[0].sign(key=key, dtbs=dtbs, algorithm=algorithm)
        return self._pool_of(key, found).sign(dtbs=dtbs, algorithm=algorithm)

    def _health(self) -> SignerHealth:
        keys = {key.uri: key for session in self._sessions for key in session.keys}
        return SignerHealth(
            pid=os.getpid(),
            tokens=tuple(session.health() for session in self._sessions),
            keys=tuple(key_health(key, self._book.record(key.uri)) for key in keys.values()),
        )

    def _retired(self, key: Pkcs11Uri, *, reason: str) -> Pkcs11Uri:
        """Retire the one key that the name means on all tokens; it may be named by any of its attributes."""
        fitting = [session for session in self._sessions if key.may_lie_on(session.uri)]
        found = {k.uri for session in fitting for k in session.inventory().keys if key.names_key(k.uri)}
        if len(found) != 1:
            raise KeyAbsent(token=key.name, key=str(key), reason=f"{len(found)} keys match; name one by serial and id")
        uri = found.pop()
        self._book.retire(uri, reason=reason)
        _log.warning("key %s is retired: %s", uri, reason)
        return uri

    def _pool_of(self, key: Pkcs11Uri, sessions: list[TokenSession]) -> Pool:
        with self._pooling:
            if key not in self._pools and len(self._pools) >= _POOLS:
                self._pools.pop(next(iter(self._pools)))
            return self._pools.setdefault(key, Pool(key, sessions, limits=self._limits))

    def _part(self) -> None:
        """Let callers that are being served get their answer, then end the children."""
        for connection in tuple(self._callers):
            with suppress(OSError):
                connection.shutdown(sockets.SHUT_RD)  # no further request; the answer still goes out
        deadline = time.monotonic() + _PARTING
        for _ in range(_CALLERS):
            if not self._places.acquire(timeout=max(0.0, deadline - time.monotonic())):
                break
        for session in self._sessions:
            session.close()
        self._spawner.shutdown()
        self._book.close()
        _log.info("signer stopped")


def run(
    tokens: tuple[Pkcs11Uri, ...],
    socket: Path,
    state: Path,
    *,
    limits: Limits | None = None,
    typed: Mapping[Pkcs11Uri, Pin] | None = None,
) -> None:
    """Serve these tokens until SIGTERM or SIGINT. Call it from the main thread.

    ``socket`` lies in a folder of its own (0700, made if missing); ``state`` keeps the memory of refused PINs.
    ``typed`` are PINs that a person gave for tokens whose ``pin-source`` is ``ask:``; they stay in memory.
    """
    forbid_core_dumps()
    signer = Signer(tokens=tokens, socket=socket, state=state, limits=limits or Limits(), typed=typed or {})
    for number in (signal.SIGTERM, signal.SIGINT):
        signal.signal(number, lambda *_: signer.stop())
    signer.serve()


def main() -> None:
    """``python -m hsm.signer --socket PATH --state FOLDER URI…``: the signer alone, as the tests start it."""
    parser = argparse.ArgumentParser(prog="hsm.signer", description=main.__doc__)
    parser.add_argument("--socket", type=Path, required=True)
    parser.add_argument("--state", type=Path, required=True)
    parser.add_argument("--children", type=int, default=Limits().children)
    parser.add_argument("tokens", nargs="+", type=Pkcs11Uri.parse)
    options = parser.parse_args()
    logging.basicConfig(level=logging.INFO, format="%(asctime)s %(levelname)s %(message)s")
    try:
        run(tuple(options.tokens), options.socket, options.state, limits=Limits(children=options.children))
    except HsmError as error:
        sys.exit(f"{error}. {error.hint}")


def _linger(connection: sockets.socket) -> None:
    """Take what the caller is still sending: closing over unread octets would make the kernel drop the refusal."""
    connection.shutdown(sockets.SHUT_WR)
    connection.settimeout(_LINGERING)
    connection.recv(1 << 16)


def _demand_complete(token: Pkcs11Uri) -> None:
    if token.module_path is None:
        raise UriInvalid(reason=f"{token} has no module-path")
    if token.token is None and token.serial is None:
        raise UriInvalid(reason=f"{token} names neither a token label nor a serial")


def _warm(session: TokenSession) -> None:
    """Open at start, so that the first call does not wait; a token that is not there yet is no failure."""
    with suppress(HsmError):
        session.open()


def _inventory(session: TokenSession) -> TokenInventory:
    try:
        return session.inventory()
    except HsmError as error:
        return TokenInventory(name=session.uri.name, identity=None, keys=(), problem=error.code)


def _demand_own_user(connection: sockets.socket) -> None:
    """The kernel says who called (SO_PEERCRED): only processes of this user may."""
    credentials = connection.getsockopt(sockets.SOL_SOCKET, sockets.SO_PEERCRED, struct.calcsize("3i"))
    _, uid, _ = struct.unpack("3i", credentials)
    if uid != os.geteuid():
        raise CallerRefused(uid=str(uid))


if __name__ == "__main__":
    main()
