"""Notifications that wait to be sent: each is taken by one worker at a time, and given back when that worker dies."""

from __future__ import annotations

from dataclasses import asdict, dataclass
from typing import TYPE_CHECKING

from sqlalchemy import and_, func, null, select

from issuance.notifications import Notification
from storage.database import transaction
from storage.open_transaction import OpenTransaction
from storage.schema import notifications

if TYPE_CHECKING:
    from datetime import timedelta
    from uuid import UUID

    from sqlalchemy import Engine

_TOLD = ("id", "document_id", "account", "url", "event", "body", "created_at")


@dataclass(frozen=True, slots=True)
class Due:
    """A notification that this worker holds, and the how-manieth attempt this is, from 1."""

    notification: Notification
    attempt: int


class NotificationRows(OpenTransaction):
    """Writes notifications with the step that they tell of."""

    def add_notification(self, notification: Notification) -> None:
        """Append; it is due at once. :class:`storage.errors.AlreadyThere` where it was told already."""
        self._connection.execute(notifications.insert(), asdict(notification))


class Outbox:
    """What a worker does with them; every call is a transaction of its own."""

    def __init__(self, engine: Engine) -> None:
        self._engine = engine

    def take_due(self, *, lease: timedelta) -> Due | None:
        """The oldest that is due, or None; nobody else gets it before the lease ends."""
        oldest = (
            select(notifications.c.id)
            .where(notifications.c.due_at <= func.now())
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
        self._set(notification_id, due_at=null(), delivered_at=func.now(), problem=null())

    def record_failure(self, notification_id: UUID, *, problem: str, wait: timedelta | None) -> None:
        """Due again after this time, or for None, given up; ``problem`` is an error's code."""
        self._set(notification_id, due_at=func.now() + wait if wait is not None else null(), problem=problem)

    def send_again(self) -> int:
        """Make all that were given up due once more; answers how many."""
        given_up = and_(notifications.c.due_at.is_(None), notifications.c.delivered_at.is_(None))
        with transaction(self._engine) as connection:
            again = connection.execute(notifications.update().where(given_up).values(due_at=func.now(), attempts=0))
        return again.rowcount

    def _set(self, notification_id: UUID, **values: object) -> None:
        # One that was acknowledged meanwhile, through another attempt, stays so.
        waiting = and_(notifications.c.id == notification_id, notifications.c.delivered_at.is_(None))
        with transaction(self._engine) as connection:
            connection.execute(notifications.update().where(waiting).values(values))
