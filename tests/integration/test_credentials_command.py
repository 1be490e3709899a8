"""An operator registers keys that the HSM holds, and officials and clerks use them."""

from __future__ import annotations

import json
import os
import subprocess
import sys
from typing import TYPE_CHECKING

import pytest

from api.client import Refused
from api.commands.outermost import Exit
from api.demo.people import AGENCY, CLERK, SEAL_CREDENTIAL, SIGNATORY, SIGNATORY_CREDENTIAL
from issuance.documents import DocumentState
from tests.service import PROJECT, Service, running_service

if TYPE_CHECKING:
    from collections.abc import Iterator
    from pathlib import Path

    from tests.parts import Bucket

CODE = "mã của lãnh đạo"


@pytest.fixture(scope="module")
def service(
    tmp_path_factory: pytest.TempPathFactory, module_database_url: str, module_bucket: Bucket
) -> Iterator[Service]:
    with running_service(tmp_path_factory.mktemp("s"), database_url=module_database_url, bucket=module_bucket) as one:
        yield one


def run(service: Service, *arguments: str, typed: str = "") -> subprocess.CompletedProcess[str]:
    return subprocess.run(
        [sys.executable, "-m", "api.cli.main", "credentials", *arguments, "--json"],
        cwd=PROJECT,
        env={**os.environ, **service.environment},
        input=typed,
        start_new_session=True,
        capture_output=True,
        text=True,
        check=False,
    )


def add(service: Service, *arguments: str, typed: str = "") -> dict[str, object]:
    ended = run(service, "add", *arguments, "--as", "quản trị", typed=typed)
    assert ended.returncode == 0, ended.stderr
    told: dict[str, object] = json.loads(ended.stdout)
    return told


def refused(service: Service, *arguments: str, typed: str = "") -> tuple[str, int]:
    """Which error it is, and the exit code."""
    ended = run(service, "add", *arguments, "--as", "quản trị", typed=typed)
    told = json.loads(ended.stderr)
    assert ended.stdout == ""
    return str(told["error"]), ended.returncode


def certificate_of(service: Service, credential: str, folder: Path) -> str:
    """The certificate in a file, as an authority sends it."""
    with service.uow() as register:
        found = register.credential(credential)
    assert found is not None
    file = folder / "certificate.der"
    file.write_bytes(found.certificate.der)
    return str(file)


def test_a_registered_signature_and_seal_issue_a_document(service: Service) -> None:
    official = add(service, "chu-ky", "--key", "signatory", "--official", SIGNATORY, typed=f"{CODE}\n{CODE}\n")
    seal = add(service, "dau", "--key", "seal", "--seal", AGENCY)
    assert (official["holder"], official["agency"]) == (SIGNATORY, AGENCY)
    assert seal["holder"] is None
    assert all(part in str(seal["key"]) for part in ("serial=", "id="))
    document = service.submitted()
    signatory = service.signatory()
    with pytest.raises(Refused) as wrong:
        signatory.sign(document.id, credential="chu-ky", activation="another code")
    assert wrong.value.code == "activation-refused"
    signatory.sign(document.id, credential="chu-ky", activation=CODE, wait=30)
    issued = service.clerk().issue(document.id, credential="dau", wait=30)
    assert issued.state is DocumentState.ISSUED


def test_an_officials_key_needs_a_new_code_typed_twice(service: Service) -> None:
    official = ("chu-ky-2", "--key", "signatory", "--official", SIGNATORY)
    assert refused(service, *official) == ("nothing-typed", 1)
    assert refused(service, *official, typed=f"{CODE}\nanother one\n") == ("usage", Exit.USAGE)
    assert refused(service, *official, typed="short\nshort\n") == ("usage", Exit.USAGE)
    assert "chu-ky-2" not in run(service, "list").stdout


def test_a_key_that_does_not_belong_is_refused(service: Service, tmp_path: Path) -> None:
    another = certificate_of(service, SIGNATORY_CREDENTIAL, tmp_path)
    seal = ("--seal", AGENCY)
    assert refused(service, "x", "--key", "seal", "--certificate", another, *seal) == ("certificate-mismatch", 1)
    assert refused(service, "x", "--key", "nix", *seal) == ("key-absent", 1)
    assert refused(service, "x", "--key", "pkcs11:object=nix", "--certificate", another, *seal) == ("key-absent", 1)
    assert refused(service, "x", "--key", "seal", "--seal", "H99") == ("not-found", 1)
    nobody = ("--official", CLERK)
    assert refused(service, "x", "--key", "signatory", *nobody, typed=f"{CODE}\n{CODE}\n") == ("not-found", 1)
    assert refused(service, "x", "--key", "seal") == ("usage", Exit.USAGE)
    assert refused(service, "x", "--key", "seal", *seal, "--official", SIGNATORY) == ("usage", Exit.USAGE)
    assert refused(service, "x", "--key", "seal", "--certificate", "none.pem", *seal) == ("file-unusable", 1)


def test_a_name_stands_for_one_key(service: Service) -> None:
    seal = ("dau-mot", "--seal", AGENCY)
    first = add(service, *seal, "--key", "seal")
    assert add(service, *seal, "--key", "seal") == first
    assert refused(service, *seal, "--key", "report") == ("credential-exists", 1)
    assert refused(service, "dau-mot", "--official", SIGNATORY, "--key", "signatory") == ("credential-exists", 1)


def test_the_certificate_may_come_from_a_file_and_a_withdrawn_seal_seals_no_more(
    service: Service, tmp_path: Path
) -> None:
    own = certificate_of(service, SEAL_CREDENTIAL, tmp_path)
    add(service, "dau-cu", "--seal", AGENCY, "--key", "pkcs11:object=seal", "--certificate", own)
    ended = run(service, "withdraw", "dau-cu", "--as", "quản trị")
    assert json.loads(ended.stdout)["withdrawn_at"]
    document = service.submitted()
    service.signatory().sign(
        document.id, credential=SIGNATORY_CREDENTIAL, activation=service.secrets.activation, wait=30
    )
    with pytest.raises(Refused) as caught:
        service.clerk().issue(document.id, credential="dau-cu")
    assert caught.value.code == "not-competent"
