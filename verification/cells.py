"""Does the page show what the form field says? Two readers of one file must not see two numbers.

A text field stores its value (``/V``) and, apart from it, the picture that viewers show (``/AP``). Form filling is
allowed after a signature, and the standard does not ask that the two agree, so that a number can be swapped for the eye
while programs still read the old one. Our own number and date cells carry fonts whose text can be read back.
"""

from __future__ import annotations

import logging
import unicodedata
from io import BytesIO
from typing import TYPE_CHECKING, cast

import pypdf
from pypdf.generic import ArrayObject, DictionaryObject, StreamObject

from verification.blank_cells import are_blank
from verification.second_reader import SECOND_READER_ERRORS

if TYPE_CHECKING:
    from collections.abc import Iterator, Mapping

    from pypdf.generic import EncodedStreamObject

# pypdf logs what it forgives; whoever wants that attaches a handler of their own.
logging.getLogger("pypdf").addHandler(logging.NullHandler())


UNSEEN = 1 << 1 | 1 << 5  # the flags Hidden and NoView (ISO 32000-2, Table 167)


def cells_in_disagreement(pdf: bytes, cells: Mapping[str, str]) -> tuple[str, ...]:
    """The names of those cells whose shown text is not their value.

    ``cells`` are names and values as one parser read them; what is shown is read by another (pypdf), so that a file
    that means different things to different programs is found out here. A cell that cannot be read counts as one too.
    """
    if not cells or (not any(map(_plain, cells.values())) and are_blank(pdf, cells)):
        return ()
    try:
        reader = pypdf.PdfReader(BytesIO(pdf), strict=False)
        shown = dict(_shown_cells(reader, cells))
    except SECOND_READER_ERRORS:
        return tuple(cells)
    return tuple(name for name, value in cells.items() if _plain(shown.get(name, "")) != _plain(value))


def _shown_cells(reader: pypdf.PdfReader, cells: Mapping[str, str]) -> Iterator[tuple[str, str]]:
    form = reader.root_object["/AcroForm"].get_object()
    fields = form["/Fields"].get_object() if isinstance(form, DictionaryObject) else None
    for entry in fields if isinstance(fields, ArrayObject) else ():
        field = entry.get_object()
        name = field.get("/T")
        if name in cells:
            yield str(name), _shown_text(reader, field)


def _shown_text(reader: pypdf.PdfReader, field: DictionaryObject) -> str:
    if int(field.get("/F", 0)) & UNSEEN:
        return ""
    appearance = field.get("/AP")
    normal = appearance.get_object().get("/N") if appearance is not None else None
    stream = normal.get_object() if normal is not None else None
    # pypdf reads streams that are not compressed just as well, whatever the annotation says.
    return (
        pypdf.PageObject(reader).extract_xform_text(cast("EncodedStreamObject", stream))
        if isinstance(stream, StreamObject)
        else ""
    )


def _plain(text: str) -> str:
    """Composed letters, without the spaces that text extraction adds or loses."""
    return "".join(unicodedata.normalize("NFC", text).split())
