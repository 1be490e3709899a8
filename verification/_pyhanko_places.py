"""The door to the pages: how many there are, and where signatures that came after the first one show themselves."""

from __future__ import annotations

from contextlib import suppress
from functools import cached_property
from itertools import islice
from typing import TYPE_CHECKING

from pyhanko.pdf_utils.generic import IndirectObject
from pyhanko.sign.fields import enumerate_sig_fields

from verification._pyhanko import reading
from verification._pyhanko_errors import READ_ERRORS
from verification.foreign_text import well_formed
from verification.overlay import EVERYWHERE, Box, Placement

if TYPE_CHECKING:
    from collections.abc import Iterator

    from pyhanko.pdf_utils.generic import DictionaryObject, Reference
    from pyhanko.pdf_utils.reader import PdfFileReader

    from verification._pyhanko import OpenDocument

_UNSEEN = 1 << 1 | 1 << 5  # the flags Hidden and NoView (ISO 32000-2, Table 167)
_MOST_PAGES = 500  # that are looked at one by one


def first_revision_end(document: OpenDocument) -> int:
    """How many bytes of the file the first signer signed; all of them where nobody did."""
    first = next((field.signature for field in document.fields if field.signature), None)
    if first is None:
        return len(document.pdf)
    with reading(document.reader):
        _, _, resumed, after = (int(number) for number in first.byte_range)
        return resumed + after


def counts_its_pages(document: OpenDocument) -> bool:
    """Whether the page tree holds as many pages as it says; readers believe either (ISO 32000-2, 7.7.3.2).

    Long documents are taken at their word, since looking at every page takes its time.
    """
    if document.pages > _MOST_PAGES:
        return True
    waiting, seen, leaves = [document.reader.root.raw_get("/Pages")], 0, 0
    try:
        while waiting and seen <= 2 * _MOST_PAGES:
            node, seen = waiting.pop().get_object(), seen + 1
            if "/Kids" in node:
                waiting.extend(node["/Kids"])
            else:
                leaves += 1
    except READ_ERRORS:
        return False
    return leaves == document.pages


def later_placements(document: OpenDocument) -> tuple[Placement, ...]:
    """Where signatures show themselves in fields that the first signed revision did not have."""
    first = next((field for field in document.fields if field.signature), None)
    if first is None or len(document.fields) == 1:
        return ()
    with reading(document.reader):
        known = {name for name, _, _ in enumerate_sig_fields(document.reader.get_historical_resolver(first.revision))}
        later = [(str(name), ref) for name, _, ref in enumerate_sig_fields(document.reader) if name not in known]
    pages = _Pages(document.reader)
    return tuple(place for name, ref in later for place in _placements(pages, well_formed(name), ref))


class _Pages:
    """The first pages and their annotations, each looked up once."""

    def __init__(self, reader: PdfFileReader) -> None:
        self._reader = reader

    def __iter__(self) -> Iterator[tuple[int, DictionaryObject]]:
        """Each with its number; raises ``ValueError`` behind those that could be found, if there should be more."""
        found, wanted = self._first
        yield from enumerate(found)
        if len(found) < wanted:
            msg = "there are fewer pages than the page tree says"
            raise ValueError(msg)

    @cached_property
    def _first(self) -> tuple[list[DictionaryObject], int]:
        top = self._reader.root.raw_get("/Pages")
        wanted = min(_MOST_PAGES, int(top.get_object()["/Count"]))
        found: list[DictionaryObject] = []
        with suppress(*READ_ERRORS):
            found.extend(islice(_leaves(top, frozenset()), wanted))
        return found, wanted


def _leaves(node_ref: IndirectObject, above: frozenset[Reference]) -> Iterator[DictionaryObject]:
    """The pages below a node of the page tree, in their order (ISO 32000-2, 7.7.3)."""
    for kid_ref in list.__iter__(node_ref.get_object()["/Kids"]):
        if not isinstance(kid_ref, IndirectObject) or kid_ref.reference in above:
            msg = "the page tree is none"
            raise ValueError(msg)
        kid = kid_ref.get_object()
        if kid["/Type"] == "/Page":
            yield kid
        elif kid["/Type"] == "/Pages":
            yield from _leaves(kid_ref, above | {kid_ref.reference})


def _placements(pages: _Pages, name: str, field_ref: IndirectObject) -> Iterator[Placement]:
    """The visible widgets of a field; everywhere where they cannot be read."""
    try:
        field = field_ref.get_object()
        widgets = {kid.reference for kid in field["/Kids"]} if "/Kids" in field else set()
        widgets.add(field_ref.reference)
        for number, page in pages:
            if "/Annots" not in page:
                continue
            for annotation in page["/Annots"]:
                if isinstance(annotation, IndirectObject) and annotation.reference in widgets:
                    yield from _visible(name, number, annotation.get_object())
    except READ_ERRORS:
        yield Placement(name, 0, EVERYWHERE)


def _visible(name: str, page: int, widget: DictionaryObject) -> Iterator[Placement]:
    if "/F" in widget and int(widget["/F"]) & _UNSEEN:
        return
    x1, y1, x2, y2 = (float(side) for side in widget["/Rect"])
    box = Box(min(x1, x2), min(y1, y2), max(x1, x2), max(y1, y2))
    if not box.is_empty:
        yield Placement(name, page, box)
