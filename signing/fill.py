"""Write number and date into their cells, between the signatory's signature and the agency's seal.

Value and appearance say the same: the shown text is exactly ``/V``, and its font carries a ``/ToUnicode`` map, so that
a validator can check it (shown and stored values that differ are a known attack on signed forms).
"""

from __future__ import annotations

from typing import TYPE_CHECKING

from signing.appearances import show, shown_size
from signing.fields import empty_text_field
from signing.layout import DATE_FIELD, NUMBER_FIELD
from signing.pdf.values import text_string
from signing.revision import Change, Revising
from signing.typeface import Style, embed, typeface

if TYPE_CHECKING:
    from datetime import date

    from signing.pdf.document import Document

_NUMBER_CHARACTERS = "0123456789"
_DATE_CHARACTERS = "".join(sorted(set("0123456789 ngày tháng năm")))
_SIZES = {NUMBER_FIELD: 13.0, DATE_FIELD: 13.0}
"""Decree 30/2020, Annex I, Part I, II.3.b and II.4.b: number 13 points, date 13 to 14."""


def issue_date_phrase(day: date) -> str:
    """``ngày 05 tháng 01 năm 2026``: a leading zero for days below 10 and for months 1 and 2 (Annex I, II.4)."""
    month = f"{day.month:02d}" if day.month < 3 else str(day.month)  # noqa: PLR2004 - the rule's own limit
    return f"ngày {day.day:02d} tháng {month} năm {day.year}"


@Revising
def fill_cells(_pdf: bytes, *, number: str, issued_on: date) -> Change:
    """Fill the number cell (the printed ordinal, such as ``05``) and the date cell.

    Raises :class:`signing.errors.FieldUnavailable` where a cell is missing or already filled.
    """

    def fill(document: Document) -> None:
        _fill(document, field_name=NUMBER_FIELD, text=number, style=Style.UPRIGHT, characters=_NUMBER_CHARACTERS)
        phrase = issue_date_phrase(issued_on)
        _fill(document, field_name=DATE_FIELD, text=phrase, style=Style.ITALIC, characters=_DATE_CHARACTERS)

    return fill


def _fill(document: Document, *, field_name: str, text: str, style: Style, characters: str) -> None:
    field = empty_text_field(document, field_name)
    face = typeface(style, characters)
    width, height = shown_size(field)
    size = min(_SIZES[field_name], _SIZES[field_name] * width / face.width(text, size=_SIZES[field_name]))
    # The number stands against the "/" of its symbol, the date against the comma before it.
    left = width - face.width(text, size=size) if field_name == NUMBER_FIELD else 0.0
    baseline = (height - (face.ascent + face.descent) * size / 1000) / 2 + face.descent * size / 1000
    content = f"/Tx BMC q BT 0 g /F {size:.2f} Tf {left:.3f} {baseline:.3f} Td ".encode()
    field.put("/V", text_string(text))
    field.put("/Ff", 1)
    show(
        field,
        content=content + face.hexadecimal(text) + b" Tj ET Q EMC",
        resources={"/Font": {"/F": embed(document, face)}},
    )
