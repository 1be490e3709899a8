"""Open a signature field in a document that has none left, at a place in millimetres or out of sight.

Documents of the register get their fields from :mod:`signing.compose`, before anybody signs. Here is the way for all
others, also those that carry signatures already: a new field is a change that ISO 32000-2, 12.8.2.2 allows unless one
of them says otherwise.
"""

from __future__ import annotations

from typing import TYPE_CHECKING

from signing.appearances import show
from signing.errors import FieldUnavailable
from signing.fields import append_field, say_that_there_are_signatures, signature_field
from signing.geometry import place
from signing.pdf.values import Name, numbers
from signing.revision import Change, Revising

if TYPE_CHECKING:
    from signing.layout import Box
    from signing.pdf.document import Document, Node
    from signing.pdf.values import Dictionary

_PRINT, _LOCKED = 4, 128  # annotation flags (ISO 32000-2, table 167)


@Revising
def add_signature_field(_pdf: bytes, *, field_name: str, box: Box | None) -> Change:
    """The document with an empty signature field; without a box it is invisible, on the first page.

    Raises :class:`signing.errors.FieldUnavailable` where the name is taken, and :class:`signing.errors.NoPlace`.
    """

    def add(document: Document) -> None:
        field = open_field(document, field_name, box=box)
        if box is not None:
            show(field)
        say_that_there_are_signatures(document)

    return add


def open_field(document: Document, field_name: str, *, box: Box | None) -> Node:
    """The same within an increment that has more to say."""
    if signature_field(document, field_name) is not None:
        raise FieldUnavailable(field_name=field_name, reason="the file already has a field of this name")
    entries: Dictionary = {"/FT": Name("/Sig"), "/F": _PRINT | _LOCKED, "/Rect": numbers(0, 0, 0, 0)}
    if box is None:
        return append_field(document, field_name, page_index=0, entries=entries)
    placed = place(document, box, cell=field_name)
    visible: Dictionary = {"/Rect": numbers(*placed.rect), "/MK": {"/R": placed.rotation}}
    return append_field(document, field_name, page_index=placed.page_index, entries={**entries, **visible})
