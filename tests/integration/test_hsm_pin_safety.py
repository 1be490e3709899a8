"""A wrong PIN costs one attempt, whatever is restarted or queued; counted on the PKCS#11 calls themselves."""

from __future__ import annotations

import tempfile
from concurrent.futures import ThreadPoolExecutor
from dataclasses import replace
from pathlib import Path
from typing import TYPE_CHECKING

import pytest

from certs.algorithms import SignatureAlgorithm
from hsm.breaker import PinBreaker
from hsm.errors import HsmError, PinRefused
from hsm.inventory import KeyKind
from hsm.provisioning import generate_key, inventory, tokens
from tests.softhsm import PIN, SOFTHSM, SPY, WRONG_PIN, key_uri, new_token, rewrite_pin, signer

if TYPE_CHECKING:
    from collections.abc import Iterator

    from hsm.inventory import KeyDescription
    from hsm.provisioning import TokenAccess
    from tests.softhsm import RunningSigner


@pytest.fixture
def folder() -> Iterator[Path]:
    with tempfile.TemporaryDirectory(prefix="kyso-pin-", dir="/tmp") as name:
        yield Path(name)


@pytest.fixture
def spied(folder: Path) -> TokenAccess:
    """A token whose every PKCS#11 call is written to a file by OpenSC's spy, which stands before SoftHSM."""
    token = new_token(folder / "hsm", "Ký số")
    environment = {**token.environment, "PKCS11SPY": str(SOFTHSM), "PKCS11SPY_OUTPUT": str(folder / "calls")}
    return replace(token, uri=replace(token.uri, module_path=SPY), environment=environment)


@pytest.fixture
def key(spied: TokenAccess) -> KeyDescription:
    return generate_key(replace(spied, uri=replace(spied.uri, module_path=SOFTHSM)), kind=KeyKind.P_256, label="k")


def logins(folder: Path) -> int:
    calls = folder / "calls"
    return calls.read_text(encoding="utf-8", errors="replace").count(": C_Login\n") if calls.exists() else 0


def sign(running: RunningSigner, key: KeyDescription) -> str:
    """``ok`` or the code of the error; ``leak`` for one that shows the PIN."""
    try:
        running.client.sign(key=key_uri(key), dtbs=b"x", algorithm=SignatureAlgorithm.ECDSA_SHA256)
    except HsmError as error:
        return "leak" if WRONG_PIN.secret in repr((error, error.fields)) else error.code
    return "ok"


def test_the_spy_counts_a_right_login_as_one(folder: Path, spied: TokenAccess, key: KeyDescription) -> None:
    with signer(folder, spied.uri, environment=spied.environment) as running:
        assert [sign(running, key) for _ in range(3)] == ["ok"] * 3
    assert logins(folder) == 1


def test_a_wrong_pin_is_tried_once_over_five_restarts_and_a_thousand_queued_calls(
    folder: Path, spied: TokenAccess, key: KeyDescription
) -> None:
    rewrite_pin(spied, WRONG_PIN)
    answers: list[str] = []
    for round_ in range(5):
        with (
            signer(folder, spied.uri, environment=spied.environment, children=2) as running,
            ThreadPoolExecutor(200) as callers,
        ):
            answers += list(callers.map(lambda _: sign(running, key), range(200)))
            assert WRONG_PIN.secret not in running.log.read_text(encoding="utf-8")
            if round_ % 2:
                running.kill()
            else:
                assert running.stop() == 0
    assert answers == ["pin-refused"] * 1000
    assert logins(folder) == 1


def test_a_corrected_pin_file_works_at_once_without_a_restart(
    folder: Path, spied: TokenAccess, key: KeyDescription
) -> None:
    rewrite_pin(spied, WRONG_PIN)
    with signer(folder, spied.uri, environment=spied.environment) as running:
        assert [sign(running, key) for _ in range(5)] == ["pin-refused"] * 5
        assert running.client.health().tokens[0].problem == "pin-refused"
        rewrite_pin(spied, PIN)
        assert [sign(running, key) for _ in range(5)] == ["ok"] * 5
        assert running.client.health().ready
    assert logins(folder) == 2


def test_the_pin_that_was_wrong_is_not_tried_again_after_another_wrong_one(
    folder: Path, spied: TokenAccess, key: KeyDescription
) -> None:
    for attempt in ("1111", "2222"):
        rewrite_pin(spied, replace(PIN, secret=attempt))
        for _ in range(2):
            with signer(folder, spied.uri, environment=spied.environment) as running:
                assert sign(running, key) == "pin-refused"
    assert logins(folder) == 2


def test_a_token_that_remembers_somebody_elses_wrong_pin_is_left_alone_until_permitted(
    folder: Path, spied: TokenAccess, key: KeyDescription
) -> None:
    with pytest.raises(PinRefused):  # the somebody else
        inventory(replace(spied, uri=replace(spied.uri, module_path=SOFTHSM), pin=WRONG_PIN))
    with signer(folder, spied.uri, environment=spied.environment) as running:
        assert sign(running, key) == "pin-refused"
    assert logins(folder) == 0
    (identity,) = tokens(SOFTHSM, spied.environment)
    PinBreaker(folder / "state").permit(identity)
    with signer(folder, spied.uri, environment=spied.environment) as running:
        assert sign(running, key) == "ok"
    assert logins(folder) == 1


def test_a_wrong_pin_of_one_token_does_not_stop_another(folder: Path) -> None:
    good, bad = new_token(folder / "hsm", "Đúng"), new_token(folder / "hsm", "Sai")
    good_key, bad_key = (generate_key(token, kind=KeyKind.P_256, label="k") for token in (good, bad))
    rewrite_pin(bad, WRONG_PIN)
    with signer(folder, good.uri, bad.uri, environment=good.environment) as running:
        assert [sign(running, k) for k in (bad_key, good_key, bad_key, good_key)] == ["pin-refused", "ok"] * 2
