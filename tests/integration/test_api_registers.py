"""The outgoing register through the interface: paper numbers between issued documents, three forms, past days."""

from __future__ import annotations

import csv
import json
import subprocess
import sys
import uuid
from datetime import UTC, datetime, timedelta
from io import BytesIO, StringIO
from typing import TYPE_CHECKING

import pytest
from pypdf import PdfReader

from api.client import Client, Refused
from api.demo.people import AGENCY, SEAL_CREDENTIAL, SERIES
from api.registers.csv_form import HEADINGS, csv_of
from issuance.calendar import vietnam_date
from issuance.register_book import RegisterBook, RegisterLine
from tests.service import Service, running_service

if TYPE_CHECKING:
    from collections.abc import Iterator
    from pathlib import Path

    from tests.parts import Bucket

YEAR = vietnam_date(datetime.now(UTC)).year
PAPER = {"type": "Quyết định", "subject": "Về việc nâng lương", "signer": "Lãnh Đạo Mẫu", "series": SERIES, "copies": 5}


@pytest.fixture(scope="module")
def service(
    tmp_path_factory: pytest.TempPathFactory, module_database_url: str, module_bucket: Bucket
) -> Iterator[Service]:
    with running_service(tmp_path_factory.mktemp("s"), database_url=module_database_url, bucket=module_bucket) as one:
        yield one


def post(client: Client, path: str, order: object, *, key: str | None = None) -> dict[str, object]:
    headers = {"Content-Type": "application/json", "Idempotency-Key": key or str(uuid.uuid4())}
    answer = client.call("POST", f"/v1/registers/{AGENCY}/{path}", body=json.dumps(order).encode(), headers=headers)
    return answer.json() if answer.body else {}


@pytest.fixture(scope="module")
def filled(service: Service) -> dict[str, object]:
    """An issued document, a paper number, a voided paper number, a voided document."""
    clerk = service.clerk()
    issued = service.issued()
    paper = post(clerk, "numbers", PAPER)
    spoilt = post(clerk, "numbers", PAPER)
    post(clerk, f"numbers/{spoilt['id']}/void", {"reason": "Hỏng phôi"})
    signed = service.signed()
    service.stop("worker")
    numbered = clerk.issue(signed.id, credential=SEAL_CREDENTIAL, wait=0)
    clerk.change(numbered.id, "void", reason="Dừng ban hành")
    service.start("worker")
    service.await_ready()
    return {"issued": issued, "paper": paper, "spoilt": spoilt}


def book(service: Service, query: str = "") -> dict[str, object]:
    return service.clerk().call("GET", f"/v1/registers/{AGENCY}/{YEAR}{query}").json()


def test_paper_and_system_share_the_series_and_every_number_is_explained(
    service: Service, filled: dict[str, object]
) -> None:
    register = book(service)
    lines = register["lines"]
    assert isinstance(lines, list)
    assert [line["number"].split("/")[0] for line in lines] == ["01", "02", "03", "04"]
    assert [line["kind"] for line in lines] == ["document", "paper", "paper", "document"]
    assert [line["void_reason"] for line in lines] == [None, None, "Hỏng phôi", "Dừng ban hành"]
    assert [line["state"] for line in lines] == ["issued", None, None, "voided"]
    assert lines[0]["sent_on"] == vietnam_date(datetime.now(UTC)).isoformat()
    assert (register["gaps"], register["duplicates"], register["voided"]) == ([], [], 2)


def test_a_past_day_shows_what_was_there_then(service: Service, filled: dict[str, object]) -> None:
    today = vietnam_date(datetime.now(UTC))
    assert book(service, f"?on={today - timedelta(days=1)}")["lines"] == []
    assert book(service, f"?on={today}")["lines"] == book(service)["lines"]


def test_a_repeated_call_takes_no_second_number(service: Service, filled: dict[str, object]) -> None:
    key = str(uuid.uuid4())
    first, again = (post(service.clerk(), "numbers", PAPER, key=key) for _ in range(2))
    assert first == again
    post(service.clerk(), f"numbers/{first['id']}/void", {"reason": "Thử"})


def test_duplicates_are_named_on_import(service: Service, filled: dict[str, object]) -> None:
    entry = {name: PAPER[name] for name in ("type", "subject", "signer")} | {"series": "cũ"}
    wanted = [
        entry | {"id": str(uuid.uuid4()), "number": number, "issued_on": f"{YEAR}-01-05"}
        for number in ("01/TB-UBND", "77/QĐ-UBND", "77/QĐ-UBND")
    ]
    with pytest.raises(Refused) as refused:
        post(service.clerk(), f"{YEAR}/import", {"entries": wanted})
    assert (refused.value.status, refused.value.code) == (409, "number-taken")
    assert refused.value.problem["numbers"] == ["01/TB-UBND", "77/QĐ-UBND"]
    assert post(service.clerk(), f"{YEAR}/import", {"entries": wanted[1:2]}) == {"imported": 1}
    gaps = book(service)["gaps"]
    assert gaps == [{"series": "cũ", "first": 1, "last": 76}]


def test_the_spreadsheet_opens_in_excel_with_the_ten_legal_columns(service: Service, filled: dict[str, object]) -> None:
    answer = service.clerk().call("GET", f"/v1/registers/{AGENCY}/{YEAR}", headers={"Accept": "text/csv"})
    assert answer.body.startswith(b"\xef\xbb\xbf")
    assert answer.headers["content-type"].startswith("text/csv")
    rows = list(csv.reader(StringIO(answer.body.decode("utf-8-sig"))))
    assert tuple(rows[0]) == HEADINGS
    assert rows[2][2:4] == ["Quyết định: Về việc nâng lương", "Lãnh Đạo Mẫu"]
    assert rows[3][9] == "Số đã bỏ: Hỏng phôi"


def test_the_printed_register_has_every_number_and_reason(service: Service, filled: dict[str, object]) -> None:
    answer = service.clerk().call("GET", f"/v1/registers/{AGENCY}/{YEAR}?format=pdf")
    assert answer.headers["content-type"] == "application/pdf"
    reader = PdfReader(BytesIO(answer.body))
    text = " ".join("".join(page.extract_text() for page in reader.pages).split())
    for words in ("SỔ ĐĂNG KÝ VĂN BẢN ĐI", "01/TB-UBND", "Hỏng phôi", "nâng lương", "Ký nhận"):
        assert words in text
    assert float(reader.pages[0].mediabox.width) > float(reader.pages[0].mediabox.height)


def test_other_agencies_registers_do_not_exist(service: Service) -> None:
    with pytest.raises(Refused) as refused:
        service.clerk().call("GET", f"/v1/registers/999.00.00.H00/{YEAR}")
    assert refused.value.status == 404
    with pytest.raises(Refused) as refused:
        service.submitter().call("GET", f"/v1/registers/{AGENCY}/{YEAR}")
    assert refused.value.status == 403


def test_a_cell_that_looks_like_a_formula_is_no_formula() -> None:
    day = datetime(2026, 1, 2, tzinfo=UTC)
    line = RegisterLine(
        number="01/TB-UBND",
        issued_on=day.date(),
        title="TB: x",
        signer='=HYPERLINK("http://x")',
        recipients=(),
        copy_keeper=None,
        copies=None,
        sent_on=None,
        note="",
        id=uuid.uuid4(),
        series="TB",
        kind="paper",
        state=None,
        void_reason=None,
    )
    written = csv_of(RegisterBook("a", "A", 2026, day, (line,), (), ()))
    assert next(csv.reader([written.decode("utf-8-sig").splitlines()[1]]))[3].startswith("'=")


def test_the_operator_decides_how_a_type_is_numbered(service: Service, filled: dict[str, object]) -> None:
    def decide(document_type: str, series: str, *more: str) -> int:
        command = [sys.executable, "-m", "api.cli.main", "register", "rule", AGENCY, document_type, series, *more]
        return subprocess.run([*command, "--as", "quantri"], env=service.environment, check=False).returncode

    assert decide("Giấy mời", "mời", "--abbreviation", "UBND") == 0
    assert decide("Giấy phép", "phép", "--symbol", "GM-UBND") != 0  # the symbol of another series
    assert decide("Giấy phép", "phép") != 0  # no kind of the decree: its symbol must be given
    order = {name: PAPER[name] for name in ("subject", "signer")} | {"type": "Giấy mời"}
    assert post(service.clerk(), "numbers", order)["number"] == "01/GM-UBND"
    document = service.submitter().create_document(service.notice.pdf, service.metadata(type="Giấy mời", series=None))
    assert document.series == "mời"
    with pytest.raises(Refused) as refused:
        service.submitter().create_document(service.notice.pdf, service.metadata(type="Giấy mời"))
    assert refused.value.code == "metadata-invalid"


def test_the_operator_exports_the_same_register_from_the_command_line(
    service: Service, filled: dict[str, object], tmp_path: Path
) -> None:
    command = [sys.executable, "-m", "api.cli.main", "register", "export", AGENCY, str(YEAR)]
    written = subprocess.run(command, env=service.environment, capture_output=True, check=True).stdout
    assert written == service.clerk().call("GET", f"/v1/registers/{AGENCY}/{YEAR}?format=csv").body
    file = tmp_path / "register.json"
    subprocess.run([*command, "--format", "json", "-o", str(file)], env=service.environment, check=True)
    assert json.loads(file.read_bytes())["lines"] == book(service)["lines"]
    unknown = subprocess.run(
        [*command[:-2], "nowhere", str(YEAR)], env=service.environment, capture_output=True, text=True, check=False
    )
    assert unknown.returncode != 0
    assert "Traceback" not in unknown.stderr
