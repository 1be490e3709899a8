"""Real SoftHSM tokens and a real signer process for tests; every directory is its own world (SOFTHSM2_CONF).

The test process itself never loads a PKCS#11 module: whatever touches a token runs in a child.
"""

from __future__ import annotations

import os
import signal
import subprocess
import sys
import time
from contextlib import contextmanager, suppress
from dataclasses import dataclass, replace
from datetime import UTC, datetime, timedelta
from pathlib import Path
from typing import TYPE_CHECKING

from cryptography import x509
from cryptography.hazmat.primitives import hashes
from cryptography.hazmat.primitives.asymmetric import ec
from cryptography.hazmat.primitives.serialization import Encoding, load_der_public_key

from hsm.client import SignerClient
from hsm.errors import SignerUnavailable
from hsm.pin import Pin, write_pin_file
from hsm.provisioning import SOFTHSM_MODULE, TokenAccess, initialise_softhsm_token

if TYPE_CHECKING:
    from collections.abc import Iterator, Mapping

    from hsm.inventory import KeyDescription
    from hsm.uri import Pkcs11Uri

ROOT = Path(__file__).parents[1]
SOFTHSM = SOFTHSM_MODULE


def _module(name: str) -> Path:
    """A PKCS#11 module of a Debian package, installed or only unpacked by set-up."""
    for place in (Path("/"), ROOT / ".tools/root"):
        for found in place.glob(f"usr/lib/*/pkcs11/{name}"):
            return found
    return Path("/usr/lib/pkcs11") / name


SPY = _module("pkcs11-spy.so")  # writes down every PKCS#11 call (package opensc)
P11_KIT_CLIENT = _module("p11-kit-client.so")
PIN = Pin("thử-4321")
WRONG_PIN = Pin("sai-9999")
SO_PIN = Pin("so-87654321")


def new_token(directory: Path, label: str) -> TokenAccess:
    """A token with :data:`PIN`, and beside the directory's configuration the PIN file that its URI names."""
    access = initialise_softhsm_token(directory=directory, label=label, so_pin=SO_PIN, pin=PIN)
    pin_file = directory / f"{access.uri.serial}.pin"
    write_pin_file(pin_file, PIN)
    return replace(access, uri=replace(access.uri, pin_source=f"file:{pin_file}"))


def pin_file(access: TokenAccess) -> Path:
    """Where the token's PIN is configured."""
    return Path((access.uri.pin_source or "").removeprefix("file:"))


def rewrite_pin(access: TokenAccess, pin: Pin) -> None:
    """What an operator does who corrects the PIN file, or gets it wrong."""
    pin_file(access).unlink()
    write_pin_file(pin_file(access), pin)


@dataclass(slots=True)
class RunningSigner:
    """A signer process and the way to it."""

    process: subprocess.Popen[bytes]
    client: SignerClient
    socket: Path
    log: Path

    def children(self) -> list[int]:
        """The process ids of its children."""
        found: list[int] = []
        for task in Path(f"/proc/{self.process.pid}/task").glob("*/children"):
            with suppress(OSError):  # a thread that ended since it was listed
                found += map(int, task.read_text(encoding="ascii").split())
        return found

    def only_child(self) -> int:
        """The child of a signer with one token, once it is there."""
        wait_until(lambda: len(self.children()) == 1)
        return self.children()[0]

    def kill(self) -> None:
        """Kill it as ``kill -9`` does."""
        self.process.kill()
        self.process.wait()

    def stop(self) -> int:
        """End it as a supervisor does; the exit status."""
        self.process.send_signal(signal.SIGTERM)
        return self.process.wait(timeout=20)


@contextmanager
def signer(
    folder: Path, *tokens: Pkcs11Uri, environment: Mapping[str, str], children: int = 1
) -> Iterator[RunningSigner]:
    """A signer over these tokens, listening; its socket and memory lie in the folder and outlive it."""
    socket, log = folder / "run" / "s", folder / "signer.log"
    command = [sys.executable, "-m", "hsm.signer", "--socket", str(socket), "--state", str(folder / "state")]
    command += ["--children", str(children)]
    with log.open("ab") as output:
        process = subprocess.Popen(
            [*command, *map(str, tokens)], cwd=ROOT, env={**os.environ, **environment}, stderr=output
        )
    running = RunningSigner(process=process, client=SignerClient(socket), socket=socket, log=log)
    try:
        wait_until(lambda: process.poll() is not None or _listens(running.client))
        yield running
    finally:
        if process.poll() is None:
            process.kill()
        process.wait()


def wait_until(condition: object, *, seconds: float = 20.0) -> None:
    """Look every few milliseconds until the condition (a callable) holds; fail after the time."""
    deadline = time.monotonic() + seconds
    while not (callable(condition) and condition()):
        if time.monotonic() > deadline:
            raise TimeoutError
        time.sleep(0.01)


def certificate_for(public_key: bytes, *, name: str, valid_from: datetime | None = None) -> bytes:
    """A throw-away DER certificate over a DER SubjectPublicKeyInfo, from an authority nobody knows."""
    authority = ec.generate_private_key(ec.SECP256R1())
    key = load_der_public_key(public_key)
    start = valid_from or datetime(2026, 1, 1, tzinfo=UTC)
    return (
        x509.CertificateBuilder()
        .subject_name(x509.Name([x509.NameAttribute(x509.NameOID.COMMON_NAME, name)]))
        .issuer_name(x509.Name([x509.NameAttribute(x509.NameOID.COMMON_NAME, "CA thử")]))
        .public_key(key)  # type: ignore[arg-type]  # the union is wider than what tokens hold
        .serial_number(x509.random_serial_number())
        .not_valid_before(start)
        .not_valid_after(start + timedelta(days=365))
        .sign(authority, hashes.SHA256())
        .public_bytes(Encoding.DER)
    )


def key_uri(key: KeyDescription) -> str:
    """What callers give to :meth:`SignerClient.sign`."""
    return str(key.uri)


def _listens(client: SignerClient) -> bool:
    try:
        client.health()
    except SignerUnavailable:
        return False
    return True


@contextmanager
def served_by_p11_kit(socket: Path, token: TokenAccess) -> Iterator[None]:
    """``p11-kit server``: the token in yet another process, reached through p11-kit's own client module."""
    command = ["p11-kit", "server", "--foreground", "--provider", str(SOFTHSM), "-n", str(socket), "pkcs11:"]
    socket.unlink(missing_ok=True)
    environment = {**os.environ, **token.environment}
    server = subprocess.Popen(command, env=environment, stdout=subprocess.DEVNULL, start_new_session=True)
    try:
        wait_until(socket.exists)
        yield
    finally:
        os.killpg(server.pid, signal.SIGKILL)  # it has a child for each connection
        server.wait()
