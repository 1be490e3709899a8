from __future__ import annotations

import signal
import subprocess
import sys
import time
from contextlib import contextmanager
from dataclasses import dataclass, replace
from pathlib import Path
from typing import TYPE_CHECKING

import psycopg
import pytest

from issuance.documents import DocumentState
from storage.database import conninfo
from tests.register_material import People, settle_people, signing, stored_document

if TYPE_CHECKING:
    from collections.abc import Callable, Iterator
    from datetime import datetime

    from issuance.documents import Document
    from storage.unit_of_work import PostgresUnitOfWork

ROOT = Path(__file__).parents[2]


@dataclass(frozen=True)
class Run:
    pid: int
    started_at: datetime
    ended_at: datetime | None
    state: str | None


@dataclass(frozen=True)
class Desk:
    """A register with people, and what the workers of a test did with its documents."""

    url: str
    uow: PostgresUnitOfWork
    people: People

    def document(self, behaviour: str | None = None) -> Document:
        return stored_document(self.uow, self.people, dossier_code=behaviour)

    def ask(self, document: Document) -> None:
        with self.uow() as register:
            register.save_document(signing(document, self.people))
            register.enqueue_advance(document.id)

    def finish(self, document: Document) -> None:
        """So that the next worker does not find it unfinished."""
        with self.uow() as register:
            register.save_document(replace(signing(document, self.people), state=DocumentState.SIGNED))

    def runs(self, document: Document) -> list[Run]:
        rows = self.query(
            "SELECT pid, started_at, ended_at, state FROM runs WHERE document_id = %s ORDER BY run", document.id
        )
        return [Run(*row) for row in rows]  # type: ignore[arg-type]

    def statuses(self, document: Document) -> list[object]:
        query = "SELECT status::text FROM procrastinate_jobs WHERE queueing_lock = %s ORDER BY id"
        return [status for (status,) in self.query(query, f"document:{document.id}")]

    def query(self, statement: str, *arguments: object) -> list[tuple[object, ...]]:
        with psycopg.connect(conninfo(self.url)) as connection:
            return connection.execute(statement.encode(), arguments).fetchall()


@pytest.fixture
def desk(register_url: str, postgres_register: PostgresUnitOfWork) -> Iterator[Desk]:
    with psycopg.connect(conninfo(register_url)) as connection:
        connection.execute(
            "CREATE TABLE IF NOT EXISTS runs (document_id uuid, run bigint, pid bigint,"
            " started_at timestamptz DEFAULT clock_timestamp(), ended_at timestamptz, state text)"
        )
        connection.execute("TRUNCATE procrastinate_jobs, procrastinate_workers CASCADE")
    yield Desk(url=register_url, uow=postgres_register, people=settle_people(postgres_register))
    with psycopg.connect(conninfo(register_url)) as connection:
        connection.execute("UPDATE documents SET state = 'signed' WHERE state = 'signing'")


@contextmanager
def worker(desk: Desk) -> Iterator[subprocess.Popen[bytes]]:
    """A worker process that is ready."""
    before = newest_worker(desk)
    process = subprocess.Popen([sys.executable, "-m", "tests.integration.worker_program", desk.url], cwd=ROOT)
    try:
        wait_until(lambda: newest_worker(desk) > before, within=20)
        yield process
    finally:
        process.kill()
        process.wait()


def newest_worker(desk: Desk) -> int:
    """A number that rises with each worker; how many there are does not, since a new one takes dead ones away."""
    return int(str(desk.query("SELECT COALESCE(max(id), 0) FROM procrastinate_workers")[0][0]))


def wait_until(condition: Callable[[], object], *, within: float) -> float:
    """How many seconds it took; fails after ``within``."""
    begun = time.monotonic()
    while not condition():
        if time.monotonic() - begun > within:
            pytest.fail(f"not within {within} s")
        time.sleep(0.02)
    return time.monotonic() - begun


class _GivenUp(Exception):
    pass


def test_a_transaction_that_is_rolled_back_asks_for_nothing(desk: Desk) -> None:
    document = desk.document()

    def give_up() -> None:
        with desk.uow() as register:
            register.enqueue_advance(document.id)
            raise _GivenUp

    with pytest.raises(_GivenUp):
        give_up()
    assert desk.statuses(document) == []


def test_one_waiting_job_per_document_is_enough(desk: Desk) -> None:
    document, other = desk.document(), desk.document()
    for _ in range(3):
        desk.ask(document)
    desk.ask(other)
    assert desk.statuses(document) == ["todo"]
    assert desk.statuses(other) == ["todo"]


def test_a_job_starts_within_milliseconds_of_the_commit(desk: Desk) -> None:
    with worker(desk):
        documents = [desk.document() for _ in range(10)]
        delays = []
        for document in documents:
            desk.ask(document)
            committed = desk.query("SELECT clock_timestamp()")[0][0]
            wait_until(lambda document=document: any(run.ended_at for run in desk.runs(document)), within=5)  # type: ignore[misc]
            delays.append((desk.runs(document)[0].started_at - committed).total_seconds())  # type: ignore[operator]
    assert sorted(delays)[5] < 0.1, delays


def test_a_waiting_job_is_held_back_until_a_transaction_that_asks_again_has_ended(desk: Desk) -> None:
    document = desk.document()
    desk.ask(document)
    with desk.uow() as register:
        register.enqueue_advance(document.id)
        register.save_document(replace(signing(document, desk.people), state=DocumentState.AWAITING_TIMESTAMP))
        with worker(desk):
            time.sleep(1.5)
            assert desk.runs(document) == []
    with worker(desk):
        wait_until(lambda: desk.runs(document), within=5)
        wait_until(lambda: desk.runs(document)[0].state, within=5)
    assert desk.runs(document)[0].state == "awaiting_timestamp"


def test_a_request_during_a_run_leads_to_another_run_afterwards_and_never_to_two_at_once(desk: Desk) -> None:
    document = desk.document("sleep:0.6")
    with worker(desk), worker(desk):
        desk.ask(document)
        wait_until(lambda: desk.runs(document), within=5)
        desk.ask(document)
        wait_until(lambda: len(desk.runs(document)) == 2 and desk.runs(document)[1].ended_at, within=5)
    first, second = desk.runs(document)
    assert first.ended_at is not None
    pause = (second.started_at - first.ended_at).total_seconds()
    assert 0 <= pause < 0.3


def test_a_worker_killed_in_the_middle_is_replaced_by_another_within_seconds(desk: Desk) -> None:
    document = desk.document("hang:60")
    with worker(desk) as first:
        desk.ask(document)
        wait_until(lambda: desk.runs(document), within=5)
        with worker(desk):
            first.send_signal(signal.SIGKILL)
            took = wait_until(lambda: len(desk.runs(document)) == 2 and desk.runs(document)[1].ended_at, within=20)
    assert took < 15
    assert [run.pid == first.pid for run in desk.runs(document)] == [True, False]
    wait_until(lambda: "doing" not in desk.statuses(document), within=5)


def test_a_worker_that_starts_takes_up_what_a_dead_one_left(desk: Desk) -> None:
    hanging, forgotten = desk.document("hang:60"), desk.document()
    with worker(desk) as first:
        desk.ask(hanging)
        wait_until(lambda: desk.runs(hanging), within=5)
        first.send_signal(signal.SIGKILL)
    desk.ask(forgotten)
    desk.query("DELETE FROM procrastinate_jobs WHERE status = 'todo' RETURNING id")
    with worker(desk):
        wait_until(lambda: desk.runs(forgotten), within=5)
        wait_until(lambda: len(desk.runs(hanging)) == 2, within=20)


def test_an_error_that_passes_leads_to_another_attempt_after_longer_and_longer_waits(desk: Desk) -> None:
    document = desk.document("fail:2")
    with worker(desk):
        desk.ask(document)
        wait_until(lambda: len(desk.runs(document)) == 3 and desk.runs(document)[2].ended_at, within=15)
        wait_until(lambda: desk.statuses(document) == [], within=5)
    first, second, third = (run.started_at for run in desk.runs(document))
    assert 0.7 < (second - first).total_seconds() < 2.5
    assert 1.5 < (third - second).total_seconds() < 4


def test_asking_again_ends_the_wait_for_the_next_attempt(desk: Desk) -> None:
    document = desk.document("fail:3")
    with worker(desk):
        desk.ask(document)
        wait_until(lambda: len(desk.runs(document)) == 3, within=15)
        time.sleep(0.2)
        desk.ask(document)
        assert wait_until(lambda: len(desk.runs(document)) == 4, within=5) < 1.5


def test_an_error_that_does_not_pass_ends_the_job(desk: Desk) -> None:
    document = desk.document("break")
    with worker(desk):
        desk.ask(document)
        wait_until(lambda: desk.statuses(document) == ["failed"], within=5)
        time.sleep(1.5)
    assert len(desk.runs(document)) == 1


def test_a_worker_that_is_asked_to_stop_finishes_what_it_began(desk: Desk) -> None:
    document, next_one = desk.document("sleep:1"), desk.document()
    with worker(desk) as process:
        desk.ask(document)
        wait_until(lambda: desk.runs(document), within=5)
        process.send_signal(signal.SIGTERM)
        time.sleep(0.3)
        desk.ask(next_one)
        assert process.wait(10) == 0
    assert desk.runs(document)[0].ended_at is not None
    assert desk.statuses(document) == []
    assert desk.runs(next_one) == []
    assert desk.query("SELECT FROM procrastinate_workers") == []


def test_an_idle_worker_stops_at_once(desk: Desk) -> None:
    with worker(desk) as process:
        begun = time.monotonic()
        process.send_signal(signal.SIGTERM)
        assert process.wait(10) == 0
    assert time.monotonic() - begun < 2
