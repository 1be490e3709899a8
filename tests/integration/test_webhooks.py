"""Notifications: written with the step, signed, sent until acknowledged, and told apart by their identifier."""

from __future__ import annotations

import base64
import hashlib
import hmac
import json
import threading
from contextlib import ExitStack
from dataclasses import replace
from datetime import timedelta
from typing import TYPE_CHECKING

import psycopg
import pytest

from api.notifying.herald import WAITS, Herald
from api.notifying.lanes import TROUBLED, Lanes
from api.notifying.webhooks import CallPost, secret_of
from certs.online import OnlineClient
from issuance.documents import DocumentState
from issuance.refusals import reject
from storage.database import conninfo
from storage.outbox import Outbox, Way
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
    return Outbox(engine, Way.CALL)


def herald(outbox: Outbox, receiver: Receiver, *, lease: timedelta = timedelta(minutes=1)) -> Herald:
    post = CallPost(OnlineClient(frozenset({receiver.place.authority})), master=MASTER)
    return Herald(outbox, post, RealClock(), lease=lease)


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


def test_a_receiver_that_hangs_holds_nobody_but_itself(
    postgres_register: PostgresUnitOfWork, outbox: Outbox, receiver: Receiver
) -> None:
    released = threading.Event()

    def hang(_path: str, _body: bytes) -> Answer:
        released.wait(60)
        return Answer(status=204)

    with ExitStack() as stack:
        hanging = [stack.enter_context(playing(hang)) for _ in range(3)]
        stack.callback(released.set)
        for server in hanging:
            for _ in range(10):
                rejected(postgres_register, server.url)
        for _ in range(30):
            rejected(postgres_register, receiver.place.url)
        places = frozenset({receiver.place.authority, *(server.authority for server in hanging)})
        sending = Herald(outbox, CallPost(OnlineClient(places), master=MASTER), RealClock()).sending()
        while len(receiver.identifiers) < 30:
            next(sending)  # no step waits for one that hangs
        assert [len(server.asked) for server in hanging] == [2, 2, 2]
        assert not released.is_set()
        rejected(postgres_register, receiver.place.url)  # what comes while they hang goes out as well
        while len(receiver.identifiers) < 31:
            next(sending)
        released.set()
        for _ in sending:
            pass
    assert [len(server.asked) for server in hanging] == [10, 10, 10]
    assert outbox.take_due(lease=timedelta(0)) is None


def test_one_that_failed_has_one_place_and_all_such_have_half() -> None:
    lanes = Lanes()
    for name in ("a", *(f"bad {number}" for number in range(TROUBLED + 1))):
        lanes.begin(name)
        (lanes.acknowledged if name == "a" else lanes.failed)(name)
    lanes.begin("a")
    assert lanes.closed() == ()
    lanes.begin("bad 0")
    assert lanes.closed() == ("bad 0",)
    for number in range(1, TROUBLED):
        lanes.begin(f"bad {number}")
    assert set(lanes.closed()) == {f"bad {number}" for number in range(TROUBLED + 1)}
    lanes.begin("a")
    assert "a" in lanes.closed()
    lanes.acknowledged("bad 0")
    assert f"bad {TROUBLED}" not in lanes.closed()
    assert lanes.has_room


def test_what_becomes_of_notifications_is_counted(
    postgres_register: PostgresUnitOfWork, outbox: Outbox, receiver: Receiver, register_url: str
) -> None:
    before = outbox.figures()
    for _ in range(3):
        rejected(postgres_register, receiver.place.url)
    herald(outbox, receiver).send_due()
    receiver.status = 500
    rejected(postgres_register, receiver.place.url)
    herald(outbox, receiver).send_due()
    with psycopg.connect(conninfo(register_url)) as connection:
        connection.execute("UPDATE notifications SET created_at = now() - interval '1 hour' WHERE due_at IS NOT NULL")
    now = outbox.figures()
    assert (now.delivered - before.delivered, now.failed - before.failed, now.given_up) == (3, 1, before.given_up)
    assert now.waiting == 1
    assert timedelta(hours=1) <= now.oldest < timedelta(hours=1, minutes=5)
    with psycopg.connect(conninfo(register_url)) as connection:
        connection.execute(
            "UPDATE notifications SET due_at = now(), attempts = %s WHERE due_at IS NOT NULL", (len(WAITS),)
        )
    herald(outbox, receiver).send_due()
    assert (outbox.figures().given_up, outbox.figures().waiting) == (before.given_up + 1, 0)


def test_what_a_dead_worker_held_is_sent_by_another_under_the_same_identifier(
    postgres_register: PostgresUnitOfWork, outbox: Outbox, receiver: Receiver
) -> None:
    rejected(postgres_register, receiver.place.url)
    held = outbox.take_due(lease=timedelta(0))
    assert held is not None
    herald(outbox, receiver).send_due()
    assert receiver.identifiers == [str(held.notification.id)]
