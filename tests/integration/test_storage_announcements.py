from __future__ import annotations

import asyncio
import threading
import time
from contextlib import contextmanager, suppress
from dataclasses import dataclass, field, replace
from typing import TYPE_CHECKING

import pytest

from api.waiting import belled, settled
from issuance.documents import Document, DocumentState, Obstacle
from storage.announcements import Announcements
from tests.register_material import NOW, settle_people, signing, stored_document

if TYPE_CHECKING:
    from collections.abc import Iterator

    from sqlalchemy import Engine

    from storage.unit_of_work import PostgresUnitOfWork

SOON = 10.0  # seconds, on a busy machine


@dataclass
class Ear:
    rung: threading.Event = field(default_factory=threading.Event)

    def heard(self) -> bool:
        heard = self.rung.wait(SOON)
        self.rung.clear()
        return heard


@contextmanager
def listening(announcements: Announcements, document: Document) -> Iterator[Ear]:
    """An ear that has heard what is rung when the connection stands."""
    ear = Ear()
    with announcements.heard(document.id, ear.rung.set):
        deadline = time.monotonic() + SOON
        while not announcements.listens:
            assert time.monotonic() < deadline
            time.sleep(0.01)
        ear.rung.wait(0.3)
        ear.rung.clear()
        yield ear


@pytest.fixture
def announcements(register_url: str) -> Iterator[Announcements]:
    announcements = Announcements(register_url)
    yield announcements
    announcements.close()


@pytest.fixture
def document(postgres_register: PostgresUnitOfWork) -> Document:
    """One that its worker is at."""
    people = settle_people(postgres_register)
    under_way = signing(stored_document(postgres_register, people), people)
    with postgres_register() as register:
        register.save_document(under_way)
    return under_way


def signed(document: Document) -> Document:
    return document.step_to(DocumentState.AWAITING_TIMESTAMP).step_to(DocumentState.SIGNED)


def test_who_waits_is_told_with_the_commit_and_not_before(
    announcements: Announcements, document: Document, postgres_register: PostgresUnitOfWork
) -> None:
    with listening(announcements, document) as ear:
        with postgres_register() as register:
            register.save_document(signed(document))
            assert not ear.rung.wait(0.3)
        assert ear.heard()


def test_nobody_is_told_of_what_was_rolled_back_or_of_a_step_on_the_way(
    announcements: Announcements, document: Document, postgres_register: PostgresUnitOfWork
) -> None:
    with listening(announcements, document) as ear:
        with suppress(KeyError), postgres_register() as register:
            register.save_document(signed(document))
            raise KeyError
        with postgres_register() as register:
            register.save_document(document.step_to(DocumentState.AWAITING_TIMESTAMP))
        assert not ear.rung.wait(0.5)


def test_an_obstacle_is_told(
    announcements: Announcements, document: Document, postgres_register: PostgresUnitOfWork
) -> None:
    with listening(announcements, document) as ear:
        with postgres_register() as register:
            register.save_document(replace(document, obstacle=Obstacle(code="x", text="x", at=NOW)))
        assert ear.heard()


def test_who_waits_is_told_to_look_after_the_connection_broke(
    announcements: Announcements, document: Document, engine: Engine
) -> None:
    with listening(announcements, document) as ear:
        with engine.begin() as connection:
            connection.exec_driver_sql(
                "SELECT pg_terminate_backend(pid) FROM pg_stat_activity WHERE application_name = 'kyso-announcements'"
            )
        assert ear.heard()
        assert announcements.listens


def test_who_waits_for_long_reads_the_register_a_few_times_only(
    announcements: Announcements, document: Document, postgres_register: PostgresUnitOfWork
) -> None:
    asked = 0

    async def read() -> Document:
        nonlocal asked
        asked += 1
        return await asyncio.to_thread(_read, postgres_register, document)

    async def wait() -> DocumentState:
        with belled(announcements, document.id) as bell:
            worker = asyncio.create_task(asyncio.to_thread(_sign_after, 1.5, postgres_register, document))
            waited = await settled(document, read=read, bell=bell, seconds=SOON)
            await worker
        return waited.document.state

    with listening(announcements, document):
        assert asyncio.run(wait()) is DocumentState.SIGNED
    assert asked <= 2


def test_who_waits_is_answered_where_nothing_is_heard(
    document: Document, postgres_register: PostgresUnitOfWork
) -> None:
    deaf = Announcements("postgresql://nobody@127.0.0.1:1/nowhere")

    async def read() -> Document:
        return await asyncio.to_thread(_read, postgres_register, document)

    async def wait() -> DocumentState:
        with belled(deaf, document.id) as bell:
            worker = asyncio.create_task(asyncio.to_thread(_sign_after, 0.2, postgres_register, document))
            waited = await settled(document, read=read, bell=bell, seconds=SOON)
            await worker
        return waited.document.state

    try:
        assert asyncio.run(wait()) is DocumentState.SIGNED
    finally:
        deaf.close()


def _read(uow: PostgresUnitOfWork, document: Document) -> Document:
    with uow() as register:
        found = register.document(document.id)
    assert found is not None
    return found


def _sign_after(seconds: float, uow: PostgresUnitOfWork, document: Document) -> None:
    time.sleep(seconds)
    with uow() as register:
        register.save_document(signed(document))
