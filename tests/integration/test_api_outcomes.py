"""Recall, replacement, correction, refusals and voided numbers through the interface, and what the public sees."""

from __future__ import annotations

import json
import urllib.request
from datetime import UTC, datetime, timedelta
from typing import TYPE_CHECKING

import pytest

from api.client import Refused
from api.demo.people import AGENCY, SEAL_CREDENTIAL
from issuance.calendar import vietnam_date
from issuance.documents import IN_FORCE, DocumentState
from tests.integration.certs_servers import Answer, playing
from tests.parts import wait_until
from tests.service import Service, running_service

if TYPE_CHECKING:
    from collections.abc import Iterator

    from tests.parts import Bucket

WHY = "Ghi nhầm ngày có hiệu lực"


@pytest.fixture(scope="module")
def service(
    tmp_path_factory: pytest.TempPathFactory, module_database_url: str, module_bucket: Bucket
) -> Iterator[Service]:
    with running_service(tmp_path_factory.mktemp("s"), database_url=module_database_url, bucket=module_bucket) as one:
        yield one


def page(service: Service, code: str) -> str:
    with urllib.request.urlopen(f"{service.url}/d/{code}") as answer:
        return str(answer.read().decode())


@pytest.mark.parametrize(
    ("step", "state", "words"),
    [
        ("correct", DocumentState.CORRECTED, "Đã ban hành, có đính chính"),
        ("replace", DocumentState.REPLACED, "Đã được thay thế"),
        ("recall", DocumentState.RECALLED, "Đã bị thu hồi"),
    ],
)
def test_what_happens_after_issuing_is_told_by_lookup_verification_and_page(
    service: Service, step: str, state: DocumentState, words: str
) -> None:
    document, other, in_force = service.issued(), service.issued(), state in IN_FORCE
    changed = service.clerk().change(document.id, step, reason=WHY, by=other.id)
    assert (changed.state, changed.sha256) == (state, document.sha256)
    facts = service.public().lookup(document.lookup_code)
    assert (facts["state"], facts["issued"], facts["number"]) == (state.value, in_force, document.number)
    events = facts["events"]
    assert isinstance(events, list)
    assert [(one["state"], one["reason"], one["by_number"], one["by_code"]) for one in events] == [
        (state.value, WHY, other.number, other.lookup_code)
    ]
    report = service.public().verify(service.clerk().file(document.id))
    register = report["register"]
    assert isinstance(register, dict)
    assert report["indication"] == "TOTAL_PASSED"
    assert (register["state"], register["in_force"], register["same_bytes"]) == (state.value, in_force, True)
    assert register["events"][0]["reason"] == WHY
    shown = page(service, document.lookup_code)
    assert words in shown
    assert WHY in shown
    assert str(other.number) in shown


@pytest.mark.parametrize(
    ("step", "words"),
    [("correct", "Đính chính văn bản"), ("replace", "Thay thế văn bản"), ("recall", "Thu hồi văn bản")],
)
def test_who_holds_the_later_document_learns_what_it_did_to_the_earlier_one(
    service: Service, step: str, words: str
) -> None:
    earlier, later = service.issued(), service.issued()
    assert service.public().lookup(later.lookup_code)["acts"] == []
    changed = service.clerk().change(earlier.id, step, reason=WHY, by=later.id)
    acts = service.public().lookup(later.lookup_code)["acts"]
    assert isinstance(acts, list)
    assert [(one["state"], one["number"], one["code"]) for one in acts] == [
        (changed.state.value, earlier.number, earlier.lookup_code)
    ]
    shown = page(service, later.lookup_code)
    assert words in shown
    assert f'<a href="/d/{earlier.lookup_code}">{earlier.number}</a>' in shown


def test_a_rejected_document_ends_and_says_why(service: Service) -> None:
    document = service.submitted()
    service.signatory().change(document.id, "return", reason="Thiếu căn cứ")
    service.submitter().submit(document.id)
    rejected = service.signatory().change(document.id, "reject", reason="Không đủ điều kiện")
    assert [(one.state.value, one.reason) for one in rejected.timeline][2:] == [
        ("returned", "Thiếu căn cứ"),
        ("submitted", None),
        ("rejected", "Không đủ điều kiện"),
    ]
    with pytest.raises(Refused) as refused:
        service.submitter().submit(document.id)
    assert (refused.value.status, refused.value.code) == (409, "wrong-state")


def test_a_number_whose_seal_cannot_be_made_is_voided_and_never_returns(service: Service) -> None:
    document = service.signed()
    service.stop("worker")
    try:
        numbered = service.clerk().issue(document.id, credential=SEAL_CREDENTIAL, wait=0)
        assert numbered.state is DocumentState.NUMBERED
        voided = service.clerk().change(document.id, "void", reason="Dừng ban hành")
    finally:
        service.start("worker")
        service.await_ready()
    assert (voided.state, voided.number) == (DocumentState.VOIDED, numbered.number)
    following = service.issued()
    assert int(str(following.number).split("/")[0]) == int(str(numbered.number).split("/")[0]) + 1
    assert service.submitter().document(document.id).state is DocumentState.VOIDED


def test_figures_are_public_and_name_nobody(service: Service) -> None:
    soon = datetime.now(UTC) + timedelta(hours=1)
    service.issued(due_at=soon.isoformat(), procedure_code="1.004194")
    figures = service.public().call("GET", "/v1/statistics?to=2099-01-01&from=2098-12-01").json()
    assert figures["punctuality"] == []
    day = vietnam_date(soon)
    figures = service.public().call("GET", f"/v1/statistics?from={day}&to={day}&agency={AGENCY}").json()
    rows, steps = figures["punctuality"], figures["steps"]
    assert isinstance(rows, list)
    assert isinstance(steps, list)
    assert [(row["procedure_code"], row["early"] + row["on_time"], row["late"]) for row in rows] == [("1.004194", 1, 0)]
    assert {step["state"] for step in steps} >= {"submitted", "signing", "signed", "numbered"}
    assert "vanthu" not in str(figures)
    with pytest.raises(Refused) as refused:
        service.public().call("GET", "/v1/statistics?from=2026-02-01&to=2026-01-01")
    assert refused.value.code == "metadata-invalid"


def test_the_worker_tells_the_sender_what_became_of_the_document(service: Service) -> None:
    with playing(lambda _path, _body: Answer(status=204)) as receiver:
        service.stop("worker")
        service.environment["KYSO_ONLINE_ALLOWED"] += f" {receiver.authority}"
        service.environment["KYSO_WEBHOOK_SECRET"] = "a secret of this test"
        service.start("worker")
        document = service.submitted(callback_url=f"{receiver.url}/told", external_id="HS-7")
        service.signatory().change(document.id, "reject", reason="Thiếu hồ sơ")
        assert wait_until(lambda: bool(receiver.asked))
    ((method, path, headers, body),) = receiver.asked
    assert (method, path, headers["webhook-signature"][:3]) == ("POST", "/told", "v1,")
    assert json.loads(body)["data"]["external_id"] == "HS-7"
