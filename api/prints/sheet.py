"""The sheet that is printed behind a document: what it is and where its state is looked up, or the block of a copy."""

from __future__ import annotations

import io
import json
from pathlib import Path
from typing import TYPE_CHECKING

import segno
import typst

from issuance.calendar import VIETNAM
from issuance.documents import DocumentState
from issuance.lookup_code import printed_lookup_code
from signing.fill import issue_date_phrase
from signing.typeface import Style, demand_vietnamese, font_folder

if TYPE_CHECKING:
    from datetime import datetime

    from api.public_facts import PublicFacts
    from issuance.paper_copies import PaperCopy
    from issuance.ports import Agency

_FOLDER = Path(__file__).parent
_STANDING = {
    DocumentState.ISSUED: "Đã ban hành, còn hiệu lực",
    DocumentState.DELIVERED: "Đã ban hành, còn hiệu lực",
    DocumentState.CORRECTED: "Đã ban hành, có đính chính",
    DocumentState.REPLACED: "ĐÃ ĐƯỢC THAY THẾ",
    DocumentState.RECALLED: "ĐÃ BỊ THU HỒI",
}
_SIGNERS = {"signature": "Chữ ký số", "seal": "Con dấu số"}


def lookup_sheet(facts: PublicFacts, *, public_url: str, printed_at: datetime) -> bytes:
    """What the document is, how it stands as it is printed, and where that is looked up."""
    signers = "; ".join(f"{_SIGNERS[one.kind]}: {one.role}" for one in facts.signers)
    rows = [
        ("Cơ quan ban hành", facts.agency),
        ("Loại văn bản", facts.type),
        ("Số, ký hiệu", facts.number or ""),
        ("Ngày ban hành", f"{facts.issued_on:%d/%m/%Y}" if facts.issued_on else ""),
        ("Người ký, con dấu", signers),
        ("Tình trạng lúc in", _STANDING[facts.standing]),
        *((_changed(event.state), f"{event.by_number or ''} {event.reason or ''}".strip()) for event in facts.events),
        ("SHA-256 của tệp", _in_groups(facts.sha256 or "")),
        ("In lúc", f"{printed_at.astimezone(VIETNAM):%H:%M ngày %d/%m/%Y} (giờ Việt Nam)"),
    ]
    shown: dict[str, object] = {
        "kind": "lookup",
        "title": f"Bản in {facts.number}",
        "agency": facts.agency,
        "rows": rows,
    }
    return _typeset(shown, code=facts.code, public_url=public_url, at=printed_at)


def copy_sheet(copy: PaperCopy, *, agency: Agency, code: str, public_url: str, printed_at: datetime) -> bytes:
    """The block of a paper copy (Decree 30/2020, Annex I, Part II, II), to be signed and sealed by hand."""
    shown: dict[str, object] = {
        "kind": "copy",
        "title": f"{copy.form.value} {copy.number}",
        "agency": agency.name,
        "form": copy.form.value,
        "number": str(copy.number),
        "date": f"{agency.place}, {issue_date_phrase(copy.issued_on)}",
        "recipients": [one.rstrip(" ;.") for one in copy.recipients],
        "authority": copy.authority,
        "signer": copy.signer,
        "original": str(copy.original),
    }
    return _typeset(shown, code=code, public_url=public_url, at=printed_at)


def _typeset(shown: dict[str, object], *, code: str, public_url: str, at: datetime) -> bytes:
    for style in Style:
        demand_vietnamese(style)
    url = f"{public_url}/d/{code}"
    shown |= {"code": printed_lookup_code(code), "url": url}
    return typst.compile(
        _FOLDER / "sheet.typ",
        root=_FOLDER,
        font_paths=typst.Fonts(include_system_fonts=False, include_embedded_fonts=False, font_paths=[font_folder()]),
        sys_inputs={"sheet": json.dumps(shown, ensure_ascii=False), "qr": _qr(url)},
        format="pdf",
        pdf_standards="a-2b",
        timestamp=at.replace(microsecond=0),
    )


def _in_groups(digest: str) -> str:
    """In pieces that a line can be broken between."""
    return " ".join(digest[start : start + 16] for start in range(0, len(digest), 16))


def _qr(url: str) -> str:
    drawn = io.BytesIO()
    segno.make(url, error="m", micro=False).save(drawn, kind="svg", border=0, xmldecl=False, svgns=True, scale=4)
    return drawn.getvalue().decode()


def _changed(state: DocumentState) -> str:
    return {
        DocumentState.CORRECTED: "Đính chính",
        DocumentState.REPLACED: "Thay thế bằng",
        DocumentState.RECALLED: "Thu hồi",
    }[state]
