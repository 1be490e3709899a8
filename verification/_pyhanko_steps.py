"""The door to what each revision did by itself, found out once for all signatures before it.

The difference analysis holds every signed revision against each later one, so that its work grows with the square of
the signatures. What a revision did not touch was judged already when the revision before it was looked at, with the
same result. So only the fields that it touched are looked at again, and only those pages that any revision touched.
"""

from __future__ import annotations

from typing import TYPE_CHECKING

from pyhanko.pdf_utils.generic import ArrayObject, DictionaryObject, IndirectObject, StreamObject
from pyhanko.pdf_utils.reader import RawPdfPath
from pyhanko.sign.diff_analysis.form_rules_api import FieldComparisonSpec, _list_fields
from pyhanko.sign.diff_analysis.policies import _find_orphans

from verification._pyhanko_errors import READ_ERRORS
from verification._pyhanko_usages import OddTreeError, edges_of

if TYPE_CHECKING:
    from collections.abc import Iterator

    from pyhanko.pdf_utils.generic import PdfObject, Reference

    from verification._pyhanko_reader import Place, Reader, Revision
    from verification._pyhanko_usages import Key, PageTree, Usages

FIELDS = RawPdfPath("/Root", "/AcroForm", "/Fields")
Specs = dict[str, FieldComparisonSpec]


class Steps:
    """The revisions of a file as steps, each from the one before."""

    def __init__(self, reader: Reader) -> None:
        self._reader = reader
        self._orphans: dict[int, frozenset[Reference]] = {}
        self._listings: dict[int, Specs] = {}
        self._affected: dict[int, frozenset[str]] = {}
        self._pages: dict[int, tuple[Key, ...]] = {}
        self.well_formed: set[tuple[Key, Place]] = set()
        """Versions of metadata that were found to be XML."""

    @property
    def _usages(self) -> Usages:
        return self._reader.usages

    def orphans(self, revision: int) -> frozenset[Reference]:
        """What this revision wrote and nothing leads to."""
        if revision not in self._orphans:
            self._orphans[revision] = frozenset(_find_orphans(self._reader.get_historical_resolver(revision)))
        return self._orphans[revision]

    def specs(self, old: Revision, new: Revision) -> tuple[Specs, Specs]:
        """The fields that ``new`` touched, and all that are new since ``old``.

        All that there are where a step between them is odd; raises what pyHanko raises on odd ones.
        """
        if self._usages.are_certain:
            try:
                return self._touched_specs(old.revision, new.revision)
            except READ_ERRORS:
                pass  # whether it matters between these two is to be seen
        every = _listed(old, new)
        return every, {name: spec for name, spec in every.items() if spec.old_field_ref is None}

    def fields(self, revision: int) -> frozenset[Key]:
        """The fields of a revision; none where they cannot be told."""
        try:
            refs = (spec.old_field_ref for spec in self._listing(revision + 1).values())
            return frozenset(_key(ref) for ref in refs if ref is not None)
        except READ_ERRORS:
            return frozenset()

    def _touched_specs(self, old: int, new: int) -> tuple[Specs, Specs]:
        before, now = self._listing(old + 1), self._listing(new)
        touched = {name: _since(name, before, now) for name in self._touched(new)}
        return (
            {name: spec for name, spec in touched.items() if spec.old_field_ref or spec.new_field_ref},
            {name: spec for name, spec in now.items() if spec.new_field_ref and not _was_there(name, before)},
        )

    def _listing(self, revision: int) -> Specs:
        if revision not in self._listings:
            old, new = (self._reader.get_historical_resolver(number) for number in (revision - 1, revision))
            self._listings[revision] = _listed(old, new)
        return self._listings[revision]

    def _touched(self, revision: int) -> frozenset[str]:
        """The fields of which the revision touched anything that a rule for fields looks at."""
        if revision not in self._affected:
            refs = self._reader.xrefs.explicit_refs_in_revision(revision)
            written = {(ref.idnum, ref.generation) for ref in refs}
            leading = self._usages.leading_to(written)
            self._affected[revision] = frozenset(
                name
                for name, spec in self._listing(revision).items()
                if spec.new_field_ref is None
                or spec.new_field_ref != spec.old_field_ref
                or isinstance(spec.new_field, StreamObject)
                or _key(spec.new_field_ref) in written
                or not leading.isdisjoint(self._seeds(spec, revision))
            )
        return self._affected[revision]

    def _seeds(self, spec: FieldComparisonSpec, revision: int) -> Iterator[Key]:
        """Where a field leads to, but for its page and its parent."""
        field = spec.new_field
        if not isinstance(field, DictionaryObject):
            return
        for key, value in field.items():
            if key in {"/P", "/Parent"} or (key == "/V" and spec.field_type == "/Sig"):
                continue
            yield from (edge.target for edge in edges_of(value))
        if spec.field_type == "/Sig" and "/V" in field:
            yield from self._signature(field.raw_get("/V"), revision)

    def _signature(self, value: PdfObject, revision: int) -> Iterator[Key]:
        """Of a signature, which may refer to the whole file (ISO 32000-2, Table 256), what its rule looks at."""
        if isinstance(value, IndirectObject):
            yield _key(value)
            value = self._reader.version(value, revision)
        if not isinstance(value, DictionaryObject) or "/Reference" not in value:
            return
        for edge in edges_of(value.raw_get("/Reference")):
            if not edge.path or edge.path[-1] != "/Data":
                yield edge.target

    def pages(self, old: Revision, new: Revision) -> tuple[DictionaryObject, DictionaryObject]:
        """Both page trees, for their annotations; of large ones with only those pages that may tell anything.

        A page that was never touched, like its list of annotations, tells nothing as long as it is as it should be.
        """
        if self._usages.are_certain:
            try:
                tree = self._usages.pages(old.revision)
                if tree is self._usages.pages(new.revision):
                    return _tree(old, self._telling(tree)), _tree(new, self._telling(tree))
            except OddTreeError:
                pass
        return old.root["/Pages"], new.root["/Pages"]

    def _telling(self, tree: PageTree) -> tuple[Key, ...]:
        if id(tree) not in self._pages:  # it lives as long as the usages do
            pages = (key for key in tree.places if key not in tree.inner)
            self._pages[id(tree)] = tuple(page for page in pages if not self._tells_nothing(page))
        return self._pages[id(tree)]

    def _tells_nothing(self, page: Key) -> bool:
        found = self._usages.only_version(page)
        if not isinstance(found, DictionaryObject) or found.get("/Type") != "/Page":
            return False
        annotations = found.get("/Annots")
        if annotations is None:
            return True
        if isinstance(annotations, IndirectObject):
            annotations = self._usages.only_version(_key(annotations))
        return isinstance(annotations, ArrayObject) and all(
            isinstance(each, IndirectObject) for each in list.__iter__(annotations)
        )


def _listed(old: Revision, new: Revision) -> Specs:
    before, after = (revision.root["/AcroForm"]["/Fields"] for revision in (old, new))
    return dict(_list_fields(before, after, old_path=FIELDS))


def _was_there(name: str, before: Specs) -> bool:
    return name in before and before[name].old_field_ref is not None


def _since(name: str, before: Specs, now: Specs) -> FieldComparisonSpec:
    """The field as it was in one revision and is in another."""
    was, is_ = before.get(name), now[name]
    return FieldComparisonSpec(
        field_type=is_.field_type,
        old_field_ref=was.old_field_ref if was else None,
        new_field_ref=is_.new_field_ref,
        old_canonical_path=was.old_canonical_path if was else None,
    )


def _tree(revision: Revision, pages: tuple[Key, ...]) -> DictionaryObject:
    """A page tree of nothing but these pages."""
    kids = ArrayObject(IndirectObject(number, generation, revision) for number, generation in pages)
    return DictionaryObject({"/Kids": kids})


def _key(ref: Reference | IndirectObject) -> Key:
    return ref.idnum, ref.generation
