"""The door to plain objects: dictionaries, arrays and streams as nearly all of a file is written.

pyHanko reads a file octet by octet. Here what is plain is read by one regular expression a token; whatever is odd about
an object, its white space, a string with escapes, a stream without a length of its own, is left to pyHanko's own
reader, so that both say the same of every object.
"""

from __future__ import annotations

import re
from typing import TYPE_CHECKING

from pyhanko.pdf_utils.generic import (
    ArrayObject,
    BooleanObject,
    DictionaryObject,
    FloatObject,
    IndirectObject,
    NameObject,
    NullObject,
    NumberObject,
    StreamObject,
    pdf_string,
)

from verification._pyhanko_hex import string_of

if TYPE_CHECKING:
    from collections.abc import Callable

    from pyhanko.pdf_utils.generic import PdfObject, Reference

_HEADER = re.compile(rb"(\d{1,10}) (\d{1,5}) obj[ \n\r\t]*(?=<<|\[)")
_TOKEN = re.compile(
    rb"[ \n\r\t]*(?:"
    rb"(?P<name>/[!\"$&'*+,\-.0-9:;=?@A-Z\\^_`a-z|~]*)(?=[ \n\r\t/<>\[\](])"
    rb"|(?P<number>[1-9]\d{0,7}) (?P<generation>\d{1,5}) R(?=[ \n\r\t/<>\[\](])"
    rb"|(?P<integer>[+-]?\d{1,18})(?=[ \n\r\t/<>\[\](])"
    rb"|(?P<real>[+-]?(?:\d{1,18}\.\d{0,18}|\.\d{1,18}))(?=[ \n\r\t/<>\[\](])"
    rb"|(?P<word>true|false|null)(?=[ \n\r\t/<>\[\](])"
    rb"|(?P<dictionary><<)|(?P<array>\[)"
    rb"|(?P<end_of_dictionary>>>)|(?P<end_of_array>\])"
    rb"|\((?P<literal>[^()\\]*)\)"
    rb"|<(?P<digits>[0-9A-Fa-f \n\r\t]*)>"
    rb")"
)
_NUMBER = rb"(?:[+-]?\d{1,18}(?:\.\d{0,18})?|[+-]?\.\d{1,18})"
_NUMBERS = re.compile(rb"[ \n\r\t]*(" + _NUMBER + rb"(?:[ \n\r\t]+" + _NUMBER + rb")*)[ \n\r\t]*\]")
"""The rest of an array of nothing but numbers, such as the widths of a font's letters: most of the tokens of a file."""
_STREAM = re.compile(rb"[ \n\r\t]*stream\r?\n")
_STREAM_END = re.compile(rb"[ \n\r\t]*endstream")
_END = re.compile(rb"[ \n\r\t]*endobj[ \n\r\t]")
_DEEPEST = 20


class _OddError(Exception):
    """Something that is not plain."""


def plain_object(octets: bytes, at: int, ref: Reference) -> PdfObject | None:
    """The object that begins here, if it is plain and has this number; None for all others."""
    header = _HEADER.match(octets, at)
    if header is None or (int(header[1]), int(header[2])) != (ref.idnum, ref.generation):
        return None
    try:
        found, end = _Parser(octets, ref).value(header.end(), depth=0)
        if isinstance(found, DictionaryObject) and (start := _STREAM.match(octets, end)):
            found, end = _stream(octets, start.end(), found)
    except _OddError:
        return None
    return found if _END.match(octets, end) else None


def _stream(octets: bytes, start: int, entries: DictionaryObject) -> tuple[StreamObject, int]:
    """The stream whose content begins here, and where it ends; its length must be a number and right."""
    length = entries.raw_get("/Length") if "/Length" in entries else None
    if not isinstance(length, NumberObject) or length < 0:
        raise _OddError
    end = _STREAM_END.match(octets, start + length)
    if end is None:
        raise _OddError
    found = StreamObject(entries, encoded_data=octets[start : start + length])
    found.container_ref = entries.container_ref
    return found, end.end()


class _Parser:
    """Reads values, each with where it ends; raises :class:`_OddError`."""

    def __init__(self, octets: bytes, ref: Reference) -> None:
        self._octets = octets
        self._ref = ref

    def value(self, at: int, *, depth: int) -> tuple[PdfObject, int]:
        token = _TOKEN.match(self._octets, at)
        if token is None or depth > _DEEPEST:
            raise _OddError
        return self._value(token, depth)

    def _value(self, token: re.Match[bytes], depth: int) -> tuple[PdfObject, int]:
        found: PdfObject
        kind, end = token.lastgroup or "", token.end()
        if kind in _ATOMS:
            found = _ATOMS[kind](token, self._ref)
        elif kind == "dictionary":
            found, end = self._dictionary(end, depth + 1)
        elif kind == "array":
            found, end = self._array(end, depth + 1)
        else:
            raise _OddError
        found.container_ref = self._ref
        return found, end

    def _dictionary(self, at: int, depth: int) -> tuple[DictionaryObject, int]:
        entries: dict[NameObject, PdfObject] = {}
        while (token := _TOKEN.match(self._octets, at)) is not None:
            if token.lastgroup == "end_of_dictionary":
                return DictionaryObject(entries), token.end()
            key = NameObject(token["name"].decode("ascii")) if token.lastgroup == "name" else None
            if key is None or key in entries:
                break
            entries[key], at = self.value(token.end(), depth=depth)
        raise _OddError

    def _array(self, at: int, depth: int) -> tuple[ArrayObject, int]:
        numbers = _NUMBERS.match(self._octets, at)
        if numbers is not None and depth <= _DEEPEST:
            return ArrayObject(map(self._number, numbers[1].split())), numbers.end()
        found: list[PdfObject] = []
        while (token := _TOKEN.match(self._octets, at)) is not None and depth <= _DEEPEST:
            if token.lastgroup == "end_of_array":
                return ArrayObject(found), token.end()
            each, at = self._value(token, depth)
            found.append(each)
        raise _OddError

    def _number(self, digits: bytes) -> PdfObject:
        found: PdfObject = FloatObject(digits.decode("ascii")) if b"." in digits else NumberObject(digits)
        found.container_ref = self._ref
        return found


_WORDS = {b"true": lambda: BooleanObject(True), b"false": lambda: BooleanObject(False), b"null": NullObject}  # noqa: FBT003
_ATOMS: dict[str, Callable[[re.Match[bytes], Reference], PdfObject]] = {
    "name": lambda token, _: NameObject(token["name"].decode("ascii")),
    "generation": lambda token, ref: IndirectObject(int(token["number"]), int(token["generation"]), ref.pdf),
    "integer": lambda token, _: NumberObject(token["integer"]),
    "real": lambda token, _: FloatObject(token["real"].decode("ascii")),
    "word": lambda token, _: _WORDS[token["word"]](),
    "literal": lambda token, _: pdf_string(token["literal"]),
    "digits": lambda token, _: string_of(token["digits"]),
}
"""What makes an object of a token that is one by itself."""
