"""Documents made from fields through the interface: page, fonts, cells; and the apology for a late result, once."""

from __future__ import annotations

import json
import subprocess
from datetime import UTC, datetime, timedelta
from io import BytesIO
from typing import TYPE_CHECKING

import pypdf
import pytest

from api.client import Refused
from api.demo.people import AGENCY, SEAL_CREDENTIAL, SIGNATORY, SIGNATORY_CREDENTIAL, SUBMITTER
from api.forms.documents import CreatedAnswer
from api.templates.apology import TYPE
from api.types.toml_form import read_types
from issuance.calendar import vietnam_date
from issuance.type_decisions import decide_types
from tests.service import Service, running_service
from tests.set_clock import SetClock

if TYPE_CHECKING:
    from collections.abc import Iterator, Mapping
    from pathlib import Path

    from tests.parts import Bucket

TYPES = f"""
[[type]]
name = "{TYPE}"
series = "XLHL"
symbol = "XLHL-{{agency}}"
template = "slip"
[[type]]
name = "Thông báo"
series = "TB"
symbol = "TB-{{agency}}"
template = "document"
[[type]]
name = "Quyết định"
series = "QĐ"
symbol = "QĐ-{{agency}}"
"""
DUE = datetime.now(UTC) + timedelta(days=1)
LATER = DUE + timedelta(days=5)
SLIP = {
    "agency": AGENCY,
    "signatory": SIGNATORY,
    "applicant": "Ông Trần Văn Mẫu",
    "procedure": "cấp giấy phép xây dựng nhà ở riêng lẻ",
    "reason": "chờ ý kiến của cơ quan phối hợp về quy hoạch",
    "new_due_at": LATER.isoformat(),
    "authority": ["TL. Chủ tịch", "Chánh Văn phòng"],
}


@pytest.fixture(scope="module")
def service(
    tmp_path_factory: pytest.TempPathFactory, module_database_url: str, module_bucket: Bucket
) -> Iterator[Service]:
    with running_service(tmp_path_factory.mktemp("s"), database_url=module_database_url, bucket=module_bucket) as one:
        now = datetime.now(UTC)
        decide_types(
            uow=one.uow,
            clock=SetClock(now),
            operator="kyso",
            agency=AGENCY,
            decisions=[form.decision(agency=AGENCY, abbreviation="UBND") for form in read_types(TYPES)],
            year=vietnam_date(now).year,
        )
        yield one


def made(service: Service, path: str, order: Mapping[str, object]) -> CreatedAnswer:
    answer = service.client(SUBMITTER).call(
        "POST", path, body=json.dumps(order).encode(), headers={"Content-Type": "application/json"}
    )
    return CreatedAnswer.model_validate_json(answer.body)


def said(tool: str, pdf: Path, *more: str) -> str:
    return subprocess.run([tool, str(pdf), *more], capture_output=True, text=True, check=True).stdout


def test_an_apology_is_made_signed_and_issued_like_any_document_and_only_once(service: Service, tmp_path: Path) -> None:
    late = service.submitted(due_at=DUE, dossier_code="000.00.15.H62-261103-0012")
    slip = made(service, f"/v1/documents/{late.id}/apology", SLIP)
    assert slip.state.value == "submitted"
    signed = service.signatory().sign(slip.id, credential=SIGNATORY_CREDENTIAL, activation=service.secrets.activation)
    issued = service.clerk().issue(signed.id, credential=SEAL_CREDENTIAL)
    assert issued.number == "01/XLHL-UBND"
    promised = service.submitter().document(late.id).reappointed_to
    assert promised is not None
    assert abs(promised - LATER) < timedelta(milliseconds=1)
    with pytest.raises(Refused, match="once"):
        made(service, f"/v1/documents/{late.id}/apology", SLIP)

    file = tmp_path / "slip.pdf"
    file.write_bytes(service.submitter().file(issued.id))
    report = service.public().verify(file.read_bytes())
    assert report["indication"] == "TOTAL_PASSED"
    assert "419.528 x 595.276 pts" in said("pdfinfo", file)  # A5
    words = said("pdftotext", file, "-")
    for word in ("PHIẾU XIN LỖI", "Ông Trần Văn Mẫu", "000.00.15.H62-261103-0012", "TL. CHỦ TỊCH"):
        assert word in words


def test_an_apology_that_was_refused_does_not_count(service: Service) -> None:
    late = service.submitted(due_at=DUE)
    slip = made(service, f"/v1/documents/{late.id}/apology", SLIP)
    service.signatory().change(slip.id, "reject", reason="Chưa cần")
    assert service.submitter().document(late.id).reappointed_to is None
    assert made(service, f"/v1/documents/{late.id}/apology", SLIP).id != slip.id


@pytest.mark.parametrize("change", [{"new_due_at": (DUE - timedelta(hours=1)).isoformat()}, {"type": "Quyết định"}])
def test_an_apology_without_a_later_date_or_a_template_is_refused(service: Service, change: dict[str, object]) -> None:
    late = service.submitted(due_at=DUE)
    with pytest.raises(Refused) as refused:
        made(service, f"/v1/documents/{late.id}/apology", SLIP | change)
    assert (refused.value.status, refused.value.code) == (422, "metadata-invalid")


def test_a_result_is_typeset_from_fields_by_the_layout_rules(service: Service, tmp_path: Path) -> None:
    order = {
        "agency": AGENCY,
        "signatory": SIGNATORY,
        "type": "Thông báo",
        "subject": "Về việc tiếp nhận hồ sơ trong dịp nghỉ lễ",
        "recipients": ["Như trên", "Lưu: VT"],
        "body": ["Ủy ban nhân dân tỉnh thông báo #let x = [không phải lệnh] về việc tiếp nhận hồ sơ. " * 12] * 6,
    }
    document = made(service, "/v1/documents/typeset", order)
    file = tmp_path / "notice.pdf"
    file.write_bytes(service.submitter().file(document.id))
    reader = pypdf.PdfReader(BytesIO(file.read_bytes()))
    assert [float(side) for side in reader.pages[0].mediabox[2:]] == pytest.approx([595.28, 841.89], abs=0.1)
    metadata = reader.xmp_metadata
    assert metadata is not None
    assert b'pdfaid:part="2"' in metadata.stream.get_data() or b"<pdfaid:part>2" in metadata.stream.get_data()
    text = "".join(page.extract_text() for page in reader.pages)
    assert "#let x = [không phải lệnh]" in text
    assert {line.split()[0].split("+")[-1] for line in said("pdffonts", file).splitlines()[2:]} <= {
        "LiberationSerif-Regular",
        "LiberationSerif",
        "LiberationSerif-Bold",
        "LiberationSerif-Italic",
        "LiberationSerif-BoldItalic",
    }
    html = tmp_path / "words.html"
    subprocess.run(["pdftotext", "-bbox", str(file), str(html)], check=True)
    words = [line for line in html.read_text(encoding="utf-8").splitlines() if "<word" in line]
    lefts = [float(line.split('xMin="')[1].split('"')[0]) for line in words]
    assert 29.99 <= min(lefts) * 25.4 / 72 <= 35.1
