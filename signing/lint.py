"""Look at an uploaded draft before anyone signs it: what cannot be signed is refused, what is doubtful is told.

A signature vouches for what the reader saw, so nothing may be signed that shows different things at different times:
scripts, actions, XFA, layers, media. The walk visits every object that the file can reach.
"""

from __future__ import annotations

from dataclasses import dataclass
from enum import Enum
from typing import TYPE_CHECKING

from pypdf.errors import PyPdfError
from pypdfium2 import PdfiumError

from signing.dangers import dangers
from signing.errors import ESCAPING, DocumentEncrypted, DocumentUnfit
from signing.fields import signature_fields
from signing.hidden import has_text_beneath
from signing.pdf.pages import each_page
from signing.revision import building_on

if TYPE_CHECKING:
    from signing.pdf.document import Document


class Severity(Enum):
    """Whether a finding stops the draft."""

    REFUSE = "refuse"
    WARN = "warn"


@dataclass(frozen=True, slots=True)
class Finding:
    """One thing that was found: a stable code and a sentence for people in Vietnamese and in English."""

    code: str
    severity: Severity
    vi: str
    en: str


_NOT_A_PDF = Finding("not-a-pdf", Severity.REFUSE, "Tệp không phải là PDF.", "The file is not a PDF.")
_OFFICE = Finding(
    "office-document",
    Severity.REFUSE,
    "Tệp là văn bản soạn thảo (DOCX, ODT, DOC), còn sửa được nên không ký được; hãy xuất ra PDF (PDF/A) rồi gửi lại.",
    "The file is an office document, which can still be edited; export it as PDF (PDF/A) and send that.",
)
OFFICE_SIGNATURES = (b"PK\x03\x04", b"\xd0\xcf\x11\xe0\xa1\xb1\x1a\xe1")
"""How DOCX and ODT (both ZIP), and DOC (a compound file) begin."""
_ENCRYPTED = Finding(
    "encrypted",
    Severity.REFUSE,
    "Tệp PDF được mã hoá; hãy bỏ mật khẩu rồi gửi lại.",
    "The PDF is encrypted; remove the password and send it again.",
)
_SIGNED = Finding(
    "already-signed",
    Severity.REFUSE,
    "Tệp đã có trường chữ ký; hãy gửi bản dự thảo chưa ký.",
    "The file already has signature fields; send the draft before any signature.",
)
_DANGERS: dict[str, Finding] = {
    "javascript": Finding("javascript", Severity.REFUSE, "Tệp chứa mã JavaScript.", "The file carries JavaScript."),
    "xfa": Finding("xfa", Severity.REFUSE, "Tệp chứa biểu mẫu XFA.", "The file carries an XFA form."),
    "action": Finding(
        "action",
        Severity.REFUSE,
        "Tệp chứa hành động tự chạy (mở chương trình, gửi biểu mẫu, đổi lớp hiển thị).",
        "The file carries actions that start programs, send forms or change what is shown.",
    ),
    "media": Finding(
        "media", Severity.REFUSE, "Tệp chứa phim, âm thanh hoặc hình 3D.", "The file carries film, sound or 3D."
    ),
    "layers": Finding(
        "layers",
        Severity.WARN,
        "Tệp có các lớp bật tắt được; người đọc có thể thấy khác nhau.",
        "The file has layers that can be switched; readers may see different things.",
    ),
    "attachments": Finding(
        "attachments", Severity.WARN, "Tệp có tệp đính kèm bên trong.", "The file carries attached files."
    ),
    "form-fields": Finding(
        "form-fields",
        Severity.WARN,
        "Tệp có các ô điền được; nội dung hiển thị có thể thay đổi sau khi ký.",
        "The file has fields that can be filled; what is shown may change after signing.",
    ),
    "text-beneath": Finding(
        "text-beneath",
        Severity.WARN,
        "Trang có chữ bị che khuất hoặc không nhìn thấy được.",
        "A page has text that is covered or cannot be seen.",
    ),
    "unreached": Finding(
        "unreached",
        Severity.WARN,
        "Tệp chứa nội dung không được dùng đến; có thể được đưa ra hiển thị sau khi ký.",
        "The file holds content that it does not use and that could be brought to light after signing.",
    ),
    "annotations": Finding(
        "annotations",
        Severity.WARN,
        "Trang có chú thích nằm trên nội dung.",
        "Pages carry annotations that lie over the content.",
    ),
}


def inspect(pdf: bytes) -> tuple[Finding, ...]:
    """Everything found, refusals first; an empty answer means that the draft can be composed and signed."""
    if pdf.startswith(OFFICE_SIGNATURES):
        return (_OFFICE,)
    if not pdf.startswith(b"%PDF-"):
        return (_NOT_A_PDF,)
    try:
        signed, pages = building_on(pdf, _fields_and_pages)
        found = dangers(pdf)
        if has_text_beneath(pdf):
            found.add("text-beneath")
    except DocumentEncrypted:
        return (_ENCRYPTED,)
    except DocumentUnfit as error:
        return (_damaged(str(error)),)
    except (PyPdfError, PdfiumError, *ESCAPING) as error:
        return (_damaged(f"{type(error).__name__}: {error}"),)
    findings = [_SIGNED] if signed else []
    findings += [finding for code, finding in _DANGERS.items() if code in found]
    if pages < 1:
        findings.append(_damaged("it has no pages"))
    return tuple(sorted(findings, key=lambda finding: finding.severity is Severity.WARN))


def _fields_and_pages(document: Document) -> tuple[bool, int]:
    """Whether there are signature fields, and how many pages there really are."""
    return any(signature_fields(document)), sum(1 for _ in each_page(document))


def _damaged(reason: str) -> Finding:
    return Finding(
        "damaged",
        Severity.REFUSE,
        "Tệp PDF bị hỏng hoặc không đúng chuẩn; hãy xuất lại từ phần mềm soạn thảo.",
        f"The PDF is damaged or does not follow the standard; export it again ({reason}).",
    )
