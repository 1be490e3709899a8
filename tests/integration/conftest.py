from __future__ import annotations

from typing import TYPE_CHECKING

import pytest

from storage.database import connect
from storage.migrate import upgrade
from storage.unit_of_work import PostgresUnitOfWork

if TYPE_CHECKING:
    from collections.abc import Iterator

    from sqlalchemy import Engine


@pytest.fixture(scope="module")
def register_url(module_database_url: str) -> str:
    """A database with the register's tables, shared by the tests of one module."""
    upgrade(module_database_url)
    return module_database_url


@pytest.fixture(scope="module")
def engine(register_url: str) -> Iterator[Engine]:
    """Connections to the register of this module."""
    engine = connect(register_url, pool_size=20)
    yield engine
    engine.dispose()


@pytest.fixture
def postgres_register(engine: Engine) -> PostgresUnitOfWork:
    """The real unit of work."""
    return PostgresUnitOfWork(engine)
