"""How many questions to timestamp authorities are open, counted over all processes that share the database.

A place is an advisory lock of a session (PostgreSQL 13.3.5): whoever dies or loses the database gives it back without a
word, and nothing is written. One connection holds all places of a process, so that nobody who waits for an authority
keeps one from the register's pool. A database that is started anew has forgotten who asks: until those answers are in,
there may be as many questions again.
"""

from __future__ import annotations

import threading
import time
from contextlib import contextmanager
from typing import TYPE_CHECKING

import psycopg
from sqlalchemy import func, select
from sqlalchemy.dialects.postgresql import OID
from sqlalchemy.sql import column, table

from certs.authorities import all_taken
from storage.database import connect_alone, translated
from storage.errors import StorageUnavailable

if TYPE_CHECKING:
    from collections.abc import Iterator

    from certs.authorities import TimestampLimits

_CLASS = 0x747361  # "tsa": the first of a lock's two numbers
_LOOK_AGAIN = 0.1  # seconds; other processes do not tell when they are done
_TAKE = """
SELECT place FROM generate_series(1, %s) AS place WHERE place <> ALL(%s) AND pg_try_advisory_lock(%s, place) LIMIT 1
"""
_GIVE_BACK = "SELECT pg_advisory_unlock(%s, %s)"

_locks = table("pg_locks", column("locktype"), column("database", OID), column("classid", OID))
_databases = table("pg_database", column("oid", OID), column("datname"))
OPEN_QUESTIONS = (
    select(func.count())
    .select_from(_locks.join(_databases, _databases.c.oid == _locks.c.database))
    .where(
        _databases.c.datname == func.current_database(),
        _locks.c.locktype == "advisory",
        _locks.c.classid == _CLASS,
    )
)
"""How many places are taken now, by whomever."""


class SharedPlaces:
    """Places that all processes share which were given the same limits. Threads may use it; close it in the end."""

    def __init__(self, url: str, limits: TimestampLimits) -> None:
        self._url = url
        self._limits = limits
        self._changed = threading.Condition()
        self._connection: psycopg.Connection | None = None
        self._taken: set[int] = set()

    @contextmanager
    def place(self) -> Iterator[None]:
        """As :class:`certs.authorities.Places` says; :class:`StorageUnavailable` where the database is away."""
        connection, place = self._wait_for_one()
        try:
            yield
        finally:
            self._give_back(connection, place)

    def close(self) -> None:
        """Give all places back."""
        with self._changed:
            self._drop()

    def _wait_for_one(self) -> tuple[psycopg.Connection, int]:
        until = time.monotonic() + self._limits.patience.total_seconds()
        with self._changed:
            while (found := self._take()) is None:
                left = until - time.monotonic()
                if left <= 0:
                    raise all_taken(self._limits)
                self._changed.wait(min(left, _LOOK_AGAIN))
            return found

    def _take(self) -> tuple[psycopg.Connection, int] | None:
        """A place, if there is one; asked for again on a new connection where the old one broke. The lock is held."""
        try:
            return self._take_on(self._connected())
        except psycopg.OperationalError:
            self._drop()
        try:
            return self._take_on(self._connected())
        except psycopg.Error as error:
            self._drop()
            raise translated(error) or StorageUnavailable(reason=type(error).__name__) from error

    def _take_on(self, connection: psycopg.Connection) -> tuple[psycopg.Connection, int] | None:
        row = connection.execute(_TAKE, (self._limits.at_once, list(self._taken), _CLASS)).fetchone()
        if row is None:
            return None
        self._taken.add(row[0])
        return connection, row[0]

    def _give_back(self, connection: psycopg.Connection, place: int) -> None:
        with self._changed:
            self._taken.discard(place)
            if connection is self._connection:
                try:
                    connection.execute(_GIVE_BACK, (_CLASS, place))
                except psycopg.Error:
                    self._drop()  # and with its session all its places
            self._changed.notify()

    def _connected(self) -> psycopg.Connection:
        if self._connection is None:
            self._connection = connect_alone(self._url, application="kyso-timestamps")
        return self._connection

    def _drop(self) -> None:
        connection, self._connection = self._connection, None
        if connection is not None:
            connection.close()
