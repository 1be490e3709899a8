"""The connection pool to PostgreSQL, with time limits on everything and foreign errors translated where they arise."""

from __future__ import annotations

import select
from contextlib import contextmanager
from functools import partial
from typing import TYPE_CHECKING, Any, Self, cast

import psycopg
from psycopg.conninfo import make_conninfo
from psycopg.pq import Format
from sqlalchemy import NullPool, create_engine, event
from sqlalchemy.engine import make_url
from sqlalchemy.exc import ArgumentError, InvalidatePoolError
from sqlalchemy.exc import TimeoutError as PoolTimeout

from storage.errors import AlreadyThere, RowRefused, SchemaOutdated, StorageError, StorageUnavailable

if TYPE_CHECKING:
    from collections.abc import Iterator

    from psycopg.abc import Query
    from psycopg.rows import RowFactory
    from sqlalchemy import URL, Connection, Engine, ExceptionContext

_APPLICATION = "kyso"
_SETTINGS = {
    "timezone": "UTC",
    "statement_timeout": "30s",
    "lock_timeout": "5s",
    "idle_in_transaction_session_timeout": "60s",
}
_CONNECT_WITHIN = 5  # seconds
_POOL_WAIT = 5.0  # seconds

# SQLSTATE classes (PostgreSQL, Appendix A)
_UNIQUE_VIOLATION = "23505"
_RULE_BROKEN = ("22", "23")  # data exception; integrity constraint violation
_NOT_UPGRADED = frozenset({"42P01", "42703", "42704", "42883", "3F000"})
_PASSING = ("08", "25006", "25P03", "40", "53", "55", "57", "58")


def connect(url: str, *, application: str = _APPLICATION, pool_size: int = 10) -> Engine:
    """A pool of at most ``pool_size`` connections; nothing is opened yet.

    Every error that leaves the engine is one of :mod:`storage.errors`, unless it is a defect of ours.
    Raises :class:`ValueError` where the URL is none of PostgreSQL.
    """
    address = make_conninfo(conninfo(url), **_arguments(application, _SETTINGS))
    engine = create_engine(
        _parsed(url),
        creator=partial(_Connection.connect, address, autocommit=True, cursor_factory=_Cursor),
        pool_size=pool_size,
        max_overflow=0,
        pool_timeout=_POOL_WAIT,
        pool_use_lifo=True,  # the connection that was used last has its statements and rows at hand
        hide_parameters=True,  # they hold hashes and personal data
    )
    event.listen(engine, "handle_error", _translate)
    event.listen(engine, "checkout", _demand_alive)
    return engine


class _Connection(psycopg.Connection[Any]):
    """Begins a transaction with the first statement that needs one, see :func:`transaction`."""

    each_alone = False
    """Whether each statement is a transaction by itself."""

    def cursor(self, *arguments: Any, **options: Any) -> Any:  # noqa: ANN401 - psycopg's is overloaded
        """A cursor; one with a name is the server's and lives in a transaction."""
        if arguments or "name" in options:
            self.begin_with_next()
        return super().cursor(*arguments, **options)

    def begin_with_next(self) -> None:
        """Let the next statement begin a transaction, unless one is open."""
        if self.autocommit and not self.each_alone:
            self.autocommit = False


class _Cursor(psycopg.Cursor[Any]):
    """Takes answers in their binary form, in which a picture is no text of twice its length.

    Columns are described by name and type alone, which is all that SQLAlchemy looks at (PEP 249 lets the rest be None);
    the objects of psycopg's own description cost a tenth of what it takes to read a row.
    """

    def __init__(self, connection: _Connection, *, row_factory: RowFactory[Any] | None = None) -> None:
        super().__init__(connection, row_factory=row_factory or connection.row_factory)
        self.format = Format.BINARY
        self._ours = connection

    def execute(self, query: Query, *arguments: Any, **options: Any) -> Self:  # noqa: ANN401 - as psycopg's
        if not (isinstance(query, str) and query.startswith("SELECT ")) or " FOR " in query:
            self._ours.begin_with_next()
        return super().execute(query, *arguments, **options)

    def executemany(self, *arguments: Any, **options: Any) -> None:  # noqa: ANN401
        self._ours.begin_with_next()
        super().executemany(*arguments, **options)

    @property
    def description(self) -> list[Any] | None:
        result = self.pgresult
        if result is None or not result.nfields:
            return None
        return [
            ((result.fname(column) or b"").decode(), result.ftype(column), None, None, None, None, None)
            for column in range(result.nfields)
        ]


def connect_alone(url: str, *, application: str) -> psycopg.Connection[tuple[Any, ...]]:
    """One connection outside of any pool, with the same time limits, for what belongs to a session.

    Each statement is a transaction of its own. Foreign errors come as they are.
    """
    return psycopg.connect(make_conninfo(conninfo(url), **_arguments(application, _SETTINGS)), autocommit=True)


def connect_for_upgrade(url: str) -> Engine:
    """Connections without time limits, for migrations, which may wait for each other and take long."""
    engine = create_engine(
        _parsed(url),
        poolclass=NullPool,
        hide_parameters=True,
        connect_args=_arguments(f"{_APPLICATION}-upgrade", {"timezone": "UTC"}),
    )
    event.listen(engine, "handle_error", _translate)
    return engine


def conninfo(url: str) -> str:
    """The same address for libpq (libpq 34.1.1)."""
    return _parsed(url).set(drivername="postgresql").render_as_string(hide_password=False)


@contextmanager
def transaction(engine: Engine) -> Iterator[Connection]:
    """A transaction: committed when the block ends well, rolled back when it raises.

    It begins with the first statement that writes or locks. What is only read before that needs none: in read committed
    each statement sees what was committed when it began, in a transaction or not (PostgreSQL 13.2.1), and half of all
    transactions only read.
    """
    try:
        with engine.begin() as connection:
            yield connection
    except PoolTimeout as error:
        raise StorageUnavailable(reason="all connections were in use for too long") from error


@contextmanager
def single_statements(engine: Engine) -> Iterator[Connection]:
    """A connection on which each statement is a transaction by itself, whatever it does."""
    with transaction(engine) as connection:
        driver = cast("_Connection", connection.connection.driver_connection)
        driver.each_alone = True
        try:
            yield connection
        finally:
            driver.each_alone = False


def has_news(connection: psycopg.Connection[Any] | psycopg.AsyncConnection[Any]) -> bool:
    """Whether the server has said something to a connection that nobody uses, such as good-bye."""
    poll = select.poll()
    poll.register(connection.fileno(), select.POLLIN)
    return bool(poll.poll(0))


def translated(error: psycopg.Error) -> StorageError | None:
    """The error in our words; None where it is a defect of the program."""
    state = error.sqlstate
    if state is None:
        return _translated_from_client(error)
    if state == _UNIQUE_VIOLATION:
        return AlreadyThere(rule=error.diag.constraint_name or state)
    if state.startswith(_RULE_BROKEN):
        return RowRefused(rule=error.diag.constraint_name or state)
    if state in _NOT_UPGRADED:
        return SchemaOutdated(reason=error.diag.message_primary or state)
    if state.startswith(_PASSING) or isinstance(error, psycopg.OperationalError):
        return StorageUnavailable(reason=error.diag.message_primary or state)
    return None


def _parsed(url: str) -> URL:
    try:
        parsed = make_url(url)
    except ArgumentError as error:
        msg = "the database URL cannot be read"
        raise ValueError(msg) from error
    if parsed.get_backend_name() not in {"postgresql", "postgres"}:
        msg = "the database URL must begin with postgresql://"
        raise ValueError(msg)
    return parsed.set(drivername="postgresql+psycopg")


def _arguments(application: str, settings: dict[str, str]) -> dict[str, str | int]:
    return {
        "application_name": application,
        "connect_timeout": _CONNECT_WITHIN,
        "options": " ".join(f"-c {name}={value}" for name, value in settings.items()),
        # A server that vanished without a word is noticed after a good half minute.
        "keepalives_idle": 20,
        "keepalives_interval": 5,
        "keepalives_count": 3,
        "tcp_user_timeout": 40_000,
    }


def _demand_alive(connection: _Connection, _record: object, _proxy: object) -> None:
    """Throw connections away whose server has gone, so that its restart costs nobody an error.

    A server that stops says good-bye, or its machine does, and so there is something to read; on a living connection
    that nobody uses there hardly ever is. To ask each time before a transaction would cost more than many a query.
    """
    try:
        if connection.closed or has_news(connection):
            connection.execute("SELECT 1")
            connection.rollback()
        if not connection.autocommit:
            connection.autocommit = True
    except psycopg.Error as error:
        raise InvalidatePoolError from error


def _translate(context: ExceptionContext) -> None:
    original = context.original_exception
    if isinstance(original, psycopg.Error) and (ours := translated(original)) is not None:
        raise ours from original


def _translated_from_client(error: psycopg.Error) -> StorageError | None:
    """Errors without SQLSTATE are the client library's own."""
    if isinstance(error, psycopg.DataError):
        return RowRefused(rule="unstorable-value")  # such as text with a NUL
    if isinstance(error, psycopg.OperationalError | psycopg.InterfaceError):
        return StorageUnavailable(reason=_first_line(error))  # no connection could be made, or it broke
    return None


def _first_line(error: Exception) -> str:
    return (str(error).strip().splitlines() or [type(error).__name__])[0]
