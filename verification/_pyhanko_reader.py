"""The door to pyHanko's reader, with a memory: which revisions have an object, and each version of it, read once.

pyHanko asks every cross-reference section for every object whenever it looks into an earlier revision, and reads such
objects again each time. Verification looks at each signed revision beside each later one, so that this is most of its
work on files of many revisions or many pages.
"""

from __future__ import annotations

from functools import cached_property
from typing import TYPE_CHECKING

from pyhanko.pdf_utils.generic import (
    ArrayObject,
    DecryptedObjectProxy,
    DictionaryObject,
    IndirectObject,
    Reference,
)
from pyhanko.pdf_utils.reader import HistoricalResolver, PdfFileReader, RawPdfPath
from pyhanko.pdf_utils.xref import ObjStreamRef, XRefCache
from pyhanko.sign.diff_analysis.rules_api import AbsoluteContext, Context

from verification._pyhanko_plain_object import plain_object
from verification._pyhanko_steps import Steps
from verification._pyhanko_usages import OddTreeError, Usages

if TYPE_CHECKING:
    from collections.abc import Iterator
    from io import BytesIO

    from pyhanko.pdf_utils.decode_limits import DecodeLimits
    from pyhanko.pdf_utils.generic import PdfObject
    from pyhanko.pdf_utils.xref import XRefSection, XRefSectionData

    from verification._pyhanko_usages import Key

    Place = int | ObjStreamRef | None

_CONTAINERS = (DictionaryObject, ArrayObject, DecryptedObjectProxy)
Version = tuple[int, "Place"]
"""The revision that wrote an object, and where it lies; None where it was freed."""


class Sections(XRefCache):
    """The cross-reference sections, with an index of those that mention an object."""

    def __init__(self, reader: PdfFileReader, sections: list[XRefSection]) -> None:
        super().__init__(reader, sections)
        self._mentions: dict[int, list[int]] = {}
        for revision, section in enumerate(sections):
            for number in _numbers(section.xref_data):
                self._mentions.setdefault(number, []).append(revision)
        self._versions: dict[tuple[int, int], tuple[Version, ...]] = {}
        self._explicit: dict[int, set[Reference]] = {}

    def versions(self, key: Key) -> tuple[Version, ...]:
        """All versions of an object, oldest first; a section that mentions another generation has none of it."""
        known = self._versions.get(key)
        if known is None:
            known = self._versions[key] = tuple(self._resolved(Reference(*key)))
        return known

    def _resolved(self, ref: Reference) -> Iterator[Version]:
        for revision in self._mentions.get(ref.idnum, ()):
            try:
                yield revision, self._xref_sections[revision].xref_data.try_resolve(ref)
            except KeyError:
                continue

    def get_last_change(self, ref: Reference | IndirectObject) -> int:
        """PyHanko's question, answered from the index."""
        versions = self.versions(_key(ref))
        if not versions:
            raise KeyError(ref)
        return versions[-1][0]

    def get_introducing_revision(self, ref: Reference | IndirectObject) -> int:
        """The same."""
        for revision, place in self.versions(_key(ref)):
            if place is not None:
                return revision
        raise KeyError(ref)

    def get_historical_ref(self, ref: Reference | IndirectObject, revision: int) -> Place:
        """The same."""
        place: Place = None
        for written, where in self.versions(_key(ref)):
            if written > revision:
                break
            place = where
        return place

    def explicit_refs_in_revision(self, revision: int) -> set[Reference]:
        """The same; the set is made once and not to be changed."""
        if revision not in self._explicit:
            self._explicit[revision] = super().explicit_refs_in_revision(revision)
        return self._explicit[revision]


def _numbers(entries: XRefSectionData) -> set[int]:
    numbers = {*entries.standard_xrefs, *entries.xrefs_in_objstm, *entries.freed}
    return numbers | _numbers(entries.hybrid.xref_data) if entries.hybrid is not None else numbers


class Reader(PdfFileReader):
    """pyHanko's reader, with these sections and revisions."""

    xrefs: Sections
    _octets: bytes | None = None

    def __init__(self, stream: BytesIO, *, strict: bool, decode_limits: DecodeLimits | None = None) -> None:
        super().__init__(stream, strict=strict, decode_limits=decode_limits)
        if "/Encrypt" not in self.trailer:
            self._octets = stream.getvalue()
        self.xrefs = Sections(self, self.xrefs._xref_sections)  # noqa: SLF001 - the door knows pyHanko's rooms
        self._revisions: dict[int, Revision] = {}
        self._earlier: dict[tuple[int, int, Place], PdfObject] = {}

    def _read_object(
        self,
        ref: Reference,
        marker: Place,
        never_decrypt: bool = False,  # noqa: FBT001, FBT002 - pyHanko's own signature
        as_metadata_stream: bool = False,  # noqa: FBT001, FBT002
    ) -> PdfObject:
        """Read plain objects quickly; nothing of an encrypted file is plain, nor what is wanted as metadata."""
        if self._octets is not None and isinstance(marker, int) and not as_metadata_stream:
            plain = plain_object(self._octets, marker, Reference(ref.idnum, ref.generation, self))
            if plain is not None:
                return plain
        found: PdfObject = super()._read_object(ref, marker, never_decrypt, as_metadata_stream)
        return found

    def version(self, ref: Reference | IndirectObject, revision: int) -> PdfObject:
        """The object as this revision has it, its references still those of the whole file, and not to be changed."""
        reference, versions = _reference(ref), self.xrefs.versions(_key(ref))
        if versions and versions[-1][0] <= revision:
            found: PdfObject = self.get_object(reference, transparent_decrypt=False)  # type: ignore[no-untyped-call]
            return found
        key = (ref.idnum, ref.generation, self.xrefs.get_historical_ref(ref, revision))
        if key not in self._earlier:
            self._earlier[key] = self.get_object(reference, revision, transparent_decrypt=False)  # type: ignore[no-untyped-call]
        return self._earlier[key]

    def get_historical_resolver(self, revision: int) -> Revision:
        """A view of the file in one revision."""
        if revision not in self._revisions:
            self._revisions[revision] = Revision(self, revision)
        return self._revisions[revision]

    def close(self) -> None:
        """Forget all objects, each of which holds the reader.

        They go at once then, which is quicker than to find out later that nothing else holds any of them.
        """
        self.resolved_objects.clear()
        self._earlier.clear()
        for view in self._revisions.values():
            view.cache.clear()
        self._revisions.clear()
        self.__dict__.pop("usages", None)
        self.__dict__.pop("steps", None)

    @cached_property
    def usages(self) -> Usages:
        """Who refers to whom, in all revisions."""
        return Usages(self)

    @cached_property
    def steps(self) -> Steps:
        """What each revision did."""
        return Steps(self)


class Revision(HistoricalResolver):
    """One revision, which finds the uses of an object when it is asked for them."""

    reader: Reader

    def __init__(self, reader: Reader, revision: int) -> None:
        super().__init__(reader, revision)
        self._paths: dict[Key, set[RawPdfPath]] | None = None
        self._contexts: dict[Reference, frozenset[AbsoluteContext]] = {}

    def _subsume_object(self, obj: PdfObject) -> PdfObject:
        """The object with references into this revision; what can hold none is itself."""
        if isinstance(obj, IndirectObject):
            return IndirectObject(obj.idnum, obj.generation, self)
        if not isinstance(obj, _CONTAINERS):
            return obj
        found: PdfObject = super()._subsume_object(obj)  # type: ignore[no-untyped-call]
        return found

    def _load_reverse_xref_cache(self) -> None:
        """Follow the ways to all that later revisions have written; pyHanko's own search where a file is odd."""
        if self._paths is not None or self._indirect_object_access_cache is not None:
            return
        sections = self.reader.xrefs
        later = (sections.explicit_refs_in_revision(n) for n in range(self.revision + 1, sections.total_revisions))
        try:
            self._paths = self._followed(frozenset(_key(ref) for written in later for ref in written))
        except OddTreeError:
            super()._load_reverse_xref_cache()  # type: ignore[no-untyped-call]

    def _get_usages_of_ref(self, ref: Reference) -> set[RawPdfPath]:
        if self._paths is None:
            usages: set[RawPdfPath] = super()._get_usages_of_ref(ref)
            return usages
        if _key(ref) not in self._paths:
            # Whoever asks about one field asks about the others next.
            wanted = {_key(ref), *self.reader.steps.fields(self.revision)}
            self._paths |= self._followed(frozenset(wanted - self._paths.keys()))
        return self._paths[_key(ref)]

    def contexts(self, ref: Reference) -> set[AbsoluteContext]:
        """Every path by which the object is used, as the difference analysis ticks them off."""
        if ref not in self._contexts:
            usages = self._get_usages_of_ref(ref)
            self._contexts[ref] = frozenset(Context.from_absolute(self, path) for path in usages)
        return set(self._contexts[ref])

    def _followed(self, targets: frozenset[Key]) -> dict[Key, set[RawPdfPath]]:
        if not self.reader.usages.are_certain:
            raise OddTreeError
        found = self.reader.usages.paths(self.revision, targets)
        return {key: {RawPdfPath(*path) for path in found.get(key, ())} for key in targets}


def as_ours(view: HistoricalResolver) -> Revision:
    """The view of a revision that a :class:`Reader` gave, where pyHanko says no more than that it is one."""
    if not isinstance(view, Revision):
        raise TypeError(type(view).__name__)
    return view


def _key(ref: Reference | IndirectObject) -> Key:
    return ref.idnum, ref.generation


def _reference(ref: Reference | IndirectObject) -> Reference:
    return ref if isinstance(ref, Reference) else ref.reference
