from __future__ import annotations

from datetime import timedelta
from typing import TYPE_CHECKING

import pytest

from storage.errors import RowRefused
from storage.sessions import Sessions
from tests.register_material import settle_people

if TYPE_CHECKING:
    from sqlalchemy import Engine

    from storage.unit_of_work import PostgresUnitOfWork

MINUTES = timedelta(minutes=10)


def test_a_token_names_its_account_until_it_expires(engine: Engine, postgres_register: PostgresUnitOfWork) -> None:
    sessions, clerk = Sessions(engine), settle_people(postgres_register).clerk
    lasting, over = sessions.issue(clerk.id, ttl=MINUTES), sessions.issue(clerk.id, ttl=timedelta(0))
    assert sessions.resolve(lasting) == clerk
    assert sessions.resolve(over) is None
    sessions.forget_expired()
    assert sessions.resolve(lasting) == clerk


@pytest.mark.parametrize("token", ["", "x", "à\x00", "A" * 10_000])
def test_what_is_no_token_opens_nothing(engine: Engine, token: str) -> None:
    assert Sessions(engine).resolve(token) is None


def test_tokens_are_long_different_and_not_in_the_database(
    engine: Engine, postgres_register: PostgresUnitOfWork
) -> None:
    sessions, clerk = Sessions(engine), settle_people(postgres_register).clerk
    tokens = [sessions.issue(clerk.id, ttl=MINUTES) for _ in range(20)]
    assert len(set(tokens)) == 20
    assert all(len(token) >= 43 for token in tokens)
    with engine.begin() as connection:
        stored = [bytes(row[0]) for row in connection.exec_driver_sql("SELECT token_sha256 FROM bearer_tokens")]
    assert not any(token.encode() in digest or digest == token.encode() for token in tokens for digest in stored)
    assert all(sessions.resolve(digest.hex()) is None for digest in stored)


def test_expired_tokens_are_deleted(engine: Engine, postgres_register: PostgresUnitOfWork) -> None:
    sessions, clerk = Sessions(engine), settle_people(postgres_register).clerk
    sessions.issue(clerk.id, ttl=timedelta(0))
    sessions.forget_expired()
    with engine.begin() as connection:
        query = "SELECT count(*) FROM bearer_tokens WHERE account = %(account)s"
        assert connection.exec_driver_sql(query, {"account": clerk.id}).scalar() == 0


def test_an_unknown_account_gets_no_token(engine: Engine) -> None:
    with pytest.raises(RowRefused):
        Sessions(engine).issue("nobody", ttl=MINUTES)
