"""Other providers than SoftHSM: the same signer over p11-kit's socket, and over Mozilla's NSS softokn behind it."""

from __future__ import annotations

import tempfile
from concurrent.futures import ThreadPoolExecutor
from dataclasses import replace
from pathlib import Path
from typing import TYPE_CHECKING

import pytest
from cryptography.hazmat.primitives.serialization import load_der_public_key

from certs.algorithms import SignatureAlgorithm
from certs.signature_values import verifies
from hsm.errors import HsmError, KeyExists, MechanismUnsupported, PinRefused
from hsm.inventory import KeyKind
from hsm.provisioning import generate_key, import_certificate, inventory
from tests.faults.hsm_callers import signed
from tests.other_providers import behind_socket, served_by_p11_kit, served_nss
from tests.softhsm import WRONG_PIN, certificate_for, key_uri, new_token, signer

if TYPE_CHECKING:
    from collections.abc import Iterator

    from hsm.provisioning import TokenAccess


@pytest.fixture
def folder() -> Iterator[Path]:
    with tempfile.TemporaryDirectory(prefix="kyso-prv-", dir="/tmp") as name:
        yield Path(name)


@pytest.fixture
def nss(folder: Path) -> Iterator[TokenAccess]:
    with served_nss(folder / "nss") as token:
        yield token


def test_a_token_behind_a_socket_signs_and_survives_its_server(folder: Path) -> None:
    token = new_token(folder / "hsm", "Ký số")
    key = generate_key(token, kind=KeyKind.RSA_2048, label="k")
    remote = behind_socket(token, folder / "p11.sock")
    with signer(folder, remote.uri, environment=remote.environment) as running:
        with served_by_p11_kit(folder / "p11.sock", token):
            for number in range(20):
                signed(running.client, key, number)
            (held,) = running.client.credentials()
            (seen,) = [k for k in held.keys if k.uri == key.uri]
            assert SignatureAlgorithm.RSA_SHA512 in seen.algorithms
        with pytest.raises(HsmError) as caught:
            signed(running.client, key, 20)
        assert caught.value.transient
        with served_by_p11_kit(folder / "p11.sock", token):
            signed(running.client, key, 21)


def test_nss_makes_keys_that_sign_for_sixteen_callers(folder: Path, nss: TokenAccess) -> None:
    keys = {kind: generate_key(nss, kind=kind, label=kind.value) for kind in (KeyKind.RSA_2048, KeyKind.P_256)}
    with signer(folder, nss.uri, environment=nss.environment, children=2) as running, ThreadPoolExecutor(16) as callers:
        rsa = keys[KeyKind.RSA_2048]
        list(callers.map(lambda number: signed(running.client, rsa, number), range(60)))
        for kind, algorithm in (
            (KeyKind.RSA_2048, SignatureAlgorithm.RSA_SHA512),
            (KeyKind.RSA_2048, SignatureAlgorithm.RSA_PSS_SHA256),
            (KeyKind.P_256, SignatureAlgorithm.ECDSA_SHA256),
            (KeyKind.P_256, SignatureAlgorithm.ECDSA_SHA384),
        ):
            value = running.client.sign(key=key_uri(keys[kind]), dtbs=b"x", algorithm=algorithm).octets
            public = load_der_public_key(keys[kind].public_key)
            assert verifies(key=public, algorithm=algorithm, dtbs=b"x", value=value)
        assert running.client.health().tokens[0].signatures == 64


def test_nss_keeps_certificates_and_says_what_it_cannot_do(folder: Path, nss: TokenAccess) -> None:
    key = generate_key(nss, kind=KeyKind.P_256, label="k")
    certificate = certificate_for(key.public_key, name="Người Ký Mẫu")
    assert import_certificate(nss, label="k", certificate=certificate).certificate == certificate
    assert [held.certificate for held in inventory(nss).keys] == [certificate]
    with pytest.raises(KeyExists):
        generate_key(nss, kind=KeyKind.P_256, label="k")
    with pytest.raises(MechanismUnsupported, match="no keys of this kind"):
        generate_key(nss, kind=KeyKind.ED25519, label="e")


def test_a_wrong_pin_at_nss_is_a_refusal_and_no_failure_of_the_device(nss: TokenAccess) -> None:
    with pytest.raises(PinRefused):
        inventory(replace(nss, pin=WRONG_PIN))
