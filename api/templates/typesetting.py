"""Typeset documents from fields: PDF/A-2b, and where the cells lie that stay open until signing and issuing."""

from __future__ import annotations

import json
from dataclasses import asdict, dataclass
from pathlib import Path
from typing import TYPE_CHECKING, cast

import typst

from signing.layout import Box, OpenCells
from signing.typeface import Style, demand_vietnamese, font_folder

if TYPE_CHECKING:
    from datetime import datetime

_SOURCE = Path(__file__).with_name("document.typ")

PAPERS = {"document": "a4", "slip": "a5"}
"""The templates that types may name, with their paper."""


@dataclass(frozen=True, slots=True)
class Fields:
    """What stands on the page; ``authority`` is cell 7a line by line, ``body`` cell 6 paragraph by paragraph."""

    parent: str | None
    agency: str
    symbol: str
    place: str
    type: str
    subject: str
    body: tuple[str, ...]
    recipients: tuple[str, ...]
    authority: tuple[str, ...]
    signer: str


@dataclass(frozen=True, slots=True)
class Typeset:
    """The PDF and its open cells."""

    pdf: bytes
    cells: OpenCells


def typeset(template: str, fields: Fields, *, created_at: datetime) -> Typeset:
    """Typeset the fields; the same second gives the same bytes. ``template`` is one of :data:`PAPERS`.

    Raises :class:`signing.typeface.TypefaceMissing` where the font is missing: an empty box would stand for a letter.
    """
    for style in Style:
        demand_vietnamese(style)
    compiler = typst.Compiler(
        _SOURCE,
        root=_SOURCE.parent,
        font_paths=typst.Fonts(include_system_fonts=False, include_embedded_fonts=False, font_paths=[font_folder()]),
        sys_inputs={"fields": json.dumps(asdict(fields) | {"paper": PAPERS[template]}, ensure_ascii=False)},
    )
    pdf = compiler.compile(format="pdf", pdf_standards="a-2b", timestamp=created_at.replace(microsecond=0))
    cells = OpenCells(
        number=open_cell(compiler, "number"),
        date=open_cell(compiler, "date"),
        signature=open_cell(compiler, "signature"),
        code=open_cell(compiler, "code"),
    )
    return Typeset(pdf=cast("bytes", pdf), cells=cells)


def open_cell(compiler: typst.Compiler, name: str) -> Box:
    """The box of a labelled cell: millimetres from the top left corner of its page."""
    place = cast("dict[str, float]", json.loads(compiler.query(f"<{name}>", field="value", one=True)))
    return Box(
        page=int(place["page"]),
        left=round(place["left"], 2),
        top=round(place["top"], 2),
        width=round(place["width"], 2),
        height=round(place["height"], 2),
    )
