"""Open a signature field in a document that has none left, at a place in millimetres or out of sight.

Documents of the register get their fields from :mod:`signing.compose`, before anybody signs. Here is the way for all
others, also those that carry signatures already: a new field is a change that ISO 32000-2, 12.8.2.2 allows unless one
of them says otherwise.
"""

from __future__ import annotations

from typing import TYPE_CHECKING

from signing._pyhanko import NumberObject, dictionary, ensure_sig_flags, increment, name, numbers, reading, written
from signing.appearances import show
from signing.errors import FieldUnavailable
from signing.fields import append_field, signature_field
from signing.geometry import place

if TYPE_CHECKING:
    from signing._pyhanko import DictionaryObject, PdfObject, Writer
    from signing.layout import Box

_PRINT, _LOCKED = 4, 128  # annotation flags (ISO 32000-2, table 167)


def add_signature_field(pdf: bytes, *, field_name: str, box: Box | None) -> bytes:
    """The document with an empty signature field; without a box it is invisible, on the first page.

    Raises :class:`signing.errors.FieldUnavailable` where the name is taken, and :class:`signing.errors.NoPlace`.
    """
    writer = increment(pdf)
    field = open_field(writer, field_name, box=box)
    if box is not None:
        show(writer, field)
    with reading():
        ensure_sig_flags(writer, lock_sig_flags=True)
    return written(writer, onto=pdf)


def open_field(writer: Writer, field_name: str, *, box: Box | None) -> DictionaryObject:
    """The same within an increment that has more to say."""
    if signature_field(writer, field_name) is not None:
        raise FieldUnavailable(field_name=field_name, reason="the file already has a field of this name")
    entries: dict[str, PdfObject] = {"/FT": name("/Sig")}
    if box is None:
        invisible = {"/F": NumberObject(_PRINT | _LOCKED), "/Rect": numbers(0, 0, 0, 0)}
        return append_field(writer, field_name, page_index=0, entries={**entries, **invisible})
    placed = place(writer, box, cell=field_name)
    visible = {
        "/F": NumberObject(_PRINT | _LOCKED),
        "/Rect": numbers(*placed.rect),
        "/MK": dictionary({"/R": NumberObject(placed.rotation)}),
    }
    return append_field(writer, field_name, page_index=placed.page_index, entries={**entries, **visible})
