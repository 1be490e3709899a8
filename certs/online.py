"""The one HTTP client of the core, because certificates name the addresses to fetch from, and anyone can make those.

A URL found in an uploaded file must not reach into the operator's own network. So: http and https only, ports 80 and
443 or what the operator allowed; the name is resolved once, **every** address it has must be public, and the connection
goes to the address that was checked (the name only stays in ``Host`` and TLS). Redirects take the same way again.
Bodies, waits and redirects are limited; there are no proxies, no cookies, no content decoding, no credentials.
"""

from __future__ import annotations

import socket
import ssl
import threading
import time
from contextlib import suppress
from dataclasses import dataclass, field
from datetime import timedelta
from functools import cached_property
from http import HTTPStatus
from http.client import HTTPConnection, HTTPException
from typing import TYPE_CHECKING, Self
from urllib.parse import urljoin

from certs.alarm import alarms
from certs.destination import Destination, Resolver, addresses_of, destination_of, system_resolver
from certs.errors import AddressForbidden, OnlineUnavailable

if TYPE_CHECKING:
    from collections.abc import Mapping
    from http.client import HTTPResponse
    from types import TracebackType

    from certs.alarm import Alarm

_IDLE_CONNECTIONS = 16
_USER_AGENT = "kyso"
_MOVED = frozenset({301, 302, 303, 307, 308})
_MOVED_WITH_BODY = frozenset({307, 308})
_ACKNOWLEDGED = range(200, 300)
_BROKEN_OFF = (HTTPException, OSError, ValueError)
_GONE_STALE = (ConnectionError, HTTPException)


_Place = tuple[str, str, int, str]
"""Scheme, host, port and checked address: what a kept connection may be used for again."""


@dataclass(frozen=True, slots=True)
class OnlineLimits:
    """How much of a responder is borne: bytes of a body, time for one exchange and for all together, redirects."""

    body_bytes: int = 10_000_000
    per_request: timedelta = timedelta(seconds=10)
    total: timedelta = timedelta(seconds=15)
    redirects: int = 3


@dataclass(frozen=True, slots=True)
class _Question:
    """A request without its address; GET has no body."""

    body: bytes | None = None
    headers: Mapping[str, str] = field(default_factory=dict)


@dataclass(frozen=True, slots=True)
class _Answer:
    status: int
    location: str | None
    body: bytes


class _Unreached(Exception):
    """No connection to an address; another one of the same host may take one."""


class _Allowance:
    """How many requests are left, and until when (monotonic seconds); safe to use from several threads."""

    def __init__(self, requests: int, deadline: float) -> None:
        self.deadline = deadline
        self._left = requests
        self._lock = threading.Lock()

    def take(self, *, url: str) -> None:
        """Use up one request; raises :class:`OnlineUnavailable` where there is none left or the time is over."""
        with self._lock:
            self._left -= 1
            if self._left < 0 or time.monotonic() >= self.deadline:
                raise OnlineUnavailable(url=url, reason="the limit of requests or of time is reached")


class OnlineClient:
    """Fetches from and posts to public responders; safe to use from several threads.

    ``allowed`` holds ``host:port`` strings exempt from the address and port rules: the operator's own responders.
    """

    def __init__(
        self,
        allowed: frozenset[str] = frozenset(),
        limits: OnlineLimits | None = None,
        *,
        resolver: Resolver = system_resolver,
        tls: ssl.SSLContext | None = None,
    ) -> None:
        self._allowed = frozenset(authority.lower() for authority in allowed)
        self._limits = limits or OnlineLimits()
        self._resolver = resolver
        self._own_tls = tls
        self._idle: list[tuple[_Place, HTTPConnection]] = []
        self._lock = threading.Lock()

    def fetch(self, url: str, /) -> bytes:
        """GET; the body of a 200 answer. Raises :class:`AddressForbidden` and :class:`OnlineUnavailable`."""
        return self._ask(url, _Question(), self._allowance())

    def post(self, url: str, body: bytes, /, *, content_type: str) -> bytes:
        """POST; otherwise as :meth:`fetch`. Only redirects that keep the method are followed (RFC 9110, 15.4)."""
        return self._ask(url, _Question(body=body, headers={"Content-Type": content_type}), self._allowance())

    def limited(self, *, requests: int, within: timedelta) -> LimitedClient:
        """The same client for one purpose that may cost no more than this, counted from now; redirects count."""
        return LimitedClient(self, _Allowance(requests, time.monotonic() + within.total_seconds()))

    def notify(self, url: str, body: bytes, *, headers: Mapping[str, str]) -> None:
        """POST with these headers; any 2xx is good, its body is not read for anything, no redirect is followed.

        The request may arrive twice, where a kept connection broke while the answer was awaited.
        """
        deadline = time.monotonic() + self._limits.total.total_seconds()
        destination = destination_of(url, allowed=self._allowed)
        addresses = addresses_of(destination, allowed=self._allowed, resolver=self._resolver)
        answer = self._exchange(destination, addresses, _Question(body=body, headers=headers), deadline=deadline)
        if answer.status not in _ACKNOWLEDGED:
            raise OnlineUnavailable(url=url, reason=f"answered with status {answer.status}")

    def close(self) -> None:
        """Close the connections kept open for the next call."""
        with self._lock:
            idle, self._idle = self._idle, []
        for _, connection in idle:
            connection.close()

    def _allowance(self) -> _Allowance:
        return _Allowance(self._limits.redirects + 1, time.monotonic() + self._limits.total.total_seconds())

    def _ask(self, url: str, question: _Question, allowance: _Allowance) -> bytes:
        deadline = min(allowance.deadline, time.monotonic() + self._limits.total.total_seconds())
        followed = _MOVED if question.body is None else _MOVED_WITH_BODY
        here = url
        for _ in range(self._limits.redirects + 1):
            destination = destination_of(here, allowed=self._allowed)
            allowance.take(url=here)
            addresses = addresses_of(destination, allowed=self._allowed, resolver=self._resolver)
            answer = self._exchange(destination, addresses, question, deadline=deadline)
            if answer.status == HTTPStatus.OK:
                return answer.body
            if answer.status not in followed or answer.location is None:
                raise OnlineUnavailable(url=here, reason=f"answered with status {answer.status}")
            here = _joined(here, answer.location)
        raise OnlineUnavailable(url=url, reason=f"more than {self._limits.redirects} redirects")

    def _exchange(
        self, destination: Destination, addresses: tuple[str, ...], question: _Question, *, deadline: float
    ) -> _Answer:
        """One request and its answer, at the first of the addresses that takes a connection."""
        reasons: list[str] = []
        for address in addresses:
            seconds = min(deadline - time.monotonic(), self._limits.per_request.total_seconds())
            if seconds <= 0:
                reasons.append("out of time")
                break
            try:
                return self._exchange_at(address, destination, question, seconds=seconds)
            except _Unreached as error:
                reasons.append(f"no connection to {address} ({_described(error.__cause__ or error)})")
            except _BROKEN_OFF as error:
                raise OnlineUnavailable(url=destination.url, reason=_described(error)) from error
        raise OnlineUnavailable(url=destination.url, reason="; ".join(reasons))

    def _exchange_at(self, address: str, destination: Destination, question: _Question, *, seconds: float) -> _Answer:
        place = (destination.scheme, destination.host, destination.port, address)
        kept = self._take(place)
        if kept is not None:
            try:
                return self._converse(kept, place, destination, question, seconds=seconds)
            except _GONE_STALE:
                # The responder had closed the connection that was kept; everything asked here may be asked again.
                kept.close()
        return self._converse(None, place, destination, question, seconds=seconds)

    def _converse(
        self,
        connection: HTTPConnection | None,
        place: _Place,
        destination: Destination,
        question: _Question,
        *,
        seconds: float,
    ) -> _Answer:
        headers = {"Host": destination.host_header, "User-Agent": _USER_AGENT, "Accept-Encoding": "identity"}
        headers |= question.headers
        method = "GET" if question.body is None else "POST"
        try:
            with _Watch(seconds=seconds) as watch:
                if connection is None:
                    connection = self._connection(place, watch, seconds=seconds)
                watch.stream = connection.sock
                connection.sock.settimeout(seconds)
                connection.request(method, destination.target, question.body, headers)
                response = connection.getresponse()
                answer = _Answer(response.status, response.headers.get("Location"), self._body(response))
        except BaseException:
            if connection is not None:
                connection.close()
            raise
        self._keep(place, connection)
        return answer

    def _body(self, response: HTTPResponse) -> bytes:
        limit = self._limits.body_bytes
        if (response.length or 0) <= limit:
            # A body whose length was told is demanded whole when all of it is asked for, and only then.
            body = response.read() if response.length is not None else response.read(limit + 1)
            if len(body) <= limit:
                return body
        msg = f"the body is larger than {limit} bytes"
        raise ValueError(msg)

    @cached_property
    def _tls(self) -> ssl.SSLContext:
        return self._own_tls or ssl.create_default_context()

    def _connection(self, place: _Place, watch: _Watch, *, seconds: float) -> HTTPConnection:
        """To the address that was checked; the certificate must be for the name (RFC 9110, 4.3.4)."""
        scheme, host, port, address = place
        try:
            stream = socket.create_connection((address, port), seconds)
        except OSError as error:
            raise _Unreached from error
        watch.stream = stream
        stream.setsockopt(socket.IPPROTO_TCP, socket.TCP_NODELAY, 1)
        connection = HTTPConnection(address, port)
        connection.auto_open = 0  # it never connects by itself
        connection.sock = stream
        if scheme == "https":
            try:
                watch.stream = connection.sock = secured = self._tls.wrap_socket(
                    stream, server_hostname=host, do_handshake_on_connect=False
                )
                secured.do_handshake()
            except BaseException:
                connection.close()
                raise
        return connection

    def _take(self, place: _Place) -> HTTPConnection | None:
        with self._lock:
            for index in reversed(range(len(self._idle))):
                if self._idle[index][0] == place:
                    return self._idle.pop(index)[1]
        return None

    def _keep(self, place: _Place, connection: HTTPConnection) -> None:
        if connection.sock is None:  # the other side wanted it closed
            return
        with self._lock:
            self._idle.append((place, connection))
            crowded = self._idle.pop(0)[1] if len(self._idle) > _IDLE_CONNECTIONS else None
        if crowded is not None:
            crowded.close()


class LimitedClient:
    """An :class:`OnlineClient` that stops after so many requests or so much time; made by its ``limited``."""

    def __init__(self, client: OnlineClient, allowance: _Allowance) -> None:
        self._client = client
        self._allowance = allowance

    def fetch(self, url: str, /) -> bytes:
        """:meth:`OnlineClient.fetch`."""
        return self._client._ask(url, _Question(), self._allowance)  # noqa: SLF001

    def post(self, url: str, body: bytes, /, *, content_type: str) -> bytes:
        """:meth:`OnlineClient.post`."""
        return self._client._ask(url, _Question(body=body, headers={"Content-Type": content_type}), self._allowance)  # noqa: SLF001


class _Watch:
    """Breaks a connection off when the time is up, whatever trickles in: socket time-outs begin anew at every byte.

    ``stream`` is remembered by itself because ``http.client`` lets go of it when a response ends with its connection.
    """

    def __init__(self, *, seconds: float) -> None:
        self.stream: socket.socket | None = None
        self._seconds = seconds
        self._has_fired = False
        self._alarm: Alarm | None = None

    def __enter__(self) -> Self:
        self._alarm = alarms().set(self._seconds, self._cut)
        return self

    def __exit__(
        self, kind: type[BaseException] | None, error: BaseException | None, trace: TracebackType | None
    ) -> None:
        if self._alarm is not None:
            self._alarm.cancel()
        if self._has_fired and (error is None or isinstance(error, _BROKEN_OFF)):
            msg = "took too long"
            raise TimeoutError(msg) from error

    def _cut(self) -> None:
        self._has_fired = True
        if self.stream is not None:
            with suppress(OSError):
                # Below any TLS, whose own shutdown would wait for the other side.
                socket.socket.shutdown(self.stream, socket.SHUT_RDWR)


def _joined(here: str, location: str) -> str:
    try:
        return urljoin(here, location)
    except ValueError as error:
        raise AddressForbidden(url=location, reason=str(error)) from error


def _described(error: BaseException) -> str:
    text = str(error)
    return text if isinstance(error, TimeoutError | ValueError) and text else type(error).__name__
