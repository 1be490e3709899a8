"""Delivered results through the interface: confirmed by the sender, or fetched by a link, and what the public sees."""

from __future__ import annotations

import hashlib
import json
import urllib.error
import urllib.request
from typing import TYPE_CHECKING

import pytest

from api.client import Refused
from issuance.documents import DocumentState
from tests.integration.test_api_outcomes import page
from tests.service import Service, running_service

if TYPE_CHECKING:
    from collections.abc import Iterator
    from uuid import UUID

    from tests.parts import Bucket

HOW = "Trả qua bưu chính công ích"


@pytest.fixture(scope="module")
def service(
    tmp_path_factory: pytest.TempPathFactory, module_database_url: str, module_bucket: Bucket
) -> Iterator[Service]:
    with running_service(tmp_path_factory.mktemp("s"), database_url=module_database_url, bucket=module_bucket) as one:
        yield one


def link_to(service: Service, document: UUID) -> str:
    return service.submitter().make_link(document)


def fetch(url: str, *, method: str) -> tuple[int, bytes, str]:
    """What a browser without an account gets."""
    try:
        with urllib.request.urlopen(urllib.request.Request(url, method=method)) as answer:
            return answer.status, answer.read(), answer.headers["Content-Disposition"] or ""
    except urllib.error.HTTPError as error:
        return error.code, error.read(), ""


def test_the_sender_confirms_the_delivery_and_the_lookup_tells_it_without_the_way(service: Service) -> None:
    document = service.issued()
    delivered = service.submitter().change(document.id, "deliver", reason=HOW)
    assert (delivered.state, delivered.sha256) == (DocumentState.DELIVERED, document.sha256)
    assert delivered.timeline[-1].reason == HOW
    facts = service.public().lookup(document.lookup_code)
    assert (facts["state"], facts["issued"], facts["events"]) == ("delivered", True, [])
    shown = page(service, document.lookup_code)
    assert "Đã ban hành, đã trả kết quả" in shown
    assert HOW not in shown + json.dumps(facts, ensure_ascii=False)
    with pytest.raises(Refused) as refused:
        service.signatory().change(document.id, "deliver", reason=HOW)
    assert refused.value.code == "role-missing"


def test_a_delivered_document_that_is_recalled_says_so(service: Service) -> None:
    document = service.issued()
    service.clerk().change(document.id, "deliver", reason=HOW)
    service.clerk().change(document.id, "recall", reason="Cấp sai đối tượng")
    facts = service.public().lookup(document.lookup_code)
    assert (facts["state"], facts["issued"]) == ("recalled", False)
    assert "Cấp sai đối tượng" in page(service, document.lookup_code)


def test_a_correction_shows_although_the_document_was_handed_over_afterwards(service: Service) -> None:
    document, notice = service.issued(), service.issued()
    service.clerk().change(document.id, "correct", reason="Ghi nhầm ngày", by=notice.id)
    service.clerk().change(document.id, "deliver", reason=HOW)
    shown = page(service, document.lookup_code)
    assert "Đã ban hành, có đính chính" in shown
    assert "Ghi nhầm ngày" in shown
    report = service.public().verify(service.clerk().file(document.id))
    assert report["register"]["in_force"] is True  # type: ignore[index]


def test_a_link_shows_a_button_and_the_button_gives_the_file_and_records_it(service: Service) -> None:
    document = service.issued()
    url = link_to(service, document.id)
    for _ in range(2):  # whoever merely looks uses nothing up
        status, body, _ = fetch(url, method="GET")
        assert status == 200
        assert "Tải văn bản" in body.decode()
        assert str(document.number) in body.decode()
    assert service.clerk().document(document.id).state is DocumentState.ISSUED
    status, body, disposition = fetch(url, method="POST")
    assert (status, hashlib.sha256(body).hexdigest()) == (200, document.sha256)
    assert str(document.number).replace("/", "-") in disposition
    delivered = service.clerk().document(document.id)
    assert (delivered.state, delivered.timeline[-1].actor) == (DocumentState.DELIVERED, "người nhận")
    assert fetch(url, method="POST")[:2] == (200, body)


def test_a_link_that_leads_nowhere_says_what_to_do(service: Service) -> None:
    document = service.issued()
    url = link_to(service, document.id)
    service.clerk().change(document.id, "recall", reason="Cấp sai đối tượng")
    for method in ("GET", "POST"):
        status, body, _ = fetch(url, method=method)
        assert (status, "không còn hiệu lực" in body.decode()) == (410, True)
        status, body, _ = fetch(f"{service.url}/f/{'x' * 43}", method=method)
        assert (status, "Không có liên kết này" in body.decode()) == (404, True)
    with pytest.raises(Refused) as refused:
        link_to(service, document.id)
    assert refused.value.code == "wrong-state"
