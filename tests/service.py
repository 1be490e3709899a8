"""The whole service as separate processes over real parts: what an integrating program meets on its network."""

from __future__ import annotations

import json
import os
import socket
import subprocess
import sys
import tempfile
import time
from contextlib import contextmanager
from dataclasses import dataclass, field
from datetime import UTC, datetime
from pathlib import Path
from typing import TYPE_CHECKING

import pytest
from cryptography import x509
from cryptography.hazmat.primitives.serialization import Encoding

from api.callers.secret_hashes import SecretHashes
from api.client import Client
from api.demo.bootstrap import fill_register, lay_foundations
from api.demo.notice import typeset_notice
from api.demo.people import (
    AGENCY,
    CLERK,
    SEAL_CREDENTIAL,
    SERIES,
    SIGNATORY,
    SIGNATORY_CREDENTIAL,
    SUBMITTER,
    DemonstrationSecrets,
)
from api.forms.documents import BoxForm, LayoutForm, MetadataForm
from storage.blobs import S3Blobs
from storage.database import connect
from storage.migrate import upgrade
from storage.unit_of_work import PostgresUnitOfWork
from tests.own_token import own_token

if TYPE_CHECKING:
    from collections.abc import Iterator, Mapping

    from api.demo.notice import Notice
    from api.forms.documents import DocumentAnswer
    from signing.layout import Box
    from tests.own_token import OwnToken
    from tests.parts import Bucket

PROJECT = Path(__file__).parents[1]
METRICS_TOKEN = "secret-of-the-monitoring"
_UP_WITHIN = 240.0  # usually a few seconds; the machine may be busy with other tests
_PLACES = frozenset({"KYSO_FONT_DIR", "KYSO_SOFTHSM_MODULE"})  # where set-up unpacked what it could not install


@dataclass
class Service:
    """A running service; its parts can be killed and started again by name."""

    home: Path
    url: str
    responders: int
    environment: dict[str, str]
    commands: dict[str, list[str]]
    secrets: DemonstrationSecrets
    uow: PostgresUnitOfWork
    notice: Notice
    processes: dict[str, subprocess.Popen[bytes]] = field(default_factory=dict)

    def public(self) -> Client:
        """A client without an account."""
        return Client(self.url)

    def client(self, account: str) -> Client:
        """A client with a fresh token."""
        return self.public().with_token(client_id=account, secret=self.secrets.accounts[account])

    def submitter(self) -> Client:
        """The submitting system."""
        return self.client(SUBMITTER)

    def signatory(self) -> Client:
        """The official."""
        return self.client(SIGNATORY)

    def clerk(self) -> Client:
        """The registry clerk."""
        return self.client(CLERK)

    def metadata(self, **changes: object) -> MetadataForm:
        """A description that is taken."""
        cells = self.notice.cells
        layout = {name: _box(getattr(cells, name)) for name in ("number", "date", "signature", "code")}
        described = {
            "agency": AGENCY,
            "type": "Thông báo",
            "subject": "Thông báo mẫu",
            "signatory": SIGNATORY,
            "series": SERIES,
            "layout": LayoutForm.model_validate(layout),
        }
        return MetadataForm.model_validate(described | changes)

    def submitted(self, **changes: object) -> DocumentAnswer:
        """A document that waits for its signatory."""
        client = self.submitter()
        return client.submit(client.create_document(self.notice.pdf, self.metadata(**changes)).id)

    def signed(self, **changes: object) -> DocumentAnswer:
        """A document that waits for the clerk."""
        document = self.submitted(**changes)
        return self.signatory().sign(document.id, credential=SIGNATORY_CREDENTIAL, activation=self.secrets.activation)

    def issued_with(self, *appendices: bytes, **changes: object) -> DocumentAnswer:
        """An issued document with these files going out with it."""
        client = self.submitter()
        document = client.create_document(self.notice.pdf, self.metadata(**changes))
        for place, pdf in enumerate(appendices, start=1):
            client.attach(document.id, pdf, title=f"Phụ lục {place}")
        client.submit(document.id)
        self.signatory().sign(document.id, credential=SIGNATORY_CREDENTIAL, activation=self.secrets.activation)
        return self.clerk().issue(document.id, credential=SEAL_CREDENTIAL)

    def issued(self, **changes: object) -> DocumentAnswer:
        """An issued document."""
        return self.clerk().issue(self.signed(**changes).id, credential=SEAL_CREDENTIAL)

    def log(self, part: str) -> str:
        """What a part has written so far."""
        return (self.home / f"{part}.log").read_text(encoding="utf-8")

    def start(self, part: str) -> None:
        """Start a part in the background."""
        with (self.home / f"{part}.log").open("ab") as output:
            self.processes[part] = subprocess.Popen(
                self.commands[part], cwd=PROJECT, env=self.environment, stdout=output, stderr=output
            )

    def stop(self, part: str) -> None:
        """End a part as an operator does."""
        process = self.processes.pop(part)
        process.terminate()
        try:
            process.wait(20)
        except subprocess.TimeoutExpired:
            process.kill()
            process.wait()

    def await_ready(self, *, within: float = _UP_WITHIN) -> None:
        """Wait until everything answers."""
        deadline = time.monotonic() + within
        # Readiness asks no authority, so that is asked here.
        while not (self.public().ready() and ("responders" not in self.processes or _listens(self.responders))):
            if time.monotonic() > deadline or any(one.poll() is not None for one in self.processes.values()):
                pytest.fail("\n".join(f"--- {part}\n{self.log(part)[-3000:]}" for part in self.processes))
            time.sleep(0.05)


def enrolled_token(service: Service, *, account: str = SIGNATORY) -> OwnToken:
    """A new token of the official's own, its certificate enrolled as an operator does."""
    folder = Path(tempfile.mkdtemp(dir=service.home))
    token = own_token(folder, authority=Path(service.environment["KYSO_TRUST_DIR"]).parent)
    file = folder / "certificate.pem"
    file.write_bytes(token.certificate.x509.public_bytes(Encoding.PEM) + _issuers(token))
    command = [sys.executable, "-m", "api.cli.main", "credentials", "enrol", account, "--certificate", str(file)]
    told = subprocess.run(
        [*command, "--as", "quản trị", "--json"],
        cwd=PROJECT,
        env=service.environment,
        capture_output=True,
        text=True,
        check=True,
    )
    assert json.loads(told.stdout)["holder"] == account
    return token


def _issuers(token: OwnToken) -> bytes:
    return b"".join(x509.load_der_x509_certificate(der).public_bytes(Encoding.PEM) for der in token.certificate.chain)


@contextmanager
def running_service(
    home: Path, *, database_url: str, bucket: Bucket, settings: Mapping[str, str] | None = None
) -> Iterator[Service]:
    """Responders, signer, worker and HTTP server over this database and bucket, with these settings besides."""
    now = datetime.now(UTC)
    foundations = lay_foundations(home, at=now)
    upgrade(database_url)
    _blobs(bucket).ensure_bucket()
    engine = connect(database_url)
    uow = PostgresUnitOfWork(engine)
    secrets = fill_register(home, foundations, uow=uow, hashes=SecretHashes(), at=now)
    port = _free_port()
    kyso = [sys.executable, "-m", "api.cli.main"]
    service = Service(
        home=home,
        url=f"http://127.0.0.1:{port}",
        responders=foundations.port,
        environment={
            **{name: value for name, value in os.environ.items() if name in _PLACES or not name.startswith("KYSO_")},
            **foundations.settings(),
            "KYSO_DATABASE_URL": database_url,
            "KYSO_S3_ENDPOINT": bucket.endpoint,
            "KYSO_S3_ACCESS_KEY": bucket.access_key,
            "KYSO_S3_SECRET_KEY": bucket.secret_key,
            "KYSO_S3_BUCKET": bucket.name,
            "KYSO_PUBLIC_URL": f"http://127.0.0.1:{port}",
            "KYSO_LISTEN": f"127.0.0.1:{port}",
            "KYSO_SIGNER_SOCKET": str(home / "run" / "s"),
            "KYSO_HOME": str(home),
            "KYSO_METRICS_TOKEN": METRICS_TOKEN,
            **(settings or {}),
        },
        commands={
            "responders": [
                *(sys.executable, "-m", "certs.demonstration", str(foundations.pki.directory)),
                *("--port", str(foundations.port)),
            ],
            "signer": [*kyso, "signer"],
            "worker": [*kyso, "worker"],
            "server": [*kyso, "serve"],
        },
        secrets=secrets,
        uow=uow,
        notice=typeset_notice(created_at=now),
    )
    try:
        for part in service.commands:
            service.start(part)
        service.await_ready()
        yield service
    finally:
        for part in reversed(list(service.processes)):
            service.stop(part)
        engine.dispose()


def _blobs(bucket: Bucket) -> S3Blobs:
    return S3Blobs(
        endpoint=bucket.endpoint, access_key=bucket.access_key, secret_key=bucket.secret_key, bucket=bucket.name
    )


def _box(box: Box) -> BoxForm:
    return BoxForm(page=box.page, left=box.left, top=box.top, width=box.width, height=box.height)


def _listens(port: int) -> bool:
    with socket.socket() as probe:
        return probe.connect_ex(("127.0.0.1", port)) == 0


def _free_port() -> int:
    with socket.create_server(("127.0.0.1", 0)) as server:
        return int(server.getsockname()[1])
