from __future__ import annotations

import json
import socket
import time
from typing import TYPE_CHECKING

import pytest
from hypothesis import given
from hypothesis import strategies as st

from hsm.errors import RequestInvalid
from hsm.framing import LARGEST, Message, base64_text, receive, send

if TYPE_CHECKING:
    from collections.abc import Iterator

TEXTS = st.text(max_size=20)


@pytest.fixture
def line() -> Iterator[tuple[socket.socket, socket.socket]]:
    near, far = socket.socketpair()
    with near, far:
        yield near, far


def soon() -> float:
    return time.monotonic() + 0.2


def framed(body: bytes) -> bytes:
    return len(body).to_bytes(4, "big") + body


@given(st.dictionaries(TEXTS, TEXTS | st.none() | st.integers(-(2**53), 2**53) | st.lists(TEXTS)))
def test_what_is_sent_arrives(content: dict[str, object]) -> None:
    near, far = socket.socketpair()
    with near, far:
        send(near, content)
        assert receive(far, deadline=soon()) == Message(content)


def test_frames_follow_each_other(line: tuple[socket.socket, socket.socket]) -> None:
    near, far = line
    send(near, {"a": 1})
    send(near, {"b": 2})
    near.close()
    assert [receive(far, deadline=soon()) for _ in range(3)] == [Message({"a": 1}), Message({"b": 2}), None]


@pytest.mark.parametrize(
    "octets",
    [
        framed(b""),
        framed(b"{"),
        framed(b"[]"),
        framed(b'"text"'),
        framed(b"\xff\xfe"),
        framed(b"[" * 500_000),
        framed(json.dumps({"a": 1}).encode()[:-1]),
        (LARGEST + 1).to_bytes(4, "big"),
        b"\xff\xff\xff\xff",
        b"GET / HTTP/1.1\r\n\r\n",
    ],
    ids=lambda octets: repr(octets[:12]),
)
def test_what_is_no_frame_is_refused(line: tuple[socket.socket, socket.socket], octets: bytes) -> None:
    near, far = line
    near.settimeout(0)
    near.send(octets)
    near.shutdown(socket.SHUT_WR)
    with pytest.raises((RequestInvalid, EOFError)):
        receive(far, deadline=time.monotonic() + 5)


@pytest.mark.parametrize("cut", [1, 3, 4, 5, 8])
def test_half_a_frame_is_no_frame(line: tuple[socket.socket, socket.socket], cut: int) -> None:
    near, far = line
    near.send(framed(b'{"a": 1}')[:cut])
    near.close()
    with pytest.raises((EOFError, RequestInvalid)):
        receive(far, deadline=soon())


def test_a_frame_that_drips_must_still_come_before_its_deadline(line: tuple[socket.socket, socket.socket]) -> None:
    near, far = line
    near.send(framed(b'{"a": 1}')[:6])
    started = time.monotonic()
    with pytest.raises(TimeoutError):
        receive(far, deadline=started + 0.1)
    assert time.monotonic() - started < 1


def test_a_frame_that_is_too_large_is_not_sent(line: tuple[socket.socket, socket.socket]) -> None:
    with pytest.raises(RequestInvalid):
        send(line[0], {"dtbs": "A" * LARGEST})


@pytest.mark.parametrize(
    "content",
    [json.loads(text) for text in ("{}", *(f'{{"x": {x}}}' for x in ("null", "1", "true", '["a"]', '"ä!"', "[1]")))],
    ids=str,
)
def test_readers_refuse_another_shape(content: dict[str, object]) -> None:
    message = Message(content)
    refused = 0
    for reader in (message.text, message.number, message.octets, message.texts, message.messages):
        try:
            reader("x")
        except RequestInvalid:
            refused += 1
    assert refused >= 4


def test_octets_survive() -> None:
    assert Message({"x": base64_text(bytes(range(256)))}).octets("x") == bytes(range(256))
