"""The 29 kinds of administrative documents with their abbreviations, and how a symbol is made of them.

Decree 30/2020, art. 7, Annex III and Annex I, II.3. An agency adds specialised kinds (licences, certificates, slips) as
numbering rules of its own; nothing here limits them.
"""

from __future__ import annotations

from typing import TYPE_CHECKING

if TYPE_CHECKING:
    from collections.abc import Mapping

ABBREVIATIONS: Mapping[str, str | None] = {
    "Nghị quyết": "NQ",
    "Quyết định": "QĐ",
    "Chỉ thị": "CT",
    "Quy chế": "QC",
    "Quy định": "QyĐ",
    "Thông cáo": "TC",
    "Thông báo": "TB",
    "Hướng dẫn": "HD",
    "Chương trình": "CTr",
    "Kế hoạch": "KH",
    "Phương án": "PA",
    "Đề án": "ĐA",
    "Dự án": "DA",
    "Báo cáo": "BC",
    "Biên bản": "BB",
    "Tờ trình": "TTr",
    "Hợp đồng": "HĐ",
    "Công điện": "CĐ",
    "Bản ghi nhớ": "BGN",
    "Bản thỏa thuận": "BTT",
    "Giấy uỷ quyền": "GUQ",
    "Giấy mời": "GM",
    "Giấy giới thiệu": "GGT",
    "Giấy nghỉ phép": "GNP",
    "Phiếu gửi": "PG",
    "Phiếu chuyển": "PC",
    "Phiếu báo": "PB",
    "Công văn": None,
    "Thư công": None,
}
COPIES: Mapping[str, str] = {"Bản sao y": "SY", "Bản trích sao": "TrS", "Bản sao lục": "SL"}


def symbol_of(document_type: str, *, agency: str, unit: str | None = None) -> str:
    """``TB-UBND`` for a kind with an abbreviation; ``UBND-VX`` for one without, ``unit`` being who drafted it.

    ``agency`` is the agency's abbreviation. Raises :class:`ValueError` for a kind that is not the decree's: its symbol
    is set by the minister of the sector.
    """
    kinds = {**ABBREVIATIONS, **COPIES}
    if document_type not in kinds:
        msg = f"{document_type!r} is no kind of Decree 30/2020; give its symbol"
        raise ValueError(msg)
    abbreviation = kinds[document_type]
    parts = (abbreviation, agency) if abbreviation else (agency, unit)
    return "-".join(part for part in parts if part)
