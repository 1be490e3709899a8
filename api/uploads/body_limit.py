"""No request body grows without bound: a small limit for every call, which only calls that take files lift.

The limit holds while the body is read, whatever Content-Length says, and so does a deadline, so that a client that
dribbles its bytes cannot hold a place for long. What is left of a refused body is read and dropped before the answer
goes out: a client that is still sending would otherwise see a reset connection instead of the reason.
"""

from __future__ import annotations

import asyncio
import time
from typing import TYPE_CHECKING

from starlette.datastructures import Headers

from api.errors import ApiError, BodyTooLarge, BodyTooSlow

if TYPE_CHECKING:
    from collections.abc import Callable

    from starlette.requests import Request
    from starlette.types import ASGIApp, Message, Receive, Scope, Send

SMALL_BODY = 64 * 1024
_SECONDS_FOR_A_SMALL_BODY = 30.0
_SLOWEST_BYTES_PER_SECOND = 32 * 1024
_MOST_DROPPED = 256 * 1024 * 1024
_SECONDS_OF_DROPPING = 5.0


class BodyLimit:
    """ASGI middleware that watches ``receive``."""

    def __init__(self, app: ASGIApp, *, monotonic: Callable[[], float] = time.monotonic) -> None:
        self._app = app
        self._monotonic = monotonic

    async def __call__(self, scope: Scope, receive: Receive, send: Send) -> None:
        """Serve one request."""
        if scope["type"] != "http":
            await self._app(scope, receive, send)
            return
        body = _Body(scope, receive, monotonic=self._monotonic)
        scope["kyso.body"] = body

        async def after_the_body(message: Message) -> None:
            if message["type"] == "http.response.start":
                await body.drop_the_rest()
            await send(message)

        await self._app(scope, body.receive, after_the_body)


def lift_body_limit(request: Request, limit: int, *, too_large: ApiError) -> None:
    """Let this request's body be as long as ``limit`` bytes; beyond it ``too_large`` is raised."""
    body = request.scope.get("kyso.body")
    if isinstance(body, _Body):
        body.lift(limit, too_large=too_large)


class _Body:
    """One request's body: how much has come, how much may come, and until when."""

    def __init__(self, scope: Scope, receive: Receive, *, monotonic: Callable[[], float]) -> None:
        headers = Headers(scope=scope)
        self._receive = receive
        self._monotonic = monotonic
        self._begun = monotonic()
        self._declared = _declared(headers)
        self._waits_for_us = headers.get("expect", "").lower() == "100-continue"
        self._received = 0
        self._complete = self._declared == 0 and "transfer-encoding" not in headers
        self.lift(SMALL_BODY, too_large=BodyTooLarge(limit=SMALL_BODY))

    def lift(self, limit: int, *, too_large: ApiError) -> None:
        """Allow a larger body."""
        self._limit = limit
        self._too_large = too_large

    async def receive(self) -> Message:
        """The next message, within the limit."""
        if self._complete:  # an empty body, or only the client's leaving is still to come
            return await self._receive()
        self._demand_allowed()
        # Time is given for what has come, not for what was announced: who sends nothing is soon gone.
        allowed = _SECONDS_FOR_A_SMALL_BODY + self._received / _SLOWEST_BYTES_PER_SECOND
        message = await self._next(max(0.0, self._begun + allowed - self._monotonic()))
        self._demand_allowed()
        return message

    async def drop_the_rest(self) -> None:
        """Read on without keeping anything, unless the client waits to be asked for its body (RFC 9110, 10.1.1)."""
        if self._waits_for_us and not self._received:
            return
        until = self._monotonic() + _SECONDS_OF_DROPPING
        most = self._received + _MOST_DROPPED
        try:
            while not self._complete and self._received < most and self._monotonic() < until:
                await self._next(max(0.0, until - self._monotonic()))
        except BodyTooSlow:
            return

    async def _next(self, seconds: float) -> Message:
        try:
            message = await asyncio.wait_for(self._receive(), timeout=seconds)
        except TimeoutError as error:
            raise BodyTooSlow from error
        self._received += len(message.get("body", b""))
        self._complete = not message.get("more_body", False)
        return message

    def _demand_allowed(self) -> None:
        if max(self._received, self._declared) > self._limit:
            raise self._too_large


def _declared(headers: Headers) -> int:
    try:
        return int(headers.get("content-length", "0"))
    except ValueError:
        return 0
