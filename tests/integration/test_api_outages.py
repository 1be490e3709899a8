"""Parts that are away in the middle: each gets a clear answer, nothing is lost, and the same call goes on."""

from __future__ import annotations

import json
import subprocess
import sys
import time
import uuid
from contextlib import contextmanager
from typing import TYPE_CHECKING

import pytest

from api.client import Refused
from api.commands.outermost import Exit
from api.demo.people import SEAL_CREDENTIAL, SIGNATORY_CREDENTIAL
from issuance.documents import DocumentState
from tests.service import PROJECT, Service, running_service

if TYPE_CHECKING:
    from collections.abc import Iterator
    from uuid import UUID

    from api.forms.documents import DocumentAnswer
    from tests.parts import Bucket


@pytest.fixture(scope="module")
def service(
    tmp_path_factory: pytest.TempPathFactory, module_database_url: str, module_bucket: Bucket
) -> Iterator[Service]:
    with running_service(tmp_path_factory.mktemp("s"), database_url=module_database_url, bucket=module_bucket) as one:
        yield one


def sign(service: Service, document: UUID, *, wait: int = 30) -> DocumentAnswer:
    return service.signatory().sign(
        document, credential=SIGNATORY_CREDENTIAL, activation=service.secrets.activation, wait=wait
    )


@contextmanager
def without(service: Service, part: str) -> Iterator[None]:
    service.stop(part)
    yield
    service.start(part)
    service.await_ready()


@pytest.mark.parametrize(
    ("part", "code", "state"),
    [
        ("responders", "timestamp-unavailable", DocumentState.AWAITING_TIMESTAMP),
        ("signer", "signer-unavailable", DocumentState.SIGNING),
    ],
)
def test_a_missing_part_is_named_and_the_same_call_goes_on(
    service: Service, part: str, code: str, state: DocumentState
) -> None:
    service.signed()  # the worker now knows that the certificate is not revoked
    document = service.submitted()
    with without(service, part):
        with pytest.raises(Refused) as refused:
            sign(service, document.id)
        assert (refused.value.status, refused.value.code) == (503, code)
        assert refused.value.hint
        assert refused.value.vi
        held_up = service.submitter().document(document.id)
        assert held_up.state is state
        assert held_up.obstacle is not None
        assert held_up.obstacle.code == code
    finished = sign(service, document.id)
    assert finished.state is DocumentState.SIGNED
    assert finished.obstacle is None


def test_a_document_goes_on_by_itself_once_the_part_is_back(service: Service) -> None:
    document = service.signed()
    with without(service, "responders"), pytest.raises(Refused):
        service.clerk().issue(document.id, credential=SEAL_CREDENTIAL)
    deadline = time.monotonic() + 60
    while service.clerk().document(document.id).state is not DocumentState.ISSUED:
        assert time.monotonic() < deadline
        time.sleep(0.2)


def test_a_killed_worker_only_makes_the_caller_wait(service: Service) -> None:
    document = service.submitted()
    service.processes["worker"].kill()
    service.processes["worker"].wait()
    assert sign(service, document.id, wait=1).state is DocumentState.SIGNING
    service.start("worker")
    assert sign(service, document.id, wait=60).state is DocumentState.SIGNED


def test_an_answer_outlives_the_server(service: Service) -> None:
    key, client = str(uuid.uuid4()), service.submitter()
    first = client.create_document(service.notice.pdf, service.metadata(), idempotency_key=key)
    service.processes["server"].kill()
    service.processes["server"].wait()
    service.start("server")
    service.await_ready()
    assert client.create_document(service.notice.pdf, service.metadata(), idempotency_key=key) == first


def kyso(service: Service, *arguments: str) -> subprocess.CompletedProcess[str]:
    """The command line with the service's settings."""
    command = [sys.executable, "-m", "api.cli.main", *arguments]
    environment = {name: value for name, value in service.environment.items() if name != "KYSO_PKCS11_MODULES"}
    return subprocess.run(command, cwd=PROJECT, env=environment, capture_output=True, text=True, check=False)


def test_the_doctor_finds_a_healthy_service_and_names_what_is_missing(service: Service) -> None:
    well = kyso(service, "doctor")
    assert (well.returncode, "✗" in well.stdout) == (0, False), well.stdout + well.stderr
    with without(service, "signer"):
        ill = kyso(service, "doctor")
        tokens = kyso(service, "tokens", "list")
    assert ill.returncode == 1
    assert "Start `kyso signer`" in ill.stdout
    assert tokens.returncode == Exit.TRY_AGAIN
    assert "Start `kyso signer`" in tokens.stderr


def test_the_tokens_of_the_service_are_listed(service: Service) -> None:
    listed = [json.loads(line) for line in kyso(service, "tokens", "list", "--json").stdout.splitlines()]
    assert [(token["token"], token["problem"], len(token["keys"])) for token in listed] == [
        ("Ky So Signatory", None, 1),
        ("Ky So Seal", None, 2),
    ]


def test_the_database_can_be_upgraded_again(service: Service) -> None:
    assert kyso(service, "db", "upgrade").returncode == 0


def test_a_mistyped_trust_directory_stops_the_start_with_one_sentence(service: Service) -> None:
    service.environment["KYSO_TRUST_DIR"], right = "/nowhere", service.environment["KYSO_TRUST_DIR"]
    try:
        refused = kyso(service, "serve")
    finally:
        service.environment["KYSO_TRUST_DIR"] = right
    assert refused.returncode == Exit.FAILED
    assert refused.stderr.startswith("✗ /nowhere")
    assert "Traceback" not in refused.stderr
