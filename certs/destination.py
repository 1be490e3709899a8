"""From a URL that a stranger wrote to the addresses that may be connected to, or a refusal; nothing is sent here."""

from __future__ import annotations

import re
import socket
from dataclasses import dataclass
from ipaddress import IPv4Address, IPv6Address, ip_address
from typing import Protocol
from urllib.parse import urlsplit

from certs.addresses import is_public
from certs.errors import AddressForbidden, OnlineUnavailable

_PORTS = {"http": 80, "https": 443}
_PRINTABLE = re.compile(r"[!-~]+")
_LABEL = r"[a-z0-9_](?:[a-z0-9_-]{0,61}[a-z0-9_])?"
_NAME = re.compile(rf"{_LABEL}(?:\.{_LABEL})*")
_NUMBER_LAST = re.compile(r"(?:.*\.)?(?:\d+|0x[0-9a-f]*)")


class Resolver(Protocol):
    """Names to addresses; replaceable so that tests can play a hostile name server."""

    def __call__(self, host: str, port: int, /) -> tuple[str, ...]:
        """Every address of the host as text; raises ``OSError`` where there is none."""
        ...


@dataclass(frozen=True, slots=True)
class Destination:
    """Where a URL leads: ``target`` is path and query, ``host`` lower-case and without brackets."""

    url: str
    scheme: str
    host: str
    port: int
    target: str

    @property
    def authority(self) -> str:
        """``host:port`` as the operator writes it into the allow-list."""
        return f"[{self.host}]:{self.port}" if ":" in self.host else f"{self.host}:{self.port}"

    @property
    def host_header(self) -> str:
        """The ``Host`` field (RFC 9110, 7.2): the port only where it is not the scheme's own."""
        return self.authority.rpartition(":")[0] if self.port == _PORTS[self.scheme] else self.authority


def destination_of(url: str, *, allowed: frozenset[str]) -> Destination:
    """Read the URL strictly; raises :class:`AddressForbidden` for all that a responder's address never looks like.

    One spelling each: no user names, no spaces or control characters, no backslashes, no letters outside ASCII (names
    come in their ``xn--`` form), no trailing dot, no numeric host but a plain IPv4 or a bracketed IPv6 address.
    """
    if not _PRINTABLE.fullmatch(url) or "\\" in url:
        raise AddressForbidden(url=url, reason="the address holds characters that do not belong there")
    try:
        parts = urlsplit(url)
        port = parts.port
    except ValueError as error:
        raise AddressForbidden(url=url, reason=str(error)) from error
    if parts.scheme not in _PORTS:
        raise AddressForbidden(url=url, reason="only http and https are fetched")
    if "@" in parts.netloc:
        raise AddressForbidden(url=url, reason="the address carries a user name")
    target = (parts.path or "/") + (f"?{parts.query}" if parts.query else "")
    destination = Destination(
        url=url,
        scheme=parts.scheme,
        host=_host(parts.hostname or "", url=url),
        port=_PORTS[parts.scheme] if port is None else port,
        target=target,
    )
    if destination.port not in _PORTS.values() and destination.authority not in allowed:
        raise AddressForbidden(url=url, reason=f"port {destination.port} is not 80 or 443")
    return destination


def addresses_of(destination: Destination, *, allowed: frozenset[str], resolver: Resolver) -> tuple[str, ...]:
    """Resolve once and judge **every** answer: one private address among public ones refuses them all.

    Raises :class:`AddressForbidden`, and :class:`OnlineUnavailable` where the name has no address.
    """
    try:
        found = tuple(map(ip_address, resolver(destination.host, destination.port)))
    except (OSError, ValueError) as error:
        raise OnlineUnavailable(url=destination.url, reason=f"no address for {destination.host}") from error
    if not found:
        raise OnlineUnavailable(url=destination.url, reason=f"no address for {destination.host}")
    if destination.authority not in allowed:
        for address in found:
            if not is_public(address):
                raise AddressForbidden(url=destination.url, reason=f"{address} is no public address")
    return tuple(dict.fromkeys(map(str, found)))


def system_resolver(host: str, port: int) -> tuple[str, ...]:
    """Ask the operating system; a literal address is its own answer."""
    if _literal(host) is not None:
        return (host,)
    found = socket.getaddrinfo(host, port, type=socket.SOCK_STREAM)
    return tuple(str(address[0]) for *_, address in found)


def _host(host: str, *, url: str) -> str:
    address = _literal(host)
    if address is not None:
        if isinstance(address, IPv6Address) and address.scope_id is not None:
            raise AddressForbidden(url=url, reason="the address names a network interface")
        return str(address)
    if not _NAME.fullmatch(host) or _NUMBER_LAST.fullmatch(host):
        raise AddressForbidden(url=url, reason=f"{host!r} is no plain host name")
    return host


def _literal(host: str) -> IPv4Address | IPv6Address | None:
    try:
        return ip_address(host)
    except ValueError:
        return None
