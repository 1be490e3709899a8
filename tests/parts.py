"""Fixtures that give tests the real parts: PostgreSQL and an S3 server, started once for each test process.

Loaded for every test by ``tests/conftest.py``; nothing starts before a test asks for it. With pytest-xdist each worker
has servers of its own. They die with the test process, whatever way it ends.
"""

from __future__ import annotations

import os
import shutil
import tempfile
import time
import uuid
from contextlib import contextmanager
from dataclasses import dataclass
from pathlib import Path
from typing import TYPE_CHECKING, Protocol

import psycopg
import pytest
from minio import Minio
from psycopg import sql

from storage.embedded.child import Child, end, spawn
from storage.embedded.postgres import EmbeddedPostgres
from storage.embedded.s3 import EmbeddedS3
from verification.sandbox import Sandbox
from verification.workshop import Workshop

if TYPE_CHECKING:
    from collections.abc import Callable, Iterator

_PLENTY = 6 * 1024**3
_UP_WITHIN = 60.0  # seconds; usually below one
# Test databases need not survive a power cut.
_FAST = {"fsync": "off", "synchronous_commit": "off", "full_page_writes": "off", "shared_buffers": "32MB"}


class _Part(Protocol):
    def initialise(self) -> None: ...
    def child(self) -> Child: ...
    def is_ready(self) -> bool: ...


@dataclass(frozen=True, slots=True)
class Bucket:
    """A bucket of the running S3 server, and what a client needs to reach it (``endpoint`` is an URL)."""

    endpoint: str
    access_key: str
    secret_key: str
    name: str

    def client(self) -> Minio:
        """A client of the S3 SDK."""
        return Minio(self.endpoint.removeprefix("http://"), self.access_key, self.secret_key, secure=False)


@pytest.fixture(scope="session")
def parts_folder() -> Iterator[Path]:
    """A folder that servers under an unprivileged account can reach, which pytest's own temporary folders are not."""
    with tempfile.TemporaryDirectory(prefix="kyso-test-", dir=_fast_folder()) as name:
        folder = Path(name)
        folder.chmod(0o711)
        yield folder


@pytest.fixture(scope="session")
def postgres_server(parts_folder: Path) -> Iterator[EmbeddedPostgres]:
    """A running PostgreSQL."""
    server = EmbeddedPostgres(parts_folder / "postgres", settings=_FAST)
    with running(server, log=parts_folder / "postgres.log"):
        yield server


@pytest.fixture
def database_url(postgres_server: EmbeddedPostgres) -> Iterator[str]:
    """The SQLAlchemy URL of an empty database for one test."""
    with _fresh_database(postgres_server) as url:
        yield url


@pytest.fixture(scope="module")
def module_database_url(postgres_server: EmbeddedPostgres) -> Iterator[str]:
    """The SQLAlchemy URL of an empty database that the tests of one module share."""
    with _fresh_database(postgres_server) as url:
        yield url


@pytest.fixture(scope="session")
def s3_server(parts_folder: Path) -> Iterator[EmbeddedS3]:
    """A running S3 server."""
    server = EmbeddedS3(parts_folder / "s3")
    with running(server, log=parts_folder / "s3.log"):
        yield server


@pytest.fixture(scope="session")
def workshop() -> Iterator[Workshop]:
    """The sandbox that PDFs are opened in, with its children."""
    with Workshop(Sandbox()) as opened:
        yield opened


@pytest.fixture
def bucket(s3_server: EmbeddedS3) -> Bucket:
    """A new, versioned bucket with Object Lock for one test."""
    return _fresh_bucket(s3_server)


@pytest.fixture(scope="module")
def module_bucket(s3_server: EmbeddedS3) -> Bucket:
    """A new, versioned bucket with Object Lock that the tests of one module share."""
    return _fresh_bucket(s3_server)


def _fast_folder() -> Path:
    """Memory where there is plenty of it: how fast this disk is, is not what the tests ask."""
    memory = Path("/dev/shm")
    if os.access(memory, os.W_OK | os.X_OK) and shutil.disk_usage(memory).free > _PLENTY:
        return memory
    return Path("/tmp")


@contextmanager
def running(part: _Part, *, log: Path) -> Iterator[None]:
    """Start a part, wait for it, stop it at the end."""
    part.initialise()
    child = part.child()
    with log.open("ab") as output:
        process = spawn(child, output=output.fileno())
    try:
        if not wait_until(lambda: part.is_ready() or process.poll() is not None) or process.poll() is not None:
            pytest.fail(f"{child.name} did not start:\n{log.read_text()[-4000:]}")
        yield
    finally:
        end(process, child)


def wait_until(condition: Callable[[], bool], *, within: float = _UP_WITHIN) -> bool:
    """Whether it becomes true within so many seconds."""
    deadline = time.monotonic() + within
    while not condition():
        if time.monotonic() > deadline:
            return False
        time.sleep(0.02)
    return True


@contextmanager
def _fresh_database(server: EmbeddedPostgres) -> Iterator[str]:
    name = f"test_{uuid.uuid4().hex}"
    identifier = sql.Identifier(name)
    with psycopg.connect(server.administration_conninfo, autocommit=True) as connection:
        connection.execute(sql.SQL("CREATE DATABASE {} OWNER kyso").format(identifier))
        yield server.url_of(name)
        connection.execute(sql.SQL("DROP DATABASE {} WITH (FORCE)").format(identifier))


def _fresh_bucket(server: EmbeddedS3) -> Bucket:
    made = Bucket(
        endpoint=server.endpoint,
        access_key=server.access_key,
        secret_key=server.secret_key,
        name=f"test-{uuid.uuid4().hex}",
    )
    made.client().make_bucket(made.name, object_lock=True)
    return made
