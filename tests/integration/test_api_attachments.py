"""Files that go out with a document, through the interface: added, sealed, told to the public by their digests."""

from __future__ import annotations

import hashlib
import json
import urllib.request
from typing import TYPE_CHECKING

import pytest

from api.client import Refused
from tests.integration.test_api_delivery import fetch
from tests.integration.test_api_outcomes import page
from tests.integration.test_signing_appearance import letter
from tests.service import Service, running_service

if TYPE_CHECKING:
    from collections.abc import Iterator

    from api.forms.documents import DocumentAnswer
    from tests.parts import Bucket


@pytest.fixture(scope="module")
def service(
    tmp_path_factory: pytest.TempPathFactory, module_database_url: str, module_bucket: Bucket
) -> Iterator[Service]:
    with running_service(tmp_path_factory.mktemp("s"), database_url=module_database_url, bucket=module_bucket) as one:
        yield one


@pytest.fixture(scope="module")
def issued(service: Service) -> DocumentAnswer:
    return service.issued_with(letter(), service.notice.pdf)


def test_the_sealed_files_are_listed_and_read_by_the_agency(service: Service, issued: DocumentAnswer) -> None:
    assert issued.attachments == 2
    found = service.clerk().attachments(issued.id)
    assert [(one.place, one.title, one.sealed) for one in found] == [(1, "Phụ lục 1", True), (2, "Phụ lục 2", True)]
    for one, given in zip(found, (letter(), service.notice.pdf), strict=True):
        content = service.signatory().attachment_file(issued.id, one.id)
        assert content.startswith(given)
        assert hashlib.sha256(content).hexdigest() == one.sha256
        assert one.given_sha256 == hashlib.sha256(given).hexdigest()


def test_lookup_and_page_tell_digests_and_no_titles(service: Service, issued: DocumentAnswer) -> None:
    digests = [one.sha256 for one in service.clerk().attachments(issued.id)]
    facts = service.public().lookup(issued.lookup_code)
    assert facts["attachments"] == [{"place": 1, "sha256": digests[0]}, {"place": 2, "sha256": digests[1]}]
    shown = page(service, issued.lookup_code)
    assert all(digest in shown for digest in digests)
    assert "Phụ lục" not in shown + json.dumps(facts, ensure_ascii=False)


def test_verification_knows_the_file_and_the_document_it_belongs_to(service: Service, issued: DocumentAnswer) -> None:
    one = service.clerk().attachments(issued.id)[1]
    report = service.public().verify(service.clerk().attachment_file(issued.id, one.id))
    register = report["register"]
    assert isinstance(register, dict)
    assert report["indication"] == "TOTAL_PASSED"
    assert (register["number"], register["attachment"], register["same_bytes"]) == (issued.number, 2, True)
    by_digest = service.public().call(
        "POST",
        "/v1/verifications",
        body=json.dumps({"sha256": one.given_sha256}).encode(),
        headers={"Content-Type": "application/json"},
    )
    register = by_digest.json()["register"]
    assert isinstance(register, dict)
    assert (register["known"], register["same_bytes"]) == (True, False)  # what was sent in was never issued


def test_the_recall_of_the_document_is_told_of_its_attachments(service: Service) -> None:
    document = service.issued_with(letter())
    (one,) = service.clerk().attachments(document.id)
    service.clerk().change(document.id, "recall", reason="Cấp sai đối tượng")
    register = service.public().verify(service.clerk().attachment_file(document.id, one.id))["register"]
    assert isinstance(register, dict)
    assert (register["state"], register["in_force"], register["same_bytes"]) == ("recalled", False, True)


def test_a_link_gives_the_attachments_too(service: Service) -> None:
    document = service.issued_with(letter())
    (one,) = service.clerk().attachments(document.id)
    url = service.clerk().make_link(document.id)
    with urllib.request.urlopen(url) as answer:
        assert "Tải tệp kèm theo số 1" in answer.read().decode()
    status, body, name = fetch(f"{url}?attachment=1", method="POST")
    assert (status, hashlib.sha256(body).hexdigest()) == (200, one.sha256)
    assert "-01.pdf" in name
    assert fetch(f"{url}?attachment=2", method="POST")[0] == 404
    assert fetch(url, method="POST")[0] == 200


def test_a_draft_may_lose_a_file_again_and_an_issued_document_gets_none(
    service: Service, issued: DocumentAnswer
) -> None:
    client = service.submitter()
    draft = client.create_document(service.notice.pdf, service.metadata())
    added = client.attach(draft.id, letter(), title="Nhầm")
    client.detach(draft.id, added.id)
    assert client.attachments(draft.id) == ()
    for call in (
        lambda: client.attach(issued.id, letter(), title="Muộn"),
        lambda: client.detach(issued.id, client.attachments(issued.id)[0].id),
    ):
        with pytest.raises(Refused) as refused:
            call()
        assert refused.value.code == "wrong-state"
    with pytest.raises(Refused) as refused:
        client.attach(draft.id, letter(), title=" ")
    assert refused.value.code == "request-invalid"
    with pytest.raises(Refused) as refused:
        client.attach(draft.id, b"no PDF", title="Hỏng")
    assert refused.value.code == "draft-refused"
