"""The child process: the only kind of process that loads a PKCS#11 module, one token and one call at a time.

It is started for one session and thrown away on the first doubt, so a module that crashes, hangs or loses its mind
takes nothing with it. It reads requests from the socket it was started with and ends when that closes or its parent
dies, even inside a call that never returns.
"""

from __future__ import annotations

import ctypes
import os
import signal
import socket
import sys
from pathlib import Path
from typing import TYPE_CHECKING

from hsm import framing, protocol
from hsm.breaker import Breaker, PersonPresent, PinBreaker
from hsm.errors import HsmError, RequestInvalid, TokenAbsent
from hsm.inventory import KeyKind, KeyPlace
from hsm.login import identity_of, load_module, tokens_of, translated
from hsm.making import destroy_key, generate_key, import_certificate, initialise_token
from hsm.pin import Pin, forbid_core_dumps
from hsm.protocol import Access, Members, Operation
from hsm.token import Token
from hsm.uri import Pkcs11Uri

if TYPE_CHECKING:
    from collections.abc import Callable

    from hsm.framing import Message

_PR_SET_PDEATHSIG = 1  # prctl(2)


class Desk:
    """Answers requests one after the other; ``open`` comes before whatever needs a session."""

    def __init__(self) -> None:
        self._token: Token | None = None

    def answer(self, message: Message) -> Members:
        """The members of the answer; raises an :class:`HsmError` for whatever cannot be done."""
        answers: dict[Operation, Callable[[Message], Members]] = {
            Operation.OPEN: self._open,
            Operation.SIGN: self._sign,
            Operation.KEYS: self._keys,
            Operation.GENERATE: self._generate,
            Operation.IMPORT: self._import,
            Operation.DESTROY: self._destroy,
            Operation.TOKENS: _tokens,
            Operation.INITIALISE: _initialise,
        }
        operation = protocol.operation_of(message)
        if operation not in answers:
            raise RequestInvalid(reason=f"a child does not answer {operation.value}")
        return answers[operation](message)

    def _open(self, message: Message) -> Members:
        state = message.optional_text("state")
        breaker: Breaker = PersonPresent() if state is None else PinBreaker(Path(state))
        self._token = Token.open(
            Pkcs11Uri.parse(message.text("uri")),
            pin=Pin(message.text("pin")),
            breaker=breaker,
            access=Access(message.text("access")),
        )
        return protocol.identity_members(self._token.identity)

    def _sign(self, message: Message) -> Members:
        value = self._opened().sign(
            Pkcs11Uri.parse(message.text("key")),
            dtbs=message.octets("dtbs"),
            algorithm=protocol.algorithm_of(message),
            retired=[Pkcs11Uri.parse(text) for text in message.texts("retired")],
        )
        return {"value": framing.base64_text(value.octets), "key": str(value.key)}

    def _keys(self, _message: Message) -> Members:
        return protocol.inventory_members(self._opened().inventory())

    def _generate(self, message: Message) -> Members:
        kind, place = KeyKind(message.text("kind")), KeyPlace(message.text("place"))
        return protocol.key_members(generate_key(self._opened(), kind=kind, label=message.text("label"), place=place))

    def _import(self, message: Message) -> Members:
        key = Pkcs11Uri.parse(message.text("key"))
        certificate, chain = message.octets("certificate"), message.all_octets("chain")
        return protocol.key_members(import_certificate(self._opened(), key, certificate=certificate, chain=chain))

    def _destroy(self, message: Message) -> Members:
        destroy_key(self._opened(), Pkcs11Uri.parse(message.text("key")))
        return {}

    def _opened(self) -> Token:
        if self._token is None:
            raise RequestInvalid(reason="no session is open")
        return self._token


def serve(connection: socket.socket) -> None:
    """Answer until the parent closes the socket."""
    desk = Desk()
    while (message := framing.receive(connection, deadline=None)) is not None:
        try:
            reply = protocol.answer(desk.answer(message))
        except HsmError as error:
            reply = protocol.refusal(error)
        framing.send(connection, reply)


def main(descriptor: int, parent: int) -> None:
    """Serve on an inherited socket, for as long as the parent lives."""
    signal.signal(signal.SIGINT, signal.SIG_IGN)  # Ctrl-C reaches the whole group; the parent ends us in order
    forbid_core_dumps()
    ctypes.CDLL(None, use_errno=True).prctl(_PR_SET_PDEATHSIG, signal.SIGKILL)
    if os.getppid() != parent:  # it died before the line above
        return
    with socket.socket(fileno=descriptor) as connection:
        serve(connection)


def _tokens(message: Message) -> Members:
    uri = Pkcs11Uri.parse(message.text("uri"))
    with translated(uri.name):
        found = tokens_of(load_module(uri))
    return {"tokens": [protocol.identity_members(identity_of(token)) for token in found]}


def _initialise(message: Message) -> Members:
    uri = Pkcs11Uri.parse(message.text("uri"))
    if uri.token is None:
        raise TokenAbsent(token=uri.name, reason="a new token needs a label")
    so_pin, pin = Pin(message.text("so_pin")), Pin(message.text("pin"))
    return protocol.identity_members(initialise_token(uri, label=uri.token, so_pin=so_pin, pin=pin))


if __name__ == "__main__":
    main(descriptor=int(sys.argv[1]), parent=int(sys.argv[2]))
