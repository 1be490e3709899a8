"""Copies through the interface: ordered by the clerk, found by their own code, told with their original."""

from __future__ import annotations

import json
from datetime import UTC, date, datetime
from io import BytesIO
from typing import TYPE_CHECKING

import pypdf
import pytest

from api.client import Refused
from api.demo.people import AGENCY, SEAL_CREDENTIAL, SERIES, SIGNATORY
from api.forms.copies import CopyKind, CopyMetadata, OriginalForm, OutsideCopyMetadata, PaperCopyForm
from issuance.calendar import vietnam_date
from issuance.copies import TYPES
from issuance.documents import DocumentState
from issuance.numbers import NumberingRule, NumberSeries
from signing.copy_form import CopyForm
from tests.integration.test_api_outcomes import page
from tests.integration.test_signing_appearance import letter
from tests.scans import scan
from tests.service import Service, running_service

if TYPE_CHECKING:
    from collections.abc import Iterator

    from tests.parts import Bucket

PAPER = OriginalForm(type="Quyết định", number="12/QĐ-TTg", issued_on=date(2026, 1, 5), agency="Thủ tướng Chính phủ")


@pytest.fixture(scope="module")
def service(
    tmp_path_factory: pytest.TempPathFactory, module_database_url: str, module_bucket: Bucket
) -> Iterator[Service]:
    with running_service(tmp_path_factory.mktemp("s"), database_url=module_database_url, bucket=module_bucket) as one:
        with one.uow() as register:
            register.add_series(
                NumberSeries(agency=AGENCY, name="sao", year=vietnam_date(datetime.now(UTC)).year, symbol="SY-UBND")
            )
            for form, symbol in zip(CopyForm, ("SY-UBND", "SL-UBND", "TrS-UBND"), strict=True):
                register.add_numbering_rule(NumberingRule(AGENCY, TYPES[form], "sao", symbol))
        yield one


def order(form: CopyKind) -> CopyMetadata:
    return CopyMetadata(form=form, signatory=SIGNATORY, credential=SEAL_CREDENTIAL, recipients=("Như trên",))


def outside(form: CopyKind) -> OutsideCopyMetadata:
    return OutsideCopyMetadata(form=form, signatory=SIGNATORY, credential=SEAL_CREDENTIAL, original=PAPER)


def test_a_true_copy_of_a_foreign_paper_is_issued_looked_up_and_verified(service: Service) -> None:
    copy = service.clerk().copy_paper(scan(), outside(CopyKind.TRUE_COPY))
    assert (copy.state, copy.type, str(copy.number)[-8:]) == (DocumentState.ISSUED, "Bản sao y", "/SY-UBND")
    assert copy.copy_of is not None
    assert (copy.copy_of.form, copy.copy_of.original.number) == (CopyKind.TRUE_COPY, "12/QĐ-TTg")
    facts = service.public().lookup(copy.lookup_code)
    assert facts["copy_of"] == {
        "form": "Sao y",
        "original": "Quyết định số 12/QĐ-TTg ngày 05/01/2026 của Thủ tướng Chính phủ",
        "original_state": None,
        "original_code": None,
    }
    assert [signer["kind"] for signer in facts["signers"]] == ["seal"]  # type: ignore[attr-defined]
    report = service.public().verify(service.clerk().file(copy.id))
    assert report["indication"] == "TOTAL_PASSED"
    assert report["register"]["number"] == copy.number  # type: ignore[index]
    assert "Quyết định số 12/QĐ-TTg" in page(service, copy.lookup_code)


def test_whoever_does_not_wait_repeats_the_call_and_gets_the_same_copy(service: Service) -> None:
    ordered = outside(CopyKind.TRUE_COPY)
    first, again = (
        service.clerk().copy_paper(scan(), ordered, wait=wait, idempotency_key="not-waited-for") for wait in (0, 30)
    )
    assert (again.id, again.number, again.state) == (first.id, first.number, DocumentState.ISSUED)


def test_an_extract_leads_to_its_original_and_says_when_that_is_recalled(service: Service) -> None:
    document = service.issued()
    extract = service.clerk().copy(document.id, letter(), order(CopyKind.EXTRACT))
    assert extract.state is DocumentState.ISSUED
    assert [one.id for one in service.submitter().copies(document.id)] == [extract.id]
    shown = page(service, extract.lookup_code)
    assert f"/d/{document.lookup_code}" in shown
    assert "bị thu hồi hoặc được thay thế" not in shown
    service.clerk().change(document.id, "recall", reason="Cấp sai đối tượng")
    assert "bị thu hồi hoặc được thay thế" in page(service, extract.lookup_code)


def test_refusals_say_in_vietnamese_what_to_do(service: Service) -> None:
    document = service.issued()
    with pytest.raises(Refused) as refused:
        service.clerk().copy(document.id, scan(), order(CopyKind.TRUE_COPY))
    assert (refused.value.status, refused.value.code) == (422, "copy-refused")
    assert "in ra giấy" in json.dumps(refused.value.problem, ensure_ascii=False)
    with pytest.raises(Refused) as refused:
        service.clerk().copy_paper(scan(dpi=100), outside(CopyKind.TRUE_COPY))
    assert refused.value.code == "draft-refused"
    assert "200 dpi" in json.dumps(refused.value.problem, ensure_ascii=False)


def test_a_paper_of_the_register_is_copied_by_its_entry(service: Service) -> None:
    taken = {"type": "Quyết định", "subject": "Mẫu", "signer": "Mẫu", "series": SERIES}
    entry = service.clerk().call(
        "POST",
        f"/v1/registers/{AGENCY}/numbers",
        body=json.dumps(taken).encode(),
        headers={"Content-Type": "application/json"},
    )
    copy = service.clerk().copy(entry.json()["id"], scan(), order(CopyKind.RECOPY))  # type: ignore[arg-type]
    assert copy.copy_of is not None
    assert copy.copy_of.original.number == entry.json()["number"]
    assert copy.type == "Bản sao lục"


def test_an_issued_document_is_printed_with_a_sheet_that_leads_to_its_state(service: Service) -> None:
    document = service.issued()
    pages = pypdf.PdfReader(BytesIO(service.submitter().printed(document.id))).pages
    given = pypdf.PdfReader(BytesIO(service.submitter().file(document.id))).pages
    assert len(pages) == len(given) + 1
    assert not any(page.get("/Annots") for page in pages)
    text = " ".join(pages[-1].extract_text().split())
    assert str(document.number) in text
    assert f"{service.url}/d/{document.lookup_code}" in text
    with pytest.raises(Refused) as refused:
        service.submitter().printed(service.signed().id)
    assert refused.value.code == "wrong-state"


def test_a_paper_copy_is_numbered_and_printed_until_its_number_is_void(service: Service) -> None:
    document = service.issued()
    form = PaperCopyForm(form=CopyKind.TRUE_COPY, signatory=SIGNATORY, authority=("TL. CHỦ TỊCH", "CHÁNH VĂN PHÒNG"))
    copy = service.clerk().paper_copy(document.id, form)
    text = " ".join(
        pypdf.PdfReader(BytesIO(service.clerk().printed(document.id, copy=copy.id))).pages[-1].extract_text().split()
    )
    assert f"Số: {copy.number}" in text
    assert "SAO Y" in text
    service.clerk().call(
        "POST",
        f"/v1/registers/{AGENCY}/numbers/{copy.id}/void",
        body=json.dumps({"reason": "In hỏng"}).encode(),
        headers={"Content-Type": "application/json"},
    )
    with pytest.raises(Refused) as refused:
        service.clerk().printed(document.id, copy=copy.id)
    assert refused.value.code == "wrong-state"
