"""Objects as they stand in a file (ISO 32000-2, 7.2 and 7.3), read strictly or not at all.

Two readers that read a careless file differently are how signed documents are forged. Here whatever is not written as
the standard says, or is written unusually enough to be rare, is :class:`Irregular`: somebody else must read the file.
"""

from __future__ import annotations

import re
from functools import lru_cache
from typing import TYPE_CHECKING

from signing.pdf.values import Name, Real, Ref, Verbatim

if TYPE_CHECKING:
    from collections.abc import Callable
    from mmap import mmap

    from signing.pdf.values import Dictionary, Value

    Buffer = bytes | mmap

_WHITE = rb"[\0\t\n\f\r ]"
_ENDS = rb"(?=[\0\t\n\f\r ()<>\[\]{}/%]|\Z)"
_TOKEN = re.compile(
    _WHITE
    + rb"*+(?:/([!-$&-'*-.0-;=?-Z\\^-z|~]*)"  # 1: a name; whatever is no ASCII is left to others
    + rb"|(\d{1,10}"
    + _WHITE
    + rb"++\d{1,5}"
    + _WHITE
    + rb"++R)"  # 2: a reference
    + _ENDS
    + rb"|([+-]?\d{1,18})"  # 3: a whole number
    + _ENDS
    + rb"|([+-]?(?:\d{1,18}\.\d{0,18}|\.\d{1,18}))"  # 4: a number with a fraction
    + _ENDS
    + rb"|\(([^()\\\r]*)\)"  # 5: a string that needs no second look
    + rb"|<([0-9A-Fa-f\t\n\f\r ]*)>"  # 6: a string in hexadecimal
    + rb"|(<<|>>|\[|\]|\()"  # 7: what begins and ends
    + rb"|(true|false|null)"  # 8
    + _ENDS
    + rb")"
)
_NAME, _REFERENCE, _WHOLE, _FRACTION, _STRING, _HEXADECIMAL, _MARK, _WORD = range(1, 9)
_WORDS: dict[bytes, Value] = {b"true": True, b"false": False, b"null": None}
_SPECIAL = re.compile(rb"[()\\\r]")
_ESCAPED = re.compile(rb"([nrtbf()\\])|([0-7]{1,3})|(\r\n|\n|\r)")
_ESCAPES = {b"n": b"\n", b"r": b"\r", b"t": b"\t", b"b": b"\b", b"f": b"\f"}
_DEEPEST = 64
_ARRAY, _DICTIONARY = Verbatim(b"["), Verbatim(b"<<")
_BEGINS, _BEGUN_BY = {b"[": _ARRAY, b"<<": _DICTIONARY}, {b"]": _ARRAY, b">>": _DICTIONARY}


class Irregular(Exception):
    """The file is not written in the way that is read here; that says nothing against it."""


def parse(buffer: Buffer, at: int) -> tuple[Value, int]:
    """The object that begins at an offset, and the offset behind it; raises :class:`Irregular`.

    One loop with the arrays and dictionaries that are open in a list: calls would cost more than all the rest.
    """
    match = _TOKEN.match
    open_ones: list[list[Value]] = []
    items: list[Value] = []
    while (token := match(buffer, at)) is not None:
        kind, at = token.lastindex or 0, token.end()
        if kind != _MARK:
            items.append(_SIMPLE[kind](token[kind]))
        elif (mark := token[kind]) == b"(":
            string, at = _string(buffer, at)
            items.append(string)
        elif mark in _BEGINS:
            open_ones.append(items)
            items = [_BEGINS[mark]]
            if len(open_ones) > _DEEPEST:
                break
            continue
        else:
            if not open_ones or items[0] is not _BEGUN_BY[mark]:
                break
            closed = items[1:] if mark == b"]" else _dictionary(items)
            items = open_ones.pop()
            items.append(closed)
        if not open_ones:
            return items[0], at
    msg = f"no object that is read here at {at}"
    raise Irregular(msg)


def _dictionary(items: list[Value]) -> Dictionary:
    """Keys and values by turns behind the mark that began them."""
    keys, values = items[1::2], items[2::2]
    entries = {key: value for key, value in zip(keys, values, strict=False) if type(key) is Name}
    if len(entries) != len(keys) or len(keys) != len(values):  # of two entries of one name each reader believes another
        msg = "a dictionary with something else than keys and values, or with a key twice"
        raise Irregular(msg)
    return {key: value for key, value in entries.items() if value is not None}


def _string(buffer: Buffer, at: int) -> tuple[bytes, int]:
    """A literal string with parentheses, escapes or carriage returns in it (7.3.4.2)."""
    pieces: list[bytes] = []
    opened = 1
    while (special := _SPECIAL.search(buffer, at)) is not None:
        pieces.append(buffer[at : special.start()])
        mark, at = special[0], special.end()
        if mark == b"\\":
            piece, at = _escaped(buffer, at)
            pieces.append(piece)
            continue
        if mark == b"\r":
            at += buffer[at : at + 1] == b"\n"
            pieces.append(b"\n")
            continue
        opened += 1 if mark == b"(" else -1
        if not opened:
            return b"".join(pieces), at
        pieces.append(mark)
    msg = "a string does not end"
    raise Irregular(msg)


def _escaped(buffer: Buffer, at: int) -> tuple[bytes, int]:
    found = _ESCAPED.match(buffer, at)
    if found is None or (found[2] and int(found[2], 8) > 0xFF):  # noqa: PLR2004 - an octet
        msg = f"an escape that is none at {at}"
        raise Irregular(msg)
    if found[1]:
        return _ESCAPES.get(found[1], found[1]), found.end()
    return (bytes([int(found[2], 8)]) if found[2] else b""), found.end()


@lru_cache(maxsize=4096)
def _name(text: bytes) -> Name:
    if b"#" in text:
        if re.search(rb"#(?![0-9A-Fa-f]{2})|#00", text):
            msg = "a number sign that means nothing in a name"
            raise Irregular(msg)
        text = re.sub(rb"#(..)", lambda found: bytes.fromhex(found[1].decode()), text)
    return Name("/" + text.decode("latin-1"))


def _reference(text: bytes) -> Ref:
    number, generation, _ = text.replace(b"\0", b" ").split()
    return Ref(int(number), int(generation))


def _hexadecimal(text: bytes) -> bytes:
    digits = b"".join(text.split()).decode()
    return bytes.fromhex(digits + "0" * (len(digits) % 2))


_SIMPLE: dict[int, Callable[[bytes], Value]] = {
    _NAME: _name,
    _REFERENCE: _reference,
    _WHOLE: int,
    _FRACTION: lambda text: Real(text.decode()),
    _STRING: lambda text: text,
    _HEXADECIMAL: _hexadecimal,
    _WORD: lambda text: _WORDS[text],
}


def dictionary_at(buffer: Buffer, at: int) -> tuple[Dictionary, int]:
    """The same where only a dictionary will do."""
    value, end = parse(buffer, at)
    if not isinstance(value, dict):
        msg = f"no dictionary at {at}"
        raise Irregular(msg)
    return value, end
