"""What is killed or hangs loses no call, doubles none and lets no wrong value out."""

from __future__ import annotations

import os
import shutil
import signal
import subprocess
import tempfile
import threading
import time
from concurrent.futures import ThreadPoolExecutor
from pathlib import Path
from typing import TYPE_CHECKING

import pytest
from cryptography.hazmat.primitives import hashes
from cryptography.hazmat.primitives.asymmetric import padding, rsa
from cryptography.hazmat.primitives.serialization import load_der_public_key

from certs.algorithms import SignatureAlgorithm
from hsm.errors import DeviceFailed, KeyAbsent, SignerUnavailable, TokenAbsent
from hsm.provisioning import generate_rsa_key
from tests.softhsm import PIN, SOFTHSM, key_uri, new_token, signer, wait_until

if TYPE_CHECKING:
    from collections.abc import Iterator

    from hsm.inventory import KeyDescription
    from hsm.provisioning import TokenAccess
    from tests.softhsm import RunningSigner

CALLERS = 16


@pytest.fixture
def folder() -> Iterator[Path]:
    with tempfile.TemporaryDirectory(prefix="kyso-flt-", dir="/tmp") as name:
        yield Path(name)


@pytest.fixture
def token(folder: Path) -> TokenAccess:
    return new_token(folder / "hsm", "Ký số")


@pytest.fixture
def key(token: TokenAccess) -> KeyDescription:
    return generate_rsa_key(token, label="k", bits=2048)


def sign(running: RunningSigner, key: KeyDescription, number: int) -> None:
    """One call whose value is checked, over data that no other call has."""
    dtbs = f"văn bản {number}".encode()
    value = running.client.sign(key=key_uri(key), dtbs=dtbs, algorithm=SignatureAlgorithm.RSA_SHA256)
    public = load_der_public_key(key.public_key)
    assert isinstance(public, rsa.RSAPublicKey)
    public.verify(value.octets, dtbs, padding.PKCS1v15(), hashes.SHA256())


def test_children_killed_under_sixteen_callers_cost_no_call(
    folder: Path, token: TokenAccess, key: KeyDescription
) -> None:
    with signer(folder, token.uri, environment=token.environment) as running:
        sign(running, key, -1)
        with ThreadPoolExecutor(CALLERS) as callers:
            calls = [callers.submit(sign, running, key, number) for number in range(800)]
            for killed in range(5):
                wait_until(lambda n=killed: running.client.health().tokens[0].signatures > 100 * (n + 1))
                os.kill(running.only_child(), signal.SIGKILL)
            assert [call.exception() for call in calls] == [None] * 800
        token_health = running.client.health().tokens[0]
        assert token_health.signatures == 801
        assert token_health.children == 6


def test_a_child_that_hangs_is_replaced_within_its_deadline(
    folder: Path, token: TokenAccess, key: KeyDescription
) -> None:
    with signer(folder, token.uri, environment=token.environment) as running:
        sign(running, key, 0)
        hung = running.only_child()
        os.kill(hung, signal.SIGSTOP)
        started = time.monotonic()
        with ThreadPoolExecutor(4) as callers:
            list(callers.map(lambda number: sign(running, key, number), range(8)))
        assert 3 < time.monotonic() - started < 8
        assert running.only_child() != hung


def test_a_child_that_hangs_dies_with_a_killed_signer(folder: Path, token: TokenAccess, key: KeyDescription) -> None:
    with signer(folder, token.uri, environment=token.environment) as running:
        sign(running, key, 0)
        child = running.only_child()
        os.kill(child, signal.SIGSTOP)
        running.kill()
        wait_until(lambda: not Path(f"/proc/{child}").exists(), seconds=2)


def test_a_key_destroyed_under_an_open_session_is_told_and_only_it_is_gone(
    folder: Path, token: TokenAccess, key: KeyDescription
) -> None:
    other = generate_rsa_key(token, label="other", bits=2048)
    with signer(folder, token.uri, environment=token.environment) as running:
        sign(running, key, 0)
        command = ["pkcs11-tool", "--module", str(SOFTHSM), "--login", "--pin", PIN.secret, "--delete-object"]
        for kind in ("privkey", "pubkey"):
            subprocess.run(
                [*command, "--type", kind, "--id", (key.uri.id or b"").hex()],
                env={**os.environ, **token.environment},
                check=True,
                capture_output=True,
            )
        with pytest.raises(KeyAbsent):
            sign(running, key, 1)
        sign(running, other, 2)


def test_a_killed_signer_takes_its_children_along_and_the_next_one_goes_on(
    folder: Path, token: TokenAccess, key: KeyDescription
) -> None:
    answers: list[str] = []
    done = threading.Event()

    def call_until_done(running: RunningSigner) -> None:
        number = 0
        while not done.is_set():
            number += 1
            try:
                sign(running, key, number)
                answers.append("ok")
            except SignerUnavailable as error:
                answers.append(error.code)
                time.sleep(0.01)

    with ThreadPoolExecutor(CALLERS) as callers:
        with signer(folder, token.uri, environment=token.environment) as first:
            calls = [callers.submit(call_until_done, first) for _ in range(CALLERS)]
            wait_until(lambda: answers.count("ok") > 100)
            child = first.only_child()
            first.kill()
            wait_until(lambda: not Path(f"/proc/{child}").exists(), seconds=2)
        before = answers.count("ok")
        with signer(folder, token.uri, environment=token.environment):
            wait_until(lambda: answers.count("ok") > before + 100)
            done.set()
            assert [call.result() for call in calls] == [None] * CALLERS
    assert set(answers) == {"ok", "signer-unavailable"}


def test_a_token_pulled_out_in_the_middle_is_told_and_found_again(
    folder: Path, token: TokenAccess, key: KeyDescription
) -> None:
    store = folder / "hsm" / "tokens"
    with signer(folder, token.uri, environment=token.environment) as running:
        sign(running, key, 0)
        shutil.move(store, folder / "away")
        store.mkdir()
        os.kill(running.only_child(), signal.SIGKILL)  # as a driver does whose device is gone
        with pytest.raises(TokenAbsent):
            sign(running, key, 1)
        store.rmdir()
        shutil.move(folder / "away", store)
        started = time.monotonic()
        sign(running, key, 2)
        assert time.monotonic() - started < 5


def test_a_module_that_cannot_start_is_a_failed_device_and_may_recover(
    folder: Path, token: TokenAccess, key: KeyDescription
) -> None:
    configuration = folder / "hsm" / "softhsm2.conf"
    configuration.rename(folder / "away")
    with signer(folder, token.uri, environment=token.environment) as running:
        with pytest.raises(DeviceFailed, match="GeneralError"):
            sign(running, key, 0)
        (folder / "away").rename(configuration)
        sign(running, key, 1)
