"""The followers of documents, as rows; the database keeps a mail address nowhere else."""

from __future__ import annotations

from dataclasses import asdict
from typing import TYPE_CHECKING

from sqlalchemy import bindparam, func, select

from issuance.documents import CLOSED
from issuance.followers import Follower
from storage.notification_tables import followers
from storage.open_transaction import OpenTransaction
from storage.schema import documents, timeline

if TYPE_CHECKING:
    from datetime import datetime
    from uuid import UUID

# Made once: to put a statement together costs as much as to carry it out.
_OF_DOCUMENT = select(followers).where(followers.c.document_id == bindparam("document")).order_by(followers.c.added_at)
_NEWEST_STEP = (
    select(func.max(timeline.c.at)).where(timeline.c.document_id == followers.c.document_id).scalar_subquery()
)
_USELESS = (
    select(followers)
    .join(documents, documents.c.id == followers.c.document_id)
    .where(
        documents.c.state.in_(sorted(state.value for state in CLOSED)),
        bindparam("ended_before") > _NEWEST_STEP,
    )
    .order_by(followers.c.id)
    .limit(bindparam("most"))
)


class FollowerRows(OpenTransaction):
    """Implements :class:`issuance.followers.Followers`."""

    def add_follower(self, follower: Follower) -> None:
        """Append; :class:`storage.errors.AlreadyThere` where the document has the address."""
        self._connection.execute(followers.insert(), asdict(follower))

    def followers(self, document_id: UUID) -> list[Follower]:
        """All of the document, the first one first."""
        rows = self._connection.execute(_OF_DOCUMENT, {"document": document_id}).mappings()
        return [Follower(**row) for row in rows]

    def follower(self, follower_id: UUID) -> Follower | None:
        """The follower, or None."""
        query = select(followers).where(followers.c.id == follower_id)
        row = self._connection.execute(query).mappings().one_or_none()
        return Follower(**row) if row is not None else None

    def remove_follower(self, follower_id: UUID) -> None:
        """Take away, and every letter with it."""
        self._connection.execute(followers.delete().where(followers.c.id == follower_id))

    def useless_followers(self, *, ended_before: datetime, limit: int) -> list[Follower]:
        """Those whose document ended before this moment."""
        rows = self._connection.execute(_USELESS, {"ended_before": ended_before, "most": limit}).mappings()
        return [Follower(**row) for row in rows]
