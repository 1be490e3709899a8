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

from verification.plain_cells import UNSEEN, shown_in_cells
from verification.second_reader import SECOND_READER_ERRORS

if TYPE_CHECKING:
    from collections.abc import Iterator, Mapping

    from pypdf.generic import EncodedStreamObject

# pypdf logs what it forgives; whoever wants that attaches a handler of their own.
logging.getLogger("pypdf").addHandler(logging.NullHandler())


def cells_in_disagreement(pdf: bytes, cells: Mapping[str, str]) -> tuple[str, ...]:
    """The names of those cells whose shown text is not their value.

    ``cells`` are names and values as one parser read them; what is shown is read by another, so that a file that means
    different things to different programs is found out here: our own strict reader where it sees what was stored, and
    pypdf everywhere else. A cell that cannot be read counts as one too.
    """
    if not cells:
        return ()
    plain = shown_in_cells(pdf, cells)
    if plain is not None and not _differing(cells, plain):
        return ()
    try:
        reader = pypdf.PdfReader(BytesIO(pdf), strict=False)
        return _differing(cells, dict(_shown_cells(reader, cells)))
    except SECOND_READER_ERRORS:
        return tuple(cells)


def _differing(cells: Mapping[str, str], shown: Mapping[str, str]) -> tuple[str, ...]:
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
