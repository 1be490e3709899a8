"""A revision with what is to be changed in it, and the increment that says so (ISO 32000-2, 7.5.6).

Increments hold what was asked for and nothing else: no metadata written anew, no date of modification.
"""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING, Protocol

from signing.errors import DocumentDamaged
from signing.pdf.section import section
from signing.pdf.values import Name, Real, Ref, Stream

if TYPE_CHECKING:
    from collections.abc import Iterator

    from signing.pdf.values import Dictionary, Value
    from signing.source import Source

_VERSION = (1, 7)
_SIDES = 4


class Reader(Protocol):
    """What reads the revision: :class:`signing.pdf.lean.LeanFile`, or pyHanko behind :mod:`signing._pyhanko`."""

    version: tuple[int, int]
    startxref: int
    trailer: Dictionary
    has_streams: bool

    def get(self, ref: Ref) -> Value:
        """The object that a reference leads to, never itself a reference."""
        ...

    def content(self, stream: Stream) -> bytes:
        """The data of a stream of this file, decoded."""
        ...


class Document:
    """Objects are read once, may be changed in place, and are written where :meth:`touch` was told so."""

    def __init__(self, source: Source, reader: Reader) -> None:
        self.source = source
        self.reader = reader
        self._read: dict[Ref, Value] = {}
        self._changed: dict[Ref, Value] = {}
        size = reader.trailer.get("/Size")
        if type(size) is not int:
            raise DocumentDamaged(reason="the trailer does not say how many objects there are")
        if not isinstance(reader.trailer.get("/Root"), Ref):
            raise DocumentDamaged(reason="the file has no catalogue")
        self._next = size

    @property
    def root(self) -> Node:
        """The catalogue (7.7.2)."""
        root = Node(self, Ref(0), self.reader.trailer).dictionary("/Root")
        if root is None:
            raise DocumentDamaged(reason="the file has no catalogue")
        return root

    @property
    def has_changes(self) -> bool:
        """Whether an increment would say anything."""
        return bool(self._changed)

    def get(self, ref: Ref) -> Value:
        """The object that a reference leads to, as it is by now."""
        if ref not in self._read:
            self._read[ref] = self.reader.get(ref)
        return self._read[ref]

    def node(self, ref: Ref) -> Node:
        """The same with its reference."""
        return Node(self, ref, self.get(ref))

    def add(self, value: Value) -> Ref:
        """A new indirect object."""
        ref = Ref(self._next)
        self._next += 1
        self._read[ref] = self._changed[ref] = value
        return ref

    def replace(self, ref: Ref, value: Value) -> None:
        """Put another value in the place of an object."""
        self._read[ref] = self._changed[ref] = value

    def touch(self, ref: Ref) -> None:
        """Write the object anew."""
        self._changed[ref] = self._read[ref]

    def section(self) -> tuple[bytes, dict[Ref, int]]:
        """What is to be appended, and at which offsets its objects lie in the file that this makes."""
        self._say_version()
        return section(
            self._changed,
            behind=self.source.length,
            on_new_line=not self.source.ends_a_line(),
            trailer={**self.reader.trailer, "/Prev": self.reader.startxref, "/Size": self._next},
            in_stream=self.reader.has_streams,
        )

    def _say_version(self) -> None:
        """Signatures as made here are of PDF 1.7 at least; a catalogue may say so in the header's place (7.7.2)."""
        root = self.root
        named = root.dictionary_value.get("/Version")
        said = str(named)[1:].split(".")
        version = (int(said[0]), int(said[1])) if _is_version(said) else self.reader.version
        if version < _VERSION:
            root.put("/Version", Name("/1.7"))


def _is_version(said: list[str]) -> bool:
    return len(said) == len(_VERSION) and all(part.isascii() and part.isdigit() for part in said)


@dataclass(frozen=True, slots=True, eq=False)
class Node:
    """A value with the indirect object that it is, or that holds it and must be written when the value changes."""

    document: Document
    ref: Ref
    value: Value

    @property
    def dictionary_value(self) -> Dictionary:
        """The entries of a dictionary or stream; raises :class:`DocumentUnfit` for anything else."""
        value = self.value.entries if isinstance(self.value, Stream) else self.value
        if not isinstance(value, dict):
            raise DocumentDamaged(reason=f"object {self.ref.number} is not a dictionary")
        return value

    @property
    def is_indirect(self) -> bool:
        """Whether this is the indirect object itself."""
        return self.document.get(self.ref) is self.value

    def has(self, key: str) -> bool:
        """Whether there is an entry."""
        return key in self.dictionary_value

    def entry(self, key: str) -> Node | None:
        """What stands under a key, references followed, or None."""
        return self._at(self.dictionary_value.get(key))

    def dictionary(self, key: str) -> Node | None:
        """The same where only a dictionary will do; raises :class:`DocumentUnfit`."""
        found = self.entry(key)
        if found is not None and not isinstance(found.value, dict):
            raise DocumentDamaged(reason=f"{key} is not a dictionary")
        return found

    def array(self, key: str) -> Node | None:
        """The same for an array."""
        found = self.entry(key)
        if found is not None and not isinstance(found.value, list):
            raise DocumentDamaged(reason=f"{key} is not an array")
        return found

    def items(self) -> Iterator[Node | None]:
        """The items of an array, references followed; raises :class:`DocumentUnfit` for anything else."""
        return (self._at(item) for item in self.raw_items)

    @property
    def raw_items(self) -> list[Value]:
        """The items as they stand."""
        if not isinstance(self.value, list):
            raise DocumentDamaged(reason=f"something in object {self.ref.number} is not an array")
        return self.value

    def integer(self, key: str, *, default: int) -> int:
        """The whole number under a key; raises :class:`DocumentUnfit`."""
        found = self.entry(key)
        if found is None:
            return default
        if type(found.value) is not int:
            raise DocumentDamaged(reason=f"{key} is not a whole number")
        return found.value

    def rectangle(self, key: str) -> tuple[float, float, float, float]:
        """A rectangle as (llx, lly, urx, ury), corners in order; raises :class:`DocumentUnfit` for anything else."""
        found = self.array(key)
        sides = [side.value for side in found.items() if side is not None] if found is not None else []
        corners = [float(side) for side in sides if isinstance(side, int | Real)]
        if len(corners) != _SIDES or len(sides) != _SIDES:
            raise DocumentDamaged(reason=f"{key} is not a rectangle")
        a, b, c, d = corners
        return min(a, c), min(b, d), max(a, c), max(b, d)

    def put(self, key: str, value: Value) -> None:
        """Set an entry, and write the object anew."""
        self.dictionary_value[key] = value
        self.touch()

    def touch(self) -> None:
        """Write the object anew."""
        self.document.touch(self.ref)

    def _at(self, value: Value) -> Node | None:
        found = self.document.get(value) if isinstance(value, Ref) else value
        if found is None:
            return None
        return Node(self.document, value if isinstance(value, Ref) else self.ref, found)
