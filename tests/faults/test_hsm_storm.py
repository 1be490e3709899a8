"""Signatures through a module that fails in every way a device does: none is wrong, lost or given twice.

`make test` asks for 1,000; KYSO_STORM=10000 asks for more.
"""

from __future__ import annotations

import os
import tempfile
import time
from concurrent.futures import ThreadPoolExecutor
from pathlib import Path
from typing import TYPE_CHECKING

import pytest
from cryptography.hazmat.primitives import hashes
from cryptography.hazmat.primitives.asymmetric import padding, rsa
from cryptography.hazmat.primitives.serialization import load_der_public_key

from certs.algorithms import SignatureAlgorithm
from hsm.errors import DeviceAnsweredWrongly, DeviceFailed, HsmError
from hsm.provisioning import generate_rsa_key
from tests.pkcs11_shim import CODES, Fault, faulty_module
from tests.softhsm import key_uri, new_token, signer

if TYPE_CHECKING:
    from collections.abc import Iterator

    from hsm.inventory import KeyDescription
    from hsm.provisioning import TokenAccess
    from tests.pkcs11_shim import FaultyModule
    from tests.softhsm import RunningSigner

CALLS = int(os.environ.get("KYSO_STORM", "1000"))
CALLERS = 16
MOST_REPEATS = 8


@pytest.fixture
def folder() -> Iterator[Path]:
    with tempfile.TemporaryDirectory(prefix="kyso-storm-", dir="/tmp") as name:
        yield Path(name)


@pytest.fixture
def module(folder: Path) -> FaultyModule:
    return faulty_module(folder)


@pytest.fixture
def sound(folder: Path) -> TokenAccess:
    return new_token(folder / "hsm", "Ký số")


@pytest.fixture
def token(sound: TokenAccess, module: FaultyModule) -> TokenAccess:
    return module.over(sound)


@pytest.fixture
def key(sound: TokenAccess) -> KeyDescription:
    return generate_rsa_key(sound, label="k", bits=2048)


def signed(running: RunningSigner, key: KeyDescription, number: int) -> None:
    """One call whose value is checked, over data that no other call has."""
    dtbs = f"văn bản {number}".encode()
    value = running.client.sign(key=key_uri(key), dtbs=dtbs, algorithm=SignatureAlgorithm.RSA_SHA256)
    public = load_der_public_key(key.public_key)
    assert isinstance(public, rsa.RSAPublicKey)
    public.verify(value.octets, dtbs, padding.PKCS1v15(), hashes.SHA256())


def signed_in_the_end(running: RunningSigner, key: KeyDescription, number: int) -> int:
    """How many times it had to be asked; every refusal was one that says so."""
    for repeats in range(MOST_REPEATS):
        try:
            signed(running, key, number)
            return repeats
        except HsmError as error:
            if not error.transient:
                raise
    pytest.fail(f"call {number} was refused {MOST_REPEATS} times")


def test_five_percent_faults_of_every_kind_under_sixteen_callers_lose_nothing(
    folder: Path, token: TokenAccess, key: KeyDescription, module: FaultyModule
) -> None:
    module.fail(*CODES, Fault.CRASH, Fault.HANG, per_mille=50)
    with signer(folder, token.uri, environment=token.environment, children=2) as running:
        started = time.monotonic()
        with ThreadPoolExecutor(CALLERS) as callers:
            repeats = list(callers.map(lambda number: signed_in_the_end(running, key, number), range(CALLS)))
        took = time.monotonic() - started
        module.recover()
        health = running.client.health().tokens[0]
    faults = {kind: count for kind, count in module.happened().items() if kind != "login"}
    print(f"{CALLS} in {took:.0f} s, {sum(faults.values())} faults {faults}, {sum(repeats)} repeats, {health}")  # noqa: T201
    assert health.signatures == CALLS
    assert sum(faults.values()) > 0.03 * CALLS
    assert set(faults) == {fault.value for fault in (*CODES, Fault.CRASH, Fault.HANG)}


def test_a_device_that_comes_back_signs_again_within_five_seconds(
    folder: Path, token: TokenAccess, key: KeyDescription, module: FaultyModule
) -> None:
    with signer(folder, token.uri, environment=token.environment) as running:
        for number, fault in enumerate((*CODES, Fault.CRASH, Fault.HANG)):
            signed(running, key, number)
            module.fail(fault)
            with pytest.raises(DeviceFailed) as caught:
                signed(running, key, number)
            assert caught.value.transient
            module.recover()
            started = time.monotonic()
            signed(running, key, number)
            assert time.monotonic() - started < 5
        assert running.client.health().tokens[0].signatures == 2 * len((*CODES, Fault.CRASH, Fault.HANG))


def test_a_wrong_value_is_never_released(
    folder: Path, token: TokenAccess, key: KeyDescription, module: FaultyModule
) -> None:
    module.fail(Fault.WRONG, per_mille=300)
    with signer(folder, token.uri, environment=token.environment, children=2) as running:
        answers = []
        for number in range(40):
            try:
                signed(running, key, number)
                answers.append("right")
            except DeviceAnsweredWrongly:
                answers.append("refused")
        assert answers.count("refused") == module.happened()["wrong"] > 3
        assert running.client.health().tokens[0].signatures == answers.count("right")


def test_a_slow_device_is_waited_for(
    folder: Path, token: TokenAccess, key: KeyDescription, module: FaultyModule
) -> None:
    with signer(folder, token.uri, environment=token.environment, children=2) as running:
        signed(running, key, 0)
        module.fail(Fault.SLOW)
        with ThreadPoolExecutor(4) as callers:
            list(callers.map(lambda number: signed(running, key, number), range(4)))
        assert module.happened()["slow"] == 4
        assert running.client.health().tokens[0].children == 2
