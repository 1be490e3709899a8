"""The main job and its refusals through the HTTP interface of the running service."""

from __future__ import annotations

import base64
import hashlib
import json
import uuid
from concurrent.futures import ThreadPoolExecutor
from typing import TYPE_CHECKING

import pytest

from api.callers.secret_hashes import SecretHashes
from api.client import Client, Refused, multipart
from api.demo.people import AGENCY, SEAL_CREDENTIAL, SIGNATORY, SIGNATORY_CREDENTIAL, SUBMITTER
from issuance.documents import MAIN_PATH, DocumentState
from issuance.ports import Account, Agency, Role
from storage.database import connect
from tests.parts import wait_until
from tests.service import Service, running_service

if TYPE_CHECKING:
    from collections.abc import Iterator

    from api.forms.documents import DocumentAnswer
    from tests.parts import Bucket

MB = 1024 * 1024
OTHER = "999.00.00.H00"


@pytest.fixture(scope="module")
def service(
    tmp_path_factory: pytest.TempPathFactory, module_database_url: str, module_bucket: Bucket
) -> Iterator[Service]:
    with running_service(tmp_path_factory.mktemp("s"), database_url=module_database_url, bucket=module_bucket) as one:
        yield one


@pytest.fixture(scope="module")
def issued(service: Service) -> DocumentAnswer:
    return service.issued()


def post(client: Client, path: str, order: dict[str, object], **headers: str) -> tuple[int, dict[str, object]]:
    """Status and JSON of a POST, whatever it answers."""
    more = {name.replace("_", "-"): value for name, value in headers.items()}
    try:
        answer = client.call(
            "POST", path, body=json.dumps(order).encode(), headers={"Content-Type": "application/json", **more}
        )
    except Refused as refused:
        return refused.status, dict(refused.problem)
    return answer.status, answer.json()


def test_a_draft_becomes_an_issued_document_through_the_interface_alone(issued: DocumentAnswer) -> None:
    assert issued.state is DocumentState.ISSUED
    assert issued.number is not None
    assert issued.number.endswith("/TB-UBND")
    assert [step.state for step in issued.timeline] == list(MAIN_PATH)
    assert [signature.kind for signature in issued.signatures] == ["signature", "seal"]
    assert len(issued.revisions) == 3
    assert issued.sha256 == issued.revisions[-1].sha256
    assert issued.obstacle is None


def test_repeating_a_finished_step_answers_the_same_document(service: Service, issued: DocumentAnswer) -> None:
    again = service.clerk().issue(issued.id, credential=SEAL_CREDENTIAL)
    assert (again.number, again.sha256) == (issued.number, issued.sha256)


def test_the_file_is_served_with_its_digest(service: Service, issued: DocumentAnswer) -> None:
    answer = service.clerk().call("GET", f"/v1/documents/{issued.id}/file")
    sha256 = hashlib.sha256(answer.body)
    assert sha256.hexdigest() == issued.sha256
    assert answer.headers["etag"] == f'"{issued.sha256}"'
    assert answer.headers["repr-digest"] == f"sha-256=:{base64.b64encode(sha256.digest()).decode()}:"
    assert answer.headers["content-disposition"].startswith("attachment; ")
    assert answer.headers["content-type"] == "application/pdf"


def test_a_part_of_the_file_and_an_older_revision_can_be_had(service: Service, issued: DocumentAnswer) -> None:
    client, path = service.clerk(), f"/v1/documents/{issued.id}/file"
    whole = client.file(issued.id)
    part = client.call("GET", path, headers={"Range": "bytes=0-7"})
    assert (part.status, part.body) == (206, whole[:8])
    assert part.headers["content-range"] == f"bytes 0-7/{len(whole)}"
    assert client.call("GET", path, headers={"If-None-Match": f'"{issued.sha256}"'}).status == 304
    with pytest.raises(Refused) as refused:
        client.call("GET", path, headers={"Range": f"bytes={len(whole)}-"})
    assert (refused.value.status, refused.value.code) == (416, "range-unsatisfiable")
    first = client.file(issued.id, revision=1)
    assert whole.startswith(first)
    assert hashlib.sha256(first).hexdigest() == issued.revisions[0].sha256


def test_documents_are_listed_newest_first_in_pages(service: Service, issued: DocumentAnswer) -> None:
    for _ in range(3):
        service.submitter().create_document(service.notice.pdf, service.metadata())
    client = service.clerk()
    first = client.documents(limit="2")
    second = client.documents(limit="2", cursor=first.next_cursor or "")
    listed = [item.id for item in (*first.items, *second.items)]
    assert listed == sorted(listed, reverse=True)
    assert len(set(listed)) == 4
    assert issued.id in {item.id for item in client.documents(state="issued").items}


def test_without_a_token_nothing_is_told(service: Service, issued: DocumentAnswer) -> None:
    for path in ("/v1/documents", f"/v1/documents/{issued.id}", f"/v1/documents/{issued.id}/file"):
        with pytest.raises(Refused) as refused:
            service.public().call("GET", path)
        assert (refused.value.status, refused.value.code) == (401, "unauthenticated")


def test_a_wrong_secret_and_an_unknown_account_are_refused_alike(service: Service) -> None:
    answers = []
    for account in (SUBMITTER, "nobody"):
        with pytest.raises(Refused) as refused:
            service.public().with_token(client_id=account, secret="wrong")
        answers.append({**refused.value.problem, "instance": ""})
    assert answers[0] == answers[1]
    assert (answers[0]["status"], answers[0]["error"]) == (401, "invalid_client")


def test_a_token_can_be_asked_for_with_http_basic(service: Service) -> None:
    basic = base64.b64encode(f"{SUBMITTER}:{service.secrets.accounts[SUBMITTER]}".encode()).decode()
    answer = service.public().call(
        "POST",
        "/oauth2/token",
        body=b"grant_type=client_credentials",
        headers={"Authorization": f"Basic {basic}", "Content-Type": "application/x-www-form-urlencoded"},
    )
    assert answer.json()["token_type"] == "Bearer"
    assert answer.json()["expires_in"] == 600
    assert answer.headers["cache-control"] == "no-store"


def test_roles_open_only_their_own_doors(service: Service) -> None:
    document = service.submitted()
    for step, order in (
        ("signature", {"credential": SIGNATORY_CREDENTIAL, "activation": service.secrets.activation}),
        ("issue", {"credential": SEAL_CREDENTIAL}),
    ):
        status, problem = post(service.submitter(), f"/v1/documents/{document.id}/{step}", dict(order))
        assert (status, problem["code"]) == (403, "role-missing")


def test_documents_of_another_agency_do_not_exist(service: Service, issued: DocumentAnswer) -> None:
    client = outsider(service)
    for path in (f"/v1/documents/{issued.id}", f"/v1/documents/{issued.id}/file"):
        with pytest.raises(Refused) as refused:
            client.call("GET", path)
        assert (refused.value.status, refused.value.code) == (404, "not-found")
    assert client.documents().items == ()
    with pytest.raises(Refused) as refused:
        client.documents(agency=AGENCY)
    assert refused.value.status == 404
    orders: dict[str, dict[str, object]] = {
        "submit": {},
        "signature": {"credential": SIGNATORY_CREDENTIAL, "activation": service.secrets.activation},
        "issue": {"credential": SEAL_CREDENTIAL},
    }
    for step, order in orders.items():
        status, problem = post(client, f"/v1/documents/{issued.id}/{step}", order)
        assert (status, problem["code"]) == (404, "not-found")


def outsider(service: Service) -> Client:
    """An account with every role in another agency."""
    hashes = _hashes()
    with service.uow() as register:
        register.add_agency(Agency(OTHER, "Cơ quan khác", None, "Mẫu", 36.0, b"\x89PNG"))
        account = Account("khac", OTHER, "Người Khác", None, frozenset(Role))
        register.add_account(account, secret_hash=hashes)
    return service.public().with_token(client_id="khac", secret="secret-of-another")


def _hashes() -> str:
    return SecretHashes().hash("secret-of-another")


def test_a_wrong_activation_code_is_refused_and_five_lock_the_credential(
    service: Service, module_database_url: str
) -> None:
    document, client = service.submitted(), service.signatory()
    path = f"/v1/documents/{document.id}/signature"
    try:
        for _ in range(5):
            status, problem = post(client, path, {"credential": SIGNATORY_CREDENTIAL, "activation": "00"})
            assert (status, problem["code"]) == (403, "activation-refused")
        right = {"credential": SIGNATORY_CREDENTIAL, "activation": service.secrets.activation}
        status, problem = post(client, path, dict(right))
        assert (status, problem["code"]) == (403, "activation-locked")
        service.stop("server")
        service.start("server")
        service.await_ready()
        status, problem = post(client, path, dict(right))
        assert (status, problem["code"]) == (403, "activation-locked"), "a new process is no way around the lock"
        assert service.submitter().document(document.id).state is DocumentState.SUBMITTED
    finally:
        _let_the_lock_end(module_database_url)
    assert post(client, path, dict(right))[0] == 200


def _let_the_lock_end(database_url: str) -> None:
    engine = connect(database_url)
    with engine.begin() as connection:
        connection.exec_driver_sql("UPDATE secret_tries SET locked_until = locked_until - interval '15 minutes'")
    engine.dispose()


def test_another_officials_key_cannot_even_be_tried(service: Service) -> None:
    document = service.submitted()
    with service.uow() as register:
        account = Account("lanhdao2", AGENCY, "Lãnh Đạo Hai", "Phó", frozenset({Role.SIGNATORY}))
        register.add_account(account, secret_hash=_hashes())
    client = service.public().with_token(client_id="lanhdao2", secret="secret-of-another")
    order = {"credential": SIGNATORY_CREDENTIAL, "activation": service.secrets.activation}
    status, problem = post(client, f"/v1/documents/{document.id}/signature", dict(order))
    assert (status, problem["code"]) == (403, "not-competent")


def test_a_step_before_its_time_is_refused_with_the_state(service: Service) -> None:
    draft = service.submitter().create_document(service.notice.pdf, service.metadata())
    status, problem = post(service.clerk(), f"/v1/documents/{draft.id}/issue", {"credential": SEAL_CREDENTIAL})
    assert (status, problem["code"]) == (409, "wrong-state")
    assert "draft" in str(problem["detail"])


@pytest.mark.parametrize(
    ("change", "field"),
    [
        ({"subject": ""}, "metadata.subject"),
        ({"subject": "a\u0000b"}, "metadata.subject"),
        ({"unheard": 1}, "metadata.unheard"),
        ({"due_at": "2026-11-23T09:00:00"}, "metadata.due_at"),
        ({"layout": {}}, "metadata.layout.number"),
    ],
)
def test_a_description_that_breaks_a_rule_names_the_field(
    service: Service, change: dict[str, object], field: str
) -> None:
    described = service.metadata().model_dump(mode="json", exclude_none=True) | change
    status, problem = create(service, service.notice.pdf, described)
    assert (status, problem["code"]) == (422, "request-invalid")
    problems = problem["problems"]
    assert isinstance(problems, dict)
    assert field in problems


def create(service: Service, pdf: bytes, described: dict[str, object]) -> tuple[int, dict[str, object]]:
    """What the service says to this draft."""
    body, media_type = multipart({"metadata": json.dumps(described)}, file=pdf, name="draft.pdf")
    try:
        answer = service.submitter().call("POST", "/v1/documents", body=body, headers={"Content-Type": media_type})
    except Refused as refused:
        return refused.status, dict(refused.problem)
    return answer.status, answer.json()


def test_an_unknown_agency_is_not_found(service: Service) -> None:
    described = service.metadata(agency="000.00.00.H99").model_dump(mode="json", exclude_none=True)
    assert create(service, service.notice.pdf, described)[1]["code"] == "not-found"


def test_an_unknown_signatory_and_series_are_named(service: Service) -> None:
    described = service.metadata(signatory="nobody", series="QĐ").model_dump(mode="json", exclude_none=True)
    status, problem = create(service, service.notice.pdf, described)
    assert (status, problem["code"]) == (422, "metadata-invalid")
    problems = problem["problems"]
    assert isinstance(problems, dict)
    assert set(problems) == {"signatory", "series"}


@pytest.mark.parametrize("content", [b"", b"hello", b"%PDF-1.7\n" + b"\0" * 5000])
def test_what_is_no_pdf_is_refused_with_findings(service: Service, content: bytes) -> None:
    described = service.metadata().model_dump(mode="json", exclude_none=True)
    status, problem = create(service, content, described)
    assert status == 422
    assert problem["code"] in {"draft-refused", "document-unfit"}


def test_a_file_over_50_mb_is_refused_clearly_and_the_server_lives_on(service: Service) -> None:
    described = service.metadata().model_dump(mode="json", exclude_none=True)
    status, problem = create(service, b"%PDF-1.7\n" + bytes(50 * MB), described)
    assert (status, problem["code"]) == (413, "file-too-large")
    assert "50 MB" in str(problem["detail"])
    assert service.public().ready()


def test_a_large_body_without_an_account_gets_its_401(service: Service) -> None:
    body, media_type = multipart({}, file=bytes(20 * MB), name="x.pdf")
    with pytest.raises(Refused) as refused:
        service.public().call("POST", "/v1/documents", body=body, headers={"Content-Type": media_type})
    assert refused.value.status == 401


def test_a_json_body_has_a_small_limit(service: Service, issued: DocumentAnswer) -> None:
    status, problem = post(service.clerk(), f"/v1/documents/{issued.id}/issue", {"credential": "x" * 100_000})
    assert (status, problem["code"]) == (413, "body-too-large")


def test_the_same_key_makes_one_document(service: Service) -> None:
    key, client = str(uuid.uuid4()), service.submitter()
    first = client.create_document(service.notice.pdf, service.metadata(), idempotency_key=key)
    again = client.create_document(service.notice.pdf, service.metadata(), idempotency_key=key)
    assert first == again
    with pytest.raises(Refused) as refused:
        client.create_document(service.notice.pdf, service.metadata(subject="Khác"), idempotency_key=key)
    assert (refused.value.status, refused.value.code) == (422, "idempotency-mismatch")


def test_many_at_once_with_the_same_key_make_one_document(service: Service) -> None:
    key, client = str(uuid.uuid4()), service.submitter()

    def one(_: int) -> str:
        try:
            return str(client.create_document(service.notice.pdf, service.metadata(), idempotency_key=key).id)
        except Refused as refused:
            return refused.code

    with ThreadPoolExecutor(8) as pool:
        made = set(pool.map(one, range(8)))
    assert len(made - {"idempotency-in-flight"}) == 1


def test_a_key_is_free_again_after_a_refusal(service: Service) -> None:
    document, key = service.submitted(), str(uuid.uuid4())
    path = f"/v1/documents/{document.id}/signature"
    wrong = {"credential": SIGNATORY_CREDENTIAL, "activation": "00"}
    right = {"credential": SIGNATORY_CREDENTIAL, "activation": service.secrets.activation}
    assert post(service.signatory(), path, dict(wrong), Idempotency_Key=key)[0] == 403
    assert post(service.signatory(), path, dict(right), Idempotency_Key=key)[0] == 200


def test_who_does_not_wait_gets_202_and_finds_the_document_signed_later(service: Service) -> None:
    document = service.submitted()
    order = {"credential": SIGNATORY_CREDENTIAL, "activation": service.secrets.activation}
    client, path = service.signatory(), f"/v1/documents/{document.id}/signature"
    status, answer = post(client, path, dict(order), Prefer="wait=0")
    assert (status, answer["state"]) == (202, "signing")
    status, answer = post(client, path, dict(order), Prefer="wait=30")
    assert (status, answer["state"]) == (200, "signed")


def test_errors_and_requests_carry_the_callers_request_id(service: Service) -> None:
    answer = service.public().call("GET", "/healthz", headers={"X-Request-Id": "case-42.a"})
    assert answer.headers["x-request-id"] == "case-42.a"
    bad = service.public().call("GET", "/healthz", headers={"X-Request-Id": 'x" onload="'})
    assert bad.headers["x-request-id"] != 'x" onload="'
    with pytest.raises(Refused) as refused:
        service.public().call("GET", "/v1/nothing", headers={"X-Request-Id": "case-43"})
    assert (refused.value.code, refused.value.problem["instance"]) == ("no-such-address", "case-43")


def test_titles_are_vietnamese_unless_english_is_asked_for(service: Service) -> None:
    titles = {}
    for language in ("", "en-GB,en;q=0.8", "en;q=0.5,vi;q=0.9"):
        with pytest.raises(Refused) as refused:
            service.public().call("GET", "/v1/documents", headers={"Accept-Language": language})
        titles[language] = refused.value.problem["title"]
    assert list(titles.values()) == ["Chưa xác thực", "Not authenticated", "Chưa xác thực"]


def test_logs_hold_no_secret_no_code_and_no_name(service: Service, issued: DocumentAnswer) -> None:
    service.public().lookup(issued.lookup_code)
    # The line follows the answer.
    assert wait_until(lambda: '"route": "/v1/lookup/{code}"' in service.log("server"), within=10)
    written = service.log("server") + service.log("worker") + service.log("signer")
    forbidden = [issued.lookup_code, service.secrets.activation, SIGNATORY, "Thông báo mẫu", "Nguyễn Văn Mẫu"]
    for text in (*forbidden, *service.secrets.accounts.values()):
        assert text not in written
    assert "Traceback" not in written
