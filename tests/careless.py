"""A workshop that makes the wrong file, as a defect of ours would: what it makes must not get far."""

from __future__ import annotations

from io import BytesIO
from typing import TYPE_CHECKING, Self

import pypdf
from pypdf.annotations import FreeText

from verification.workshop import Workshop

if TYPE_CHECKING:
    from datetime import date


class Careless(Workshop):
    """Writes beside the cells too where number and date are filled in, which no signatory allowed."""

    @classmethod
    def like(cls, workshop: Workshop) -> Self:
        """With the other's sandbox, which stays open."""
        return cls(workshop._sandbox)

    def fill_cells(self, pdf: bytes, *, number: str, issued_on: date) -> bytes:
        """The cells, and a note on page one."""
        filled = super().fill_cells(pdf, number=number, issued_on=issued_on)
        writer = pypdf.PdfWriter(BytesIO(filled), incremental=True)
        writer.add_annotation(0, FreeText(text="Khẩn", rect=(200, 400, 300, 430)))
        out = BytesIO()
        writer.write(out)
        return out.getvalue()
