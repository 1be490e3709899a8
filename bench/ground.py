"""What every measurement stands on: a token, the demonstration authority with its responders, and the sample notice."""

from __future__ import annotations

import socket
import subprocess
import sys
import tempfile
import time
from contextlib import contextmanager
from dataclasses import dataclass
from datetime import UTC, datetime
from pathlib import Path
from typing import TYPE_CHECKING

from api.demo.images import SEAL_DIAMETER, seal_image, signature_image
from api.demo.notice import typeset_notice
from bench.cpu import spent_by
from bench.softtoken import OpenToken, SoftToken, make_token
from certs.anchors import TrustAnchors, read_trust_directory
from certs.demonstration import make_authority
from certs.online import OnlineClient
from certs.revocation import RevocationGatherer
from certs.timestamps import HttpTimestamper
from signing.compose import compose
from signing.layout import layout_with_seal

if TYPE_CHECKING:
    from collections.abc import Iterator

PROJECT = Path(__file__).parents[1]
_UP_WITHIN = 10.0


@dataclass(frozen=True, slots=True)
class Responders:
    """The demonstration's OCSP, CRL and timestamp servers, in a process of their own."""

    port: int
    process: subprocess.Popen[bytes]

    @property
    def url(self) -> str:
        """Where they answer."""
        return f"http://127.0.0.1:{self.port}"

    def cpu_seconds(self) -> float:
        """What they have used so far."""
        return spent_by(self.process.pid)


@dataclass(frozen=True, slots=True)
class Ground:
    """``draft`` is the two-page notice with its four empty fields, as the register keeps it before the signature."""

    folder: Path
    responders: Responders
    anchors: TrustAnchors
    token: SoftToken
    device: OpenToken
    draft: bytes
    signature_image: bytes
    seal_image: bytes

    def timestamper(self) -> HttpTimestamper:
        """The demonstration's authority, as the worker asks it."""
        return HttpTimestamper((f"{self.responders.url}/tsa",), self._client(), self.anchors)

    def gatherer(self) -> RevocationGatherer:
        """The source of revocation data, as the worker has it."""
        return RevocationGatherer(self._client(), self.anchors)

    def _client(self) -> OnlineClient:
        return OnlineClient(frozenset({f"127.0.0.1:{self.responders.port}"}))


def now() -> datetime:
    """The present moment."""
    return datetime.now(UTC)


@contextmanager
def ground() -> Iterator[Ground]:
    """Make everything in a temporary folder, and take it away afterwards."""
    with tempfile.TemporaryDirectory(prefix="kyso-bench-") as name, _responders(Path(name) / "pki") as responders:
        folder = Path(name)
        token = make_token(folder / "softhsm", authority=folder / "pki")
        notice = typeset_notice(created_at=now())
        draft = compose(
            notice.pdf,
            layout=layout_with_seal(notice.cells, seal_diameter=SEAL_DIAMETER),
            lookup_code="0123-4567-89AB-CDEF-G",
            lookup_url="http://127.0.0.1:8000/d/0123456789ABCDEFG",
        )
        yield Ground(
            folder=folder,
            responders=responders,
            anchors=read_trust_directory(folder / "pki" / "trust"),
            token=token,
            device=token.open(),
            draft=draft,
            signature_image=signature_image(),
            seal_image=seal_image(agency=notice.text.agency),
        )


@contextmanager
def _responders(directory: Path) -> Iterator[Responders]:
    with socket.create_server(("127.0.0.1", 0)) as free:
        port = int(free.getsockname()[1])
    make_authority(directory, responder_url=f"http://127.0.0.1:{port}")
    command = [sys.executable, "-m", "certs.demonstration", str(directory), "--port", str(port)]
    process = subprocess.Popen(command, cwd=PROJECT)
    try:
        _await(port)
        yield Responders(port=port, process=process)
    finally:
        process.terminate()
        process.wait()


def _await(port: int) -> None:
    deadline = time.monotonic() + _UP_WITHIN
    while True:
        try:
            socket.create_connection(("127.0.0.1", port), timeout=1).close()
            return
        except OSError:
            if time.monotonic() > deadline:
                raise
            time.sleep(0.02)
