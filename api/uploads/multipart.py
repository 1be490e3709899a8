"""Read ``multipart/form-data`` (RFC 7578) into memory only: an uploaded file never touches a disk.

One file part and a few small fields are taken; every size is checked while reading.
"""

from __future__ import annotations

import hashlib
import unicodedata
from dataclasses import dataclass, field
from typing import TYPE_CHECKING

from python_multipart.exceptions import FormParserError
from python_multipart.multipart import MultipartParser, parse_options_header

from api.errors import FileTooLarge, MediaTypeUnsupported, RequestInvalid
from api.uploads.body_limit import lift_body_limit

if TYPE_CHECKING:
    from collections.abc import Mapping

    from fastapi import Request

    from api.uploads.room import Lease

_ROOM_FOR_FIELDS = 128 * 1024
_MOST_PARTS = 16
_LONGEST_NAME = 200


@dataclass(frozen=True, slots=True)
class Upload:
    """What a form brought: the bytes of its ``file`` part, its name without any folder, and the other fields."""

    file: bytes = field(repr=False)
    name: str
    fields: Mapping[str, str] = field(repr=False)

    @property
    def sha256(self) -> str:
        """The SHA-256 of the file in hexadecimal."""
        return hashlib.sha256(self.file).hexdigest()


async def read_upload(request: Request, *, most_bytes: int, lease: Lease) -> Upload:
    """The form of this request.

    Raises :class:`FileTooLarge` as soon as the file passes ``most_bytes``, :class:`MediaTypeUnsupported` where the
    body is no form, :class:`RequestInvalid` where it is malformed or has no part named ``file``, and
    :class:`api.errors.Busy` where uploads already take all the room there is.
    """
    kind, options = parse_options_header(request.headers.get("content-type"))
    if kind != b"multipart/form-data" or not options.get(b"boundary"):
        raise MediaTypeUnsupported(wanted="multipart/form-data")
    lift_body_limit(request, most_bytes + _ROOM_FOR_FIELDS, too_large=FileTooLarge(limit=most_bytes))
    form = _Form(most_bytes=most_bytes)
    try:
        parser = MultipartParser(
            options[b"boundary"],
            {
                "on_part_begin": form.begin,
                "on_header_field": form.header_name,
                "on_header_value": form.header_value,
                "on_header_end": form.header_end,
                "on_headers_finished": form.headers_end,
                "on_part_data": form.content,
                "on_part_end": form.end,
            },
        )
        async for chunk in request.stream():
            lease.take(len(chunk))
            parser.write(chunk)
        parser.finalize()
    except FormParserError as error:
        raise RequestInvalid(problems={"body": "is not a well-formed multipart/form-data body"}) from error
    return form.upload()


class _Form:
    """Collects the parts as the parser announces them."""

    def __init__(self, *, most_bytes: int) -> None:
        self._most_bytes = most_bytes
        self._file: bytearray | None = None
        self._file_name = ""
        self._fields: dict[str, bytearray] = {}
        self._room = _ROOM_FOR_FIELDS
        self._parts = 0
        self._headers: dict[bytes, bytes] = {}
        self._name = bytearray()
        self._value = bytearray()
        self._current: bytearray | None = None
        self._complete = False

    def begin(self) -> None:
        self._headers = {}
        self._current = None
        self._complete = False
        self._parts += 1
        if self._parts > _MOST_PARTS:
            raise RequestInvalid(problems={"body": f"has more than {_MOST_PARTS} parts"})

    def header_name(self, chunk: bytes, start: int, end: int) -> None:
        self._name += chunk[start:end]

    def header_value(self, chunk: bytes, start: int, end: int) -> None:
        self._value += chunk[start:end]

    def header_end(self) -> None:
        self._headers[bytes(self._name).lower()] = bytes(self._value)
        self._name.clear()
        self._value.clear()

    def headers_end(self) -> None:
        _, options = parse_options_header(self._headers.get(b"content-disposition"))
        name = options.get(b"name", b"").decode("utf-8", "replace")
        if not name or name in self._fields or (name == "file" and self._file is not None):
            raise RequestInvalid(problems={name or "body": "a part has no name, or a name comes twice"})
        self._current = bytearray()
        if name == "file":
            self._file = self._current
            self._file_name = plain_file_name(options.get(b"filename", b"").decode("utf-8", "replace"))
        else:
            self._fields[name] = self._current

    def content(self, chunk: bytes, start: int, end: int) -> None:
        if self._current is None:
            return
        self._current += memoryview(chunk)[start:end]
        if self._current is self._file:
            if len(self._current) > self._most_bytes:
                raise FileTooLarge(limit=self._most_bytes)
            return
        self._room -= end - start
        if self._room < 0:
            raise RequestInvalid(problems={"body": "its fields are too long"})

    def end(self) -> None:
        self._complete = True

    def upload(self) -> Upload:
        if self._file is None:
            raise RequestInvalid(problems={"file": "is missing: send the PDF as a part named `file`"})
        if not self._complete:
            raise RequestInvalid(problems={"body": "ends in the middle of a part"})
        try:
            fields = {name: bytes(value).decode("utf-8") for name, value in self._fields.items()}
        except UnicodeDecodeError as error:
            raise RequestInvalid(problems={"body": "its fields are not UTF-8"}) from error
        file = bytes(self._file)
        self._file.clear()
        return Upload(file=file, name=self._file_name, fields=fields)


def plain_file_name(name: str) -> str:
    """The name for showing: no folders, no control or direction characters, composed (NFC), not too long."""
    last = unicodedata.normalize("NFC", name).replace("\\", "/").rpartition("/")[2]
    kept = "".join(c for c in last if unicodedata.category(c)[0] != "C" and unicodedata.category(c) not in {"Zl", "Zp"})
    return kept.strip(" .")[:_LONGEST_NAME] or "document.pdf"
