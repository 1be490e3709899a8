"""An operator puts an agency, its accounts and series on file, and they issue; then secrets change and accounts end."""

from __future__ import annotations

import json
import os
import subprocess
import sys
from typing import TYPE_CHECKING

import pytest

from api.client import Refused
from api.commands.outermost import Exit
from api.demo.people import SIGNATORY
from issuance.documents import DocumentState
from tests.material import picture
from tests.service import PROJECT, Service, running_service

if TYPE_CHECKING:
    from collections.abc import Iterator
    from pathlib import Path

    from api.client import Client
    from tests.parts import Bucket

OFFICE = "H00.12"
SYSTEM, DIRECTOR, CLERK = "motcua.so", "giamdoc.so", "vanthu.so"
CODE = "mã của giám đốc"


@pytest.fixture(scope="module")
def service(
    tmp_path_factory: pytest.TempPathFactory, module_database_url: str, module_bucket: Bucket
) -> Iterator[Service]:
    with running_service(tmp_path_factory.mktemp("s"), database_url=module_database_url, bucket=module_bucket) as one:
        yield one


def kyso(
    service: Service, *arguments: str, typed: str = "", operator: str | None = "quản trị"
) -> subprocess.CompletedProcess[str]:
    spoken = ("--as", operator) if operator else ()
    return subprocess.run(
        [sys.executable, "-m", "api.cli.main", *arguments, *spoken, "--json"],
        cwd=PROJECT,
        env={**os.environ, **service.environment},
        input=typed,
        start_new_session=True,
        capture_output=True,
        text=True,
        check=False,
    )


def told(service: Service, *arguments: str, typed: str = "") -> dict[str, object]:
    ended = kyso(service, *arguments, typed=typed)
    assert ended.returncode == 0, ended.stderr
    answer: dict[str, object] = json.loads(ended.stdout)
    return answer


def listed(service: Service, *arguments: str) -> list[dict[str, object]]:
    ended = kyso(service, *arguments, operator=None)
    assert ended.returncode == 0, ended.stderr
    return [json.loads(line) for line in ended.stdout.splitlines()]


def refused(service: Service, *arguments: str) -> tuple[str, int]:
    """Which error it is, and the exit code."""
    ended = kyso(service, *arguments)
    assert ended.stdout == ""
    return str(json.loads(ended.stderr)["error"]), ended.returncode


def png(folder: Path, colour: str) -> str:
    file = folder / f"{colour}.png"
    file.write_bytes(picture(colour))
    return str(file)


def agency(folder: Path, identifier: str = OFFICE, *, name: str = "Sở Tư pháp") -> tuple[str, ...]:
    facts = ("--name", name, "--place", "Mẫu", "--parent", "Ủy ban nhân dân tỉnh Mẫu")
    return ("agencies", "add", identifier, *facts, "--seal-image", png(folder, "red"))


def account(identifier: str, role: str, *more: str, office: str = OFFICE) -> tuple[str, ...]:
    return ("accounts", "add", identifier, "--agency", office, "--name", f"Người {role}", "--role", role, *more)


def signed_in(service: Service, identifier: str, secret: object) -> Client:
    return service.public().with_token(client_id=identifier, secret=str(secret))


def test_an_agency_set_up_by_commands_issues_a_document(service: Service, tmp_path: Path) -> None:
    made = told(service, *agency(tmp_path))
    assert made["id"] == OFFICE
    assert made["seal_diameter"] == 36.0
    assert told(service, *agency(tmp_path)) == made
    assert made in listed(service, "agencies", "list")
    ink = ("--signature-image", png(tmp_path, "blue"), "--position", "Giám đốc")
    system, director, clerk = (
        told(service, *account(*one))
        for one in ((SYSTEM, "submitter"), (DIRECTOR, "signatory", *ink), (CLERK, "clerk"))
    )
    series = told(service, "register", "series", "add", OFFICE, "TB", "--symbol", "TB-STP")
    assert listed(service, "register", "series", "list", OFFICE) == [series]
    code = f"{CODE}\n{CODE}\n"
    told(service, "credentials", "add", "ky.so", "--key", "signatory", "--official", DIRECTOR, typed=code)
    told(service, "credentials", "add", "dau.so", "--key", "seal", "--seal", OFFICE)
    sender = signed_in(service, SYSTEM, system["secret"])
    metadata = service.metadata(agency=OFFICE, signatory=DIRECTOR, series="TB")
    document = sender.submit(sender.create_document(service.notice.pdf, metadata).id)
    official = signed_in(service, DIRECTOR, director["secret"])
    official.sign(document.id, credential="ky.so", activation=CODE, wait=60)
    issued = signed_in(service, CLERK, clerk["secret"]).issue(document.id, credential="dau.so", wait=60)
    assert issued.state is DocumentState.ISSUED
    assert issued.number == "01/TB-STP"


def test_a_secret_is_told_once_and_nowhere_else(service: Service, tmp_path: Path) -> None:
    told(service, *agency(tmp_path))
    first = told(service, *account("mot-lan", "clerk"))
    again = told(service, *account(str(first["id"]), "clerk"))
    assert len(str(first["secret"])) >= 32
    assert again == first | {"secret": None}
    (on_file,) = (one for one in listed(service, "accounts", "list") if one["id"] == first["id"])
    assert on_file == {name: value for name, value in first.items() if name != "secret"}
    with service.uow() as register:
        hashed = register.account_secret_hash(str(first["id"]))
    assert str(hashed).startswith("$argon2id$")
    assert not any(str(first["secret"]) in service.log(part) for part in ("server", "worker", "signer"))


def test_with_a_new_secret_the_old_one_and_its_sessions_end(service: Service, tmp_path: Path) -> None:
    told(service, *agency(tmp_path))
    first = told(service, *account("doi.bi-mat", "clerk"))["secret"]
    before = signed_in(service, "doi.bi-mat", first)
    before.call("GET", "/v1/documents")
    second = told(service, "accounts", "new-secret", "doi.bi-mat")["secret"]
    with pytest.raises(Refused) as ended:
        before.call("GET", "/v1/documents")
    assert ended.value.code == "unauthenticated"
    with pytest.raises(Refused) as wrong:
        signed_in(service, "doi.bi-mat", first)
    assert wrong.value.code == "invalid-client"
    signed_in(service, "doi.bi-mat", second).call("GET", "/v1/documents")


def test_a_closed_account_logs_in_no_more_and_its_documents_are_named(service: Service) -> None:
    document, draft = service.submitted(), service.submitter().create_document(service.notice.pdf, service.metadata())
    before = service.signatory()
    ended = told(service, "accounts", "close", SIGNATORY)
    assert ended["closed_at"]
    assert {str(document.id), str(draft.id)} <= set(map(str, ended["unsigned_documents"]))  # type: ignore[call-overload]
    with pytest.raises(Refused) as session:
        before.call("GET", "/v1/documents")
    assert session.value.code == "unauthenticated"
    with pytest.raises(Refused) as log_in:
        service.signatory()
    assert log_in.value.code == "invalid-client"
    with pytest.raises(Refused) as submitted:
        service.submitter().submit(draft.id)
    assert submitted.value.code == "not-competent"
    with pytest.raises(Refused) as created:
        service.submitted()
    assert created.value.code == "metadata-invalid"
    assert refused(service, "accounts", "new-secret", SIGNATORY) == ("account-closed", 1)


def test_what_is_wrong_is_one_object_and_changes_nothing(service: Service, tmp_path: Path) -> None:
    told(service, *agency(tmp_path))
    torn = tmp_path / "torn.png"
    torn.write_bytes(b"\x89PNG")
    before = (listed(service, "agencies", "list"), listed(service, "accounts", "list"))
    assert refused(service, *agency(tmp_path, "Sở")) == ("metadata-invalid", 1)
    assert refused(service, *agency(tmp_path, name="Sở Nội vụ")) == ("name-taken", 1)
    assert refused(service, *agency(tmp_path, "H77"), "--seal-image", str(torn)) == ("appearance-unfit", 1)
    assert refused(service, *agency(tmp_path, "H77"), "--seal-image", "none.png") == ("usage", Exit.USAGE)
    assert refused(service, *account("ai-do", "king")) == ("usage", Exit.USAGE)
    assert refused(service, *account("ai-do", "clerk", office="H99")) == ("not-found", 1)
    assert refused(service, "accounts", "close", "ai-do") == ("not-found", 1)
    assert refused(service, "register", "series", "add", OFFICE, "X", "--symbol", "a b") == ("metadata-invalid", 1)
    assert refused(service, "register", "series", "add", "H99", "X", "--symbol", "X") == ("not-found", 1)
    assert (listed(service, "agencies", "list"), listed(service, "accounts", "list")) == before
