"""Frames on a socket: four octets of length, then one JSON object. Nothing is unpickled, nothing is unbounded."""

from __future__ import annotations

import base64
import binascii
import json
import time
from dataclasses import dataclass
from datetime import datetime
from typing import TYPE_CHECKING

from hsm.errors import RequestInvalid

if TYPE_CHECKING:
    import socket
    from collections.abc import Mapping

LARGEST = 1 << 20
_LENGTH = 4


@dataclass(frozen=True, slots=True)
class Message:
    """A JSON object that came from another process; each reader raises :class:`RequestInvalid` for another shape."""

    content: Mapping[str, object]

    def text(self, name: str) -> str:
        """A string."""
        value = self.content.get(name)
        if not isinstance(value, str):
            raise RequestInvalid(reason=f"{name} is not a text")
        return value

    def optional_text(self, name: str) -> str | None:
        """A string, or None where the member is null or left out."""
        return None if self.content.get(name) is None else self.text(name)

    def optional_time(self, name: str) -> datetime | None:
        """An ISO 8601 time with its offset, or None where the member is null or left out."""
        text = self.optional_text(name)
        try:
            found = None if text is None else datetime.fromisoformat(text)
        except ValueError as error:
            raise RequestInvalid(reason=f"{name} is no time") from error
        if found is not None and found.tzinfo is None:
            raise RequestInvalid(reason=f"{name} has no offset")
        return found

    def number(self, name: str) -> int:
        """An integer."""
        value = self.content.get(name)
        if not isinstance(value, int) or isinstance(value, bool):
            raise RequestInvalid(reason=f"{name} is not a number")
        return value

    def octets(self, name: str) -> bytes:
        """Octets, from base64."""
        try:
            return base64.b64decode(self.text(name), validate=True)
        except (binascii.Error, ValueError) as error:
            raise RequestInvalid(reason=f"{name} is not base64") from error

    def optional_octets(self, name: str) -> bytes | None:
        """Octets, or None where the member is null or left out."""
        return None if self.content.get(name) is None else self.octets(name)

    def all_octets(self, name: str) -> tuple[bytes, ...]:
        """An array of octets, each from base64."""
        return tuple(Message({name: item}).octets(name) for item in self._array(name))

    def texts(self, name: str) -> tuple[str, ...]:
        """An array of strings."""
        return tuple(_checked_text(name, item) for item in self._array(name))

    def numbers(self, name: str) -> tuple[int, ...]:
        """An array of integers."""
        return tuple(Message({name: item}).number(name) for item in self._array(name))

    def messages(self, name: str) -> tuple[Message, ...]:
        """An array of objects."""
        return tuple(_checked_message(name, item) for item in self._array(name))

    def optional_message(self, name: str) -> Message | None:
        """An object, or None where the member is null or left out."""
        value = self.content.get(name)
        return None if value is None else _checked_message(name, value)

    def _array(self, name: str) -> list[object]:
        value = self.content.get(name)
        if not isinstance(value, list):
            raise RequestInvalid(reason=f"{name} is not an array")
        return value


def base64_text(octets: bytes) -> str:
    """Octets as :meth:`Message.octets` reads them."""
    return base64.b64encode(octets).decode("ascii")


def send(connection: socket.socket, content: Mapping[str, object]) -> None:
    """Write a frame in the socket's own time-out; raises ``OSError``, or :class:`RequestInvalid` if it is too large."""
    body = json.dumps(content).encode()
    if len(body) > LARGEST:
        raise RequestInvalid(reason=f"a frame may hold {LARGEST} bytes")
    connection.sendall(len(body).to_bytes(_LENGTH, "big") + body)


def receive(connection: socket.socket, *, deadline: float | None) -> Message | None:
    """Read one frame before ``deadline`` (of ``time.monotonic``); None where the other side ended before it began.

    Raises ``TimeoutError`` and other ``OSError``, ``EOFError`` inside a frame, :class:`RequestInvalid`.
    """
    head = _exactly(connection, _LENGTH, deadline)
    if not head:
        return None
    length = int.from_bytes(head, "big")
    if length > LARGEST:
        raise RequestInvalid(reason=f"a frame may hold {LARGEST} bytes")
    return parsed(_exactly(connection, length, deadline))


def parsed(body: bytes) -> Message:
    """The JSON object in these octets; raises :class:`RequestInvalid`."""
    try:
        content = json.loads(body)
    except (ValueError, RecursionError) as error:
        raise RequestInvalid(reason="no JSON") from error
    return _checked_message("the message", content)


def _exactly(connection: socket.socket, size: int, deadline: float | None) -> bytes:
    """So many octets, or none at all where the stream ends before the first."""
    octets = bytearray()
    while len(octets) < size:
        left = None if deadline is None else deadline - time.monotonic()
        if left is not None and left <= 0:
            raise TimeoutError
        connection.settimeout(left)
        piece = connection.recv(min(size - len(octets), 1 << 16))
        if not piece and not octets:
            return b""
        if not piece:
            raise EOFError
        octets += piece
    return bytes(octets)


def _checked_text(name: str, value: object) -> str:
    if not isinstance(value, str):
        raise RequestInvalid(reason=f"{name} holds something else than texts")
    return value


def _checked_message(name: str, value: object) -> Message:
    if not isinstance(value, dict):
        raise RequestInvalid(reason=f"{name} is not an object")
    return Message(value)
