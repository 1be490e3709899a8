"""A whole service on one machine: which parts, in which order, with which settings.

What the operator has not named is embedded: PostgreSQL when there is no ``KYSO_DATABASE_URL``, the S3 server when there
is no ``KYSO_S3_ENDPOINT``. A demonstration takes nothing from the operator's settings; it brings an authority with its
responders, two tokens and accounts of its own. Secrets go to the children in their environment only, and the PINs of
the tokens to the signer alone.
"""

from __future__ import annotations

import os
import sys
from dataclasses import replace
from datetime import timedelta
from enum import Enum
from http import HTTPStatus
from http.client import HTTPConnection, HTTPException
from pathlib import Path

from api.callers.secret_hashes import SecretHashes
from api.clock import SystemClock
from api.configuration.settings import OneMachineSettings
from api.demo.bootstrap import Foundations, fill_register, lay_foundations
from api.demo.people import DemonstrationSecrets
from api.listening import Address
from api.supervision.supervisor import Supervised
from hsm.client import SignerClient
from hsm.errors import HsmError
from storage.blobs import RetentionMode, S3Blobs
from storage.database import connect
from storage.embedded.account import caller
from storage.embedded.child import Child
from storage.embedded.place import socket_folder
from storage.embedded.postgres import EmbeddedPostgres
from storage.embedded.s3 import EmbeddedS3
from storage.migrate import upgrade
from storage.unit_of_work import PostgresUnitOfWork

_WORKPLACE = ("postgres", "s3", "responders", "signer")  # what worker and server need
_STOP_WITHIN = timedelta(seconds=4)  # for requests and jobs under way; both may be broken off
_ANSWERS_WITHIN = 3.0  # seconds
# Settings of the program itself, not of a service: a demonstration keeps them.
_OF_THE_PROGRAM = ("KYSO_DEBUG", "KYSO_FONT_DIR", "KYSO_SOFTHSM_MODULE", "KYSO_SANDBOX_")
_OF_THE_SIGNER_ALONE = ("KYSO_PKCS11_MODULES", "KYSO_PIN_")


class Contents(Enum):
    """Whose service this is."""

    OWN = "what the operator has set up"
    DEMONSTRATION = "an authority, tokens and accounts made for showing"


class OneMachine:
    """The parts of a service whose files are below ``home``; :meth:`children` is what a supervisor runs."""

    def __init__(self, home: Path, *, contents: Contents, settings: OneMachineSettings) -> None:
        self._home = home.absolute()
        self._contents = contents
        self._settings = settings
        self._postgres = None if settings.database_url.get_secret_value() else EmbeddedPostgres(self._home / "postgres")
        self._s3 = None if settings.s3_endpoint else EmbeddedS3(self._home / "s3")
        self._signer_socket = socket_folder(self._home / "signer", account=caller()) / "signer.sock"
        self._foundations: Foundations | None = None
        self.address = Address.parse(settings.listen)
        self._secrets: DemonstrationSecrets | None = None

    @property
    def url(self) -> str:
        """Where the service is reached."""
        return self._settings.public_url or f"http://{self.address.from_here()}"

    @property
    def remarks(self) -> tuple[str, ...]:
        """What the operator should know about where files lie."""
        embedded = [part for part in (self._postgres, self._s3) if part is not None]
        return tuple(part.remark for part in embedded if part.remark is not None)

    @property
    def secrets(self) -> DemonstrationSecrets:
        """The accounts of a demonstration, once its children are up."""
        if self._secrets is None:
            msg = "only a demonstration that is up has accounts of its own"
            raise RuntimeError(msg)
        return self._secrets

    def children(self) -> tuple[Supervised, ...]:
        """In starting order."""
        demonstrates = self._contents is Contents.DEMONSTRATION
        embedded = (("postgres", self._postgres), ("s3", self._s3))
        children = [self._embedded(name, part) for name, part in embedded if part is not None]
        if demonstrates:
            children.append(self._responders())
        if demonstrates or self._settings.pkcs11_modules:
            children.append(self._signer())
        return (*children, self._worker(), self._server())

    def service_environment(self) -> dict[str, str]:
        """The settings of server and worker, once the stores are up; no PIN is in it."""
        given = self._laid().settings() if self._contents is Contents.DEMONSTRATION else {}
        known = {**self._inherited(), "KYSO_TRUST_DIR": str(self._trust()), **given}
        kept = {name: value for name, value in known.items() if not name.startswith(_OF_THE_SIGNER_ALONE)}
        if self._postgres is not None:
            kept["KYSO_DATABASE_URL"] = self._postgres.url
        if self._s3 is not None:
            kept |= {
                "KYSO_S3_ENDPOINT": self._s3.endpoint,
                "KYSO_S3_ACCESS_KEY": self._s3.access_key,
                "KYSO_S3_SECRET_KEY": self._s3.secret_key,
            }
        return {**kept, "KYSO_PUBLIC_URL": self.url, "KYSO_LISTEN": str(self.address)}

    def _embedded(self, name: str, part: EmbeddedPostgres | EmbeddedS3) -> Supervised:
        return Supervised(
            name=name,
            child=lambda: self._marked(part.child()),
            ready=part.is_ready,
            prepare=part.initialise,
            needs=(),
        )

    def _responders(self) -> Supervised:
        def lay() -> None:
            self._foundations = lay_foundations(self._home, at=SystemClock().now())

        def child() -> Child:
            laid = self._laid()
            arguments = (str(laid.pki.directory), "--port", str(laid.port))
            return self._python("responders", "-m", "certs.demonstration", *arguments)

        def is_ready() -> bool:
            return _answers(Address(host="127.0.0.1", port=self._laid().port))

        return Supervised(name="responders", child=child, ready=is_ready, prepare=lay, needs=())

    def _signer(self) -> Supervised:
        def child() -> Child:
            given = self._laid().settings() if self._contents is Contents.DEMONSTRATION else {}
            return self._kyso("signer", {**self._inherited(), **given})

        def is_ready() -> bool:
            try:
                SignerClient(self._signer_socket, limit=timedelta(seconds=_ANSWERS_WITHIN)).health()
            except HsmError:
                return False
            return True

        return Supervised(name="signer", child=child, ready=is_ready, needs=("responders",))

    def _worker(self) -> Supervised:
        """It says nothing that shows it ready; what it waits for, it waits for itself."""
        return Supervised(
            name="worker",
            child=lambda: self._kyso("worker", self.service_environment()),
            ready=lambda: True,
            prepare=self._fill_storage,
            needs=_WORKPLACE,
        )

    def _server(self) -> Supervised:
        return Supervised(
            name="server",
            child=lambda: self._kyso("serve", self.service_environment()),
            ready=lambda: _answers(self.address.from_here()),
            prepare=self.address.demand_free,
            needs=_WORKPLACE,
        )

    def _fill_storage(self) -> None:
        """Schema, bucket, and a demonstration's rows; finds again what is there."""
        upgrade(self._database_url())
        self._blobs().ensure_bucket()
        if self._contents is Contents.DEMONSTRATION:
            engine = connect(self._database_url())
            try:
                uow = PostgresUnitOfWork(engine)
                now = SystemClock().now()
                self._secrets = fill_register(self._home, self._laid(), uow=uow, hashes=SecretHashes(), at=now)
            finally:
                engine.dispose()

    def _database_url(self) -> str:
        return self._settings.database_url.get_secret_value() if self._postgres is None else self._postgres.url

    def _blobs(self) -> S3Blobs:
        settings, embedded = self._settings, self._s3
        return S3Blobs(
            endpoint=settings.s3_endpoint if embedded is None else embedded.endpoint,
            access_key=settings.s3_access_key.get_secret_value() if embedded is None else embedded.access_key,
            secret_key=settings.s3_secret_key.get_secret_value() if embedded is None else embedded.secret_key,
            bucket=settings.s3_bucket,
            mode=RetentionMode[settings.object_lock_mode.name],
        )

    def _laid(self) -> Foundations:
        if self._foundations is None:
            msg = "the foundations are laid before the responders start"
            raise RuntimeError(msg)
        return self._foundations

    def _kyso(self, command: str, environment: dict[str, str]) -> Child:
        installed = Path(sys.executable).with_name("kyso")
        name = "server" if command == "serve" else command
        if installed.exists():
            return self._process(name, (str(installed), command), environment)
        return self._process(name, (sys.executable, "-m", "api.cli.main", command), environment)

    def _python(self, name: str, *arguments: str) -> Child:
        return self._process(name, (sys.executable, *arguments), self._inherited())

    def _process(self, name: str, argv: tuple[str, ...], environment: dict[str, str]) -> Child:
        child = Child(name=name, argv=argv, environment=environment, cwd=Path.cwd(), stop_within=_STOP_WITHIN)
        return self._marked(child)

    def _marked(self, child: Child) -> Child:
        """Every process says which home it belongs to, for those who look at it with ps(1)."""
        return replace(child, environment={**child.environment, "KYSO_HOME": str(self._home)})

    def _inherited(self) -> dict[str, str]:
        """What every child gets of this process's environment."""
        kept = {
            name: value
            for name, value in os.environ.items()
            if not name.startswith("KYSO_") or self._contents is Contents.OWN or name.startswith(_OF_THE_PROGRAM)
        }
        return {**kept, "KYSO_SIGNER_SOCKET": str(self._signer_socket), "PYTHONUNBUFFERED": "1"}

    def _trust(self) -> Path:
        return self._settings.trust_dir or self._home / "trust"


def _answers(address: Address) -> bool:
    """Whether ``/healthz`` there is well."""
    connection = HTTPConnection(address.host, address.port, timeout=_ANSWERS_WITHIN)
    try:
        connection.request("GET", "/healthz")
        return connection.getresponse().status == HTTPStatus.OK
    except (OSError, HTTPException):
        return False
    finally:
        connection.close()
