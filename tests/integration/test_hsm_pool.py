"""One key on two tokens: calls are shared, a token that is down is passed over, and it comes back by itself."""

from __future__ import annotations

import os
import subprocess
import tempfile
import time
from concurrent.futures import ThreadPoolExecutor
from dataclasses import replace
from pathlib import Path
from typing import TYPE_CHECKING

import pytest
from cryptography.hazmat.primitives import hashes
from cryptography.hazmat.primitives.asymmetric import ec
from cryptography.hazmat.primitives.serialization import (
    Encoding,
    NoEncryption,
    PrivateFormat,
)

from certs.algorithms import SignatureAlgorithm
from hsm.errors import KeyAbsent
from tests.pkcs11_shim import Fault, faulty_module
from tests.softhsm import PIN, new_token, signer, wait_until

if TYPE_CHECKING:
    from collections.abc import Iterator

    from hsm.provisioning import TokenAccess
    from hsm.uri import Pkcs11Uri
    from tests.softhsm import RunningSigner

ANY_TOKEN = "pkcs11:object=seal;id=%4B"


@pytest.fixture
def folder() -> Iterator[Path]:
    with tempfile.TemporaryDirectory(prefix="kyso-pool-", dir="/tmp") as name:
        yield Path(name)


def token_with(folder: Path, label: str, key: ec.EllipticCurvePrivateKey) -> TokenAccess:
    """A token that holds this very key, as a cluster of HSMs or a restored backup does."""
    token = new_token(folder, label)
    file = folder / "key.pem"
    file.write_bytes(key.private_bytes(Encoding.PEM, PrivateFormat.PKCS8, NoEncryption()))
    subprocess.run(
        ["softhsm2-util", "--import", file, "--token", label, "--label", "seal", "--id", "4B", "--pin", PIN.secret],
        env={**os.environ, **token.environment},
        check=True,
        capture_output=True,
    )
    return token


def sign(running: RunningSigner, key: ec.EllipticCurvePrivateKey, number: int, name: str = ANY_TOKEN) -> None:
    dtbs = f"văn bản {number}".encode()
    value = running.client.sign(key=name, dtbs=dtbs, algorithm=SignatureAlgorithm.ECDSA_SHA256)
    key.public_key().verify(value.octets, dtbs, ec.ECDSA(hashes.SHA256()))


def signatures(running: RunningSigner) -> list[int]:
    return [token.signatures for token in running.client.health().tokens]


def signs_on_first(running: RunningSigner, key: ec.EllipticCurvePrivateKey, before: int) -> bool:
    sign(running, key, 0)
    return signatures(running)[0] > before


def test_calls_are_shared_and_a_token_that_fails_is_passed_over_until_it_is_back(folder: Path) -> None:
    key = ec.generate_private_key(ec.SECP256R1())
    first, second = (token_with(folder / "hsm", label, key) for label in ("Một", "Hai"))
    module = faulty_module(folder)
    faulty = module.over(first)
    with signer(folder, faulty.uri, second.uri, environment=faulty.environment, children=2) as running:
        with ThreadPoolExecutor(16) as callers:
            list(callers.map(lambda number: sign(running, key, number), range(200)))
            assert min(signatures(running)) > 20
            module.fail(Fault.DOWN)
            before = signatures(running)
            list(callers.map(lambda number: sign(running, key, number), range(200)))
            assert signatures(running) == [before[0], before[1] + 200]
            module.recover()
            back = time.monotonic()
            wait_until(lambda: signs_on_first(running, key, before[0]))
        assert time.monotonic() - back < 5
        assert running.client.health().ready


def test_a_token_that_hangs_costs_its_own_calls_a_few_seconds_and_no_call_is_lost(folder: Path) -> None:
    key = ec.generate_private_key(ec.SECP256R1())
    first, second = (token_with(folder / "hsm", label, key) for label in ("Một", "Hai"))
    module = faulty_module(folder)
    faulty = module.over(first)
    with signer(folder, faulty.uri, second.uri, environment=faulty.environment) as running:
        sign(running, key, 0)
        sign(running, key, 1)
        module.fail(Fault.HANG)
        started = time.monotonic()
        with ThreadPoolExecutor(16) as callers:
            list(callers.map(lambda number: sign(running, key, number), range(100)))
        assert time.monotonic() - started < 9
        module.recover()


def test_a_name_that_means_two_different_keys_is_refused(folder: Path) -> None:
    keys = [ec.generate_private_key(ec.SECP256R1()) for _ in range(2)]
    tokens = [token_with(folder / "hsm", label, key) for label, key in zip(("Một", "Hai"), keys, strict=True)]
    uris: list[Pkcs11Uri] = [token.uri for token in tokens]
    with signer(folder, *uris, environment=tokens[0].environment) as running:
        with pytest.raises(KeyAbsent, match="different keys"):
            sign(running, keys[0], 0)
        for key, uri in zip(keys, uris, strict=True):
            sign(running, key, 0, str(replace(uri, module_path=None, pin_source=None, object="seal")))


def test_a_token_without_the_key_is_no_member(folder: Path) -> None:
    key = ec.generate_private_key(ec.SECP256R1())
    holder, other = token_with(folder / "hsm", "Một", key), new_token(folder / "hsm", "Hai")
    with signer(folder, holder.uri, other.uri, environment=holder.environment) as running:
        sign(running, key, 0)
        with pytest.raises(KeyAbsent):
            sign(running, key, 0, "pkcs11:object=nobody")
        assert signatures(running) == [1, 0]
