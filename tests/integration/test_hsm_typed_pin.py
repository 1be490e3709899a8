"""PINs that no file holds: typed by a person at the terminal when the signer starts, or at the token's own keypad."""

from __future__ import annotations

import os
import pty
import signal
import subprocess
import sys
import tempfile
import time
from dataclasses import replace
from pathlib import Path
from typing import TYPE_CHECKING

import pytest

from api.commands.outermost import Exit
from certs.algorithms import SignatureAlgorithm
from hsm.client import SignerClient
from hsm.errors import HsmError
from hsm.inventory import KeyKind
from hsm.provisioning import generate_key
from tests.pkcs11_shim import FaultyModule, faulty_module
from tests.softhsm import PIN, ROOT, WRONG_PIN, key_uri, listens, new_token, signer, wait_until

if TYPE_CHECKING:
    from collections.abc import Iterator

    from hsm.inventory import KeyDescription
    from hsm.provisioning import TokenAccess


@pytest.fixture
def folder() -> Iterator[Path]:
    with tempfile.TemporaryDirectory(prefix="kyso-typ-", dir="/tmp") as name:
        yield Path(name)


@pytest.fixture
def module(folder: Path) -> FaultyModule:
    return faulty_module(folder)


@pytest.fixture
def token(folder: Path) -> TokenAccess:
    return new_token(folder / "hsm", "Ký số")


@pytest.fixture
def key(token: TokenAccess) -> KeyDescription:
    return generate_key(token, kind=KeyKind.P_256, label="k")


def at_keypad(token: TokenAccess, module: FaultyModule, *, typed: str) -> TokenAccess:
    """The token as one with a keypad, at which a person types this."""
    access = module.over(token)
    return replace(
        access,
        uri=replace(access.uri, pin_source="keypad:"),
        environment={**access.environment, "SHIM_KEYPAD": typed},
    )


def sign(client: SignerClient, key: KeyDescription) -> str:
    """``ok`` or the code of the error."""
    try:
        client.sign(key=key_uri(key), dtbs=b"x", algorithm=SignatureAlgorithm.ECDSA_SHA256)
    except HsmError as error:
        return error.code
    return "ok"


def test_a_pin_typed_at_the_token_is_asked_for_once_and_never_comes_here(
    folder: Path, token: TokenAccess, key: KeyDescription, module: FaultyModule
) -> None:
    keypad = at_keypad(token, module, typed=PIN.secret)
    with signer(folder, keypad.uri, environment=keypad.environment, children=4) as running:
        assert [sign(running.client, key) for _ in range(8)] == ["ok"] * 8
        assert PIN.secret not in running.log.read_text(encoding="utf-8")
    assert module.happened() == {"login-at-keypad": 1}


def test_a_wrong_pin_at_the_token_is_not_asked_for_again_by_itself(
    folder: Path, token: TokenAccess, key: KeyDescription, module: FaultyModule
) -> None:
    keypad = at_keypad(token, module, typed=WRONG_PIN.secret)
    for _ in range(3):
        with signer(folder, keypad.uri, environment=keypad.environment) as running:
            assert [sign(running.client, key) for _ in range(5)] == ["pin-refused"] * 5
    assert module.happened() == {"login-at-keypad": 1}


def test_a_token_without_a_keypad_says_so_and_no_login_is_tried(
    folder: Path, token: TokenAccess, key: KeyDescription, module: FaultyModule
) -> None:
    access = module.over(token)
    uri = replace(access.uri, pin_source="keypad:")
    with signer(folder, uri, environment=access.environment) as running:
        assert sign(running.client, key) == "pin-unavailable"
    assert not module.happened()


def started(folder: Path, token: TokenAccess, *, terminal: int) -> subprocess.Popen[bytes]:
    """`kyso signer` over a token whose PIN is typed at the start, with this as its terminal."""
    environment = {
        **os.environ,
        **token.environment,
        "KYSO_PKCS11_MODULES": str(replace(token.uri, pin_source="ask:")),
        "KYSO_SIGNER_SOCKET": str(folder / "run" / "s"),
        "KYSO_HOME": str(folder),
    }
    return subprocess.Popen(
        [sys.executable, "-m", "api.cli.main", "signer"],
        cwd=ROOT,
        env=environment,
        stdin=terminal,
        stdout=terminal,
        stderr=terminal,
        start_new_session=True,
    )


def test_a_pin_typed_at_the_start_outlives_children_and_is_shown_nowhere(
    folder: Path, token: TokenAccess, key: KeyDescription
) -> None:
    person, terminal = pty.openpty()
    process = started(folder, token, terminal=terminal)
    shown = b""
    try:
        while b"PIN" not in shown:
            shown += os.read(person, 1024)
        time.sleep(0.2)  # until the terminal does not echo any more
        os.write(person, PIN.secret.encode() + b"\n")
        client = SignerClient(folder / "run" / "s")
        wait_until(lambda: listens(client))
        assert sign(client, key) == "ok"
        for child in children_of(process.pid):
            os.kill(child, signal.SIGKILL)
        # A call that meets a child as it dies fails: nobody knows what it had done. The next one has a new child.
        wait_until(lambda: sign(client, key) == "ok")
        with Path(f"/proc/{process.pid}/environ").open("rb") as environment:
            assert PIN.secret.encode() not in environment.read()
        os.set_blocking(person, False)
        shown += os.read(person, 1 << 16)
    finally:
        process.kill()
        process.wait()
    assert PIN.secret.encode() not in shown
    kept = [file for file in folder.rglob("*") if file.is_file() and file.suffix != ".pin"]
    assert all(PIN.secret.encode() not in file.read_bytes() for file in kept)


def test_without_a_terminal_the_signer_does_not_start_and_says_why(folder: Path, token: TokenAccess) -> None:
    with (folder / "said").open("w+b") as said:
        assert started(folder, token, terminal=said.fileno()).wait(30) == Exit.FAILED
    assert "not started at a terminal" in (folder / "said").read_text(encoding="utf-8")
    assert not (folder / "run" / "s").exists()


def children_of(pid: int) -> list[int]:
    return [
        int(child)
        for task in Path(f"/proc/{pid}/task").iterdir()
        for child in (task / "children").read_text(encoding="ascii").split()
    ]
