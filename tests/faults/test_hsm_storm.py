"""Signatures through a module that fails in every way a device does: none is wrong, lost or given twice."""

from __future__ import annotations

import tempfile
import time
from concurrent.futures import ThreadPoolExecutor
from pathlib import Path
from typing import TYPE_CHECKING

import pytest

from hsm.errors import DeviceAnsweredWrongly, DeviceFailed
from hsm.provisioning import generate_rsa_key
from tests.faults.hsm_callers import signed, signed_in_the_end
from tests.pkcs11_shim import CODES, Fault, faulty_module
from tests.scale import scaled
from tests.softhsm import new_token, signer

if TYPE_CHECKING:
    from collections.abc import Iterator

    from hsm.inventory import KeyDescription
    from hsm.provisioning import TokenAccess
    from tests.pkcs11_shim import FaultyModule

CALLS = scaled(1000, nightly=10_000)
CALLERS = 16


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


@pytest.mark.nightly
def test_five_percent_faults_of_every_kind_under_sixteen_callers_lose_nothing(
    folder: Path, token: TokenAccess, key: KeyDescription, module: FaultyModule
) -> None:
    module.fail(*CODES, Fault.CRASH, Fault.HANG, per_mille=50)
    with signer(folder, token.uri, environment=token.environment, children=2) as running:
        started = time.monotonic()
        with ThreadPoolExecutor(CALLERS) as callers:
            repeats = list(callers.map(lambda number: signed_in_the_end(running.client, key, number), range(CALLS)))
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
            signed(running.client, key, number)
            module.fail(fault)
            with pytest.raises(DeviceFailed) as caught:
                signed(running.client, key, number)
            assert caught.value.transient
            module.recover()
            started = time.monotonic()
            signed(running.client, key, number)
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
                signed(running.client, key, number)
                answers.append("right")
            except DeviceAnsweredWrongly:
                answers.append("refused")
        assert answers.count("refused") == module.happened()["wrong"] > 3
        assert running.client.health().tokens[0].signatures == answers.count("right")


def test_a_slow_device_is_waited_for(
    folder: Path, token: TokenAccess, key: KeyDescription, module: FaultyModule
) -> None:
    with signer(folder, token.uri, environment=token.environment, children=2) as running:
        signed(running.client, key, 0)
        module.fail(Fault.SLOW)
        with ThreadPoolExecutor(4) as callers:
            list(callers.map(lambda number: signed(running.client, key, number), range(4)))
        assert module.happened()["slow"] == 4
        assert running.client.health().tokens[0].children == 2
