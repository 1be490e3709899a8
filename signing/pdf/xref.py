"""Where objects lie: cross-reference tables, streams, and both in one (ISO 32000-2, 7.5.4, 7.5.8).

A section is checked as a whole by its form, and looked into only for the objects that are asked for.
"""

from __future__ import annotations

import re
from dataclasses import dataclass
from itertools import chain, pairwise
from typing import TYPE_CHECKING, Protocol

from signing.pdf.indirect import indirect_object
from signing.pdf.streams import content
from signing.pdf.syntax import Irregular, dictionary_at
from signing.pdf.values import Stream

if TYPE_CHECKING:
    from collections.abc import Iterator

    from signing.pdf.syntax import Buffer
    from signing.pdf.values import Dictionary, Ref, Value

_ROW = 20
_END_OF_LINE = rb" ?(?:\r\n|\r|\n)"
_HEAD = re.compile(rb"xref" + _END_OF_LINE)
_RUN = re.compile(rb"(\d{1,10}) (\d{1,10})" + _END_OF_LINE)
# Only numbers that were freed and taken anew have other generations than 0: such a history is left to others.
_ROWS = re.compile(rb"(?:\d{10} (?:00000 n|\d{5} f)(?: \r| \n|\r\n))*+")
_TRAILER = re.compile(rb"trailer[\0\t\n\f\r ]*+")
_FIELDS, _WIDEST = 3, 8
_PASSING = frozenset({"/Prev", "/Size", "/XRefStm", "/Type", "/W", "/Index", "/Filter", "/DecodeParms"})


@dataclass(frozen=True, slots=True)
class InFile:
    """An object at an offset."""

    offset: int


@dataclass(frozen=True, slots=True)
class InStream:
    """The object at an index of an object stream."""

    container: int
    index: int


@dataclass(frozen=True, slots=True)
class Free:
    """A number that no object has."""


Entry = InFile | InStream | Free
FREE = Free()


class Section(Protocol):
    """What one revision says of where its objects are."""

    @property
    def trailer(self) -> Dictionary:
        """The trailer dictionary, or that of the cross-reference stream."""
        ...

    def entry(self, number: int) -> Entry | None:
        """Where an object is, or None where this section does not speak of it."""
        ...

    def numbers(self) -> Iterator[int]:
        """All numbers that this section speaks of."""
        ...


@dataclass(frozen=True, slots=True)
class Run:
    """Consecutive numbers, whose rows begin at an offset."""

    first: int
    count: int
    at: int

    @property
    def numbers(self) -> range:
        """All of them."""
        return range(self.first, self.first + self.count)

    def row(self, number: int, *, width: int) -> slice | None:
        """Where the row of a number is."""
        if not self.first <= number < self.first + self.count:
            return None
        begin = self.at + width * (number - self.first)
        return slice(begin, begin + width)


@dataclass(frozen=True, slots=True)
class Table:
    """A cross-reference table."""

    buffer: Buffer
    runs: tuple[Run, ...]
    trailer: Dictionary

    def entry(self, number: int) -> Entry | None:
        """As :meth:`Section.entry`."""
        for run in self.runs:
            if (place := run.row(number, width=_ROW)) is not None:
                row = self.buffer[place]
                return InFile(int(row[:10])) if row[17:18] == b"n" else FREE
        return None

    def numbers(self) -> Iterator[int]:
        """As :meth:`Section.numbers`."""
        return chain.from_iterable(run.numbers for run in self.runs)


@dataclass(frozen=True, slots=True)
class StreamSection:
    """A cross-reference stream; ``widths`` are those of its three fields."""

    rows: bytes
    runs: tuple[Run, ...]
    widths: tuple[int, int, int]
    trailer: Dictionary

    def entry(self, number: int) -> Entry | None:
        """As :meth:`Section.entry`."""
        for run in self.runs:
            if (place := run.row(number, width=sum(self.widths))) is not None:
                return self._entry(self.rows[place])
        return None

    def numbers(self) -> Iterator[int]:
        """As :meth:`Section.numbers`."""
        return chain.from_iterable(run.numbers for run in self.runs)

    def _entry(self, row: bytes) -> Entry:
        first, second, _ = self.widths
        kind = int.from_bytes(row[:first]) if first else 1
        one, other = int.from_bytes(row[first : first + second]), int.from_bytes(row[first + second :])
        if kind == 0:
            return FREE
        if kind == 1 and other == 0:
            return InFile(one)
        if kind == 2:  # noqa: PLR2004 - table 18
            return InStream(container=one, index=other)
        msg = "an entry of another kind, or of a number that was taken anew"
        raise Irregular(msg)


@dataclass(frozen=True, slots=True)
class Hybrid:
    """A table, and a stream with what older readers are not to see (7.5.8.4)."""

    table: Table
    hidden: StreamSection

    @property
    def trailer(self) -> Dictionary:
        """As :attr:`Section.trailer`."""
        return self.table.trailer

    def entry(self, number: int) -> Entry | None:
        """As :meth:`Section.entry`."""
        shown, hidden = self.table.entry(number), self.hidden.entry(number)
        if hidden is None or hidden is FREE:
            return shown
        if isinstance(shown, InFile):
            msg = f"object {number} is in two places of one revision"
            raise Irregular(msg)
        return hidden

    def numbers(self) -> Iterator[int]:
        """As :meth:`Section.numbers`."""
        return chain(self.table.numbers(), self.hidden.numbers())


def sections(buffer: Buffer, at: int) -> tuple[Section, ...]:
    """All of them, the newest first; raises :class:`Irregular`, for encrypted files too."""
    found: dict[int, Section] = {}
    following: Value = at
    while following is not None:
        if type(following) is not int or following in found:
            msg = "the cross-reference sections do not end"
            raise Irregular(msg)
        found[following] = section = _section(buffer, following)
        following = section.trailer.get("/Prev")
    newest = next(iter(found.values())).trailer
    for section in found.values():
        if "/Encrypt" in section.trailer or section.trailer.keys() - _PASSING - newest.keys():
            msg = "the file is encrypted, or its newest trailer lacks what an older one has"
            raise Irregular(msg)
    return tuple(found.values())


def _section(buffer: Buffer, at: int) -> Section:
    head = _HEAD.match(buffer, at)
    if head is None:
        return _stream(buffer, at)
    runs: list[Run] = []
    end = head.end()
    while (run := _RUN.match(buffer, end)) is not None:
        first, count = int(run[1]), int(run[2])
        rows = _ROWS.match(buffer, run.end(), run.end() + _ROW * count)
        runs.append(Run(first=first, count=count, at=run.end()))
        end = run.end() + _ROW * count
        if rows is None or rows.end() != end:
            msg = f"rows of another form in the table at {at}"
            raise Irregular(msg)
    trailer = _TRAILER.match(buffer, end)
    if trailer is None:
        msg = f"no trailer behind the table at {at}"
        raise Irregular(msg)
    table = Table(buffer=buffer, runs=tuple(runs), trailer=dictionary_at(buffer, trailer.end())[0])
    _demand_apart(table.runs, size=table.trailer.get("/Size"))
    hidden = table.trailer.get("/XRefStm")
    if hidden is None:
        return table
    if type(hidden) is not int:
        msg = "the stream of a hybrid file is nowhere"
        raise Irregular(msg)
    return Hybrid(table=table, hidden=_stream(buffer, hidden))


def _stream(buffer: Buffer, at: int) -> StreamSection:
    _, stream = indirect_object(buffer, at, number_at=_no_number)
    if not isinstance(stream, Stream) or stream.entries.get("/Type") != "/XRef":
        msg = f"no cross-reference section at {at}"
        raise Irregular(msg)
    size = stream.entries.get("/Size")
    widths, index = _whole(stream.entries.get("/W")), _whole(stream.entries.get("/Index", [0, size]))
    if len(widths) != _FIELDS or max(widths) > _WIDEST or not any(widths) or len(index) % 2:
        msg = f"the cross-reference stream at {at} has another form"
        raise Irregular(msg)
    runs: list[Run] = []
    end = 0
    for first, count in zip(index[::2], index[1::2], strict=True):
        runs.append(Run(first=first, count=count, at=end))
        end += count * sum(widths)
    rows = content(stream)
    if len(rows) != end:
        msg = f"the cross-reference stream at {at} has another length"
        raise Irregular(msg)
    _demand_apart(tuple(runs), size=size)
    return StreamSection(rows=rows, runs=tuple(runs), widths=(widths[0], widths[1], widths[2]), trailer=stream.entries)


def _no_number(_: Ref) -> Value:
    msg = "the length of a cross-reference stream stands elsewhere"
    raise Irregular(msg)


def _whole(value: Value) -> list[int]:
    if not isinstance(value, list):
        msg = "no array of whole numbers"
        raise Irregular(msg)
    found = [number for number in value if type(number) is int and number >= 0]
    if len(found) != len(value):
        msg = "no array of whole numbers"
        raise Irregular(msg)
    return found


def _demand_apart(runs: tuple[Run, ...], *, size: Value) -> None:
    """Raise :class:`Irregular` where a number is named twice, or where there are more than the file says."""
    ordered = sorted(runs, key=lambda run: run.first)
    overlapping = any(one.first + one.count > next_one.first for one, next_one in pairwise(ordered))
    if type(size) is not int or overlapping or (ordered and ordered[-1].first + ordered[-1].count > size):
        msg = "a section that contradicts itself"
        raise Irregular(msg)
