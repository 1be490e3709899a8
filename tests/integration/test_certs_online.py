"""The guarded client against real servers on loopback: what it follows, what it bears and what it keeps."""

from __future__ import annotations

import ssl
import time
from datetime import timedelta
from typing import TYPE_CHECKING

import pytest
from cryptography import x509
from cryptography.hazmat.primitives.serialization import Encoding, NoEncryption, PrivateFormat

from certs.errors import AddressForbidden, OnlineUnavailable
from certs.online import OnlineClient, OnlineLimits
from tests.integration.certs_servers import Answer, Playable, dripping, free_port, playing
from tests.unit.certs_pki import Profile, authority, make

if TYPE_CHECKING:
    from collections.abc import Callable
    from pathlib import Path

QUICK = OnlineLimits(body_bytes=1000, per_request=timedelta(seconds=0.4), total=timedelta(seconds=0.8))


def _client(*servers: Playable | str, limits: OnlineLimits | None = None) -> OnlineClient:
    allowed = frozenset(each if isinstance(each, str) else each.authority for each in servers)
    return OnlineClient(allowed, limits)


def _redirect(location: str, status: int = 302) -> Answer:
    return Answer(status=status, headers=(("Location", location), ("Content-Length", "0")))


def test_a_body_is_fetched_and_the_connection_used_again() -> None:
    with playing(lambda path, _: Answer(path.encode())) as server:
        client = _client(server)
        assert [client.fetch(f"{server.url}/{n}?q={n}") for n in range(5)] == [f"/{n}?q={n}".encode() for n in range(5)]
        assert server.connections == 1
        client.close()


def test_a_post_carries_its_body_and_type() -> None:
    with playing(lambda _, body: Answer(body[::-1])) as server:
        assert _client(server).post(f"{server.url}/ocsp", b"abc", content_type="application/ocsp-request") == b"cba"
        method, path, headers, body = server.asked[0]
        assert (method, path, body) == ("POST", "/ocsp", b"abc")
        assert headers["Content-Type"] == "application/ocsp-request"
        assert headers["Host"] == server.authority
        assert headers["Accept-Encoding"] == "identity"
        assert "Cookie" not in headers


def test_cookies_and_proxies_of_the_environment_are_ignored(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("http_proxy", "http://127.0.0.1:9")
    monkeypatch.setenv("HTTP_PROXY", "http://127.0.0.1:9")
    headers = (("Set-Cookie", "a=b"), ("Content-Length", "0"))
    with playing(lambda *_: Answer(headers=headers)) as server:
        client = _client(server)
        client.fetch(f"{server.url}/")
        client.fetch(f"{server.url}/")
        assert all("Cookie" not in asked[2] for asked in server.asked)


def test_a_kept_connection_that_the_server_closed_is_opened_anew() -> None:
    close = (("Content-Length", "2"), ("Connection", "close"))
    with playing(lambda *_: Answer(b"ok", headers=close)) as server:
        client = _client(server)
        assert [client.fetch(f"{server.url}/") for _ in range(3)] == [b"ok"] * 3
        assert server.connections == 3


def test_a_kept_connection_that_died_in_silence_is_opened_anew() -> None:
    with playing(lambda *_: Answer(b"ok", hangs_up=True)) as server:
        client = _client(server)
        assert [client.fetch(f"{server.url}/") for _ in range(3)] == [b"ok"] * 3
        assert server.connections == 3


def test_redirects_are_followed_up_to_the_limit() -> None:
    def play(path: str, _: bytes) -> Answer:
        left = int(path.strip("/"))
        return _redirect(f"/{left - 1}") if left else Answer(b"there")

    with playing(play) as server:
        assert _client(server).fetch(f"{server.url}/3") == b"there"
        with pytest.raises(OnlineUnavailable, match="redirects"):
            _client(server).fetch(f"{server.url}/4")


@pytest.mark.parametrize(
    "location",
    [
        "http://127.0.0.1:{other}/",
        "http://localhost:{other}/",
        "http://[::1]:{other}/",
        "http://2130706433:{other}/",
        "//127.0.0.1:{other}/",
        "http://user@127.0.0.1:{port}/",
        "http://169.254.169.254/latest/",
        "file:///etc/passwd",
        "ftp://93.184.215.14/",
        "http://[::1",
    ],
)
def test_a_redirect_is_checked_like_an_address(location: str) -> None:
    with playing(lambda *_: Answer(b"secret")) as inner:
        places = {"other": inner.port, "port": 0}

        def play(_path: str, _body: bytes) -> Answer:
            return _redirect(location.format(**places))

        with playing(play) as outer:
            places["port"] = outer.port
            with pytest.raises(AddressForbidden):
                _client(outer).fetch(f"{outer.url}/")
        assert inner.connections == 0


def test_a_post_is_only_redirected_where_it_stays_a_post() -> None:
    def play(path: str, body: bytes) -> Answer:
        return Answer(body) if path == "/there" else _redirect("/there", int(path.strip("/")))

    with playing(play) as server:
        client = _client(server)
        assert client.post(f"{server.url}/307", b"x", content_type="text/plain") == b"x"
        assert client.post(f"{server.url}/308", b"x", content_type="text/plain") == b"x"
        for status in (301, 302, 303):
            with pytest.raises(OnlineUnavailable, match=str(status)):
                client.post(f"{server.url}/{status}", b"x", content_type="text/plain")


@pytest.mark.parametrize("status", [204, 304, 400, 404, 500, 503])
def test_only_200_is_an_answer(status: int) -> None:
    with playing(lambda *_: Answer(status=status)) as server, pytest.raises(OnlineUnavailable) as caught:
        _client(server).fetch(f"{server.url}/")
    assert str(status) in caught.value.reason
    assert caught.value.transient


@pytest.mark.parametrize(
    "answer",
    [
        Answer(bytes(1001)),
        Answer(bytes(1001), headers=(("Connection", "close"),)),
        Answer(b"3e9\r\n" + bytes(1001) + b"\r\n0\r\n\r\n", headers=(("Transfer-Encoding", "chunked"),)),
        Answer(b"", headers=(("Content-Length", "99999999999"),)),
    ],
    ids=["announced", "until the end", "chunked", "only announced"],
)
def test_a_body_that_is_too_large_is_refused(answer: Answer) -> None:
    with playing(lambda *_: answer) as server, pytest.raises(OnlineUnavailable, match="larger than 1000"):
        _client(server, limits=QUICK).fetch(f"{server.url}/")


def test_a_body_of_exactly_the_limit_is_taken() -> None:
    with playing(lambda *_: Answer(bytes(1000))) as server:
        assert len(_client(server, limits=QUICK).fetch(f"{server.url}/")) == 1000


def test_a_body_that_ends_too_early_is_no_answer() -> None:
    short = Answer(b"half", headers=(("Content-Length", "8"), ("Connection", "close")))
    with playing(lambda *_: short) as server, pytest.raises(OnlineUnavailable):
        _client(server, limits=QUICK).fetch(f"{server.url}/")


def test_nothing_is_unpacked() -> None:
    headers = (("Content-Encoding", "gzip"), ("Content-Length", "4"))
    with playing(lambda *_: Answer(b"\x1f\x8b\x08\x00", headers=headers)) as server:
        assert _client(server).fetch(f"{server.url}/") == b"\x1f\x8b\x08\x00"


@pytest.mark.parametrize(
    "head",
    [
        b"",
        b"HTTP/1.1 200 OK\r\nX-Slow: ",
        b"HTTP/1.1 200 OK\r\n\r\n",
        b"HTTP/1.0 200 OK\r\n\r\n",
        b"HTTP/1.1 200 OK\r\nConnection: close\r\nContent-Length: 900\r\n\r\n",
        b"HTTP/1.1 200 OK\r\nContent-Length: 900\r\n\r\n",
        b"HTTP/1.1 200 OK\r\nTransfer-Encoding: chunked\r\n\r\n384\r\n",
    ],
    ids=["status line", "header", "body", "HTTP/1.0", "closing", "announced", "chunked"],
)
def test_a_server_that_trickles_is_cut_off_in_time(head: bytes) -> None:
    with dripping(head) as place:
        started = time.monotonic()
        with pytest.raises(OnlineUnavailable, match="took too long"):
            _client(place, limits=QUICK).fetch(f"http://{place}/")
        assert time.monotonic() - started < 1.2


def test_all_redirects_share_the_total_time() -> None:
    def play(path: str, _: bytes) -> Answer:
        time.sleep(0.3)
        return _redirect(path)

    with playing(play) as server:
        started = time.monotonic()
        with pytest.raises(OnlineUnavailable):
            _client(server, limits=QUICK).fetch(f"{server.url}/")
        assert time.monotonic() - started < 1.2


def test_a_closed_port_and_an_unknown_name_are_unavailable() -> None:
    port = free_port()
    with pytest.raises(OnlineUnavailable, match="ConnectionRefusedError"):
        _client(f"127.0.0.1:{port}").fetch(f"http://127.0.0.1:{port}/")
    with pytest.raises(OnlineUnavailable, match="no address"):
        OnlineClient().fetch("http://name.invalid/")


def _pinned(port: int) -> Callable[[str, int], tuple[str, ...]]:
    def resolve(host: str, asked: int) -> tuple[str, ...]:
        assert (host, asked) == ("tsa.example.vn", port)
        return ("127.0.0.2", "127.0.0.1")  # nobody listens at the first

    return resolve


def test_the_connection_goes_to_the_resolved_address_and_the_next_one_after_a_refusal() -> None:
    with playing(lambda *_: Answer(b"ok")) as server:
        place = f"tsa.example.vn:{server.port}"
        client = OnlineClient(frozenset({place}), resolver=_pinned(server.port))
        assert client.fetch(f"http://{place}/") == b"ok"
        assert server.asked[0][2]["Host"] == place


def _tls_for(name: str, folder: Path) -> tuple[ssl.SSLContext, ssl.SSLContext]:
    """A server's TLS with a certificate for this name, and a client's that trusts its root."""
    root = authority("TLS Root")
    server_name = x509.SubjectAlternativeName([x509.DNSName(name)])
    holder = make(Profile(name=name, extra=((server_name, False),)), root)
    key = holder.key.private_bytes(Encoding.PEM, PrivateFormat.PKCS8, NoEncryption())
    (folder / "server.pem").write_bytes(key + holder.certificate.public_bytes(Encoding.PEM))
    server = ssl.SSLContext(ssl.PROTOCOL_TLS_SERVER)
    server.load_cert_chain(folder / "server.pem")
    return server, ssl.create_default_context(cadata=root.der)


def test_tls_is_checked_against_the_name_and_the_connection_kept(tmp_path: Path) -> None:
    server_side, client_side = _tls_for("tsa.example.vn", tmp_path)
    with playing(lambda *_: Answer(b"ok"), tls=server_side) as server:
        place = f"tsa.example.vn:{server.port}"
        client = OnlineClient(frozenset({place}), resolver=_pinned(server.port), tls=client_side)
        assert [client.fetch(f"https://{place}/") for _ in range(2)] == [b"ok", b"ok"]
        assert server.connections == 1
        client.close()


def test_a_tls_certificate_for_another_name_is_refused(tmp_path: Path) -> None:
    server_side, client_side = _tls_for("other.example.vn", tmp_path)
    with playing(lambda *_: Answer(b"ok"), tls=server_side) as server:
        place = f"tsa.example.vn:{server.port}"
        client = OnlineClient(frozenset({place}), resolver=_pinned(server.port), tls=client_side)
        with pytest.raises(OnlineUnavailable):
            client.fetch(f"https://{place}/")
        assert server.asked == []


def test_a_tls_certificate_of_an_unknown_root_is_refused(tmp_path: Path) -> None:
    server_side, _ = _tls_for("tsa.example.vn", tmp_path)
    with playing(lambda *_: Answer(b"ok"), tls=server_side) as server:
        place = f"tsa.example.vn:{server.port}"
        with pytest.raises(OnlineUnavailable):
            OnlineClient(frozenset({place}), resolver=_pinned(server.port)).fetch(f"https://{place}/")
        assert server.asked == []
