"""The printed verification report: one page whatever the file is, with the answer and each signature on it."""

from __future__ import annotations

from dataclasses import replace
from io import BytesIO
from typing import TYPE_CHECKING

import pytest
from pypdf import PdfReader

from api.verification_pdf.pdf_form import Carries, pdf_of
from tests.vectors.catalogue import VECTORS
from tests.vectors.chamber import Chamber
from verification.validate import validate

if TYPE_CHECKING:
    from verification.report import ValidationReport


@pytest.fixture(scope="module")
def chamber(tmp_path_factory: pytest.TempPathFactory) -> Chamber:
    return Chamber(tmp_path_factory.mktemp("keys"))


def reported(name: str, chamber: Chamber) -> ValidationReport:
    (vector,) = (vector for vector in VECTORS if vector.name == name)
    case = vector.make(chamber)
    return validate(case.pdf, anchors=chamber.anchors, known=case.known, at=vector.at)


def letters(pdf: bytes) -> str:
    (page,) = PdfReader(BytesIO(pdf)).pages
    return " ".join(page.extract_text().split())


def test_a_good_file_gets_one_page_with_its_signatures(chamber: Chamber) -> None:
    report = reported("honest/chain-renewed-twice", chamber)
    shown = letters(pdf_of(report, Carries.NO_SIGNATURE))
    for piece in ("KẾT QUẢ KIỂM TRA CHỮ KÝ SỐ", "HỢP LỆ", report.sha256, report.policy, "Sample Signatory"):
        assert piece in shown
    assert "không mang chữ ký số" in shown
    assert "mang chữ ký số của dịch vụ kiểm tra" in letters(pdf_of(report, Carries.SIGNATURE))
    assert pdf_of(report, Carries.NO_SIGNATURE) == pdf_of(report, Carries.NO_SIGNATURE)


def test_a_bad_file_says_why(chamber: Chamber) -> None:
    report = next(r for v in VECTORS if v.family == "saving" if not (r := reported(v.name, chamber)).verdict.passed)
    shown = letters(pdf_of(report, Carries.NO_SIGNATURE))
    assert report.verdict.sub_indication is not None
    assert report.verdict.sub_indication.value in shown
    assert report.reason.vi in shown


def test_hostile_names_and_many_signatures_still_fit_on_one_page(chamber: Chamber) -> None:
    report = reported("honest/ours", chamber)
    (first, *_) = report.signatures
    assert first.signer is not None
    long = "#eval(x) *đậm* \u202e " + "W" * 1000
    bad = replace(
        first, field=long, signer=replace(first.signer, common_name=long, organization=long), verdict=report.verdict
    )
    shown = letters(pdf_of(replace(report, file=long, signatures=(bad,) * 51), Carries.NO_SIGNATURE))
    assert "#eval(x) *đậm* ?" in shown
    assert "và 44 chữ ký khác" in shown
