"""A foreign timestamp authority, sigstore's, with a certificate of the test PKI: its tokens are taken and judged.

``make interop`` builds it with ``go install`` the first time (``var/interop/go``) and leaves it out where there is no
Go. It stands behind HTTP as any authority does; our client asks it, and what is signed with its tokens has to pass our
validator and EU DSS, by itself where it is archived.
"""

from __future__ import annotations

import hashlib
import os
import shutil
import subprocess
import time
from contextlib import contextmanager
from datetime import UTC, datetime, timedelta
from pathlib import Path
from tempfile import TemporaryDirectory
from typing import TYPE_CHECKING

from cryptography.hazmat.primitives.serialization import Encoding, NoEncryption, PrivateFormat
from cryptography.x509 import load_der_x509_certificate

from api.listening import free_loopback_address
from certs.errors import OnlineUnavailable
from certs.online import OnlineClient
from certs.timestamps import HttpTimestamper
from signing.profiles import SignatureLevel
from tests.input_kinds import EARLIER, InputKind
from tests.interop.cells import Shown, faults
from tests.second_opinion import openssl_accepts_token
from tests.set_clock import SetClock
from tests.signing_matrix import Cell, Credential, Office

if TYPE_CHECKING:
    from collections.abc import Iterator

    from certs.revocation import RevocationInfo
    from certs.timestamps import TimeStampToken

_PROGRAM = "github.com/sigstore/timestamp-authority/v2/cmd/timestamp-server@v2.0.3"
_BUILD_WITHIN, _START_WITHIN = 1800, 20.0
_CELLS = [
    Cell(level, credential, InputKind.CLASSIC)
    for level in (SignatureLevel.B_T, SignatureLevel.B_LTA)
    for credential in (Credential.RSA_2048, Credential.P_256)
]


class AuthorityUnavailable(RuntimeError):
    """The authority cannot be built or does not start; the message says why."""


def run(home: Path) -> list[str]:
    """Sign with the authority's tokens, and answer what either validator or OpenSSL has against that."""
    with TemporaryDirectory() as keys:
        office = _Office(Path(keys))
        with _running(_built(home / "go"), office, Path(keys)) as url:
            office.asks(url)
            shown = [Shown.signed(office, cell, home / "authority", at=office.now) for cell in _CELLS]
            found = _told_by_openssl(office, Path(keys))
        found += faults(office, shown, home / "authority")
    print(f"{len(shown)} files with tokens of {_PROGRAM.rpartition('/')[2]}: {len(shown) - len(found)} pass both")
    return found


class _Office(Office):
    """The office of the signing matrix in the present, since the authority's clock cannot be set."""

    def __init__(self, directory: Path) -> None:
        super().__init__(directory)
        self.now = datetime.now(UTC) + timedelta(minutes=1)
        self._timestamper: HttpTimestamper | None = None

    def asks(self, url: str) -> None:
        """The authority stands here."""
        online = OnlineClient(frozenset({url.split("/")[2]}))
        self._timestamper = HttpTimestamper((url,), online, self.notary.anchors, SetClock(datetime.now(UTC)))

    def stamp(self, digest: bytes) -> TimeStampToken:
        """A token of the authority, checked by our client."""
        if self._timestamper is None:
            raise AuthorityUnavailable
        return self._timestamper.stamp(digest)

    def _token(self, digest: bytes, *, archive: bool = False) -> TimeStampToken:  # noqa: ARG002 - one authority for all
        return self.stamp(digest)

    def _known(self, label: str) -> RevocationInfo:
        return self.notary.revocation(label, EARLIER.label, at=self.now)


def _told_by_openssl(office: _Office, folder: Path) -> list[str]:
    """What OpenSSL says of one token by itself."""
    stamped = b"stamped"
    token = office.stamp(hashlib.sha256(stamped).digest())
    said = openssl_accepts_token(token.der, over=stamped, anchors=office.anchors, folder=folder)
    return [] if said is None else [f"a token: OpenSSL says {said}"]


def _built(folder: Path) -> Path:
    """The program; ``go install`` asks the module proxy once. Raises :class:`AuthorityUnavailable`."""
    program = folder / "bin" / "timestamp-server"
    if program.exists():
        return program
    if shutil.which("go") is None:
        msg = "Go is needed (https://go.dev, 1.25 or newer)"
        raise AuthorityUnavailable(msg)
    environment = {**os.environ, "GOBIN": str((folder / "bin").resolve())}
    command = ["go", "install", _PROGRAM]
    built = subprocess.run(command, env=environment, capture_output=True, text=True, timeout=_BUILD_WITHIN, check=False)
    if built.returncode != 0:
        raise AuthorityUnavailable("\n".join(built.stderr.splitlines()[-3:]))
    return program


@contextmanager
def _running(program: Path, office: Office, folder: Path) -> Iterator[str]:
    """The authority with the certificate ``tsa`` of the test PKI; gives the address of its service."""
    key, chain = folder / "authority.pem", folder / "chain.pem"
    key.write_bytes(office.notary.keys["tsa"].private_bytes(Encoding.PEM, PrivateFormat.PKCS8, NoEncryption()))
    chain.write_bytes(_pem(office, "tsa") + _pem(office, "root"))
    place = free_loopback_address()
    command: list[str | Path] = [
        *(
            program,
            "serve",
            "--host",
            place.host,
            "--port",
            str(place.port),
            "--scheme",
            "http",
            "--disable-ntp-monitoring",
        ),
        *("--timestamp-signer", "file", "--file-signer-key-path", key, "--certificate-chain-path", chain),
    ]
    with (folder / "authority.log").open("wb") as log:
        process = subprocess.Popen(command, stdout=log, stderr=log, cwd=folder)
        try:
            _await(f"http://{place.host}:{place.port}/ping", process, folder / "authority.log")
            yield f"http://{place.host}:{place.port}/api/v1/timestamp"
        finally:
            process.terminate()
            process.wait(timeout=_START_WITHIN)


def _await(url: str, process: subprocess.Popen[bytes], log: Path) -> None:
    """Until the authority answers; raises :class:`AuthorityUnavailable` where it does not."""
    online = OnlineClient(frozenset({url.split("/")[2]}))
    until = time.monotonic() + _START_WITHIN
    while time.monotonic() < until and process.poll() is None:
        try:
            online.fetch(url)
        except OnlineUnavailable:
            time.sleep(0.1)
        else:
            return
    raise AuthorityUnavailable(log.read_text(encoding="utf-8", errors="replace")[-400:])


def _pem(office: Office, label: str) -> bytes:
    certificate = load_der_x509_certificate(office.notary.certificate(label).dump())
    return certificate.public_bytes(Encoding.PEM)
