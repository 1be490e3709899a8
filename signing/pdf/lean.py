"""The quick reader: of a whole file it reads the end, and then only what it is asked for.

Any irregularity raises :class:`~signing.pdf.syntax.Irregular`, and the file is read by :mod:`signing._pyhanko` instead,
which is slower, knows more kinds of careless writing, and says what is wrong with a damaged file.
"""

from __future__ import annotations

import re
from typing import TYPE_CHECKING

from signing.pdf.indirect import indirect_object
from signing.pdf.streams import content
from signing.pdf.syntax import Irregular, parse
from signing.pdf.values import Ref, Stream
from signing.pdf.xref import FREE, Free, InFile, InStream, StreamSection, sections

if TYPE_CHECKING:
    from collections.abc import Iterator

    from signing.pdf.syntax import Buffer
    from signing.pdf.values import Value

_HEADER = re.compile(rb"%PDF-([12])\.(\d)(?=[\0\t\n\f\r ])")
_TAIL = re.compile(rb"[\r\n]startxref ?(?:\r\n|\r|\n)(\d{1,12}) ?(?:\r\n|\r|\n)%%EOF[\t\r\n ]{0,4}\Z")
_PAIRS = re.compile(rb"[ \t\r\n]*(?:\d{1,10}[ \t\r\n]+\d{1,10}[ \t\r\n]*)*+")
_LONGEST_TAIL = 64


class LeanFile:
    """A file whose form is what the standard says; raises :class:`Irregular` for any other."""

    def __init__(self, buffer: Buffer) -> None:
        header, tail = _HEADER.match(buffer), _TAIL.search(buffer[-_LONGEST_TAIL:])
        if header is None or tail is None:
            msg = "the file begins or ends in another way"
            raise Irregular(msg)
        self._buffer = buffer
        self.version = int(header[1]), int(header[2])
        self.startxref = int(tail[1])
        self._sections = sections(buffer, self.startxref)
        self.trailer = self._sections[0].trailer
        self.has_streams = any(isinstance(section, StreamSection) for section in self._sections)
        self._containers: dict[int, tuple[list[int], bytes, int]] = {}

    def get(self, ref: Ref) -> Value:
        """The object that a reference leads to."""
        entry = self._entry(ref)
        if isinstance(entry, InStream):
            return self._from_stream(entry, number=ref.number)
        found, value = indirect_object(self._buffer, entry.offset, number_at=self._number)
        if found != ref:
            msg = f"another object stands in the place of {ref.number}"
            raise Irregular(msg)
        return value

    def numbers(self) -> Iterator[int]:
        """The numbers of all objects, some perhaps more than once; those that were ever free are :class:`Irregular`."""
        for section in self._sections:
            for number in section.numbers():
                if section.entry(number) is not FREE:
                    yield number

    def content(self, stream: Stream) -> bytes:
        """The data of a stream, decoded."""
        return content(stream)

    def _entry(self, ref: Ref) -> InFile | InStream:
        """The newest entry; a number that was ever free, or that no section names, is left to others."""
        spoken = [entry for section in self._sections if (entry := section.entry(ref.number)) is not None]
        taken = [entry for entry in spoken if not isinstance(entry, Free)]
        if ref.generation or not taken or len(taken) != len(spoken):
            msg = f"object {ref.number} is missing or has a history"
            raise Irregular(msg)
        return taken[0]

    def _number(self, ref: Ref) -> Value:
        entry = self._entry(ref)
        if not isinstance(entry, InFile):
            msg = "the length of a stream stands within a stream"
            raise Irregular(msg)
        return self.get(ref)

    def _from_stream(self, entry: InStream, *, number: int) -> Value:
        """An object of an object stream (7.5.7)."""
        numbers, data, first = self._container(entry.container)
        if 2 * entry.index + 1 >= len(numbers) or numbers[2 * entry.index] != number:
            msg = f"object {number} is not where it should be in its stream"
            raise Irregular(msg)
        value, _ = parse(data, first + numbers[2 * entry.index + 1])
        if isinstance(value, Ref):
            msg = f"object {number} is a reference"
            raise Irregular(msg)
        return value

    def _container(self, number: int) -> tuple[list[int], bytes, int]:
        """Pairs of number and offset, the content, and where its first object begins."""
        if number in self._containers:
            return self._containers[number]
        stream = self.get(Ref(number)) if isinstance(self._entry(Ref(number)), InFile) else None
        if not isinstance(stream, Stream) or stream.entries.get("/Type") != "/ObjStm":
            msg = f"object {number} is no object stream"
            raise Irregular(msg)
        first, count = stream.entries.get("/First"), stream.entries.get("/N")
        data = content(stream)
        if type(first) is not int or type(count) is not int or not _PAIRS.fullmatch(data, 0, first):
            msg = f"the object stream {number} has another form"
            raise Irregular(msg)
        numbers = [int(word) for word in data[:first].split()]
        if len(numbers) != 2 * count:
            msg = f"the object stream {number} has more or fewer objects than it says"
            raise Irregular(msg)
        return self._containers.setdefault(number, (numbers, data, first))
