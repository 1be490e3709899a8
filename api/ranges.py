"""Serve bytes of a file with their digest, in whole or in part (RFC 9110, 13 and 14; RFC 9530; RFC 8187)."""

from __future__ import annotations

import base64
import re
from typing import TYPE_CHECKING
from urllib.parse import quote

from fastapi import Response

from api.errors import RangeUnsatisfiable

if TYPE_CHECKING:
    from fastapi import Request

_RANGE = re.compile(r"bytes=(\d{0,18})-(\d{0,18})")


def file_response(request: Request, content: bytes, *, sha256: str, name: str) -> Response:
    """The file as an attachment: 200, 206 for one satisfiable range, 304 where the client has it.

    Raises :class:`RangeUnsatisfiable`. Several ranges at once are answered with the whole file (RFC 9110, 14.2).
    """
    etag = f'"{sha256}"'
    digest = base64.b64encode(bytes.fromhex(sha256)).decode()
    headers = {
        "ETag": etag,
        "Accept-Ranges": "bytes",
        "Repr-Digest": f"sha-256=:{digest}:",  # RFC 9530, 3
        "Digest": f"sha-256={digest}",  # RFC 3230, for clients older than RFC 9530
        "Cache-Control": "private, no-cache",
        "Content-Disposition": attachment(name),
    }
    if _holds(request.headers.get("if-none-match"), etag):
        return Response(status_code=304, headers=headers)
    wanted = _wanted(request, etag, len(content))
    if wanted is None:
        return Response(content, media_type="application/pdf", headers=headers)
    first, last = wanted
    headers["Content-Range"] = f"bytes {first}-{last}/{len(content)}"
    return Response(content[first : last + 1], status_code=206, media_type="application/pdf", headers=headers)


def attachment(name: str) -> str:
    """A Content-Disposition whose name is safe in every header and right in every browser (RFC 6266, RFC 8187)."""
    plain = re.sub(r"[^A-Za-z0-9._-]+", "-", name).strip("-.") or "document.pdf"
    encoded = quote(name.encode("utf-8", "replace"), safe="!#$&+-.^_`|~")
    return f"attachment; filename=\"{plain}\"; filename*=UTF-8''{encoded}"


def _holds(if_none_match: str | None, etag: str) -> bool:
    if if_none_match is None:
        return False
    listed = {tag.strip().removeprefix("W/") for tag in if_none_match.split(",")}
    return "*" in listed or etag in listed


def _wanted(request: Request, etag: str, length: int) -> tuple[int, int] | None:
    """First and last byte of the one range asked for; None for the whole file."""
    match = _RANGE.fullmatch(request.headers.get("range", "").replace(" ", ""))
    if request.method != "GET" or match is None or match.groups() == ("", ""):
        return None
    if request.headers.get("if-range", etag) != etag:
        return None
    first, last = _span(match[1], match[2], length)
    if match[1] and match[2] and int(match[1]) > int(match[2]):
        return None  # not a valid range, so that it is ignored (RFC 9110, 14.1.1)
    if first >= length or first > last:
        raise RangeUnsatisfiable(length=length)
    return first, last


def _span(start: str, end: str, length: int) -> tuple[int, int]:
    if not start:
        suffix = int(end)
        return (max(0, length - suffix), length - 1) if suffix else (length, length - 1)
    return int(start), min(int(end), length - 1) if end else length - 1
