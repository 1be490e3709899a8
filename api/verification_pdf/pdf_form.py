"""One page that a clerk files with the dossier: the answer first, then each signature, then what else was noticed.

It says whether it carries a signature of the service; whoever has the file can check it again.
"""

from __future__ import annotations

import json
from enum import Enum
from pathlib import Path
from typing import TYPE_CHECKING

import typst

from issuance.calendar import VIETNAM
from signing.typeface import Style, demand_vietnamese, font_folder
from verification.foreign_text import printable
from verification.report import Indication
from verification.summary import headline, kind_of

if TYPE_CHECKING:
    from datetime import datetime

    from api.verification_pdf.seal import ReportSeal
    from verification.report import SignatureReport, ValidationReport, Verdict

_FOLDER = Path(__file__).parent
_MOST_SIGNATURES, _MOST_NOTES, _LONGEST = 7, 4, 80
_TONES = {
    Indication.TOTAL_PASSED: "good",
    Indication.TOTAL_FAILED: "bad",
    Indication.INDETERMINATE: "unsure",
    Indication.NO_SIGNATURE_FOUND: "none",
}


class Carries(Enum):
    """Whether the page is going to be signed; it says which."""

    NO_SIGNATURE = "none"
    SIGNATURE = "signature"


def signed_pdf_of(report: ValidationReport, seal: ReportSeal) -> bytes:
    """The page with the service's signature, or without where that cannot be had now; it says which it is.

    Raises :class:`signing.typeface.TypefaceMissing`.
    """
    return seal.signed(pdf_of(report, Carries.SIGNATURE)) or pdf_of(report, Carries.NO_SIGNATURE)


def pdf_of(report: ValidationReport, carries: Carries) -> bytes:
    """The page as PDF/A-2b; the same report gives the same bytes.

    Raises :class:`signing.typeface.TypefaceMissing`.
    """
    demand_vietnamese(Style.UPRIGHT)
    shown = {
        "tone": _TONES[report.indication],
        "headline": _word(report.indication),
        "codes": _codes(report.verdict),
        "reason": report.reason.vi,
        "rows": [
            ("Tệp", _short(report.file)),
            ("SHA-256", report.sha256),
            ("Kích thước", f"{report.pages} trang, {report.length} byte"),
            ("Kiểm tra lúc", _time(report.validated_at)),
            ("Theo chính sách", report.policy),
        ],
        "signatures": [_signature(each) for each in report.signatures[:_MOST_SIGNATURES]],
        "more": max(0, len(report.signatures) - _MOST_SIGNATURES),
        "carries": carries.value,
        "notes": [caution.text.vi for caution in report.warnings[:_MOST_NOTES]],
    }
    return typst.compile(
        _FOLDER / "report.typ",
        root=_FOLDER,
        font_paths=typst.Fonts(include_system_fonts=False, include_embedded_fonts=False, font_paths=[font_folder()]),
        sys_inputs={"report": json.dumps(shown, ensure_ascii=False)},
        format="pdf",
        pdf_standards="a-2b",
        timestamp=report.validated_at.replace(microsecond=0),
    )


def _signature(signature: SignatureReport) -> dict[str, str]:
    signer = signature.signer
    names = (signer.common_name or signer.subject, signer.organization) if signer else ()
    if signature.best_signature_time is not None:
        when = f"{_time(signature.best_signature_time)} (có bằng chứng)"
    elif signature.claimed_signing_time is not None:
        when = f"{_time(signature.claimed_signing_time)} (người ký khai)"
    else:
        when = "–"
    return {
        "kind": kind_of(signature.kind),
        "field": _short(signature.field, 24),
        "who": ", ".join(_short(name) for name in names if name),
        "when": when,
        "tone": _TONES[signature.indication],
        "verdict": _word(signature.indication).capitalize(),
        "codes": _codes(signature.verdict),
        "reason": "" if signature.verdict.passed else signature.reason.vi,
    }


def _word(indication: Indication) -> str:
    """The headline without its sign, which the typeface need not have."""
    return headline(indication).partition(" ")[2]


def _codes(verdict: Verdict) -> str:
    return verdict.sub_indication.value if verdict.sub_indication else ""


def _short(text: str, longest: int = _LONGEST) -> str:
    shown = printable(text)
    return shown if len(shown) <= longest else f"{shown[: longest - 1]}…"


def _time(time: datetime) -> str:
    return f"{time.astimezone(VIETNAM):%H:%M:%S ngày %d/%m/%Y}"
