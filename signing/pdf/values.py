"""PDF values as Python values, and how they are written (ISO 32000-2, 7.3).

Dictionaries are dicts, arrays are lists, strings are bytes, null is None. Nothing is interpreted that need not be, so
that what is read and written again says the same to the last digit.
"""

from __future__ import annotations

import re
import zlib
from dataclasses import dataclass
from functools import lru_cache
from typing import TYPE_CHECKING, NamedTuple, Self, TypeAlias

if TYPE_CHECKING:
    from collections.abc import Callable
    from datetime import datetime

Value: TypeAlias = "bool | int | Real | Name | bytes | list[Value] | Dictionary | Ref | Stream | Verbatim | None"
Dictionary: TypeAlias = "dict[str, Value]"
"""Keys with their slash; a key whose value would be null is not there (7.3.7)."""

_PLAIN = re.compile(rb"[ -'*-\[\]-~]*")  # printable, and neither parenthesis nor backslash
_UNUSUAL = re.compile(rb"[^!-~]|[()<>\[\]{}/%#]")


class Name(str):
    """A name with its slash; octets outside of ASCII as in Latin-1."""

    __slots__ = ()


class Real(float):
    """A number with a fraction, which is written as it was read."""

    __slots__ = ("digits",)

    def __new__(cls, digits: str) -> Self:
        """From what stands in the file."""
        real = super().__new__(cls, digits)
        real.digits = digits
        return real

    digits: str


class Ref(NamedTuple):
    """An indirect reference (7.3.10)."""

    number: int
    generation: int = 0


@dataclass(slots=True)
class Stream:
    """A stream; ``data`` is as the file has it, encoded by the ``/Filter`` of its dictionary."""

    entries: Dictionary
    data: bytes


@dataclass(frozen=True, slots=True)
class Verbatim:
    """Octets that are written as they are: a place that is filled in later."""

    octets: bytes


def numbers(*values: float) -> list[Value]:
    """An array of numbers, rounded to a thousandth of a point."""
    return [Real(f"{value:.3f}") for value in values]


def deflated(entries: Dictionary, content: bytes) -> Stream:
    """A stream with this content, compressed (7.4.4)."""
    return Stream({**entries, "/Filter": Name("/FlateDecode")}, zlib.compress(content))


def text_string(text: str) -> bytes:
    """A text string in printable ASCII where that does, otherwise in UTF-16 (7.9.2.2)."""
    plain = text.isascii() and text.isprintable()
    return text.encode("ascii") if plain else b"\xfe\xff" + text.encode("utf-16-be")


def date_string(moment: datetime) -> bytes:
    """A date (7.9.4), with the offset from UTC where the moment has one."""
    offset = moment.utcoffset()
    if offset is None:
        return moment.strftime("D:%Y%m%d%H%M%S").encode()
    minutes = round(offset.total_seconds()) // 60
    hours, rest = divmod(abs(minutes), 60)
    zone = f"{'-' if minutes < 0 else '+'}{hours:02d}'{rest:02d}'" if minutes else "Z"
    return f"{moment:D:%Y%m%d%H%M%S}{zone}".encode()


_UPPER = "\u02d8\u02c7\u02c6\u02d9\u02dd\u02db\u02da\u02dc"
_MIDDLE = (
    "\u2022\u2020\u2021\u2026\u2014\u2013\u0192\u2044\u2039\u203a\u2212\u2030\u201e\u201c\u201d\u2018"
    "\u2019\u201a\u2122\ufb01\ufb02\u0141\u0152\u0160\u0178\u017d\u0131\u0142\u0153\u0161\u017e"
)
_PDF_DOC = {0x18 + i: c for i, c in enumerate(_UPPER)} | {0x80 + i: c for i, c in enumerate(_MIDDLE)} | {0xA0: "\u20ac"}


def decoded_text(string: bytes) -> str:
    """What a text string says: UTF-16 or UTF-8 by its mark, otherwise PDFDocEncoding (7.9.2.2, Annex D.2)."""
    if string.startswith(b"\xfe\xff"):
        return string[2:].decode("utf-16-be", "replace")
    if string.startswith(b"\xef\xbb\xbf"):
        return string[3:].decode("utf-8", "replace")
    return string.decode("latin-1").translate(_PDF_DOC)


def serialised(value: Value) -> bytes:
    """The value as it stands in a file; a stream with its data."""
    return _WRITERS[type(value)](value)


def _array(items: list[Value]) -> bytes:
    return b"[" + b" ".join([serialised(item) for item in items]) + b"]"


def _dictionary(entries: Dictionary) -> bytes:
    pairs = [_name(key) + b" " + _WRITERS[type(value)](value) for key, value in entries.items() if value is not None]
    return b"<<" + b"\n".join(pairs) + b">>"


def _stream(stream: Stream) -> bytes:
    entries = {**stream.entries, "/Length": len(stream.data)}
    return b"".join((_dictionary(entries), b"\nstream\n", stream.data, b"\nendstream"))


@lru_cache(maxsize=4096)
def _name(name: str) -> bytes:
    return b"/" + _UNUSUAL.sub(lambda found: b"#%02X" % found[0][0], name[1:].encode("latin-1"))


def _string(octets: bytes) -> bytes:
    if _PLAIN.fullmatch(octets):
        return b"(" + octets + b")"
    return b"<" + octets.hex().encode() + b">"


_WRITERS: dict[type, Callable[[object], bytes]] = {
    type(None): lambda _: b"null",
    bool: lambda value: b"true" if value else b"false",
    int: lambda value: str(value).encode(),
    Real: lambda value: value.digits.encode(),  # type: ignore[attr-defined]
    Name: _name,
    bytes: _string,  # type: ignore[dict-item]
    list: _array,  # type: ignore[dict-item]
    dict: _dictionary,  # type: ignore[dict-item]
    Ref: lambda ref: b"%d %d R" % ref,  # type: ignore[str-format]
    Stream: _stream,  # type: ignore[dict-item]
    Verbatim: lambda value: value.octets,  # type: ignore[attr-defined]
}
