"""The signer process over its socket, on real SoftHSM tokens."""

from __future__ import annotations

import os
import re
import shutil
import socket
import subprocess
import sys
import tempfile
import time
from concurrent.futures import ThreadPoolExecutor
from dataclasses import replace
from datetime import timedelta
from pathlib import Path
from typing import TYPE_CHECKING

import pytest
from cryptography.hazmat.primitives.serialization import load_der_public_key

from certs.algorithms import SignatureAlgorithm, SignatureScheme
from certs.certificate import SigningCertificate
from hsm.client import SignerClient
from hsm.errors import (
    DeviceAnsweredWrongly,
    KeyAbsent,
    MechanismUnsupported,
    PinUnavailable,
    SignerUnavailable,
    TokenAbsent,
    UriInvalid,
)
from hsm.inventory import KeyKind
from hsm.provisioning import generate_key, import_certificate
from signing.prepared import Increment, Placeholder, PreparedSignature, ReservedRegion, SignatureValue
from signing.values import demand_right_value
from tests.softhsm import PIN, ROOT, SOFTHSM, certificate_for, key_uri, new_token, pin_file, signer, wait_until

if TYPE_CHECKING:
    from collections.abc import Iterator

    from hsm.inventory import KeyDescription
    from hsm.provisioning import TokenAccess
    from tests.softhsm import RunningSigner

DTBS = b"1\x82 signed attributes " * 20
FITTING = [(kind, a) for kind in KeyKind for a in SignatureAlgorithm if kind.value.startswith({
    SignatureScheme.RSA_PKCS1: "RSA",
    SignatureScheme.RSA_PSS: "RSA",
    SignatureScheme.ECDSA: "P-",
    SignatureScheme.ED25519: "Ed",
}[a.scheme])]  # fmt: skip


@pytest.fixture(scope="module")
def folder() -> Iterator[Path]:
    """Short, because the path of a Unix socket is."""
    with tempfile.TemporaryDirectory(prefix="kyso-hsm-", dir="/tmp") as name:
        yield Path(name)


@pytest.fixture
def own_folder() -> Iterator[Path]:
    with tempfile.TemporaryDirectory(prefix="kyso-hsm-", dir="/tmp") as name:
        yield Path(name)


@pytest.fixture(scope="module")
def token(folder: Path) -> TokenAccess:
    return new_token(folder / "hsm", "Ký số thử")


@pytest.fixture(scope="module")
def keys(token: TokenAccess) -> dict[KeyKind, KeyDescription]:
    return {kind: generate_key(token, kind=kind, label=f"khóa {kind.value}") for kind in KeyKind}


@pytest.fixture(scope="module")
def running(folder: Path, token: TokenAccess, keys: dict[KeyKind, KeyDescription]) -> Iterator[RunningSigner]:
    with signer(folder, token.uri, environment=token.environment) as process:
        yield process


def verified(key: KeyDescription, value: SignatureValue, algorithm: SignatureAlgorithm) -> None:
    """By the check that every signature goes through before it is embedded, with a certificate over the key."""
    certificate = SigningCertificate(certificate_for(key.public_key, name="x"))
    prepared = PreparedSignature(
        placeholder=Placeholder(Increment(0, b"<>"), ReservedRegion(0, 2)),
        document_digest=b"",
        signed_attributes=DTBS,
        certificate=certificate,
        algorithm=algorithm,
    )
    demand_right_value(prepared, value)


@pytest.mark.parametrize(("kind", "algorithm"), FITTING, ids=lambda v: v.name)
def test_every_algorithm_of_every_kind_of_key_verifies(
    running: RunningSigner, keys: dict[KeyKind, KeyDescription], kind: KeyKind, algorithm: SignatureAlgorithm
) -> None:
    value = running.client.sign(key=key_uri(keys[kind]), dtbs=DTBS, algorithm=algorithm)
    verified(keys[kind], value, algorithm)
    assert algorithm in keys[kind].algorithms


def test_a_key_is_found_by_label_or_id_alone(running: RunningSigner, keys: dict[KeyKind, KeyDescription]) -> None:
    uri = keys[KeyKind.P_256].uri
    for name in (replace(uri, id=None, serial=None), replace(uri, object=None, type=None), replace(uri, token=None)):
        value = running.client.sign(key=str(name), dtbs=DTBS, algorithm=SignatureAlgorithm.ECDSA_SHA256)
        verified(keys[KeyKind.P_256], value, SignatureAlgorithm.ECDSA_SHA256)


def test_an_algorithm_of_another_kind_of_key_is_refused(
    running: RunningSigner, keys: dict[KeyKind, KeyDescription]
) -> None:
    for kind, algorithm in (
        (KeyKind.P_256, SignatureAlgorithm.RSA_SHA256),
        (KeyKind.RSA_2048, SignatureAlgorithm.ED25519),
        (KeyKind.ED25519, SignatureAlgorithm.ECDSA_SHA256),
    ):
        with pytest.raises(MechanismUnsupported):
            running.client.sign(key=key_uri(keys[kind]), dtbs=DTBS, algorithm=algorithm)


@pytest.mark.parametrize(
    "name",
    [
        "pkcs11:token=K%C3%BD%20s%E1%BB%91%20th%E1%BB%AD;object=nobody",
        "pkcs11:token=K%C3%BD%20s%E1%BB%91%20th%E1%BB%AD;id=%01",
        "pkcs11:token=K%C3%BD%20s%E1%BB%91%20th%E1%BB%AD",
        "pkcs11:token=K%C3%BD%20s%E1%BB%91%20th%E1%BB%AD;object=kh%C3%B3a%20P-256;type=cert",
        "pkcs11:token=K%C3%BD%20s%E1%BB%91%20th%E1%BB%AD;object=kh%C3%B3a%20P-256;model=Other",
    ],
)
def test_a_key_that_is_not_the_only_one_is_refused(running: RunningSigner, name: str) -> None:
    with pytest.raises(KeyAbsent):
        running.client.sign(key=name, dtbs=DTBS, algorithm=SignatureAlgorithm.RSA_SHA256)


def test_a_key_on_a_token_that_is_not_configured_is_refused(running: RunningSigner) -> None:
    with pytest.raises(TokenAbsent, match="KYSO_PKCS11_MODULES"):
        running.client.sign(key="pkcs11:token=Other;object=k", dtbs=DTBS, algorithm=SignatureAlgorithm.RSA_SHA256)
    with pytest.raises(UriInvalid):
        running.client.sign(key="the seal", dtbs=DTBS, algorithm=SignatureAlgorithm.RSA_SHA256)


def test_credentials_show_keys_and_certificates(running: RunningSigner, keys: dict[KeyKind, KeyDescription]) -> None:
    (held,) = running.client.credentials()
    assert held.problem is None
    assert {key.uri for key in held.keys} == {key.uri for key in keys.values()}


def test_health_counts_and_touches_nothing(running: RunningSigner, keys: dict[KeyKind, KeyDescription]) -> None:
    before = running.client.health().tokens[0]
    running.client.sign(key=key_uri(keys[KeyKind.P_256]), dtbs=DTBS, algorithm=SignatureAlgorithm.ECDSA_SHA256)
    health = running.client.health()
    assert health.ready
    assert health.pid == running.process.pid
    assert health.tokens[0].signatures == before.signatures + 1


def test_many_callers_get_their_own_answers(running: RunningSigner, keys: dict[KeyKind, KeyDescription]) -> None:
    public = load_der_public_key(keys[KeyKind.ED25519].public_key)

    def call(number: int) -> None:
        dtbs = f"document {number}".encode()
        value = running.client.sign(key=key_uri(keys[KeyKind.ED25519]), dtbs=dtbs, algorithm=SignatureAlgorithm.ED25519)
        public.verify(value.octets, dtbs)  # type: ignore[union-attr, call-arg]  # an Ed25519 key

    with ThreadPoolExecutor(16) as callers:
        list(callers.map(call, range(400)))


def test_the_socket_and_its_folder_are_private(running: RunningSigner) -> None:
    assert running.socket.stat().st_mode & 0o777 == 0o600
    assert running.socket.parent.stat().st_mode & 0o777 == 0o700


def test_the_signer_itself_never_loads_a_module_and_its_log_holds_no_pin(running: RunningSigner) -> None:
    assert "softhsm" not in Path(f"/proc/{running.process.pid}/maps").read_text(encoding="utf-8")
    assert "softhsm" in Path(f"/proc/{running.only_child()}/maps").read_text(encoding="utf-8")
    command = Path(f"/proc/{running.only_child()}/cmdline").read_text(encoding="utf-8")
    assert PIN.secret not in command + running.log.read_text(encoding="utf-8")


def test_neither_the_signer_nor_its_children_leave_an_image_of_their_memory(running: RunningSigner) -> None:
    for pid in (running.process.pid, running.only_child()):
        limits = Path(f"/proc/{pid}/limits").read_text(encoding="utf-8")
        assert re.search(r"^Max core file size +0 +0 ", limits, re.MULTILINE)


def test_a_certificate_of_another_key_makes_every_value_worthless(own_folder: Path) -> None:
    token = new_token(own_folder / "hsm", "Sai")
    right, wrong = (generate_key(token, kind=KeyKind.P_256, label=label) for label in ("right", "wrong"))
    import_certificate(token, label="right", certificate=certificate_for(right.public_key, name="right"))
    certificate = own_folder / "cert.der"
    certificate.write_bytes(certificate_for(right.public_key, name="right"))
    command = ["pkcs11-tool", "--module", str(SOFTHSM), "--login", "--pin", PIN.secret, "--write-object"]
    subprocess.run(
        [*command, str(certificate), "--type", "cert", "--id", (wrong.uri.id or b"").hex()],
        env={**os.environ, **token.environment},
        check=True,
        capture_output=True,
    )
    with signer(own_folder, token.uri, environment=token.environment) as running:
        with pytest.raises(DeviceAnsweredWrongly):
            running.client.sign(key=key_uri(wrong), dtbs=DTBS, algorithm=SignatureAlgorithm.ECDSA_SHA256)
        running.client.sign(key=key_uri(right), dtbs=DTBS, algorithm=SignatureAlgorithm.ECDSA_SHA256)
        assert running.client.health().tokens[0].signatures == 1


def test_an_absent_token_stops_nobody_and_is_found_when_it_comes(own_folder: Path) -> None:
    present, absent = new_token(own_folder / "hsm", "Có"), new_token(own_folder / "hsm", "Vắng")
    key, later = (generate_key(token, kind=KeyKind.P_256, label="k") for token in (present, absent))
    (away,) = [f for f in (own_folder / "hsm" / "tokens").iterdir() if _holds(f, "Vắng")]
    moved = shutil.move(away, own_folder / "away")
    with signer(own_folder, present.uri, absent.uri, environment=present.environment) as running:
        with pytest.raises(TokenAbsent):
            running.client.sign(key=key_uri(later), dtbs=DTBS, algorithm=SignatureAlgorithm.ECDSA_SHA256)
        running.client.sign(key=key_uri(key), dtbs=DTBS, algorithm=SignatureAlgorithm.ECDSA_SHA256)
        assert [held.problem for held in running.client.credentials()] == [None, "token-absent"]
        assert not running.client.health().ready
        shutil.move(moved, away)
        value = running.client.sign(key=key_uri(later), dtbs=DTBS, algorithm=SignatureAlgorithm.ECDSA_SHA256)
        verified(later, value, SignatureAlgorithm.ECDSA_SHA256)
        assert running.client.health().ready


def test_a_pin_file_that_others_can_read_is_not_used(own_folder: Path) -> None:
    token = new_token(own_folder / "hsm", "Ký")
    key = generate_key(token, kind=KeyKind.P_256, label="k")
    pin_file(token).chmod(0o644)
    with signer(own_folder, token.uri, environment=token.environment) as running:
        with pytest.raises(PinUnavailable, match="0600"):
            running.client.sign(key=key_uri(key), dtbs=DTBS, algorithm=SignatureAlgorithm.ECDSA_SHA256)
        pin_file(token).chmod(0o600)
        running.client.sign(key=key_uri(key), dtbs=DTBS, algorithm=SignatureAlgorithm.ECDSA_SHA256)


def test_a_pin_from_the_environment_does_not_reach_the_child(own_folder: Path) -> None:
    token = new_token(own_folder / "hsm", "Ký số 9")
    key = generate_key(token, kind=KeyKind.P_256, label="k")
    environment = {**token.environment, "KYSO_PIN_KY_SO_9": PIN.secret}
    with signer(own_folder, replace(token.uri, pin_source=None), environment=environment) as running:
        running.client.sign(key=key_uri(key), dtbs=DTBS, algorithm=SignatureAlgorithm.ECDSA_SHA256)
        assert PIN.secret.encode() not in Path(f"/proc/{running.only_child()}/environ").read_bytes()


def test_a_signer_that_is_not_there_is_told_at_once(own_folder: Path) -> None:
    client = SignerClient(own_folder / "s")
    with pytest.raises(SignerUnavailable, match="nothing listens"):
        client.health()


def test_a_signer_that_says_nothing_is_given_up_in_time(own_folder: Path) -> None:
    with socket.socket(socket.AF_UNIX) as silent:
        silent.bind(str(own_folder / "s"))
        silent.listen()
        started = time.monotonic()
        with pytest.raises(SignerUnavailable, match="no answer"):
            SignerClient(own_folder / "s", limit=timedelta(seconds=0.3)).health()
        assert time.monotonic() - started < 2


def test_sigterm_ends_it_cleanly_and_takes_the_children_along(own_folder: Path) -> None:
    token = new_token(own_folder / "hsm", "Ký")
    with signer(own_folder, token.uri, environment=token.environment) as running:
        child = running.only_child()
        assert running.stop() == 0
        assert not running.socket.exists()
        assert not Path(f"/proc/{child}").exists()
        with pytest.raises(SignerUnavailable):
            running.client.health()


def test_a_second_signer_at_the_same_place_is_refused(own_folder: Path) -> None:
    token = new_token(own_folder / "hsm", "Ký")
    with signer(own_folder, token.uri, environment=token.environment) as running:
        assert "another signer" in refusal(own_folder, str(token.uri))
        assert running.client.health().pid == running.process.pid


def test_an_unsafe_folder_a_long_path_and_a_half_named_token_stop_the_start(own_folder: Path) -> None:
    uri = f"pkcs11:token=a?module-path={SOFTHSM}"
    assert "module-path" in refusal(own_folder, "pkcs11:token=a")
    assert "neither a token label nor a serial" in refusal(own_folder, f"pkcs11:model=a?module-path={SOFTHSM}")
    assert "longer than 107" in refusal(own_folder / ("x" * 100), uri)
    (own_folder / "run").mkdir(mode=0o755)
    assert "0700" in refusal(own_folder, uri)


def refusal(folder: Path, uri: str) -> str:
    """What a signer says that does not start."""
    command = [sys.executable, "-m", "hsm.signer", "--socket", str(folder / "run" / "s")]
    ended = subprocess.run(
        [*command, "--state", str(folder / "state"), uri],
        cwd=ROOT,
        check=False,
        capture_output=True,
        text=True,
        timeout=20,
    )
    assert ended.returncode == 1
    assert "Traceback" not in ended.stderr
    return ended.stderr


HOSTILE = [
    b"",
    b"\x00",
    b"\x00\x00\x00\x05{}",
    b"\xff\xff\xff\xff" + b"A" * 100_000,
    b"\x00\x10\x00\x01",
    b"\x00\x00\x00\x00",
    b"\x00\x00\x00\x02[]",
    b"\x00\x00\x00\x02\xff\xfe",
    b"\x00\x07\xa1\x20" + b"[" * 500_000,
    b"GET / HTTP/1.1\r\nHost: a\r\n\r\n",
    b'\x00\x00\x00\x10{"v":1,"op":"x"}',
    b'\x00\x00\x00\x13{"v":1,"op":"open"}',
    b'\x00\x00\x00\x19{"v":1,"op":"initialise"}',
    b'\x00\x00\x00\x35{"v":1,"op":"sign","key":1,"dtbs":[],"algorithm":null}'[:57],
    b"\x80\x04\x95\x10\x00\x00\x00\x00\x00\x00\x00\x8c\x05posix",
    os.urandom(4096),
]


def test_hostile_bytes_hurt_only_their_own_connection(
    running: RunningSigner, keys: dict[KeyKind, KeyDescription]
) -> None:
    child = running.only_child()
    half_open = []
    for octets in HOSTILE * 5:
        connection = socket.socket(socket.AF_UNIX)
        connection.settimeout(2)
        connection.connect(str(running.socket))
        try:
            connection.sendall(octets)
        except OSError:
            connection.close()
            continue
        half_open.append(connection)
    for _ in range(20):
        running.client.sign(key=key_uri(keys[KeyKind.P_256]), dtbs=DTBS, algorithm=SignatureAlgorithm.ECDSA_SHA256)
    for connection in half_open:
        connection.close()
    assert running.process.poll() is None
    assert running.only_child() == child
    assert "Traceback" not in running.log.read_text(encoding="utf-8")
    wait_until(lambda: _threads(running.process.pid) < 15)


@pytest.mark.skipif(os.geteuid() != 0, reason="only root can become somebody else")
def test_another_user_is_refused_even_if_the_folder_is_left_open(
    running: RunningSigner, keys: dict[KeyKind, KeyDescription]
) -> None:
    program = (
        "import os, sys; from pathlib import Path; sys.path.insert(0, sys.argv[1])\n"
        "from hsm.client import SignerClient; from hsm.errors import HsmError\n"
        "os.setgroups([]); os.setgid(65534); os.setuid(65534)\n"
        "try: SignerClient(Path(sys.argv[2])).health()\n"
        "except HsmError as error: print(error.code)\n"
    )
    command = [sys.executable, "-c", program, str(ROOT), str(running.socket)]
    shut = subprocess.run(command, check=True, capture_output=True, text=True).stdout
    parents = [running.socket.parent, running.socket.parent.parent]
    modes = [path.stat().st_mode for path in parents]
    try:
        for path in parents:
            path.chmod(0o755)
        running.socket.chmod(0o666)
        opened = subprocess.run(command, check=True, capture_output=True, text=True).stdout
    finally:
        running.socket.chmod(0o600)
        for path, mode in zip(parents, modes, strict=True):
            path.chmod(mode)
    assert (shut.strip(), opened.strip()) == ("signer-unavailable", "signer-caller-refused")


def _holds(folder: Path, label: str) -> bool:
    return any(label.encode() in file.read_bytes() for file in folder.glob("token.object"))


def _threads(pid: int) -> int:
    return len(list(Path(f"/proc/{pid}/task").iterdir()))
