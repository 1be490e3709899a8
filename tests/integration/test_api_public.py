"""What anyone may ask: look-up, verification and the pages, over the running service and in a real browser."""

from __future__ import annotations

import hashlib
import json
import shutil
import subprocess
import sys
from datetime import UTC, datetime
from http.client import HTTPConnection
from importlib.util import find_spec
from pathlib import Path
from typing import TYPE_CHECKING
from urllib.parse import urlsplit
from uuid import uuid4

import pytest
from playwright.sync_api import sync_playwright

from api.client import Answer, Client, Refused, multipart
from api.demo.people import AGENCY
from api.forms.reports import ReportForm
from issuance.document_types import DocumentType, NumberingOrder, Publication
from issuance.followers import Follower
from issuance.lookup_code import draw_lookup_code, printed_lookup_code
from tests.service import METRICS_TOKEN, PROJECT, Service, running_service

if TYPE_CHECKING:
    from collections.abc import Iterator

    from playwright.sync_api import Browser, Page

    from api.forms.documents import DocumentAnswer
    from tests.parts import Bucket

CANARY = "Chim-hoàng-yến-7431"
PERSON = "Nguyễn Văn Mẫu"


@pytest.fixture(scope="module")
def service(
    tmp_path_factory: pytest.TempPathFactory, module_database_url: str, module_bucket: Bucket
) -> Iterator[Service]:
    with running_service(tmp_path_factory.mktemp("s"), database_url=module_database_url, bucket=module_bucket) as one:
        yield one


@pytest.fixture(scope="module")
def issued(service: Service) -> DocumentAnswer:
    return service.issued(subject=CANARY, recipients=[CANARY], dossier_code=CANARY, external_id=CANARY)


@pytest.fixture(scope="module")
def pdf(service: Service, issued: DocumentAnswer) -> bytes:
    return service.clerk().file(issued.id)


@pytest.fixture(scope="module")
def browser() -> Iterator[Browser]:
    with sync_playwright() as playwright:
        browser = playwright.chromium.launch(executable_path=shutil.which("chromium"), args=["--no-sandbox"])
        yield browser
        browser.close()


@pytest.fixture(params=[390, 1200], ids=["phone", "desk"])
def page(browser: Browser, request: pytest.FixtureRequest) -> Iterator[Page]:
    context = browser.new_context(viewport={"width": request.param, "height": 800}, java_script_enabled=True)
    yield context.new_page()
    context.close()


def page_of(service: Service, path: str, **headers: str) -> Answer:
    return service.public().call("GET", path, headers={"Accept": "text/html", **headers})


def refusal_of(client: Client, path: str) -> Refused:
    with pytest.raises(Refused) as refused:
        client.call("GET", path)
    return refused.value


def test_a_code_tells_the_public_facts_and_no_person(service: Service, issued: DocumentAnswer) -> None:
    for code in (issued.lookup_code, printed_lookup_code(issued.lookup_code).lower()):
        facts = service.public().lookup(code)
        assert (facts["number"], facts["state"], facts["sha256"]) == (issued.number, "issued", issued.sha256)
        assert facts["agency"] == {"id": issued.agency, "name": "Ủy ban nhân dân tỉnh Mẫu"}
        assert [signer["kind"] for signer in as_list(facts["signers"])] == ["signature", "seal"]
        told = json.dumps(facts, ensure_ascii=False)
        assert CANARY not in told
        assert PERSON not in told


def as_list(value: object) -> list[dict[str, object]]:
    assert isinstance(value, list)
    return value


def test_a_document_that_is_not_issued_tells_its_state_only(service: Service) -> None:
    facts = service.public().lookup(service.submitted().lookup_code)
    assert (facts["issued"], facts["state"]) == (False, "submitted")
    assert (facts["number"], facts["sha256"], facts["signers"]) == (None, None, [])


def test_every_unknown_code_is_answered_alike_and_guessing_is_slowed_down(service: Service) -> None:
    seen = set()
    codes = ["x", "0" * 17, draw_lookup_code(lambda n: b"\7" * n), *("A" * n for n in range(1, 8))]
    try:
        for code in codes:
            refused = refusal_of(service.public(), f"/v1/lookup/{code}")
            seen.add((refused.status, json.dumps({**refused.problem, "instance": ""})))
        assert len(seen) == 1
        assert {status for status, _ in seen} == {404}
        assert refusal_of(service.public(), "/v1/lookup/AAAA").status == 429
        assert page_refused(service, "/d/AAAA").status == 429
        body, media_type = multipart({"lookup_code": "AAAA"}, file=b"x", name="x.pdf")
        with pytest.raises(Refused) as guessed:
            service.public().call("POST", "/v1/verifications", body=body, headers={"Content-Type": media_type})
        assert guessed.value.status == 429
    finally:
        service.stop("server")
        service.start("server")
        service.await_ready()


def page_refused(service: Service, path: str) -> Refused:
    with pytest.raises(Refused) as refused:
        page_of(service, path)
    return refused.value


@pytest.mark.parametrize(("kind", "start"), [("application/xml", b"<?xml"), ("application/pdf", b"%PDF-")])
def test_the_report_comes_as_xml_or_as_a_page_where_that_is_asked_for(
    service: Service, pdf: bytes, kind: str, start: bytes
) -> None:
    body, media_type = multipart({}, file=pdf, name="x.pdf")
    headers = {"Content-Type": media_type, "Accept": kind}
    answer = service.public().call("POST", "/v1/verifications", body=body, headers=headers)
    assert answer.headers["content-type"].startswith(kind)
    assert answer.body.startswith(start)


def printed_report(service: Service, pdf: bytes) -> bytes:
    body, media_type = multipart({}, file=pdf, name="x.pdf")
    headers = {"Content-Type": media_type, "Accept": "application/pdf"}
    return service.public().call("POST", "/v1/verifications", body=body, headers=headers).body


def test_the_printed_report_is_signed_by_the_service_and_passes_offline(
    service: Service, pdf: bytes, tmp_path: Path
) -> None:
    file = tmp_path / "report.pdf"
    file.write_bytes(printed_report(service, pdf))
    trust = str(service.home / "pki" / "trust")
    command = [sys.executable, "-m", "api.cli.main", "verify", "--json", "--trust", trust, str(file)]
    told = subprocess.run(command, cwd=PROJECT, capture_output=True, text=True, check=True)
    report = json.loads(told.stdout)
    (signature,) = report["signatures"]
    assert (report["indication"], report["pages"], report["warnings"]) == ("TOTAL_PASSED", 1, [])
    assert (signature["level"], signature["signer"]["common_name"]) == ("B_LT", "Dịch vụ kiểm tra chữ ký số (mẫu)")


def test_a_file_without_validation_data_is_judged_with_what_responders_say(service: Service) -> None:
    """The official's signature alone, before anything was archived; a stranger's file often comes like this."""
    signed = service.signed()
    report = service.public().verify(service.signatory().file(signed.id), name="signed.pdf")
    assert (report["indication"], report["sub_indication"]) == ("TOTAL_PASSED", None)
    assert [signature["level"] for signature in as_list(report["signatures"])] == ["B_T"]


def test_the_issued_file_passes_and_is_known(service: Service, issued: DocumentAnswer, pdf: bytes) -> None:
    report = service.public().verify(pdf, name="../../thông báo\u202e.pdf")
    ReportForm.model_validate_json(json.dumps(report))
    assert (report["indication"], report["sha256"], report["bytes"]) == ("TOTAL_PASSED", issued.sha256, len(pdf))
    assert report["file"] == "thông báo.pdf"
    assert [signature["level"] for signature in as_list(report["signatures"])[:2]] == ["B_LTA", "B_LTA"]
    assert report["register"] == {
        "known": True,
        "state": "issued",
        "lookup_code": issued.lookup_code,
        "number": issued.number,
        "same_bytes": True,
        "in_force": True,
        "events": [],
        "attachment": None,
        "copy_of": None,
    }


def test_one_flipped_bit_is_no_longer_the_document(service: Service, pdf: bytes) -> None:
    report = service.public().verify(pdf[:3000] + bytes([pdf[3000] ^ 1]) + pdf[3001:])
    assert report["indication"] != "TOTAL_PASSED"
    assert report["register"] == {
        "known": False,
        "state": None,
        "lookup_code": None,
        "number": None,
        "same_bytes": None,
        "in_force": None,
        "events": [],
        "attachment": None,
        "copy_of": None,
    }


def test_a_file_can_be_compared_with_the_document_of_a_code(
    service: Service, issued: DocumentAnswer, pdf: bytes
) -> None:
    body, media_type = multipart({"lookup_code": issued.lookup_code}, file=pdf + b"\n", name="x.pdf")
    answer = service.public().call("POST", "/v1/verifications", body=body, headers={"Content-Type": media_type}).json()
    register = answer["register"]
    assert isinstance(register, dict)
    assert (register["known"], register["same_bytes"]) == (True, False)


def test_a_digest_alone_is_looked_up(service: Service, issued: DocumentAnswer) -> None:
    for digest, known in ((issued.sha256.upper(), True), ("0" * 64, False)):
        body = json.dumps({"sha256": digest}).encode()
        headers = {"Content-Type": "application/json"}
        report = service.public().call("POST", "/v1/verifications", body=body, headers=headers).json()
        assert (report["indication"], report["sub_indication"]) == ("INDETERMINATE", "SIGNED_DATA_NOT_FOUND")
        register = report["register"]
        assert isinstance(register, dict)
        assert register["known"] is known


@pytest.mark.parametrize("content", [b"", b"no pdf", b"%PDF-1.7\n%%EOF", bytes(100_000)])
def test_whatever_is_sent_gets_a_report(service: Service, content: bytes) -> None:
    assert service.public().verify(content)["read"] == "unreadable"


@pytest.mark.parametrize(
    ("media_type", "body", "status"),
    [
        ("multipart/form-data", b"", 415),
        ("multipart/form-data; boundary=x", b"--x\r\nnonsense", 422),
        ("multipart/form-data; boundary=x", b'--x\r\nContent-Disposition: form-data; name="file"\r\n\r\nabc', 422),
        ("multipart/form-data; boundary=x", b"", 422),
        ("multipart/form-data; boundary=" + "x" * 5000, b"--x", 422),
        ("multipart/form-data; boundary=x", b"--x\r\n" + b"X-A: b\r\n" * 50_000, 422),
        ("multipart/form-data; boundary=x", b'--x\r\nContent-Disposition: form-data; name="a"\r\n\r\n\r\n' * 4000, 422),
        ("application/json", b"{", 422),
        ("application/json", b'{"sha256": "zz"}', 422),
        ("application/json", b"[" * 60_000, 422),
        ("text/plain", b"x", 415),
        ("", b"x", 415),
    ],
)
def test_hostile_bodies_are_refused(service: Service, media_type: str, body: bytes, status: int) -> None:
    headers = {"Content-Type": media_type} if media_type else {}
    with pytest.raises(Refused) as refused:
        service.public().call("POST", "/v1/verifications", body=body, headers=headers)
    assert refused.value.status == status
    assert refused.value.code != "unknown"


def test_nothing_uploaded_stays_on_the_disk(service: Service, pdf: bytes, tmp_path: Path) -> None:
    marked = pdf + CANARY.encode()
    service.public().verify(marked)
    files = [file for file in service.home.rglob("*") if file.is_file()]
    assert not [file for file in files if CANARY.encode() in file.read_bytes()]


def test_the_interface_describes_itself(service: Service) -> None:
    document = service.public().call("GET", "/openapi.json").json()
    assert str(document["openapi"]).startswith("3.1")
    paths = document["paths"]
    assert isinstance(paths, dict)
    assert {"/v1/documents", "/v1/documents/{document_id}/issue", "/oauth2/token"} <= set(paths)
    creation = paths["/v1/documents"]["post"]
    assert creation["security"] == [{"clientCredentials": []}]
    assert {"201", "401", "403", "413", "422", "503"} <= set(creation["responses"])
    assert paths["/v1/lookup/{code}"]["get"]["security"] == []


PAGES = ("/", "/?lang=en", "/verify", "/verify?lang=en", "/d/{code}", "/d/{code}?lang=en", "/d/{draft}")


def test_every_page_has_its_headers_and_no_person(service: Service, issued: DocumentAnswer) -> None:
    draft = service.submitted(subject=CANARY)
    for pattern in PAGES:
        answer = page_of(service, pattern.format(code=issued.lookup_code, draft=draft.lookup_code))
        assert answer.headers["content-security-policy"].startswith("default-src 'none'; ")
        assert "unsafe" not in answer.headers["content-security-policy"]
        assert answer.headers["x-content-type-options"] == "nosniff"
        assert answer.headers["referrer-policy"] == "no-referrer"
        assert ("noindex" in answer.headers.get("x-robots-tag", "")) is pattern.startswith("/d/")
        text = answer.body.decode()
        assert f'<html lang="{"en" if "lang=en" in pattern else "vi"}">' in text
        for forbidden in (CANARY, PERSON, "<script", "style=", "onclick", "http://", "https://"):
            assert forbidden not in text, (pattern, forbidden)


def test_an_unknown_code_is_a_friendly_404_page(service: Service) -> None:
    refused = page_refused(service, "/d/AAAA")
    assert refused.status == 404
    assert str(refused.problem["title"]).startswith('<!doctype html>\n<html lang="vi">')


def test_a_mistake_on_a_page_is_answered_with_a_page(service: Service) -> None:
    form, media_type = multipart({}, file=b"", name="x.pdf")
    form = form.replace(b'name="file"', b'name="else"')
    headers = {"Content-Type": media_type, "Accept": "text/html,*/*"}
    with pytest.raises(Refused) as refused:
        service.public().call("POST", "/verify", body=form, headers=headers)
    assert refused.value.status == 422
    assert str(refused.value.problem["title"]).startswith("<!doctype html>")


def test_the_code_form_leads_to_the_documents_own_address(service: Service, issued: DocumentAnswer) -> None:
    typed = printed_lookup_code(issued.lookup_code).lower().replace("0", "o")
    answer = service.public().call("GET", f"/d?code={typed}&lang=en")
    assert (answer.status, answer.headers["location"]) == (303, f"/d/{issued.lookup_code}?lang=en")


def axe_core() -> str:
    """Deque's axe-core, as the wheel of axe-playwright-python carries it."""
    found = find_spec("axe_playwright_python")
    assert found is not None
    assert found.origin is not None
    return Path(found.origin).with_name("axe.min.js").read_text(encoding="utf-8")


def upload(page: Page, name: str, content: bytes) -> None:
    page.set_input_files("#file", files={"name": name, "mimeType": "application/pdf", "buffer": content})
    with page.expect_navigation():
        page.click("form[action^='/verify'] button")


def test_pages_are_accessible_and_fit_the_screen(
    service: Service, issued: DocumentAnswer, pdf: bytes, page: Page
) -> None:
    draft = service.submitted()
    axe = axe_core()
    violations = "axe.run().then(found => found.violations.map(one => one.id + ' ' + one.nodes[0].target))"
    asked: list[str] = []
    page.on("request", lambda request: asked.append(request.url))

    def check(name: str) -> None:
        page.evaluate(axe)
        assert page.evaluate(violations) == [], name
        width = page.viewport_size["width"] if page.viewport_size else 0
        assert page.evaluate("document.documentElement.scrollWidth") <= width, name

    for pattern in (*PAGES, "/d/AAAA"):
        page.goto(service.url + pattern.format(code=issued.lookup_code, draft=draft.lookup_code))
        check(pattern)
    for content in (pdf, pdf[:3000] + b"X" + pdf[3001:], b"no pdf"):
        page.goto(f"{service.url}/d/{issued.lookup_code}")
        upload(page, "thông báo.pdf", content)
        check("result")
    follower = Follower(uuid4(), issued.id, "ba.mau@example.vn", "x", datetime.now(UTC))
    with service.uow() as register:
        register.add_follower(follower)
    for address in (f"{service.url}/letters/{follower.id}/stop", service.submitter().make_link(issued.id)):
        for suffix in ("", "?lang=en"):
            page.goto(address + suffix)
            check(address)
    page.goto(f"{service.url}/letters/{follower.id}/stop")
    with page.expect_navigation():
        page.click("main button")
    check("stopped")
    assert all(url.startswith(service.url) for url in asked)


def test_someone_compares_a_file_without_scripts(
    service: Service, issued: DocumentAnswer, pdf: bytes, browser: Browser
) -> None:
    context = browser.new_context(java_script_enabled=False)
    page = context.new_page()
    page.goto(service.url)
    page.fill("#code", printed_lookup_code(issued.lookup_code))
    with page.expect_navigation():
        page.keyboard.press("Enter")
    assert page.text_content("h1") == "Đã ban hành"
    assert str(issued.number) in (page.text_content("main") or "")
    upload(page, "a.pdf", pdf)
    assert page.text_content("h1") == "Đúng là văn bản đã ban hành"
    assert PERSON in (page.text_content("main") or "")  # the signer's name is in the file that was sent
    page.goto(f"{service.url}/d/{issued.lookup_code}")
    upload(page, "a.pdf", service.notice.pdf)
    assert page.text_content("h1") == "Tệp này không phải văn bản mang mã đã tra cứu"
    context.close()


def test_names_in_a_file_run_no_script(service: Service, page: Page) -> None:
    ran: list[str] = []
    page.on("dialog", lambda dialog: ran.append(dialog.message))
    page.goto(service.url + "/verify")
    upload(page, '"><img src=x onerror=alert(1)><script>alert(2)</script>.pdf', b"no pdf")
    assert page.text_content("h1") == "Không đọc được tệp này"
    assert ran == []
    page.goto(service.url + "/d/%3Cscript%3Ealert(1)%3C%2Fscript%3E?lang=%22%3E%3Cscript%3Ealert(1)%3C/script%3E")
    assert ran == []


def test_the_first_load_is_small(service: Service) -> None:
    html = page_of(service, "/verify").body
    style = html.decode().split('rel="stylesheet" href="')[1].split('"')[0]
    sheet = service.public().call("GET", style)
    assert len(html) + len(sheet.body) < 100_000
    assert "immutable" in sheet.headers["cache-control"]
    assert hashlib.sha256(sheet.body).hexdigest()[:12] in style


def test_head_is_get_without_the_content(service: Service) -> None:
    asked = service.public().call("GET", "/")
    head = service.public().call("HEAD", "/")
    assert (head.status, head.body) == (200, b"")
    assert head.headers["content-length"] == asked.headers["content-length"]


def test_figures_of_the_signer_are_for_the_monitoring_only(service: Service, issued: DocumentAnswer) -> None:
    for headers in ({}, {"Authorization": "Bearer wrong"}, {"Authorization": f"Basic {METRICS_TOKEN}"}):
        with pytest.raises(Refused) as refused:
            service.public().call("GET", "/metrics", headers=headers)
        assert refused.value.status == 401
    answer = service.public().call("GET", "/metrics", headers={"Authorization": f"Bearer {METRICS_TOKEN}"})
    assert answer.headers["content-type"].startswith("text/plain; version=0.0.4")
    figures = dict(line.rsplit(" ", 1) for line in answer.body.decode().splitlines() if not line.startswith("#"))
    assert figures["kyso_signer_up"] == "1"
    assert figures['kyso_documents_under_way{state="numbered"}'] == figures["kyso_proofs_to_renew"] == "0"
    for token in ("Ky So Signatory", "Ky So Seal"):
        signed = int(figures[f'kyso_signer_signatures_total{{token="{token}"}}'])
        assert signed >= 1
        assert int(figures[f'kyso_signer_sign_seconds_bucket{{token="{token}",le="+Inf"}}']) == signed
        assert figures[f'kyso_signer_token_pin_refused{{token="{token}"}}'] == "0"
        assert int(figures[f'kyso_signer_logins_total{{token="{token}"}}']) >= 1
    assert figures["kyso_webhooks_waiting"] == "0"
    expiries = [float(text) for name, text in figures.items() if "certificate_expires" in name]
    assert len(expiries) == 3
    assert min(expiries) > issued.created_at.timestamp()


def test_while_the_signer_is_away_the_printed_report_comes_without_a_signature(service: Service, pdf: bytes) -> None:
    service.stop("signer")
    try:
        report = service.public().verify(printed_report(service, pdf), name="report.pdf")
        assert report["indication"] == "NO_SIGNATURE_FOUND"
    finally:
        service.start("signer")
        service.await_ready()


def test_of_a_closed_type_only_holders_of_the_issued_file_learn_anything(service: Service) -> None:
    closed = DocumentType(
        agency=AGENCY,
        name="Giấy kín",
        template=None,
        signers=(),
        capacities=frozenset(),
        retention_years=5,
        publication=Publication.CLOSED,
        order=NumberingOrder.SIGNATURE_FIRST,
    )
    with service.uow() as register:
        register.save_document_type(closed)
    document, draft = service.issued(type=closed.name), service.submitted(type=closed.name)
    public = service.public()
    assert refusal_of(public, f"/v1/lookup/{document.lookup_code}").status == 404
    body, media_type = multipart({"lookup_code": document.lookup_code}, file=b"no PDF at all", name="x.pdf")
    by_code = public.call("POST", "/v1/verifications", body=body, headers={"Content-Type": media_type}).json()
    page = public.call("POST", "/verify", body=body, headers={"Content-Type": media_type, "Accept": "text/html"})
    assert not by_code["register"]["known"]  # type: ignore[index]
    assert str(document.number) not in page.body.decode()
    assert not public.verify(service.submitter().file(draft.id))["register"]["known"]  # type: ignore[index]
    assert public.verify(service.clerk().file(document.id))["register"]["number"] == document.number  # type: ignore[index]


@pytest.mark.parametrize("query", ["to=0001-01-01", "to=9999-12-31", "from=9999-12-31&to=9999-12-31"])
def test_days_beyond_any_register_are_refused(service: Service, query: str) -> None:
    assert refusal_of(service.public(), f"/v1/statistics?{query}").status == 422


def test_the_way_to_the_other_language_stays_on_this_host(service: Service) -> None:
    connection = HTTPConnection(urlsplit(service.url).netloc)
    connection.request("GET", "//elsewhere.example/x", headers={"Accept": "text/html"})
    text = connection.getresponse().read().decode()
    connection.close()
    assert 'href="/elsewhere.example/x?lang=en"' in text
    assert 'href="//' not in text
