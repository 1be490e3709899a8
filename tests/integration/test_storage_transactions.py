"""When a transaction begins, and what becomes of it."""

from __future__ import annotations

from typing import TYPE_CHECKING, cast

import pytest
from psycopg.pq import TransactionStatus
from sqlalchemy import func, select

from storage.database import single_statements, transaction
from storage.schema import audit, bearer_tokens, timeline
from tests.register_material import settle_people, stored_document

if TYPE_CHECKING:
    from collections.abc import Callable

    import psycopg
    from sqlalchemy import Connection, Engine

    from storage.unit_of_work import PostgresUnitOfWork

_COUNT = select(func.count()).select_from(bearer_tokens)
_FORGET = bearer_tokens.delete()


def is_open(connection: Connection) -> bool:
    """Whether the server holds a transaction open for it."""
    driver = cast("psycopg.Connection", connection.connection.driver_connection)
    return driver.info.transaction_status is not TransactionStatus.IDLE


def write_and_fail(connection: Connection, register: PostgresUnitOfWork) -> None:
    """Write a row behind a question, and raise."""
    connection.execute(_COUNT)
    document = stored_document(register, settle_people(register))
    row = {"document_id": document.id, "state": "draft", "at": func.now(), "actor": "tester", "reason": "because"}
    connection.execute(timeline.insert().values(row))
    raise RuntimeError


def steps(engine: Engine) -> int:
    with transaction(engine) as connection:
        return connection.scalars(
            select(func.count()).select_from(timeline).where(timeline.c.reason == "because")
        ).one()


def test_who_only_reads_opens_none(engine: Engine) -> None:
    with transaction(engine) as connection:
        connection.execute(_COUNT)
        assert not is_open(connection)


@pytest.mark.parametrize(
    "ask",
    [
        pytest.param(lambda connection: connection.execute(_FORGET), id="a change"),
        pytest.param(lambda connection: connection.execute(select(audit.c.id).with_for_update()), id="a lock"),
        pytest.param(lambda connection: connection.execute(select(audit.c.id).with_for_update(read=True)), id="shared"),
        pytest.param(lambda connection: connection.begin_nested(), id="a savepoint"),
        pytest.param(
            lambda connection: connection.execute(select(audit.c.id), execution_options={"yield_per": 10}),
            id="a cursor of the server's",
        ),
        pytest.param(lambda connection: connection.exec_driver_sql("SET LOCAL lock_timeout = '1s'"), id="a setting"),
    ],
)
def test_what_needs_one_opens_it(engine: Engine, ask: Callable[[Connection], object]) -> None:
    with transaction(engine) as connection:
        connection.execute(_COUNT)
        ask(connection)
        assert is_open(connection)
    with transaction(engine) as connection:
        connection.execute(_COUNT)
        assert not is_open(connection), "the connection went back as it came"


def test_what_was_written_before_an_error_is_taken_back(engine: Engine, postgres_register: PostgresUnitOfWork) -> None:
    before = steps(engine)
    with pytest.raises(RuntimeError), transaction(engine) as connection:
        write_and_fail(connection, postgres_register)
    assert steps(engine) == before


def test_single_statements_stay_whatever_comes_after(engine: Engine, postgres_register: PostgresUnitOfWork) -> None:
    before = steps(engine)
    with pytest.raises(RuntimeError), single_statements(engine) as connection:
        write_and_fail(connection, postgres_register)
    assert steps(engine) == before + 1
    with transaction(engine) as connection:
        connection.execute(_FORGET)
        assert is_open(connection), "that was for those statements only"
