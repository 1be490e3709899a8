"""PostgreSQL or the object store is away: every call says so with what to do, nothing half-done is seen, it goes on."""

from __future__ import annotations

import json
import time
import uuid
from contextlib import contextmanager
from typing import TYPE_CHECKING

import pytest

from api.client import Client, Refused
from api.demo.people import AGENCY, SEAL_CREDENTIAL, SERIES, SIGNATORY_CREDENTIAL
from issuance.documents import DocumentState
from tests.service import Service, running_service

if TYPE_CHECKING:
    from collections.abc import Callable, Iterator

    from tests.parts import Bucket

PAPER = {"type": "Quyết định", "subject": "Mẫu", "signer": "Mẫu", "series": SERIES}


@pytest.fixture(scope="module")
def service(
    tmp_path_factory: pytest.TempPathFactory, module_database_url: str, module_bucket: Bucket
) -> Iterator[Service]:
    with running_service(tmp_path_factory.mktemp("s"), database_url=module_database_url, bucket=module_bucket) as one:
        yield one


@contextmanager
def misled(service: Service, **settings: str) -> Iterator[None]:
    """The server with other settings for a while."""
    right = dict(service.environment)
    service.stop("server")
    service.environment.update(settings)
    try:
        service.start("server")
        _await_life(service)
        yield
    finally:
        service.stop("server")
        service.environment.update(right)
        service.start("server")
        service.await_ready()


def _await_life(service: Service) -> None:
    deadline = time.monotonic() + 240
    while True:
        try:
            service.public().call("GET", "/healthz")
        except Exception:  # noqa: BLE001 - whatever keeps it from answering
            assert time.monotonic() < deadline, service.log("server")
            time.sleep(0.05)
        else:
            return


def refusal(call: Callable[[], object]) -> Refused:
    with pytest.raises(Refused) as refused:
        call()
    return refused.value


def everything(service: Service) -> list[tuple[object, ...]]:
    """What can be seen of the documents."""
    with service.uow() as register:
        found = register.documents(agency=AGENCY, state=None, dossier_code=None, after=None, limit=200)
        return [(one, register.timeline(one.id), register.revisions(one.id)) for one in found]


def test_without_the_object_store_files_are_neither_taken_nor_given_and_the_same_call_goes_on(service: Service) -> None:
    draft = service.submitter().create_document(service.notice.pdf, service.metadata())
    issued = service.issued()
    before, key = everything(service), str(uuid.uuid4())
    client = service.submitter()
    with misled(service, KYSO_S3_ENDPOINT="http://127.0.0.1:9"):
        assert not service.public().ready()
        for call in (
            lambda: client.create_document(service.notice.pdf, service.metadata(), idempotency_key=key),
            lambda: client.revise(draft.id, service.notice.pdf),
            lambda: client.file(issued.id),
        ):
            refused = refusal(call)
            assert (refused.status, refused.code) == (503, "object-storage-unavailable")
            assert refused.hint
            assert refused.vi
        assert client.document(draft.id).state is DocumentState.DRAFT  # what needs no file is answered
        assert everything(service) == before
    made = client.create_document(service.notice.pdf, service.metadata(), idempotency_key=key)
    assert client.create_document(service.notice.pdf, service.metadata(), idempotency_key=key) == made
    assert len(everything(service)) == len(before) + 1


def test_a_worker_without_the_object_store_leaves_the_document_waiting_in_sight_and_finishes_it(
    service: Service,
) -> None:
    document = service.submitted()
    service.stop("worker")
    right = dict(service.environment)
    service.environment["KYSO_S3_ENDPOINT"] = "http://127.0.0.1:9"
    service.start("worker")
    service.environment.update(right)
    client = service.signatory()
    client.sign(document.id, credential=SIGNATORY_CREDENTIAL, activation=service.secrets.activation, wait=0)
    _until(lambda: client.document(document.id).obstacle is not None)
    waiting = client.document(document.id)
    assert waiting.state is DocumentState.SIGNING
    assert waiting.obstacle is not None
    assert waiting.obstacle.code == "object-storage-unavailable"
    service.stop("worker")
    service.start("worker")
    _until(lambda: client.document(document.id).state is DocumentState.SIGNED)
    assert client.document(document.id).obstacle is None


def test_without_the_database_every_call_says_so_and_nobody_is_told_to_log_in(service: Service) -> None:
    submitted, signed = service.submitted(), service.signed()
    submitter, signatory, clerk = service.submitter(), service.signatory(), service.clerk()
    before, key = everything(service), str(uuid.uuid4())

    def number(client: Client) -> object:
        headers = {"Content-Type": "application/json", "Idempotency-Key": key}
        return client.call(
            "POST", f"/v1/registers/{AGENCY}/numbers", body=json.dumps(PAPER).encode(), headers=headers
        ).json()

    with misled(service, KYSO_DATABASE_URL="postgresql://kyso@127.0.0.1:9/kyso"):
        assert service.public().call("GET", "/").status == 200
        assert refusal(lambda: service.public().call("GET", "/readyz")).problem["database"] == "database-unavailable"
        for call in (
            service.submitter,
            lambda: submitter.create_document(service.notice.pdf, service.metadata()),
            lambda: submitter.document(submitted.id),
            lambda: submitter.file(submitted.id),
            lambda: signatory.sign(
                submitted.id, credential=SIGNATORY_CREDENTIAL, activation=service.secrets.activation
            ),
            lambda: clerk.issue(signed.id, credential=SEAL_CREDENTIAL),
            lambda: clerk.change(submitted.id, "reject", reason="Mẫu"),
            lambda: number(clerk),
            lambda: service.public().call("GET", f"/v1/lookup/{submitted.lookup_code}"),
            lambda: service.public().call("GET", "/v1/statistics"),
        ):
            refused = refusal(call)
            assert (refused.status, refused.code) == (503, "database-unavailable")
            assert refused.hint
            assert refused.vi
    assert everything(service) == before
    assert number(clerk) == number(clerk)
    assert clerk.issue(signed.id, credential=SEAL_CREDENTIAL).state is DocumentState.ISSUED


def _until(condition: Callable[[], bool]) -> None:
    deadline = time.monotonic() + 240
    while not condition():
        assert time.monotonic() < deadline
        time.sleep(0.2)
