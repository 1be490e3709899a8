from __future__ import annotations

from concurrent.futures import ThreadPoolExecutor
from dataclasses import replace
from datetime import timedelta
from typing import TYPE_CHECKING

import pytest

from storage.sessions import Sessions
from tests.register_material import NOW, settle_people

if TYPE_CHECKING:
    from sqlalchemy import Engine

    from issuance.ports import Account
    from storage.unit_of_work import PostgresUnitOfWork

MINUTES = timedelta(minutes=10)


def opened(sessions: Sessions, account: Account, *, ttl: timedelta) -> str:
    token = sessions.issue(account.id, secret_hash=f"$argon2id${account.id}", ttl=ttl)
    assert token is not None
    return token


def test_a_token_names_its_account_until_it_expires(engine: Engine, postgres_register: PostgresUnitOfWork) -> None:
    sessions, clerk = Sessions(engine), settle_people(postgres_register).clerk
    lasting, over = opened(sessions, clerk, ttl=MINUTES), opened(sessions, clerk, ttl=timedelta(0))
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
    tokens = [opened(sessions, clerk, ttl=MINUTES) for _ in range(20)]
    assert len(set(tokens)) == 20
    assert all(len(token) >= 43 for token in tokens)
    with engine.begin() as connection:
        stored = [bytes(row[0]) for row in connection.exec_driver_sql("SELECT token_sha256 FROM bearer_tokens")]
    assert not any(token.encode() in digest or digest == token.encode() for token in tokens for digest in stored)
    assert all(sessions.resolve(digest.hex()) is None for digest in stored)


def test_expired_tokens_are_deleted(engine: Engine, postgres_register: PostgresUnitOfWork) -> None:
    sessions, clerk = Sessions(engine), settle_people(postgres_register).clerk
    opened(sessions, clerk, ttl=timedelta(0))
    sessions.forget_expired()
    with engine.begin() as connection:
        query = "SELECT count(*) FROM bearer_tokens WHERE account = %(account)s"
        assert connection.exec_driver_sql(query, {"account": clerk.id}).scalar() == 0


def test_nobody_gets_a_token_but_an_open_account_with_the_secret_that_it_has(
    engine: Engine, postgres_register: PostgresUnitOfWork
) -> None:
    sessions, people = Sessions(engine), settle_people(postgres_register)
    secret_hash = f"$argon2id${people.clerk.id}"
    assert sessions.issue("nobody", secret_hash=secret_hash, ttl=MINUTES) is None
    assert sessions.issue(people.clerk.id, secret_hash="$argon2id$before", ttl=MINUTES) is None
    with postgres_register() as register:
        register.close_account(people.clerk.id, at=NOW)
    assert sessions.issue(people.clerk.id, secret_hash=secret_hash, ttl=MINUTES) is None


@pytest.mark.parametrize("act", ["close", "replace"])
def test_sessions_end_with_the_account_and_with_its_secret(
    engine: Engine, postgres_register: PostgresUnitOfWork, act: str
) -> None:
    sessions, people = Sessions(engine), settle_people(postgres_register)
    token, another = (opened(sessions, one, ttl=MINUTES) for one in (people.clerk, people.submitter))
    with postgres_register() as register:
        if act == "close":
            register.close_account(people.clerk.id, at=NOW)
        else:
            register.replace_secret(people.clerk.id, secret_hash="$argon2id$new")
    assert sessions.resolve(token) is None
    assert sessions.resolve(another) == people.submitter


def test_a_session_that_outlived_the_closing_opens_nothing(
    engine: Engine, postgres_register: PostgresUnitOfWork
) -> None:
    sessions, clerk = Sessions(engine), settle_people(postgres_register).clerk
    token = opened(sessions, clerk, ttl=MINUTES)
    with postgres_register() as register:
        register.add_account(replace(clerk, closed_at=NOW), secret_hash="-")
    assert sessions.resolve(token) is None


def test_a_log_in_with_the_old_secret_waits_for_the_new_one_and_is_refused(
    engine: Engine, postgres_register: PostgresUnitOfWork
) -> None:
    sessions, clerk = Sessions(engine), settle_people(postgres_register).clerk
    with ThreadPoolExecutor(1) as pool:
        with postgres_register() as register:
            register.replace_secret(clerk.id, secret_hash="$argon2id$new")
            asked = pool.submit(sessions.issue, clerk.id, secret_hash=f"$argon2id${clerk.id}", ttl=MINUTES)
            with pytest.raises(TimeoutError):
                asked.result(0.3)
        assert asked.result(5) is None
