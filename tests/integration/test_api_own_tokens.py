"""An official signs over HTTP with a token that no server ever sees."""

from __future__ import annotations

import base64
import hashlib
import json
import subprocess
import sys
import uuid
from functools import partial
from typing import TYPE_CHECKING

import pytest

from api.client import Refused
from api.demo.people import SEAL_CREDENTIAL, SIGNATORY_CREDENTIAL
from api.forms.signature_requests import RequestState
from issuance.documents import DocumentState
from tests.parts import wait_until
from tests.service import PROJECT, Service, enrolled_token, running_service

if TYPE_CHECKING:
    from collections.abc import Iterator
    from pathlib import Path

    from api.client import Client
    from api.forms.signature_requests import SignatureRequestAnswer
    from tests.own_token import OwnToken
    from tests.parts import Bucket


@pytest.fixture(scope="module")
def service(
    tmp_path_factory: pytest.TempPathFactory, module_database_url: str, module_bucket: Bucket
) -> Iterator[Service]:
    with running_service(tmp_path_factory.mktemp("s"), database_url=module_database_url, bucket=module_bucket) as one:
        yield one


@pytest.fixture(scope="module")
def token(service: Service) -> OwnToken:
    return enrolled_token(service)


def value(token: OwnToken, request: SignatureRequestAnswer) -> bytes:
    """What a small agent does: hash the data to be signed itself, and have the token sign that."""
    dtbs = base64.b64decode(request.dtbs)
    assert hashlib.new(request.digest_algorithm, dtbs).digest() == base64.b64decode(request.dtbsr)
    assert request.signature_algorithm == "ecdsa"
    return token.value(hashlib.new(request.digest_algorithm, dtbs).digest())


def is_signed(client: Client, document: uuid.UUID) -> bool:
    return client.document(document).state is DocumentState.SIGNED


def test_a_document_is_signed_with_the_officials_own_token_and_issued(service: Service, token: OwnToken) -> None:
    client = service.signatory()
    document = service.submitted()
    request = client.ask_token(document.id, certificate=token.pasted)
    assert client.signature_request(request.id).state is RequestState.PREPARED
    signed = client.redeem(request.id, signature=value(token, request))
    assert signed.state is DocumentState.SIGNED
    assert [one.by for one in signed.signatures] == [document.signatory]
    assert client.signature_request(request.id).state is RequestState.COMPLETED
    issued = service.clerk().issue(document.id, credential=SEAL_CREDENTIAL)
    report = client.verify(client.file(issued.id))
    assert report["indication"] == "TOTAL_PASSED"
    signatures = report["signatures"]
    assert isinstance(signatures, list)
    assert signatures[0]["signer"]["common_name"] == token.certificate.common_name


def test_the_same_call_repeated_gets_its_answer_and_any_other_409(service: Service, token: OwnToken) -> None:
    client, key = service.signatory(), str(uuid.uuid4())
    request = client.ask_token(service.submitted().id, certificate=token.pasted)
    octets = value(token, request)
    first = client.redeem(request.id, signature=octets, idempotency_key=key)
    assert client.redeem(request.id, signature=octets, idempotency_key=key) == first
    with pytest.raises(Refused) as refused:
        client.redeem(request.id, signature=octets)
    assert (refused.value.status, refused.value.code) == (409, "signature-request-redeemed")


def test_a_wrong_value_changes_nothing(service: Service, token: OwnToken) -> None:
    client = service.signatory()
    document = service.submitted()
    request = client.ask_token(document.id, certificate=token.pasted)
    with pytest.raises(Refused) as refused:
        client.redeem(request.id, signature=token.value(bytes(32)))
    assert refused.value.code == "wrong-signature-value"
    assert client.document(document.id).state is DocumentState.SUBMITTED
    assert client.redeem(request.id, signature=value(token, request)).state is DocumentState.SIGNED


def test_programs_that_make_cms_objects_or_sign_whole_files_are_served_too(
    service: Service, token: OwnToken, tmp_path: Path
) -> None:
    client = service.signatory()
    request = client.ask_token(service.submitted().id, certificate=token.pasted)
    container = token.container(base64.b64decode(request.document_digest))
    assert client.redeem(request.id, cms=container).state is DocumentState.SIGNED
    document = service.submitted()
    request = client.ask_token(document.id, certificate=token.pasted)
    file = client.file_to_sign(request.id)
    assert file == client.file(document.id)
    signed = client.redeem_with_file(request.id, token.signed(file, folder=tmp_path))
    assert signed.state is DocumentState.SIGNED
    assert client.file(document.id).startswith(file)


def test_several_documents_are_signed_in_two_calls_and_one_that_fails_stops_no_other(
    service: Service, token: OwnToken
) -> None:
    client = service.signatory()
    documents = [service.submitted().id for _ in range(3)]
    nobody = uuid.uuid4()
    asked = client.ask_token_for([documents[0], nobody, *documents[1:]], certificate=token.pasted)
    assert [one.id for one in asked.items] == [documents[0], nobody, *documents[1:]]
    assert asked.items[1].problem is not None
    assert asked.items[1].problem["code"] == "not-found"
    requests = [one.request for one in asked.items if one.request is not None]
    values = {one.id: value(token, one) for one in requests}
    values[requests[1].id] = bytes(64)
    given = client.redeem_all(values)
    problems = [one.problem["code"] if one.problem else None for one in given.items]
    assert problems == [None, "wrong-signature-value", None]
    for document in (documents[0], documents[2]):
        assert wait_until(partial(is_signed, client, document))
    assert client.document(documents[1]).state is DocumentState.SUBMITTED


@pytest.mark.parametrize(
    "order",
    [{}, {"signature": "AAAA", "cms": "AAAA"}, {"signature": "not base64"}, {"value": "AAAA"}],
    ids=["nothing", "both", "no base64", "another name"],
)
def test_an_answer_is_one_of_the_two_in_base64(service: Service, order: dict[str, str]) -> None:
    with pytest.raises(Refused) as refused:
        service.signatory().call(
            "POST",
            f"/v1/signature-requests/{uuid.uuid4()}/value",
            body=json.dumps(order).encode(),
            headers={"Content-Type": "application/json"},
        )
    assert (refused.value.status, refused.value.code) == (422, "request-invalid")


def test_what_is_no_certificate_is_refused(service: Service) -> None:
    with pytest.raises(Refused) as refused:
        service.signatory().ask_token(service.submitted().id, certificate="A" * 120)
    assert (refused.value.status, refused.value.code) == (422, "certificate-unreadable")


def test_officials_see_which_of_their_keys_are_where(service: Service, token: OwnToken) -> None:
    items = service.signatory().call("GET", "/v1/credentials").json()["items"]
    assert isinstance(items, list)
    assert {one["key"] for one in items} == {"server", "holder"}
    assert {one["name"] for one in items if one["key"] == "server"} == {SIGNATORY_CREDENTIAL}
    assert token.certificate.sha256 in {one["certificate_sha256"] for one in items}


def test_an_enrolment_is_listed_and_taken_back_on_the_command_line(service: Service) -> None:
    token = enrolled_token(service)

    def kyso(*arguments: str) -> list[dict[str, str]]:
        command = [sys.executable, "-m", "api.cli.main", "credentials", *arguments, "--json"]
        told = subprocess.run(command, cwd=PROJECT, env=service.environment, capture_output=True, text=True, check=True)
        return [json.loads(line) for line in told.stdout.splitlines()]

    (name,) = (one["name"] for one in kyso("list") if one["certificate_sha256"] == token.certificate.sha256)
    (withdrawn,) = kyso("withdraw", name, "--as", "quản trị")
    assert withdrawn["withdrawn_at"]
    with pytest.raises(Refused) as refused:
        service.signatory().ask_token(service.submitted().id, certificate=token.pasted)
    assert (refused.value.status, refused.value.code) == (403, "not-competent")
