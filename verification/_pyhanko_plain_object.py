"""The door to plain objects: dictionaries of names, numbers and references, as pages and most of a file are.

pyHanko reads a file octet by octet. Here what is plain is read by one regular expression a token; whatever is odd about
an object, its white space, its strings, its order, is left to pyHanko's own reader, so that both say the same of every
object.
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
)

if TYPE_CHECKING:
    from pyhanko.pdf_utils.generic import PdfObject, Reference

_HEADER = re.compile(rb"(\d{1,10}) (\d{1,5}) obj[ \n\r\t]*(?=<<)")
_TOKEN = re.compile(
    rb"[ \n\r\t]*(?:"
    rb"(?P<name>/[!\"$&'*+,\-.0-9:;=?@A-Z\\^_`a-z|~]*)(?=[ \n\r\t/<>\[\]])"
    rb"|(?P<number>[1-9]\d{0,7}) (?P<generation>\d{1,5}) R(?=[ \n\r\t/<>\[\]])"
    rb"|(?P<integer>[+-]?\d{1,18})(?=[ \n\r\t/<>\[\]])"
    rb"|(?P<real>[+-]?(?:\d{1,18}\.\d{0,18}|\.\d{1,18}))(?=[ \n\r\t/<>\[\]])"
    rb"|(?P<word>true|false|null)(?=[ \n\r\t/<>\[\]])"
    rb"|(?P<open><<|\[)"
    rb"|(?P<close>>>|\])"
    rb")"
)
_END = re.compile(rb"[ \n\r\t]*endobj[ \n\r\t]")
_DEEPEST = 20


class _OddError(Exception):
    """Something that is not plain."""


def plain_object(octets: bytes, at: int, ref: Reference) -> DictionaryObject | None:
    """The object that begins here, if it is a plain dictionary with this number; None for all others."""
    header = _HEADER.match(octets, at)
    if header is None or (int(header[1]), int(header[2])) != (ref.idnum, ref.generation):
        return None
    try:
        found, end = _Parser(octets, ref).value(header.end(), depth=0)
    except _OddError:
        return None
    return found if isinstance(found, DictionaryObject) and _END.match(octets, end) else None


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
        end = token.end()
        match token.lastgroup:
            case "open" if token["open"] == b"<<":
                found, end = self._dictionary(end, depth + 1)
            case "open":
                found, end = self._array(end, depth + 1)
            case "close":
                raise _OddError
            case _:
                found = self._atom(token)
        found.container_ref = self._ref
        return found, end

    def _atom(self, token: re.Match[bytes]) -> PdfObject:
        match token.lastgroup:
            case "name":
                return NameObject(token["name"].decode("ascii"))
            case "generation":
                return IndirectObject(int(token["number"]), int(token["generation"]), self._ref.pdf)
            case "integer":
                return NumberObject(int(token["integer"]))
            case "real":
                return FloatObject(token["real"].decode("ascii"))
            case _:
                word = token["word"]
                return NullObject() if word == b"null" else BooleanObject(word == b"true")

    def _dictionary(self, at: int, depth: int) -> tuple[DictionaryObject, int]:
        entries: dict[NameObject, PdfObject] = {}
        while (token := _TOKEN.match(self._octets, at)) is not None:
            if token.lastgroup == "close" and token["close"] == b">>":
                return DictionaryObject(entries), token.end()
            key = NameObject(token["name"].decode("ascii")) if token.lastgroup == "name" else None
            if key is None or key in entries:
                break
            entries[key], at = self.value(token.end(), depth=depth)
        raise _OddError

    def _array(self, at: int, depth: int) -> tuple[ArrayObject, int]:
        found: list[PdfObject] = []
        while (token := _TOKEN.match(self._octets, at)) is not None:
            if token.lastgroup == "close":
                if token["close"] != b"]":
                    break
                return ArrayObject(found), token.end()
            if depth > _DEEPEST:
                break
            each, at = self._value(token, depth)
            found.append(each)
        raise _OddError
