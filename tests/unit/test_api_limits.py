"""Counters, locks and sizes: what slows down guessing and keeps one caller from taking everything."""

from __future__ import annotations

import asyncio
from collections import deque
from datetime import timedelta
from typing import TYPE_CHECKING, Literal

import pytest
from argon2 import PasswordHasher
from fastapi import Request

from api.callers.rates import RateLimit, address_key
from api.callers.secret_hashes import SecretHashes
from api.errors import (
    ApiError,
    BodyTooLarge,
    BodyTooSlow,
    Busy,
    FileTooLarge,
    MediaTypeUnsupported,
    RequestInvalid,
    TooManyRequests,
)
from api.uploads.body_limit import SMALL_BODY, BodyLimit, lift_body_limit
from api.uploads.multipart import plain_file_name, read_upload
from api.uploads.room import Room

if TYPE_CHECKING:
    from starlette.types import Message, Receive, Scope, Send

    from api.uploads.multipart import Upload


class Hand:
    """A clock that a test moves."""

    def __init__(self) -> None:
        self.at = 1000.0

    def __call__(self) -> float:
        return self.at


def test_a_key_waits_until_its_oldest_event_is_old_enough() -> None:
    clock = Hand()
    limit = RateLimit(allowed=2, window=timedelta(seconds=60), monotonic=clock)
    for _ in range(2):
        limit.demand("a")
        limit.count("a")
        clock.at += 10
    with pytest.raises(TooManyRequests) as refused:
        limit.demand("a")
    assert 40 <= refused.value.retry_after <= 41
    limit.demand("b")
    clock.at += 41
    limit.demand("a")


def test_a_forgotten_key_starts_again() -> None:
    limit = RateLimit(allowed=1, window=timedelta(seconds=60))
    limit.count("a")
    limit.forget("a")
    assert limit.wait("a") == 0


@pytest.mark.parametrize(
    ("address", "key"),
    [
        ("203.0.113.7", "203.0.113.7"),
        ("::ffff:203.0.113.7", "203.0.113.7"),
        ("2001:db8:1:2:3:4:5:6", "2001:db8:1:2::/64"),
        (None, "unknown"),
        ("testclient", "unknown"),
    ],
)
def test_an_ipv6_caller_is_counted_by_its_network(address: str | None, key: str) -> None:
    assert address_key(address) == key


@pytest.fixture(scope="module")
def hashes() -> SecretHashes:
    return SecretHashes(PasswordHasher(time_cost=1, memory_cost=64, parallelism=1))


def test_an_unknown_account_is_refused_and_a_broken_hash_too(hashes: SecretHashes) -> None:
    assert not hashes.matches("nobody has this secret", hashed=None)
    assert not hashes.matches("x", hashed="not a hash")


def test_uploads_share_one_room_and_give_it_back() -> None:
    room = Room(size=100, callers=2)
    with room.lease() as first, room.lease() as second:
        first.take(60)
        with pytest.raises(Busy):
            second.take(41)
        second.take(40)
        with pytest.raises(Busy), room.lease():
            pass
    with room.lease() as third:
        third.take(100)


def body_scope(content_type: str, **headers: str) -> Scope:
    named = {"content-type": content_type} | {name.replace("_", "-"): value for name, value in headers.items()}
    raw = [(name.encode(), value.encode()) for name, value in named.items()]
    return {"type": "http", "method": "POST", "path": "/", "headers": raw, "query_string": b""}


def chunks(*parts: bytes) -> Receive:
    waiting: deque[Message] = deque(
        {"type": "http.request", "body": part, "more_body": number < len(parts)}
        for number, part in enumerate(parts, start=1)
    )

    async def receive() -> Message:
        await asyncio.sleep(0)
        return waiting.popleft() if waiting else {"type": "http.disconnect"}

    return receive


def form(*parts: bytes, most: int = 1000, boundary: bytes = b"x") -> Upload:
    """What ``read_upload`` makes of these chunks."""
    scope = body_scope(f"multipart/form-data; boundary={boundary.decode()}")
    with Room(size=10**9, callers=1).lease() as lease:
        return asyncio.run(read_upload(Request(scope, chunks(*parts)), most_bytes=most, lease=lease))


WHOLE = (
    b'--x\r\nContent-Disposition: form-data; name="metadata"\r\n\r\n{"a": "\xc4\x91"}\r\n'
    b'--x\r\nContent-Disposition: form-data; name="file"; filename="C:\\a\\b.pdf"\r\n\r\n%PDF-\r\n--not\r\n--x--\r\n'
)


def test_a_form_is_read_whatever_its_chunks() -> None:
    for step in (1, 7, 1000):
        upload = form(*[WHOLE[i : i + step] for i in range(0, len(WHOLE), step)])
        assert upload.file == b"%PDF-\r\n--not"
        assert upload.name == "b.pdf"
        assert upload.fields == {"metadata": '{"a": "đ"}'}


def test_reading_stops_at_the_limit() -> None:
    head = b'--x\r\nContent-Disposition: form-data; name="file"; filename="a"\r\n\r\n'
    assert len(form(head, b"y" * 1000, b"\r\n--x--\r\n").file) == 1000
    with pytest.raises(FileTooLarge):
        form(head, b"y" * 1001)


@pytest.mark.parametrize(
    "content",
    [
        b"",
        b"--x--\r\n",
        b"--y\r\n\r\n",
        WHOLE[:-9],
        b"--x\r\nContent-Disposition: form-data\r\n\r\n1\r\n--x--\r\n",
        b'--x\r\nContent-Disposition: form-data; name="a"\r\n\r\n1\r\n--x--\r\n',
        WHOLE.replace(b"metadata", b"file"),
        WHOLE.replace(b"\xc4\x91", b"\xff"),
        b'--x\r\nContent-Disposition: form-data; name="a"\r\n\r\n' + b"1" * 200_000 + b"\r\n--x--\r\n",
        b"".join(b'--x\r\nContent-Disposition: form-data; name="%d"\r\n\r\n\r\n' % n for n in range(40)) + b"--x--\r\n",
    ],
)
def test_a_bad_form_is_refused(content: bytes) -> None:
    with pytest.raises(RequestInvalid):
        form(content)


def test_what_is_no_form_is_refused() -> None:
    with pytest.raises(MediaTypeUnsupported), Room(size=1, callers=1).lease() as lease:
        asyncio.run(read_upload(Request(body_scope("application/pdf"), chunks(b"")), most_bytes=1, lease=lease))


@pytest.mark.parametrize(
    ("given", "shown"),
    [
        ("../../etc/passwd", "passwd"),
        ("a\r\nSet-Cookie: b.pdf", "aSet-Cookie: b.pdf"),
        ("\u202egpj.pdf", "gpj.pdf"),
        ("thông báo.pdf", "thông báo.pdf"),
        ("o\u0302.pdf", "ô.pdf"),
        ("", "document.pdf"),
        ("..", "document.pdf"),
        ("x" * 5000, "x" * 200),
    ],
)
def test_file_names_are_only_for_showing(given: str, shown: str) -> None:
    assert plain_file_name(given) == shown


def through_limit(scope: Scope, receive: Receive, *, lift: int = 0, patience: Hand | None = None) -> list[Message]:
    """Read the whole body inside the middleware; answers what was sent."""
    sent: list[Message] = []

    async def app(scope: Scope, receive: Receive, send: Send) -> None:
        request = Request(scope, receive)
        if lift:
            lift_body_limit(request, lift, too_large=FileTooLarge(limit=lift))
        try:
            body = await request.body()
        except ApiError as error:
            await send({"type": "http.response.start", "status": 400, "error": error})
            return
        await send({"type": "http.response.start", "status": 200, "length": len(body)})

    async def send(message: Message) -> None:
        await asyncio.sleep(0)
        sent.append(dict(message))

    limit = BodyLimit(app, monotonic=patience) if patience else BodyLimit(app)
    asyncio.run(limit(scope, receive, send))
    return sent


def test_a_body_may_be_small_unless_a_call_lifts_the_limit() -> None:
    scope = body_scope("application/json", transfer_encoding="chunked")
    parts = [b"x" * 1024] * 65
    (small,) = through_limit(dict(scope), chunks(*parts[:64]))
    assert small["length"] == SMALL_BODY
    (large,) = through_limit(dict(scope), chunks(*parts))
    assert isinstance(large["error"], BodyTooLarge)
    (lifted,) = through_limit(dict(scope), chunks(*parts), lift=10**6)
    assert lifted["length"] == 65 * 1024


def test_an_announced_length_is_believed_when_it_is_too_much() -> None:
    (refused,) = through_limit(body_scope("application/json", content_length="99999999"), chunks(b"x"))
    assert isinstance(refused["error"], BodyTooLarge)


def test_a_client_that_waits_to_be_asked_is_not_read_any_further() -> None:
    receive = chunks(b"x", b"y")
    scope = body_scope("application/json", content_length="99999999", expect="100-continue")
    through_limit(scope, receive)
    assert asyncio.run(_next(receive))["body"] == b"x"


async def _next(receive: Receive) -> Message:
    return await receive()


def test_a_dribbling_client_is_given_up() -> None:
    clock = Hand()

    async def receive() -> Message:
        clock.at += 20
        await asyncio.sleep(0)
        return {"type": "http.request", "body": b"x", "more_body": True}

    (refused,) = through_limit(body_scope("application/json", content_length="10"), receive, patience=clock)
    assert isinstance(refused["error"], BodyTooSlow)


def test_who_announces_a_large_file_and_sends_nothing_is_given_up_as_soon() -> None:
    clock, asked = Hand(), list[float]()

    async def receive() -> Message:
        asked.append(clock.at)
        clock.at += 20
        await asyncio.sleep(0)
        return {"type": "http.request", "body": b"", "more_body": True}

    scope = body_scope("application/json", content_length=str(10**8))
    (refused,) = through_limit(scope, receive, lift=10**8, patience=clock)
    assert isinstance(refused["error"], BodyTooSlow)
    assert len(asked) <= 4


def test_a_large_file_on_a_slow_line_has_its_time() -> None:
    clock, parts = Hand(), iter([b"x" * 10**6] * 10)

    async def receive() -> Message:
        clock.at += 25
        await asyncio.sleep(0)
        part = next(parts, b"")
        return {"type": "http.request", "body": part, "more_body": bool(part)}

    scope = body_scope("application/json", content_length=str(10**7))
    (taken,) = through_limit(scope, receive, lift=10**8, patience=clock)
    assert taken["length"] == 10**7


class Counting(PasswordHasher):
    """The real one, which says how often it was asked to check."""

    def __init__(self) -> None:
        super().__init__(time_cost=1, memory_cost=8, parallelism=1)
        self.checks = 0

    def verify(self, hash: str | bytes, password: str | bytes) -> Literal[True]:  # noqa: A002 - its name for it
        self.checks += 1
        return super().verify(hash, password)


def test_a_secret_that_just_matched_is_recognised_for_some_minutes() -> None:
    clock, hasher = Hand(), Counting()
    hashes = SecretHashes(hasher, monotonic=clock)
    hashed = hashes.hash("lúa chín")
    assert all(hashes.matches("lúa chín", hashed=hashed) for _ in range(100))
    assert hasher.checks == 1
    clock.at += 601
    assert hashes.matches("lúa chín", hashed=hashed)
    assert hasher.checks == 2


def test_a_wrong_secret_is_never_recognised_and_always_checked_in_full() -> None:
    hasher = Counting()
    hashes = SecretHashes(hasher, monotonic=Hand())
    hashed = hashes.hash("right")
    assert hashes.matches("right", hashed=hashed)
    assert not any(hashes.matches(wrong, hashed=hashed) for wrong in ("Right", "right ", "", "wrong"))
    assert hasher.checks == 5


def test_a_secret_that_was_changed_is_recognised_no_more() -> None:
    hashes = SecretHashes(Counting(), monotonic=Hand())
    old, new = hashes.hash("old"), hashes.hash("new")
    assert hashes.matches("old", hashed=old)
    assert not hashes.matches("old", hashed=new)
    assert not hashes.matches("old", hashed=None)
    assert hashes.matches("new", hashed=new)
