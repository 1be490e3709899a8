"""Hostile addresses: every one is refused before a single connection is tried.

The resolver is a hostile name server played by the test. Connections are counted by Python's own audit hook, so that no
library can open one unnoticed.
"""

from __future__ import annotations

import socket
import sys
import threading
from contextlib import suppress
from ipaddress import ip_address

import pytest

from certs.addresses import is_public
from certs.destination import destination_of
from certs.errors import AddressForbidden, OnlineUnavailable
from certs.online import OnlineClient

_ATTEMPTS: list[tuple[int, object]] = []


def _watch(event: str, arguments: tuple[object, ...]) -> None:
    if event == "socket.connect":
        _ATTEMPTS.append((threading.get_ident(), arguments[1]))


sys.addaudithook(_watch)

PRIVATE_ANSWERS = {
    "localhost": ("::1", "127.0.0.1"),
    "localhost.localdomain": ("127.0.0.1",),
    "ip6-localhost": ("::1",),
    "loopback.test": ("127.0.0.1",),
    "private.test": ("10.1.2.3",),
    "metadata.test": ("169.254.169.254",),
    "rebinding.test": ("93.184.215.14", "127.0.0.1"),
    "rebinding6.test": ("2606:2800:21f:cb07:6820:80da:af6b:8b2c", "::1"),
    "mapped.test": ("::ffff:10.0.0.1",),
    "sixtofour.test": ("2002:7f00:1::",),
    "nat64.test": ("64:ff9b::a00:1",),
    "scoped.test": ("fe80::1%eth0",),
    "nothing.test": (),
    "nonsense.test": ("not an address",),
}

HOSTILE = [
    # every spelling of loopback
    "http://127.0.0.1/",
    "http://127.1/",
    "http://127.000.000.001/",
    "http://2130706433/",
    "http://0x7f000001/",
    "http://0x7f.0.0.1/",
    "http://0177.0.0.1/",
    "http://017700000001/",
    "http://0/",
    "http://0.0.0.0/",
    "http://127.0.0.1./",
    "http://localhost./",
    "http://[::1]/",
    "http://[0:0:0:0:0:0:0:1]/",
    "http://[::]/",
    "http://[::ffff:127.0.0.1]/",
    "http://[::ffff:7f00:1]/",
    "http://[::127.0.0.1]/",
    "http://[::1%25lo]/",
    "http://[fe80::1%25eth0]/",
    # private and special networks
    "http://10.0.0.1/",
    "http://172.16.0.1/",
    "http://172.31.255.255/",
    "http://192.168.1.1/",
    "http://100.64.0.1/",
    "http://169.254.169.254/latest/meta-data/",
    "http://192.0.0.170/",
    "http://192.0.2.1/",
    "http://198.18.0.1/",
    "http://198.51.100.7/",
    "http://203.0.113.7/",
    "http://224.0.0.1/",
    "http://255.255.255.255/",
    "http://240.0.0.1/",
    "http://192.88.99.1/",
    "http://[fe80::1]/",
    "http://[fc00::1]/",
    "http://[fd00:ec2::254]/",
    "http://[fec0::1]/",
    "http://[ff02::1]/",
    "http://[2001:db8::1]/",
    "http://[2002:a00:1::]/",
    "http://[64:ff9b::7f00:1]/",
    "http://[64:ff9b:1::1]/",
    "http://[2001:0:7f00:1::]/",
    "http://[100::1]/",
    # names that lead there
    *(f"http://{name}/" for name in PRIVATE_ANSWERS),
    # other schemes
    "ftp://93.184.215.14/",
    "file:///etc/passwd",
    "ldap://directory.test/cn=CA?certificateRevocationList",
    "gopher://93.184.215.14/_x",
    "dict://93.184.215.14:11211/",
    "javascript:alert(1)",
    "//93.184.215.14/",
    "93.184.215.14",
    "",
    # users, ports and malformed things
    "http://user@93.184.215.14/",
    "http://user:secret@93.184.215.14/",
    "http://93.184.215.14@127.0.0.1/",
    "http://127.0.0.1#@93.184.215.14/",
    "http://93.184.215.14:22/",
    "http://93.184.215.14:6379/",
    "http://93.184.215.14:0/",
    "http://93.184.215.14:65536/",
    "http://93.184.215.14:http/",
    "http://93.184.215.14\\@127.0.0.1/",
    "http://93.184.215.14\r\nHost: 127.0.0.1/",
    "http://93.184. 215.14/",
    "http://127.0.0.1\t/",
    "http:///nowhere",
    "http://[::1/",
    "http://[not-an-address]/",
    "http://ⓛocalhost/",
    "http://１２７.0.0.1/",
    "http://%31%32%37.0.0.1/",
    "http://responder.test./",
    "http://-responder.test/",
    "http://.test/",
    f"http://{'a' * 64}.test/",
]


def _hostile_resolver(host: str, port: int) -> tuple[str, ...]:
    if host in PRIVATE_ANSWERS:
        return PRIVATE_ANSWERS[host]
    return tuple(str(address[0]) for *_, address in socket.getaddrinfo(host, port, flags=socket.AI_NUMERICHOST))


@pytest.mark.parametrize("url", HOSTILE, ids=ascii)
def test_a_hostile_address_is_refused_without_a_connection(url: str) -> None:
    client = OnlineClient(resolver=_hostile_resolver)
    before = len(_ATTEMPTS)
    with pytest.raises((AddressForbidden, OnlineUnavailable)):
        client.fetch(url)
    with pytest.raises((AddressForbidden, OnlineUnavailable)):
        client.post(url, b"", content_type="text/plain")
    mine = [where for thread, where in _ATTEMPTS[before:] if thread == threading.get_ident()]
    assert mine == []


def test_there_are_at_least_fifty_of_them() -> None:
    assert len(set(HOSTILE)) >= 50


def test_the_watch_itself_works() -> None:
    before = len(_ATTEMPTS)
    with socket.socket() as knocking, suppress(OSError):
        knocking.connect(("127.0.0.1", 9))
    assert len(_ATTEMPTS) == before + 1


def test_the_error_names_the_address_and_the_way_out() -> None:
    with pytest.raises(AddressForbidden, match=r"http://10\.0\.0\.1/: 10\.0\.0\.1 is no public address") as caught:
        OnlineClient().fetch("http://10.0.0.1/")
    assert "KYSO_ONLINE_ALLOWED" in caught.value.hint
    assert not caught.value.transient


@pytest.mark.parametrize(
    "address", ["93.184.215.14", "8.8.8.8", "172.32.0.1", "2606:4700::1111", "64:ff9b::808:808", "2002:808:808::1"]
)
def test_public_addresses_are_public(address: str) -> None:
    assert is_public(ip_address(address))


def test_an_honest_address_is_read() -> None:
    destination = destination_of("http://OCSP.Example.vn/a/b?c=d#e", allowed=frozenset())
    assert (destination.host, destination.port) == ("ocsp.example.vn", 80)
    assert (destination.target, destination.host_header) == ("/a/b?c=d", "ocsp.example.vn")
    assert destination_of("https://example.vn", allowed=frozenset()).port == 443
    assert destination_of("https://example.vn", allowed=frozenset()).target == "/"
    assert destination_of("http://[2606:4700::1111]:443/", allowed=frozenset()).host_header == "[2606:4700::1111]:443"


def test_the_allow_list_is_by_host_and_port() -> None:
    allowed = frozenset({"127.0.0.1:8080"})
    assert destination_of("http://127.0.0.1:8080/", allowed=allowed).authority == "127.0.0.1:8080"
    for url in ("http://127.0.0.1:8081/", "http://127.0.0.2:8080/", "http://localhost:8080/"):
        with pytest.raises(AddressForbidden):
            destination_of(url, allowed=allowed)
