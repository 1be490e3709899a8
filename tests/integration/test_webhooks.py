"""Notifications: written with the step, signed, sent until acknowledged, and told apart by their identifier."""

from __future__ import annotations

import base64
import hashlib
import hmac
import json
import threading
from dataclasses import replace
from datetime import timedelta
from typing import TYPE_CHECKING

import psycopg
import pytest

from api.webhooks import WAITS, Herald, secret_of
from certs.online import OnlineClient
from issuance.documents import DocumentState
from issuance.refusals import reject
from storage.database import conninfo
from storage.outbox import Outbox
from tests.integration.certs_servers import Answer, Playable, playing
from tests.register_material import new_document, settle_people
from tests.small_agency import RealClock

if TYPE_CHECKING:
    from collections.abc import Iterator

    from sqlalchemy import Engine

    from issuance.documents import Document
    from storage.unit_of_work import PostgresUnitOfWork

MASTER = "a secret of this test"


class Receiver:
    """A system that was promised notifications; ``status`` is how it answers."""

    def __init__(self) -> None:
        self.status = 204
        self.server: Playable | None = None

    @property
    def identifiers(self) -> list[str]:
        """Of every message that arrived."""
        return [headers["webhook-id"] for _, _, headers, _ in self.place.asked]

    @property
    def place(self) -> Playable:
        """Where it answers."""
        assert self.server is not None
        return self.server


@pytest.fixture
def receiver() -> Iterator[Receiver]:
    one = Receiver()
    with playing(lambda _path, _body: Answer(status=one.status)) as server:
        one.server = server
        yield one


@pytest.fixture
def outbox(engine: Engine, register_url: str) -> Outbox:
    with psycopg.connect(conninfo(register_url)) as connection:
        connection.execute("TRUNCATE notifications")
    return Outbox(engine)


def herald(outbox: Outbox, receiver: Receiver, *, lease: timedelta = timedelta(minutes=1)) -> Herald:
    online = OnlineClient(frozenset({receiver.place.authority}))
    return Herald(outbox, online, RealClock(), master=MASTER, lease=lease)


def rejected(uow: PostgresUnitOfWork, url: str | None) -> Document:
    """A document with whose rejection its sender is to be told."""
    people = settle_people(uow)
    document = new_document(people)
    document = replace(
        document, state=DocumentState.SUBMITTED, draft=replace(document.draft, callback_url=url, external_id="HS-7")
    )
    with uow() as register:
        register.add_document(document)
        register.add_revision(document.id, document.current)
    return reject(
        uow=uow, clock=RealClock(), actor=people.signatory, document_id=document.id, reason="Thiếu hồ sơ của bà Mẫu"
    )


def due_in(url: str) -> list[tuple[int, float | None, str | None]]:
    """Attempts, seconds until the next one, and the problem of every notification."""
    with psycopg.connect(conninfo(url)) as connection:
        rows = connection.execute(
            "SELECT attempts, extract(epoch FROM due_at - now())::float8, problem FROM notifications"
        )
        return rows.fetchall()


def test_a_notification_is_signed_for_its_account_and_names_no_reason(
    postgres_register: PostgresUnitOfWork, outbox: Outbox, receiver: Receiver
) -> None:
    document = rejected(postgres_register, f"{receiver.place.url}/told")
    herald(outbox, receiver).send_due()
    ((method, path, headers, body),) = receiver.place.asked
    assert (method, path) == ("POST", "/told")
    key = base64.b64decode(secret_of(document.created_by, master=MASTER).removeprefix("whsec_"))
    signed = f"{headers['webhook-id']}.{headers['webhook-timestamp']}.".encode() + body
    expected = base64.b64encode(hmac.digest(key, signed, hashlib.sha256)).decode()
    assert headers["webhook-signature"] == f"v1,{expected}"
    told = json.loads(body)
    assert (told["type"], told["data"]["id"]) == ("document.rejected", str(document.id))
    assert told["data"]["external_id"] == "HS-7"
    assert b"reason" not in body


def test_each_account_has_a_secret_of_its_own() -> None:
    assert secret_of("a", master=MASTER) != secret_of("b", master=MASTER) != secret_of("b", master=MASTER + "!")


def test_who_names_no_address_is_told_nothing(
    postgres_register: PostgresUnitOfWork, outbox: Outbox, register_url: str
) -> None:
    rejected(postgres_register, None)
    assert due_in(register_url) == []
    assert outbox.take_due(lease=timedelta(0)) is None


def test_a_failure_is_repeated_after_a_wait_and_then_acknowledged_once(
    postgres_register: PostgresUnitOfWork, outbox: Outbox, receiver: Receiver, register_url: str
) -> None:
    rejected(postgres_register, receiver.place.url)
    receiver.status = 503
    herald(outbox, receiver).send_due()
    ((attempts, wait, problem),) = due_in(register_url)
    assert (attempts, problem) == (1, "responder-unavailable")
    assert wait is not None
    assert 0 < wait <= WAITS[0].total_seconds()
    receiver.status = 200
    with psycopg.connect(conninfo(register_url)) as connection:
        connection.execute("UPDATE notifications SET due_at = now()")
    herald(outbox, receiver).send_due()
    herald(outbox, receiver).send_due()
    assert len(receiver.identifiers) == 2
    assert len(set(receiver.identifiers)) == 1
    assert due_in(register_url) == [(2, None, None)]


def test_after_the_last_wait_it_is_given_up_until_somebody_asks_again(
    postgres_register: PostgresUnitOfWork, outbox: Outbox, receiver: Receiver, register_url: str
) -> None:
    rejected(postgres_register, receiver.place.url)
    receiver.status = 500
    with psycopg.connect(conninfo(register_url)) as connection:
        connection.execute("UPDATE notifications SET attempts = %s", (len(WAITS),))
    herald(outbox, receiver).send_due()
    assert due_in(register_url) == [(len(WAITS) + 1, None, "responder-unavailable")]
    receiver.status = 200
    assert outbox.send_again() == 1
    herald(outbox, receiver).send_due()
    assert due_in(register_url) == [(1, None, None)]


@pytest.mark.parametrize("url", ["http://127.0.0.1:22/", "http://169.254.169.254/latest", "http://[::1]/"])
def test_an_address_in_the_operators_own_network_is_not_reached(
    postgres_register: PostgresUnitOfWork, outbox: Outbox, receiver: Receiver, register_url: str, url: str
) -> None:
    rejected(postgres_register, url)
    herald(outbox, receiver).send_due()
    ((attempts, _, problem),) = due_in(register_url)
    assert (attempts, problem) == (1, "address-forbidden")


def test_many_workers_send_each_notification_once(
    postgres_register: PostgresUnitOfWork, outbox: Outbox, receiver: Receiver
) -> None:
    for _ in range(20):
        rejected(postgres_register, receiver.place.url)
    threads = [threading.Thread(target=herald(outbox, receiver).send_due) for _ in range(6)]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join()
    assert len(receiver.identifiers) == len(set(receiver.identifiers)) == 20


def test_what_a_dead_worker_held_is_sent_by_another_under_the_same_identifier(
    postgres_register: PostgresUnitOfWork, outbox: Outbox, receiver: Receiver
) -> None:
    rejected(postgres_register, receiver.place.url)
    held = outbox.take_due(lease=timedelta(0))
    assert held is not None
    herald(outbox, receiver).send_due()
    assert receiver.identifiers == [str(held.notification.id)]
