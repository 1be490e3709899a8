"""Indirect objects at their offsets (ISO 32000-2, 7.3.8, 7.3.10)."""

from __future__ import annotations

import re
from typing import TYPE_CHECKING

from signing.pdf.syntax import Irregular, parse
from signing.pdf.values import Ref, Stream

if TYPE_CHECKING:
    from collections.abc import Callable

    from signing.pdf.syntax import Buffer
    from signing.pdf.values import Dictionary, Value

_WHITE = rb"[\0\t\n\f\r ]"
_BEGIN = re.compile(rb"(\d{1,10}) (\d{1,5}) obj(?=[\0\t\n\f\r <\[(/+\-.0-9])")
_END = re.compile(_WHITE + rb"*+(?:(endobj)|stream(?:\r\n|\n))")
_END_OF_STREAM = re.compile(_WHITE + rb"{0,2}endstream" + _WHITE + rb"++endobj")


def indirect_object(buffer: Buffer, at: int, *, number_at: Callable[[Ref], Value]) -> tuple[Ref, Value]:
    """The object whose ``N G obj`` stands at an offset; ``number_at`` looks up the length of a stream.

    Raises :class:`Irregular` unless the object ends where it should.
    """
    begun = _BEGIN.match(buffer, at)
    if begun is None:
        msg = f"no object begins at {at}"
        raise Irregular(msg)
    ref = Ref(int(begun[1]), int(begun[2]))
    value, end = parse(buffer, begun.end())
    ended = _END.match(buffer, end)
    if ended is None or isinstance(value, Ref):
        msg = f"object {ref.number} does not end"
        raise Irregular(msg)
    if ended[1]:
        return ref, value
    if not isinstance(value, dict):
        msg = f"object {ref.number} is a stream without a dictionary"
        raise Irregular(msg)
    return ref, _stream(buffer, ended.end(), value, number_at=number_at)


def _stream(buffer: Buffer, at: int, entries: Dictionary, *, number_at: Callable[[Ref], Value]) -> Stream:
    length = entries.get("/Length")
    if isinstance(length, Ref):
        length = number_at(length)
    if type(length) is not int or length < 0 or _END_OF_STREAM.match(buffer, at + length) is None:
        msg = f"the stream at {at} is not as long as it says"
        raise Irregular(msg)
    return Stream({key: value for key, value in entries.items() if key != "/Length"}, buffer[at : at + length])
