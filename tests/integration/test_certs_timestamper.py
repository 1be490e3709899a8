"""Asking for timestamps over HTTP: failover, what is refused, and what waits."""

from __future__ import annotations

import hashlib
import threading
import time
from concurrent.futures import ThreadPoolExecutor
from contextlib import suppress
from dataclasses import dataclass, replace
from datetime import UTC, datetime, timedelta
from typing import TYPE_CHECKING

import pytest

from certs import tsp
from certs.anchors import TrustAnchors
from certs.authorities import REST, Authorities, TimestampLimits
from certs.errors import OnlineUnavailable, TimestampRefused, TimestampUnavailable
from certs.online import OnlineClient, OnlineLimits
from certs.timestamps import HttpTimestamper
from tests.integration.certs_servers import (
    Answer,
    Demonstration,
    Playable,
    demonstration,
    dripping,
    free_port,
    playing,
)
from tests.unit.certs_pki import NOW, Token, authority, response, timestamp_authority

if TYPE_CHECKING:
    from collections.abc import Callable, Iterator

DIGEST = hashlib.sha256(b"content").digest()
ROOT = authority("TSA Root")
TSA = timestamp_authority(ROOT)
ANCHORS = TrustAnchors(signing=(), timestamping=(ROOT.der,))
QUICK = OnlineLimits(per_request=timedelta(seconds=0.4), total=timedelta(seconds=0.8))


@dataclass(frozen=True)
class StoppedClock:
    at: datetime = NOW

    def now(self) -> datetime:
        return self.at


@pytest.fixture(scope="module")
def running(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Demonstration]:
    with demonstration(tmp_path_factory.mktemp("authority")) as made:
        yield made


def _timestamper(*urls: str, anchors: TrustAnchors = ANCHORS) -> HttpTimestamper:
    allowed = frozenset(url.removeprefix("http://").partition("/")[0] for url in urls)
    return HttpTimestamper(urls, OnlineClient(allowed, QUICK), anchors, StoppedClock())


def _answering(change: Callable[[Token], Token | bytes]) -> Callable[[str, bytes], Answer]:
    """An authority that would be honest but for this change."""

    def play(_: str, body: bytes) -> Answer:
        asked = tsp.read_request(body)
        made = change(Token(TSA, digest=asked.message_imprint, nonce=asked.nonce))
        return Answer(made if isinstance(made, bytes) else response(made.der()))

    return play


def _honest(token: Token) -> Token:
    return token


def test_the_demonstration_authority_stamps(running: Demonstration) -> None:
    before = datetime.now(UTC).replace(microsecond=0)
    token = HttpTimestamper((f"{running.url}/tsa",), running.client(), running.anchors).stamp(DIGEST)
    assert token.message_imprint == DIGEST
    assert before <= token.gen_time <= datetime.now(UTC)
    assert token.policy == "2.999.2.1"
    assert "TSA MẪU" in token.signer.common_name
    assert token.contents.accuracy == timedelta(seconds=1)


def test_an_honest_answer_is_taken() -> None:
    with playing(_answering(_honest)) as server:
        token = _timestamper(f"{server.url}/").stamp(DIGEST)
        assert (token.message_imprint, token.gen_time) == (DIGEST, NOW)


def test_every_request_has_a_nonce_of_its_own() -> None:
    with playing(_answering(_honest)) as server:
        timestamper = _timestamper(f"{server.url}/")
        for _ in range(5):
            timestamper.stamp(DIGEST)
        requests = [tsp.read_request(body) for *_, body in server.asked]
        assert len({request.nonce for request in requests}) == 5
        assert all(request.wants_certificates for request in requests)


@pytest.mark.parametrize(
    ("change", "words"),
    [
        (lambda token: replace(token, digest=bytes(32)), "another digest"),
        (lambda token: replace(token, imprint_algorithm="sha512", digest=bytes(64)), "another digest"),
        (lambda token: replace(token, nonce=token.nonce + 1), "nonce"),
        (lambda token: replace(token, nonce=None), "nonce"),
        (lambda token: replace(token, gen_time=NOW - timedelta(minutes=5, seconds=1)), "five minutes"),
        (lambda token: replace(token, gen_time=NOW + timedelta(minutes=5, seconds=1)), "five minutes"),
        (lambda token: replace(token, tsa=timestamp_authority(authority("TSA Root"))), "path"),
        (lambda token: replace(token, tsa=timestamp_authority(ROOT, purposes_critical=False)), "key usage"),
        (lambda token: replace(token, certificates=()), "does not carry"),
        (lambda token: response(token.der(), status="rejection"), "status 2"),
        (lambda token: response(token.der(), status="waiting"), "status 3"),
        (lambda _: response(None, status="rejection", failure="bad_alg"), "status 2"),
        (lambda _: response(None), "status 0"),
        (lambda _: b"<html>please log in</html>", "Wrapped"),
        (lambda _: b"", "Wrapped"),
        (lambda _: response(b"\x30\x00"), "ContentInfo"),
    ],
)
def test_a_wrong_answer_is_refused(change: Callable[[Token], Token | bytes], words: str) -> None:
    with playing(_answering(change)) as server, pytest.raises(TimestampRefused, match=words) as caught:
        _timestamper(f"{server.url}/tsa").stamp(DIGEST)
    assert caught.value.url == f"{server.url}/tsa"


def test_an_authority_that_is_out_of_order_is_only_unavailable() -> None:
    out_of_order = response(None, status="rejection", failure="time_not_available")
    with playing(lambda *_: Answer(out_of_order)) as server, pytest.raises(TimestampUnavailable) as caught:
        _timestamper(f"{server.url}/").stamp(DIGEST)
    assert caught.value.transient


def test_the_next_authority_is_asked_where_one_is_down_slow_or_wrong() -> None:
    with (
        dripping(b"") as slow,
        playing(lambda *_: Answer(status=503)) as broken,
        playing(_answering(lambda token: replace(token, nonce=0))) as wrong,
        playing(_answering(_honest)) as good,
    ):
        urls = (
            f"http://127.0.0.1:{free_port()}/",
            f"http://{slow}/",
            f"{broken.url}/",
            f"{wrong.url}/",
            f"{good.url}/",
        )
        assert _timestamper(*urls).stamp(DIGEST).message_imprint == DIGEST
        assert _asked_once(broken, wrong, good)


def test_the_first_good_answer_ends_the_search() -> None:
    with playing(_answering(_honest)) as first, playing(_answering(_honest)) as second:
        _timestamper(f"{first.url}/", f"{second.url}/").stamp(DIGEST)
        assert second.asked == []


def test_nobody_answering_is_told_apart_from_a_wrong_answer() -> None:
    nobody = f"http://127.0.0.1:{free_port()}/"
    with pytest.raises(TimestampUnavailable, match=nobody):
        _timestamper(nobody).stamp(DIGEST)
    with playing(lambda *_: Answer(b"rubbish")) as server, pytest.raises(TimestampRefused):
        _timestamper(nobody, f"{server.url}/").stamp(DIGEST)


def test_without_an_authority_there_is_no_timestamp() -> None:
    with pytest.raises(TimestampUnavailable, match="configured"):
        _timestamper().stamp(DIGEST)


def test_a_forbidden_address_is_not_asked() -> None:
    client = OnlineClient()
    with pytest.raises(TimestampUnavailable, match="refused to connect"):
        HttpTimestamper(("http://127.0.0.1:9/",), client, ANCHORS, StoppedClock()).stamp(DIGEST)


def test_without_a_clock_the_time_is_left_to_the_caller() -> None:
    with playing(_answering(lambda token: replace(token, gen_time=NOW - timedelta(days=1)))) as server:
        client = OnlineClient(frozenset({server.authority}))
        assert HttpTimestamper((f"{server.url}/",), client, ANCHORS).stamp(DIGEST).gen_time < NOW


def test_no_more_questions_are_open_than_the_limit_says() -> None:
    open_now, most, lock = 0, 0, threading.Lock()
    honest = _answering(_honest)

    def slow(path: str, body: bytes) -> Answer:
        nonlocal open_now, most
        with lock:
            open_now += 1
            most = max(most, open_now)
        time.sleep(0.1)
        with lock:
            open_now -= 1
        return honest(path, body)

    with playing(slow) as server, ThreadPoolExecutor(12) as callers:
        stamper = _limited(TimestampLimits(at_once=3), f"{server.url}/")
        tokens = list(callers.map(lambda _: stamper.stamp(DIGEST), range(12)))
    assert len(tokens) == 12
    assert most == 3


def test_who_finds_no_place_in_time_may_come_again() -> None:
    answers = threading.Event()
    honest = _answering(_honest)

    def slow(path: str, body: bytes) -> Answer:
        answers.wait(10)
        return honest(path, body)

    with playing(slow) as server, ThreadPoolExecutor(1) as first:
        stamper = _limited(TimestampLimits(at_once=1, patience=timedelta(seconds=0.3)), f"{server.url}/", bears=10)
        waiting = first.submit(stamper.stamp, DIGEST)
        while not server.asked:
            time.sleep(0.01)
        with pytest.raises(TimestampUnavailable, match="open already") as caught:
            stamper.stamp(DIGEST)
        assert caught.value.transient
        answers.set()
        assert waiting.result().message_imprint == DIGEST


def test_a_slow_answer_is_waited_for_as_long_as_the_limit_says() -> None:
    honest = _answering(_honest)

    def slow(path: str, body: bytes) -> Answer:
        time.sleep(1.5)
        return honest(path, body)

    with playing(slow) as server:
        limits = TimestampLimits(patience=timedelta(seconds=10))
        assert _limited(limits, f"{server.url}/", bears=10).stamp(DIGEST).message_imprint == DIGEST


def test_an_authority_that_is_silent_is_left_alone_for_a_while() -> None:
    over = threading.Event()

    def silent(_path: str, _body: bytes) -> Answer:
        over.wait(20)
        return Answer(hangs_up=True)

    with playing(silent) as first, playing(_answering(_honest)) as second:
        stamper = _limited(TimestampLimits(), f"{first.url}/", f"{second.url}/", bears=1.1)
        for _ in range(4):
            assert stamper.stamp(DIGEST).message_imprint == DIGEST
        assert (len(first.asked), len(second.asked)) == (1, 4)
        alone = _limited(TimestampLimits(), f"{first.url}/", bears=1.1)
        with pytest.raises(TimestampUnavailable, match="took too long"):
            alone.stamp(DIGEST)
        for _ in range(3):
            with pytest.raises(TimestampUnavailable, match="asked again within 30 s"):
                alone.stamp(DIGEST)
        assert len(first.asked) == 2
        over.set()


def test_after_its_rest_one_caller_finds_out_for_all() -> None:
    clock = [0.0]
    authorities = Authorities(("a", "b"), TimestampLimits(), monotonic=lambda: clock[0])

    def fails(url: str, *, after: float) -> None:
        with suppress(OnlineUnavailable), authorities.asking(url):
            clock[0] += after
            raise OnlineUnavailable(url=url, reason="silent")

    fails("a", after=0.5)
    assert list(authorities.awake()) == ["a", "b"]  # a quick no costs nobody anything
    fails("a", after=60)
    assert list(authorities.awake()) == ["b"]
    clock[0] += REST.total_seconds()
    assert list(authorities.awake()) == ["a", "b"]
    assert list(authorities.awake()) == ["b"]
    with authorities.asking("a"):
        pass
    assert list(authorities.awake()) == ["a", "b"]


def _limited(limits: TimestampLimits, *urls: str, bears: float = 5) -> HttpTimestamper:
    allowed = frozenset(url.removeprefix("http://").partition("/")[0] for url in urls)
    patience = timedelta(seconds=bears)
    online = OnlineClient(allowed, OnlineLimits(per_request=patience, total=patience))
    return HttpTimestamper(urls, online, ANCHORS, StoppedClock(), limits=limits)


def _asked_once(*servers: Playable) -> bool:
    return all(len(server.asked) == 1 for server in servers)
