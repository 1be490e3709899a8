"""The service over a token that fails all the time: the API answers, and whatever is asked of it is done once."""

from __future__ import annotations

import threading
import time
from concurrent.futures import ThreadPoolExecutor
from dataclasses import replace
from datetime import timedelta
from pathlib import Path
from typing import TYPE_CHECKING

import pytest

from api.client import Client, Refused, Unreachable
from api.demo.people import CLERK, SEAL_CREDENTIAL, SIGNATORY_CREDENTIAL
from api.demo.persistence import persistently
from hsm.client import SignerClient
from hsm.uri import Pkcs11Uri
from issuance.documents import DocumentState
from tests.faults.hsm_callers import signed_in_the_end
from tests.pkcs11_shim import CODES, Fault, FaultyModule, faulty_module
from tests.scale import scaled
from tests.service import Service, running_service
from tests.softhsm import SOFTHSM

if TYPE_CHECKING:
    from collections.abc import Iterator
    from uuid import UUID

    from api.forms.documents import DocumentAnswer
    from tests.parts import Bucket

pytestmark = pytest.mark.nightly

CALLS = scaled(150, nightly=5_000)
CALLERS = 16
DOCUMENTS = scaled(2, nightly=20)
SLOWEST_ANSWER = 5.0  # seconds
PATIENCE = timedelta(minutes=10)


@pytest.fixture
def module(tmp_path: Path) -> FaultyModule:
    return faulty_module(tmp_path)


@pytest.fixture
def service(
    tmp_path_factory: pytest.TempPathFactory, database_url: str, bucket: Bucket, module: FaultyModule
) -> Iterator[Service]:
    """A running service whose signer was started again over the faulty module, which does not fail yet."""
    with running_service(tmp_path_factory.mktemp("s"), database_url=database_url, bucket=bucket) as one:
        one.stop("signer")
        uris = Pkcs11Uri.parse_all(one.environment["KYSO_PKCS11_MODULES"])
        faulty = (str(replace(uri, module_path=module.library)) for uri in uris)
        one.environment |= {
            "KYSO_PKCS11_MODULES": " ".join(faulty),
            "SHIM_MODULE": str(SOFTHSM),
            "SHIM_CONTROL": str(module.control),
        }
        one.start("signer")
        one.await_ready()
        yield one


def answers(service: Service, document: UUID, until: threading.Event) -> list[tuple[int, float]]:
    """Status and seconds of every answer of the API to somebody who goes on asking."""
    heard = []
    client = Client(service.url, timeout=SLOWEST_ANSWER).with_token(
        client_id=CLERK, secret=service.secrets.accounts[CLERK]
    )
    while not until.is_set():
        for path in ("/healthz", f"/v1/documents/{document}", "/readyz"):
            started = time.monotonic()
            try:
                status = client.call("GET", path).status
            except Refused as refused:
                status = 200 if path == "/readyz" and refused.status == 503 else refused.status
            except Unreachable:
                status = 0
            heard.append((status, time.monotonic() - started))
        time.sleep(0.05)
    return heard


def issued_in_the_end(service: Service) -> DocumentAnswer:
    """A document carried through by somebody who repeats what was refused."""
    document = service.submitted().id

    def sign() -> None:
        service.signatory().sign(
            document, credential=SIGNATORY_CREDENTIAL, activation=service.secrets.activation, wait=60
        )
        demand(service, document, {DocumentState.SIGNED})

    def issue() -> None:
        service.clerk().issue(document, credential=SEAL_CREDENTIAL, wait=60)
        demand(service, document, {DocumentState.ISSUED})

    persistently(sign, patience=PATIENCE)
    persistently(issue, patience=PATIENCE)
    return service.clerk().document(document)


def demand(service: Service, document: UUID, states: set[DocumentState]) -> None:
    state = service.clerk().document(document).state
    if state not in states:
        raise Unreachable(state.value)


def test_the_api_answers_throughout_and_every_document_is_issued_once(service: Service, module: FaultyModule) -> None:
    first = service.issued()
    signer = SignerClient(Path(service.environment["KYSO_SIGNER_SOCKET"]))
    key = next(key for token in signer.credentials() for key in token.keys)
    before = sum(token.signatures for token in signer.health().tokens)
    module.fail(*CODES, Fault.CRASH, Fault.HANG, per_mille=50)
    with ThreadPoolExecutor(CALLERS + DOCUMENTS + 1) as people:
        over = threading.Event()
        asking = people.submit(answers, service, first.id, over)
        documents = [people.submit(issued_in_the_end, service) for _ in range(DOCUMENTS)]
        calls = [people.submit(signed_in_the_end, signer, key, number) for number in range(CALLS)]
        repeats = sum(call.result() for call in calls)
        issued = [first, *(document.result() for document in documents)]
        module.recover()
        over.set()
        heard = asking.result()
    released = sum(token.signatures for token in signer.health().tokens) - before
    faults = {kind: count for kind, count in module.happened().items() if kind != "login"}
    print(  # noqa: T201
        f"{CALLS} calls, {sum(faults.values())} faults, {repeats} repeats, {released} values released; "
        f"{len(heard)} answers of the API, the slowest {max(took for _, took in heard):.2f} s"
    )
    assert {status for status, _ in heard} == {200}
    assert len({document.number for document in issued}) == 1 + DOCUMENTS
    for document in issued:
        report = service.public().verify(service.clerk().file(document.id))
        assert report["indication"] == "TOTAL_PASSED"
    assert released == CALLS + 2 * DOCUMENTS
