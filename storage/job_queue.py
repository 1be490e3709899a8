"""Asks a worker to go on with a document, as part of the caller's own transaction.

Nothing is asked for when the transaction is rolled back, and nothing is lost when it is committed: a job that already
waits for the document is held back until then, so that it sees what the transaction wrote.
"""

from __future__ import annotations

from typing import TYPE_CHECKING

import psycopg
from procrastinate import App, SyncPsycopgConnector
from procrastinate.exceptions import AlreadyEnqueued, ConnectorException
from sqlalchemy import (
    BigInteger,
    DateTime,
    Integer,
    Text,
    and_,
    bindparam,
    column,
    exists,
    func,
    null,
    or_,
    select,
    table,
    text,
)
from sqlalchemy.dialects.postgresql import ENUM

from storage.database import translated
from storage.errors import StorageUnavailable

if TYPE_CHECKING:
    from datetime import timedelta
    from uuid import UUID

    from sqlalchemy import Connection

QUEUE = "documents"
TASK = "advance"
_ROUNDS = 10  # each means that a job appeared and was taken in between; the database decides in one or two

# What we touch of procrastinate's own tables.
_jobs = table(
    "procrastinate_jobs",
    column("id", BigInteger),
    column("queue_name", Text),
    column("status", ENUM(name="procrastinate_job_status", create_type=False)),
    column("queueing_lock", Text),
    column("scheduled_at", DateTime(timezone=True)),
    column("attempts", Integer),
    column("worker_id", BigInteger),
)
_workers = table("procrastinate_workers", column("id", BigInteger), column("last_heartbeat", DateTime(timezone=True)))
# Made once: to put a statement together costs as much as to carry it out.
_WAITING = (_jobs.c.queueing_lock == bindparam("lock"), _jobs.c.status == "todo")
_IS_WAITING = select(_jobs.c.id).where(*_WAITING)
_CLAIM = _jobs.update().where(*_WAITING).values(scheduled_at=null()).returning(_jobs.c.id)
_TELL_WORKERS = text(
    "SELECT pg_notify(:channel, json_build_object('type', 'job_inserted', 'job_id', CAST(:job AS bigint))::text)"
)


class JobQueue:
    """Puts jobs into the queue of procrastinate."""

    def __init__(self) -> None:
        # Never opened: it only ever uses the connections that it is given.
        self._app = App(connector=SyncPsycopgConnector())

    def enqueue_advance(self, connection: Connection, document_id: UUID) -> None:
        """Let a worker take the document's due step once this transaction is committed.

        One waiting job per document is enough; one that waits for its next attempt starts at once instead.
        """
        for _ in range(_ROUNDS):
            if self._claim_waiting(connection, document_id) or self._insert(connection, document_id):
                return
        raise StorageUnavailable(reason="the job queue changes too fast")

    def enqueue_unless_waiting(
        self, connection: Connection, document_id: UUID, *, attempt: int = 0, wait: timedelta | None = None
    ) -> None:
        """Let a worker look at the document, after this time, unless a job waits for it anyway.

        Does not wait for transactions that are just asking for the same document.
        """
        if connection.scalar(_IS_WAITING, {"lock": lock_of(document_id)}) is None:
            self._insert(connection, document_id, attempt=attempt, wait=wait)

    def recover_from_dead(self, connection: Connection, *, silent_for: timedelta) -> int:
        """Let others run what a worker held that has shown no sign of life for so long; answers how many jobs.

        Raises :class:`storage.errors.AlreadyThere` where a job for the same document came to wait in between.
        """
        dead_workers = select(_workers.c.id).where(_workers.c.last_heartbeat < func.now() - silent_for)
        held_by_dead = and_(
            _jobs.c.queue_name == QUEUE,
            _jobs.c.status == "doing",
            or_(_jobs.c.worker_id.is_(None), _jobs.c.worker_id.in_(dead_workers)),
        )
        waiting = _jobs.alias("waiting")
        replaced = exists().where(waiting.c.queueing_lock == _jobs.c.queueing_lock, waiting.c.status == "todo")
        given_up = connection.execute(_jobs.delete().where(held_by_dead, replaced))
        given_back = connection.execute(
            _jobs.update()
            .where(held_by_dead)
            .values(status="todo", scheduled_at=None, worker_id=None, attempts=_jobs.c.attempts + 1)
        )
        return given_up.rowcount + given_back.rowcount

    def _claim_waiting(self, connection: Connection, document_id: UUID) -> bool:
        # The row lock keeps workers off the waiting job until we commit; then they are told, and start at once.
        job = connection.scalar(_CLAIM, {"lock": lock_of(document_id)})
        if job is None:
            return False
        connection.execute(_TELL_WORKERS, {"channel": f"procrastinate_queue_v1#{QUEUE}", "job": job})
        return True

    def _insert(
        self, connection: Connection, document_id: UUID, *, attempt: int = 0, wait: timedelta | None = None
    ) -> bool:
        """Whether a job was added; False where one waits already. The transaction stays usable either way."""
        lock = lock_of(document_id)
        task = self._app.configure_task(
            TASK,
            queue=QUEUE,
            lock=lock,
            queueing_lock=lock,
            schedule_in={"seconds": wait.total_seconds()} if wait else None,
            connection=connection.connection.driver_connection,
        )
        try:
            with connection.begin_nested():
                task.defer(document_id=str(document_id), attempt=attempt)
        except AlreadyEnqueued:
            return False
        except ConnectorException as error:
            if isinstance(error.__cause__, psycopg.Error) and (ours := translated(error.__cause__)) is not None:
                raise ours from error
            raise
        return True


def lock_of(document_id: UUID) -> str:
    """What jobs of one document share: none runs beside another, and only one waits."""
    return f"document:{document_id}"
