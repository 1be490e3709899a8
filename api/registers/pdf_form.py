"""The register to print: A4 across, the columns of Decree 30/2020, Annex IV, PDF/A-2b."""

from __future__ import annotations

import json
from pathlib import Path
from typing import TYPE_CHECKING

import typst

from api.registers.csv_form import HEADINGS, cells_of
from issuance.calendar import VIETNAM
from signing.typeface import Style, demand_vietnamese, font_folder

if TYPE_CHECKING:
    from issuance.register_book import RegisterBook

_FOLDER = Path(__file__).parent


def pdf_of(book: RegisterBook) -> bytes:
    """The printable register; the same book gives the same bytes.

    Raises :class:`signing.typeface.TypefaceMissing`.
    """
    demand_vietnamese(Style.UPRIGHT)
    shown = {
        "agency": book.agency_name,
        "year": str(book.year),
        "as_of": f"{book.as_of.astimezone(VIETNAM):%H:%M ngày %d/%m/%Y}",
        "headings": HEADINGS,
        "rows": [cells_of(line) for line in book.lines],
        "void": [line.void_reason is not None for line in book.lines],
        "count": len(book.lines),
        "voided": book.voided,
        "gaps": [f"{gap.series}: {gap.first:02d}–{gap.last:02d}" for gap in book.gaps],
        "duplicates": book.duplicates,
    }
    return typst.compile(
        _FOLDER / "register.typ",
        root=_FOLDER,
        font_paths=typst.Fonts(include_system_fonts=False, include_embedded_fonts=False, font_paths=[font_folder()]),
        sys_inputs={"book": json.dumps(shown, ensure_ascii=False)},
        format="pdf",
        pdf_standards="a-2b",
        timestamp=book.as_of.replace(microsecond=0),
    )
