"""PostgreSQL and the object store go away in the middle and come back."""

from __future__ import annotations

import hashlib
import os
import signal
import subprocess
import sys
import tempfile
import time
from contextlib import contextmanager, suppress
from pathlib import Path
from typing import TYPE_CHECKING, Protocol

import psycopg
import pytest

from storage.blobs import S3Blobs
from storage.database import connect, conninfo, transaction
from storage.embedded.child import Child, spawn
from storage.embedded.postgres import EmbeddedPostgres
from storage.embedded.s3 import EmbeddedS3
from storage.errors import BlobsUnavailable, StorageUnavailable
from storage.migrate import upgrade
from storage.unit_of_work import PostgresUnitOfWork
from tests.register_material import settle_people, signing, stored_document

if TYPE_CHECKING:
    from collections.abc import Callable, Iterator

    from issuance.ports import Repositories

ROOT = Path(__file__).parents[2]


class _Server(Protocol):
    def initialise(self) -> None: ...
    def child(self) -> Child: ...
    def is_ready(self) -> bool: ...


class Switch:
    """A server that a test turns on and off; off is a kill of all its processes, without a word."""

    def __init__(self, server: _Server) -> None:
        self._server = server
        self._child = server.child()
        self._process: subprocess.Popen[bytes] | None = None

    def on(self) -> None:
        self._process = spawn(self._child, output=subprocess.DEVNULL)
        deadline = time.monotonic() + 30
        while not self._server.is_ready():
            assert time.monotonic() < deadline
            time.sleep(0.02)

    def off(self) -> None:
        if self._process is not None:
            below = Path(f"/proc/{self._process.pid}/task/{self._process.pid}/children").read_text().split()
            self._process.kill()
            self._process.wait()
            # An orphan could still carry out what it was asked before it notices.
            for orphan in map(int, below):
                with suppress(ProcessLookupError):
                    os.kill(orphan, signal.SIGKILL)
            self._process = None


@contextmanager
def switched(server: _Server) -> Iterator[Switch]:
    server.initialise()
    switch = Switch(server)
    switch.on()
    try:
        yield switch
    finally:
        switch.off()


@pytest.fixture
def own_folder(parts_folder: Path) -> Path:
    folder = Path(tempfile.mkdtemp(dir=parts_folder))
    folder.chmod(0o711)
    return folder


@pytest.fixture
def postgres(own_folder: Path) -> EmbeddedPostgres:
    return EmbeddedPostgres(own_folder / "postgres")


def test_a_database_that_goes_away_is_an_outage_and_is_used_again_when_it_is_back(postgres: EmbeddedPostgres) -> None:
    with switched(postgres) as switch:
        upgrade(postgres.url)
        engine = connect(postgres.url)
        uow = PostgresUnitOfWork(engine)
        people = settle_people(uow)
        document = stored_document(uow, people)

        # in the middle of a transaction: what was written before is gone, too
        def interrupted(step: Callable[[Repositories], object]) -> None:
            with uow() as register:
                register.save_document(signing(document, people))
                switch.off()
                step(register)

        for step in (
            lambda register: register.document(document.id),
            lambda register: register.enqueue_advance(document.id),
            lambda _register: None,  # notices it at the commit
        ):
            with pytest.raises(StorageUnavailable) as caught:
                interrupted(step)
            assert caught.value.transient
            with pytest.raises(StorageUnavailable), uow() as register:
                register.document(document.id)
            switch.on()
            with uow() as register:
                assert register.document(document.id) == document
        engine.dispose()


def test_a_worker_survives_an_outage_of_the_database_and_loses_no_job(postgres: EmbeddedPostgres) -> None:
    with switched(postgres) as switch:
        upgrade(postgres.url)
        engine = connect(postgres.url)
        uow = PostgresUnitOfWork(engine)
        people = settle_people(uow)
        with transaction(engine) as connection:
            connection.exec_driver_sql(
                "CREATE TABLE runs (document_id uuid, run bigint, pid bigint,"
                " started_at timestamptz DEFAULT clock_timestamp(), ended_at timestamptz, state text)"
            )
        hanging, waiting = (stored_document(uow, people, dossier_code=code) for code in ("sleep:1", None))
        program = [sys.executable, "-m", "tests.integration.worker_program", postgres.url]
        worker = subprocess.Popen(program, cwd=ROOT)
        try:
            _ask(uow, hanging.id)
            _wait_for(postgres.url, "SELECT FROM runs", within=20)
            _ask(uow, waiting.id)
            switch.off()
            time.sleep(2)
            switch.on()
            _wait_for(postgres.url, "SELECT FROM runs WHERE document_id = %s AND ended_at IS NOT NULL", waiting.id)
            _wait_for(postgres.url, "SELECT FROM runs WHERE document_id = %s AND ended_at IS NOT NULL", hanging.id)
            assert worker.poll() is None
            worker.terminate()
            assert worker.wait(15) == 0
        finally:
            worker.kill()
            worker.wait()
        engine.dispose()


def test_an_object_store_that_goes_away_is_an_outage_and_is_used_again_when_it_is_back(own_folder: Path) -> None:
    server = EmbeddedS3(own_folder / "s3")
    with switched(server) as switch:
        blobs = S3Blobs(
            endpoint=server.endpoint, access_key=server.access_key, secret_key=server.secret_key, bucket="documents"
        )
        blobs.ensure_bucket()
        before = os.urandom(50_000)
        sha256 = blobs.put(before)
        switch.off()
        after = os.urandom(50_000)
        for call in (lambda: blobs.put(after), lambda: blobs.get(sha256), blobs.ensure_bucket):
            begun = time.monotonic()
            with pytest.raises(BlobsUnavailable) as caught:
                call()
            assert caught.value.transient
            assert time.monotonic() - begun < 5
        switch.on()
        _eventually(lambda: blobs.get(sha256) == before)
        assert blobs.put(after) == hashlib.sha256(after).hexdigest()
        assert blobs.get(blobs.put(after)) == after


def _ask(uow: PostgresUnitOfWork, document_id: object) -> None:
    with uow() as register:
        register.enqueue_advance(document_id)  # type: ignore[arg-type]


def _wait_for(url: str, query: str, *arguments: object, within: float = 30) -> None:
    deadline = time.monotonic() + within
    while time.monotonic() < deadline:
        with psycopg.connect(conninfo(url)) as connection:
            if connection.execute(query.encode(), arguments).fetchone() is not None:
                return
        time.sleep(0.05)
    pytest.fail(f"not within {within} s: {query}")


def _eventually(condition: Callable[[], bool], *, within: float = 10) -> None:
    """A server that was killed may answer with passing errors at first."""
    deadline = time.monotonic() + within
    while True:
        try:
            if condition():
                return
        except BlobsUnavailable:
            assert time.monotonic() < deadline
        time.sleep(0.1)
