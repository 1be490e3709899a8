"""Asks a worker to go on with a document, as part of the caller's own transaction.

Nothing is asked for when the transaction is rolled back, and nothing is lost when it is committed: a job that already
waits for the document is held back until then, so that it sees what the transaction wrote.
"""

from __future__ import annotations

from typing import TYPE_CHECKING

from sqlalchemy import (
    BigInteger,
    DateTime,
    Integer,
    Interval,
    Text,
    and_,
    bindparam,
    column,
    exists,
    func,
    literal_column,
    null,
    or_,
    select,
    table,
    text,
)
from sqlalchemy.dialects.postgresql import ENUM, JSONB, insert

if TYPE_CHECKING:
    from datetime import timedelta
    from uuid import UUID

    from sqlalchemy import Connection

QUEUE = "documents"
TASK = "advance"

# What we touch of procrastinate's own tables.
_jobs = table(
    "procrastinate_jobs",
    column("id", BigInteger),
    column("queue_name", Text),
    column("task_name", Text),
    column("status", ENUM(name="procrastinate_job_status", create_type=False)),
    column("lock", Text),
    column("queueing_lock", Text),
    column("args", JSONB),
    column("scheduled_at", DateTime(timezone=True)),
    column("attempts", Integer),
    column("worker_id", BigInteger),
)
_workers = table("procrastinate_workers", column("id", BigInteger), column("last_heartbeat", DateTime(timezone=True)))
_IS_TODO = text("status = 'todo'")
# Made once: to put a statement together costs as much as to carry it out.
_IS_WAITING = select(_jobs.c.id).where(_jobs.c.queueing_lock == bindparam("lock"), _jobs.c.status == "todo")
_ADD = insert(_jobs).values(
    queue_name=QUEUE,
    task_name=TASK,
    lock=bindparam("lock"),
    queueing_lock=bindparam("lock"),
    args=bindparam("args"),
    scheduled_at=func.now() + bindparam("wait", type_=Interval),
)
_ADD_UNLESS_WAITING = _ADD.on_conflict_do_nothing(index_elements=[_jobs.c.queueing_lock], index_where=_IS_TODO)
_ADD_OR_CLAIM = _ADD.on_conflict_do_update(
    index_elements=[_jobs.c.queueing_lock], index_where=_IS_TODO, set_={"scheduled_at": null()}
).returning(_jobs.c.id, literal_column("xmax = 0").label("is_new"))  # no transaction has replaced a row that is new
_TELL_WORKERS = text(
    "SELECT pg_notify(:channel, json_build_object('type', 'job_inserted', 'job_id', CAST(:job AS bigint))::text)"
)


def enqueue_advance(connection: Connection, document_id: UUID) -> None:
    """Let a worker take the document's due step once this transaction is committed.

    One waiting job per document is enough; one that waits for its next attempt starts at once instead.
    """
    # The row lock keeps workers off a job that waits until we commit; then they are told, and start at once.
    job, is_new = connection.execute(_ADD_OR_CLAIM, _job_for(document_id)).one()
    if not is_new:
        connection.execute(_TELL_WORKERS, {"channel": f"procrastinate_queue_v1#{QUEUE}", "job": job})


def enqueue_unless_waiting(
    connection: Connection, document_id: UUID, *, attempt: int = 0, wait: timedelta | None = None
) -> None:
    """Let a worker look at the document, after this time, unless a job waits for it anyway.

    Does not wait for transactions that are just asking for the same document.
    """
    if connection.scalar(_IS_WAITING, {"lock": lock_of(document_id)}) is None:
        connection.execute(_ADD_UNLESS_WAITING, _job_for(document_id, attempt=attempt, wait=wait))


def recover_from_dead(connection: Connection, *, silent_for: timedelta) -> int:
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


def _job_for(document_id: UUID, *, attempt: int = 0, wait: timedelta | None = None) -> dict[str, object]:
    """The parameters of a job's row; what waits for no time has none."""
    args = {"document_id": str(document_id), "attempt": attempt}
    return {"lock": lock_of(document_id), "args": args, "wait": wait}


def lock_of(document_id: UUID) -> str:
    """What jobs of one document share: none runs beside another, and only one waits."""
    return f"document:{document_id}"
