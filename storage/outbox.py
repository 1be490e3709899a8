"""Notifications that wait to be sent: each is taken by one worker at a time, and given back when that worker dies.

Calls and letters are taken apart, since each way has its own sender, and one may be closed while the other is open.

How many attempts came to what is counted as they end, so that nobody has to count the rows of years.
"""

from __future__ import annotations

from dataclasses import asdict, dataclass
from enum import Enum
from typing import TYPE_CHECKING
from urllib.parse import urlsplit

from sqlalchemy import and_, func, null, select

from issuance.notifications import Notification
from storage.database import single_statements, transaction
from storage.notification_tables import followers, notification_counts, notifications
from storage.open_transaction import OpenTransaction

if TYPE_CHECKING:
    from datetime import timedelta
    from uuid import UUID

    from sqlalchemy import ColumnElement, Engine

_TOLD = ("id", "document_id", "account", "url", "event", "body", "created_at", "follower")
_ADDRESS = select(followers.c.address).where(followers.c.id == notifications.c.follower).scalar_subquery()
_receiver = func.split_part(notifications.c.url, "/", 3)


class Way(Enum):
    """How something is told: a call to a system, or a letter to a follower."""

    CALL = "call"
    LETTER = "letter"

    @property
    def takes(self) -> ColumnElement[bool]:
        """Whether a notification goes this way."""
        return notifications.c.follower.is_(None) if self is Way.CALL else notifications.c.follower.is_not(None)


@dataclass(frozen=True, slots=True)
class Due:
    """A notification that this worker holds, and the how-manieth attempt this is, from 1.

    ``address`` is the mail address that a letter goes to.
    """

    notification: Notification
    attempt: int
    address: str | None = None

    @property
    def receiver(self) -> str:
        """Host and port of its address; empty for all letters, which the same mail server takes."""
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
    """What a worker does with those that go one way; every call is a transaction of its own."""

    def __init__(self, engine: Engine, way: Way) -> None:
        self._engine = engine
        self._way = way

    def take_due(self, *, lease: timedelta, passing_over: tuple[str, ...] = ()) -> Due | None:
        """The oldest that is due, or None, but for these receivers; nobody else gets it before the lease ends."""
        oldest = (
            select(notifications.c.id)
            .where(self._way.takes, notifications.c.due_at <= func.now(), _receiver.not_in(passing_over))
            .order_by(notifications.c.due_at)
            .limit(1)
            .with_for_update(skip_locked=True)
        )
        taken = (
            notifications.update()
            .where(notifications.c.id == oldest.scalar_subquery())
            .values(due_at=func.now() + lease, attempts=notifications.c.attempts + 1)
            .returning(*(notifications.c[name] for name in _TOLD), notifications.c.attempts, _ADDRESS.label("address"))
        )
        with single_statements(self._engine) as connection:
            row = connection.execute(taken).mappings().one_or_none()
        if row is None:
            return None
        notification = Notification(**{name: row[name] for name in _TOLD})
        return Due(notification=notification, attempt=row["attempts"], address=row["address"])

    def record_delivery(self, notification_id: UUID) -> None:
        """The receiver has acknowledged it; it is never due again."""
        self._set(notification_id, "delivered", due_at=null(), delivered_at=func.now(), problem=null())

    def record_failure(self, notification_id: UUID, *, problem: str, wait: timedelta | None) -> None:
        """Due again after this time, or for None, given up; ``problem`` is an error's code."""
        due_at, outcome = (func.now() + wait, "failed") if wait is not None else (null(), "given_up")
        self._set(notification_id, outcome, due_at=due_at, problem=problem)

    def figures(self) -> OutboxFigures:
        """How it stands."""
        waiting = select(func.count(), func.min(notifications.c.created_at), func.now()).where(self._way.takes)
        with transaction(self._engine) as connection:
            count, oldest, now = connection.execute(waiting.where(notifications.c.due_at.is_not(None))).one()
            counts = select(notification_counts.c.outcome, notification_counts.c.total)
            rows = connection.execute(counts.where(notification_counts.c.way == self._way.value))
            totals = {row.outcome: row.total for row in rows}
        return OutboxFigures(**totals, waiting=count, oldest=now - (oldest or now))

    def send_again(self) -> int:
        """Make all that were given up due once more; answers how many."""
        given_up = and_(self._way.takes, notifications.c.due_at.is_(None), notifications.c.delivered_at.is_(None))
        with single_statements(self._engine) as connection:
            again = connection.execute(notifications.update().where(given_up).values(due_at=func.now(), attempts=0))
        return again.rowcount

    def _set(self, notification_id: UUID, outcome: str, **values: object) -> None:
        # One that was acknowledged meanwhile, through another attempt, stays so.
        waiting = and_(notifications.c.id == notification_id, notifications.c.delivered_at.is_(None))
        with transaction(self._engine) as connection:
            if connection.execute(notifications.update().where(waiting).values(values)).rowcount:
                counted = notification_counts.update().where(
                    notification_counts.c.way == self._way.value, notification_counts.c.outcome == outcome
                )
                connection.execute(counted.values(total=notification_counts.c.total + 1))
