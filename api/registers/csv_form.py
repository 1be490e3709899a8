"""The register for spreadsheets: UTF-8 with a byte order mark, without which Excel garbles Vietnamese letters."""

from __future__ import annotations

import csv
from io import StringIO
from typing import TYPE_CHECKING

if TYPE_CHECKING:
    from issuance.register_book import RegisterBook, RegisterLine

HEADINGS = (
    "Số, ký hiệu văn bản",
    "Ngày tháng văn bản",
    "Tên loại và trích yếu nội dung văn bản",
    "Người ký",
    "Nơi nhận văn bản",
    "Đơn vị, người nhận bản lưu",
    "Số lượng bản",
    "Ngày chuyển",
    "Ký nhận",
    "Ghi chú",
)
"""The ten columns of Decree 30/2020, Annex IV."""

_FORMULA = ("=", "+", "-", "@", "\t", "\r")


def csv_of(book: RegisterBook) -> bytes:
    """One row for each number."""
    written = StringIO()
    writer = csv.writer(written)
    writer.writerow(HEADINGS)
    writer.writerows(tuple(_harmless(cell) for cell in cells_of(line)) for line in book.lines)
    return written.getvalue().encode("utf-8-sig")


def cells_of(line: RegisterLine) -> tuple[str, ...]:
    """The ten cells as people read them; the ninth stays open for the receiver's hand."""
    return (
        line.number,
        f"{line.issued_on:%d/%m/%Y}",
        line.title,
        line.signer,
        "; ".join(line.recipients),
        line.copy_keeper or "",
        "" if line.copies is None else str(line.copies),
        f"{line.sent_on:%d/%m/%Y}" if line.sent_on else "",
        "",
        line.note,
    )


def _harmless(cell: str) -> str:
    """A spreadsheet takes a cell that begins like a formula for one, whoever wrote it; an apostrophe prevents it."""
    return f"'{cell}" if cell.startswith(_FORMULA) else cell
