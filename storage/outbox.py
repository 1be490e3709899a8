"""Notifications that wait to be sent: each is taken by one worker at a time, and given back when that worker dies.

How many attempts came to what is counted as they end, so that nobody has to count the rows of years.
"""

from __future__ import annotations

from dataclasses import asdict, dataclass
from typing import TYPE_CHECKING
from urllib.parse import urlsplit

from sqlalchemy import and_, func, null, select

from issuance.notifications import Notification
from storage.database import transaction
from storage.open_transaction import OpenTransaction
from storage.schema import notification_counts, notifications

if TYPE_CHECKING:
    from datetime import timedelta
    from uuid import UUID

    from sqlalchemy import Engine

_TOLD = ("id", "document_id", "account", "url", "event", "body", "created_at")
_receiver = func.split_part(notifications.c.url, "/", 3)


@dataclass(frozen=True, slots=True)
class Due:
    """A notification that this worker holds, and the how-manieth attempt this is, from 1."""

    notification: Notification
    attempt: int

    @property
    def receiver(self) -> str:
        """Host and port of its address."""
        return urlsplit(self.notification.url).netloc


@dataclass(frozen=True, slots=True)
class OutboxFigures:
    """Attempts by what they came to, what waits now, and for how long the oldest of it."""

    delivered: int
    failed: int
    given_up: int
    waiting: int
    oldest: timedelta


class NotificationRows(OpenTransaction):
    """Writes notifications with the step that they tell of."""

    def has_notification(self, notification_id: UUID) -> bool:
        """Whether it was written down already."""
        query = select(notifications.c.id).where(notifications.c.id == notification_id)
        return self._connection.scalar(query) is not None

    def add_notification(self, notification: Notification) -> None:
        """Append; it is due at once. :class:`storage.errors.AlreadyThere` where it was told already."""
        self._connection.execute(notifications.insert(), asdict(notification))


class Outbox:
    """What a worker does with them; every call is a transaction of its own."""

    def __init__(self, engine: Engine) -> None:
        self._engine = engine

    def take_due(self, *, lease: timedelta, passing_over: tuple[str, ...] = ()) -> Due | None:
        """The oldest that is due, or None, but for these receivers; nobody else gets it before the lease ends."""
        oldest = (
            select(notifications.c.id)
            .where(notifications.c.due_at <= func.now(), _receiver.not_in(passing_over))
            .order_by(notifications.c.due_at)
            .limit(1)
            .with_for_update(skip_locked=True)
        )
        taken = (
            notifications.update()
            .where(notifications.c.id == oldest.scalar_subquery())
            .values(due_at=func.now() + lease, attempts=notifications.c.attempts + 1)
            .returning(*(notifications.c[name] for name in _TOLD), notifications.c.attempts)
        )
        with transaction(self._engine) as connection:
            row = connection.execute(taken).mappings().one_or_none()
        if row is None:
            return None
        return Due(notification=Notification(**{name: row[name] for name in _TOLD}), attempt=row["attempts"])

    def record_delivery(self, notification_id: UUID) -> None:
        """The receiver has acknowledged it; it is never due again."""
        self._set(notification_id, "delivered", due_at=null(), delivered_at=func.now(), problem=null())

    def record_failure(self, notification_id: UUID, *, problem: str, wait: timedelta | None) -> None:
        """Due again after this time, or for None, given up; ``problem`` is an error's code."""
        due_at, outcome = (func.now() + wait, "failed") if wait is not None else (null(), "given_up")
        self._set(notification_id, outcome, due_at=due_at, problem=problem)

    def figures(self) -> OutboxFigures:
        """How it stands."""
        waiting = select(func.count(), func.min(notifications.c.created_at), func.now())
        with transaction(self._engine) as connection:
            count, oldest, now = connection.execute(waiting.where(notifications.c.due_at.is_not(None))).one()
            rows = connection.execute(select(notification_counts.c.outcome, notification_counts.c.total))
            totals = {row.outcome: row.total for row in rows}
        return OutboxFigures(**totals, waiting=count, oldest=now - (oldest or now))

    def send_again(self) -> int:
        """Make all that were given up due once more; answers how many."""
        given_up = and_(notifications.c.due_at.is_(None), notifications.c.delivered_at.is_(None))
        with transaction(self._engine) as connection:
            again = connection.execute(notifications.update().where(given_up).values(due_at=func.now(), attempts=0))
        return again.rowcount

    def _set(self, notification_id: UUID, outcome: str, **values: object) -> None:
        # One that was acknowledged meanwhile, through another attempt, stays so.
        waiting = and_(notifications.c.id == notification_id, notifications.c.delivered_at.is_(None))
        with transaction(self._engine) as connection:
            if connection.execute(notifications.update().where(waiting).values(values)).rowcount:
                counted = notification_counts.update().where(notification_counts.c.outcome == outcome)
                connection.execute(counted.values(total=notification_counts.c.total + 1))
