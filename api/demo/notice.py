"""Typeset the sample notice, and tell where its open cells lie.

The text is that of a real provincial notice of August 2018; the agency, the place, the people and the seal are the
demonstration's. The whole date ("ngày … tháng … năm …") is left open and not the day alone, as on the original: the
date of issue is decided at issuing, and a printed month of 2018 would contradict it. The ordinal before "/TB-UBND" is
open for the same reason. Both, and the place of the signature, are found by asking the typesetter itself.
"""

from __future__ import annotations

import json
from dataclasses import dataclass
from pathlib import Path
from typing import TYPE_CHECKING, TypedDict, cast

import typst

from api.demo.watermark import watermark
from api.templates.typesetting import open_cell
from signing.layout import OpenCells
from signing.typeface import Style, demand_vietnamese, font_folder

if TYPE_CHECKING:
    from datetime import datetime

_FOLDER = Path(__file__).parent


class _Text(TypedDict):
    """The parts of ``thong-bao.json`` that are read here; ``notice.typ`` reads the rest."""

    agency_name: str
    position: str
    document_type: str
    symbol: str
    place: str
    subject: list[str]
    recipients: list[str]
    signer: str


@dataclass(frozen=True, slots=True)
class NoticeText:
    """What the notice says of itself, in the register's words (Decree 30/2020, Annex VI)."""

    agency: str
    symbol: str
    place: str
    document_type: str
    subject: str
    recipients: tuple[str, ...]
    position: str
    signer: str


@dataclass(frozen=True, slots=True)
class Notice:
    """The two-page PDF (PDF/A-2b, tagged), the cells that are still open in it, and what it says of itself."""

    pdf: bytes
    cells: OpenCells
    text: NoticeText


def notice_text() -> NoticeText:
    """The demonstration's notice in the words of a register."""
    text = cast("_Text", json.loads(_source()))
    return NoticeText(
        agency=text["agency_name"],
        symbol=text["symbol"],
        place=text["place"],
        document_type=text["document_type"],
        subject=" ".join(text["subject"]),
        recipients=tuple(" ".join(line.split()).rstrip(" ;") for line in text["recipients"]),
        position=text["position"],
        signer=text["signer"],
    )


def typeset_notice(*, created_at: datetime) -> Notice:
    """Typeset the notice; the same second gives the same bytes.

    Raises :class:`signing.typeface.TypefaceMissing` where the font is not installed or lacks a Vietnamese letter: a
    missing glyph would show as an empty box, and nobody would be told.
    """
    for style in Style:
        demand_vietnamese(style)
    compiler = typst.Compiler(
        _FOLDER / "notice.typ",
        root=_FOLDER,
        font_paths=typst.Fonts(include_system_fonts=False, include_embedded_fonts=False, font_paths=[font_folder()]),
        sys_inputs={"notice": _source(), "watermark": watermark("BẢN MẪU")},
    )
    pdf = compiler.compile(format="pdf", pdf_standards="a-2b", timestamp=created_at.replace(microsecond=0))
    cells = OpenCells(
        number=open_cell(compiler, "number"),
        date=open_cell(compiler, "date"),
        signature=open_cell(compiler, "signature"),
        code=open_cell(compiler, "code"),
    )
    return Notice(pdf=cast("bytes", pdf), cells=cells, text=notice_text())


def _source() -> str:
    return (_FOLDER / "thong-bao.json").read_text(encoding="utf-8")
