"""The outermost layer around every request: its id, its headers, one log line, and the last catch of an error.

The log names the route's template and never the address itself, since addresses carry lookup codes; it holds no query,
no body, no account and no client address.
"""

from __future__ import annotations

import re
import time
import traceback
from typing import TYPE_CHECKING
from uuid import uuid4

import structlog
from starlette.datastructures import Headers, MutableHeaders
from starlette.requests import ClientDisconnect, Request

from api.problems.responses import problem_of, problem_response

if TYPE_CHECKING:
    from starlette.types import ASGIApp, Message, Receive, Scope, Send
    from structlog.typing import FilteringBoundLogger

_REQUEST_ID = re.compile(r"[A-Za-z0-9._-]{1,128}")
_CLIENT_GONE = 499

_HEADERS = {
    "Content-Security-Policy": (
        "default-src 'none'; style-src 'self'; img-src 'self'; form-action 'self'; base-uri 'none'; "
        "frame-ancestors 'none'"
    ),
    "X-Content-Type-Options": "nosniff",
    "Referrer-Policy": "no-referrer",
    "X-Frame-Options": "DENY",
    "Cross-Origin-Opener-Policy": "same-origin",
    "Cross-Origin-Resource-Policy": "same-origin",
    "Permissions-Policy": "camera=(), geolocation=(), microphone=(), payment=(), usb=()",
}
_ONLY_HTTPS = "max-age=31536000; includeSubDomains"


class Boundary:
    """ASGI middleware; nothing that is raised inside gets past it."""

    def __init__(self, app: ASGIApp, *, public_url: str) -> None:
        self._app = app
        self._headers = dict(_HEADERS)
        if public_url.startswith("https://"):
            self._headers["Strict-Transport-Security"] = _ONLY_HTTPS
        self._log: FilteringBoundLogger = structlog.get_logger("kyso.http")

    async def __call__(self, scope: Scope, receive: Receive, send: Send) -> None:
        """Serve one request."""
        if scope["type"] != "http":
            await self._app(scope, receive, send)
            return
        request_id = _request_id(scope)
        # HEAD is answered as GET without the content, which the server leaves out (RFC 9110, 9.3.2).
        scope = {**scope, "kyso.request_id": request_id, "method": scope["method"].replace("HEAD", "GET")}
        answer = _Answer(send, {**self._headers, "X-Request-Id": request_id})
        begun = time.monotonic()
        try:
            await self._app(scope, receive, answer.send)
        except ClientDisconnect:
            answer.status = _CLIENT_GONE
        except Exception as error:  # noqa: BLE001 - the outermost boundary of a request
            self._log.error("request failed", request_id=request_id, error=type(error).__name__, at=_frames(error))
            if answer.status is None:
                request = Request(scope)
                await problem_response(request, problem_of(error))(scope, receive, answer.send)
        finally:
            self._log.info(
                "request",
                request_id=request_id,
                method=scope["method"],
                route=_template(scope),
                status=answer.status,
                ms=round((time.monotonic() - begun) * 1000, 1),
            )


class _Answer:
    """Adds the headers on the way out and remembers the status."""

    def __init__(self, send: Send, headers: dict[str, str]) -> None:
        self._send = send
        self._headers = headers
        self.status: int | None = None

    async def send(self, message: Message) -> None:
        if message["type"] == "http.response.start":
            self.status = message["status"]
            headers = MutableHeaders(scope=message)
            for name, value in self._headers.items():
                headers.setdefault(name, value)
        await self._send(message)


def _request_id(scope: Scope) -> str:
    """The caller's id where it is short and plain, so that it can be logged and echoed; else a new one."""
    given = Headers(scope=scope).get("x-request-id", "")
    return given if _REQUEST_ID.fullmatch(given) else str(uuid4())


def _template(scope: Scope) -> str:
    """The route as it was declared, such as ``/v1/lookup/{code}``."""
    path = getattr(scope.get("route"), "path", None)
    return path if isinstance(path, str) else "-"


def _frames(error: BaseException) -> list[str]:
    """Where it happened, without the message, since messages of libraries may quote what people sent."""
    frames = traceback.extract_tb(error.__traceback__)[-8:]
    return [f"{frame.filename.rpartition('/')[2]}:{frame.lineno} {frame.name}" for frame in frames]
