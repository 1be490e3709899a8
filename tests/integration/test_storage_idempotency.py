from __future__ import annotations

import hashlib
import secrets
import uuid
from concurrent.futures import ThreadPoolExecutor
from datetime import timedelta
from typing import TYPE_CHECKING

import pytest

from storage.database import connect
from storage.errors import RowRefused
from storage.idempotency import (
    KEPT_FOR,
    LEASE,
    IdempotencyKeys,
    InFlight,
    OtherRequest,
    Outcome,
    Replayed,
    Started,
    StoredResponse,
)

if TYPE_CHECKING:
    from sqlalchemy import Engine

ONE, OTHER = (hashlib.sha256(body).digest() for body in (b"one", b"other"))
CREATED = StoredResponse(status=201, headers={"Location": "/v1/documents/1"}, body=b'{"id": "\xc3\xa0"}\x00')


class Caller:
    """A client with one key."""

    def __init__(self, engine: Engine) -> None:
        self._keys = IdempotencyKeys(engine)
        self._engine = engine
        self.client = f"client-{secrets.token_hex(4)}"

    def begin(self, request: bytes = ONE, key: str = "key") -> Outcome:
        return self._keys.begin(client=self.client, key=key, request_sha256=request, effect=uuid.uuid4())

    def finish(self, started: Outcome, response: StoredResponse = CREATED) -> None:
        assert isinstance(started, Started)
        self._keys.finish(started, client=self.client, key="key", response=response)

    def abandon(self, started: Outcome) -> None:
        assert isinstance(started, Started)
        self._keys.abandon(started, client=self.client, key="key")

    def release(self, started: Outcome) -> None:
        assert isinstance(started, Started)
        self._keys.release(started, client=self.client, key="key")

    def grow_older(self, by: timedelta) -> None:
        with self._engine.begin() as connection:
            connection.exec_driver_sql(
                "UPDATE idempotency_keys SET created_at = created_at - %(by)s, started_at = started_at - %(by)s"
                " WHERE client = %(client)s",
                {"by": by, "client": self.client},
            )


@pytest.fixture
def caller(engine: Engine) -> Caller:
    return Caller(engine)


def test_the_first_request_is_carried_out_and_the_next_get_its_answer(caller: Caller) -> None:
    started = caller.begin()
    assert isinstance(started, Started)
    caller.finish(started)
    assert caller.begin() == caller.begin() == Replayed(CREATED)


def test_the_answer_is_the_same_after_a_restart(caller: Caller, register_url: str) -> None:
    caller.finish(caller.begin())
    restarted = connect(register_url)
    keys = IdempotencyKeys(restarted)
    assert keys.begin(client=caller.client, key="key", request_sha256=ONE, effect=uuid.uuid4()) == Replayed(CREATED)
    restarted.dispose()


def test_a_second_request_waits_for_nobody_and_hears_that_the_first_is_in_flight(caller: Caller) -> None:
    caller.begin()
    assert caller.begin() == InFlight()


def test_another_request_with_the_same_key_is_told_so_before_and_after_the_answer(caller: Caller) -> None:
    started = caller.begin()
    assert caller.begin(OTHER) == OtherRequest()
    caller.finish(started)
    assert caller.begin(OTHER) == OtherRequest()


def test_keys_of_different_clients_have_nothing_to_do_with_each_other(engine: Engine) -> None:
    first, second = Caller(engine), Caller(engine)
    first.finish(first.begin())
    assert isinstance(second.begin(OTHER), Started)


def test_an_abandoned_key_is_free_even_for_another_request(caller: Caller) -> None:
    caller.abandon(caller.begin())
    assert isinstance(caller.begin(OTHER), Started)


def test_a_key_whose_holder_died_is_free_for_the_same_request_after_the_lease(caller: Caller) -> None:
    first = caller.begin()
    caller.grow_older(LEASE - timedelta(seconds=10))
    assert caller.begin() == InFlight()
    caller.grow_older(timedelta(seconds=11))
    assert caller.begin(OTHER) == OtherRequest()
    second = caller.begin()
    assert isinstance(first, Started)
    assert isinstance(second, Started)
    assert second.attempt == first.attempt + 1
    assert second.effect == first.effect
    assert caller.begin() == InFlight()


def test_who_was_believed_dead_neither_answers_nor_frees_the_key(caller: Caller) -> None:
    late = caller.begin()
    caller.grow_older(LEASE + timedelta(seconds=1))
    current = caller.begin()
    caller.abandon(late)
    caller.finish(late, StoredResponse(status=500, headers={}, body=b"late"))
    assert caller.begin() == InFlight()
    caller.finish(current)
    caller.finish(late, StoredResponse(status=500, headers={}, body=b"late"))
    assert caller.begin() == Replayed(CREATED)


def test_a_released_key_waits_for_the_same_request_and_goes_on_with_the_same_effect(caller: Caller) -> None:
    first = caller.begin()
    caller.release(first)
    assert caller.begin(OTHER) == OtherRequest()
    second = caller.begin()
    assert isinstance(first, Started)
    assert isinstance(second, Started)
    assert second.effect == first.effect
    assert caller.begin() == InFlight()


def test_answers_are_kept_for_72_hours_and_not_longer(caller: Caller, engine: Engine) -> None:
    caller.finish(caller.begin())
    caller.grow_older(KEPT_FOR - timedelta(minutes=1))
    IdempotencyKeys(engine).forget_expired()
    assert caller.begin() == Replayed(CREATED)
    caller.grow_older(timedelta(minutes=2))
    assert isinstance(caller.begin(OTHER), Started)
    assert caller.begin(OTHER) == InFlight()


def test_expired_keys_are_deleted(caller: Caller, engine: Engine) -> None:
    caller.finish(caller.begin())
    caller.grow_older(KEPT_FOR + timedelta(minutes=1))
    IdempotencyKeys(engine).forget_expired()
    with engine.begin() as connection:
        query = "SELECT count(*) FROM idempotency_keys WHERE client = %(client)s"
        assert connection.exec_driver_sql(query, {"client": caller.client}).scalar() == 0


@pytest.mark.parametrize("key", ["", "x" * 256])
def test_a_key_without_sense_is_refused(caller: Caller, key: str) -> None:
    with pytest.raises(RowRefused):
        caller.begin(key=key)


def test_of_many_at_once_exactly_one_is_carried_out_for_each_key(engine: Engine) -> None:
    callers = [Caller(engine) for _ in range(20)]
    effects: list[str] = []

    def call(turn: int) -> Outcome:
        caller = callers[turn % len(callers)]
        outcome = caller.begin()
        if isinstance(outcome, Started):
            effects.append(caller.client)
            caller.finish(outcome)
        return outcome

    with ThreadPoolExecutor(16) as threads:
        outcomes = list(threads.map(call, range(400)))
    assert sorted(effects) == sorted(caller.client for caller in callers)
    assert {type(outcome) for outcome in outcomes} <= {Started, Replayed, InFlight}
    assert all(outcome.response == CREATED for outcome in outcomes if isinstance(outcome, Replayed))


def test_many_that_find_a_dead_holder_at_once_agree_on_one_successor(caller: Caller) -> None:
    caller.begin()
    caller.grow_older(LEASE + timedelta(seconds=1))
    with ThreadPoolExecutor(16) as threads:
        outcomes = list(threads.map(lambda _: caller.begin(), range(16)))
    assert sum(isinstance(outcome, Started) for outcome in outcomes) == 1
