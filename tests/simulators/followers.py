"""The followers of documents, in memory."""

from __future__ import annotations

from typing import TYPE_CHECKING

from issuance.documents import CLOSED
from storage.errors import AlreadyThere, RowRefused
from tests.simulators.state import OpenState

if TYPE_CHECKING:
    from datetime import datetime
    from uuid import UUID

    from issuance.followers import Follower


class MemoryFollowers(OpenState):
    """Implements :class:`issuance.followers.Followers` in one open transaction."""

    def add_follower(self, follower: Follower) -> None:
        if follower.document_id not in self._state.documents:
            raise RowRefused(rule="followers_document_id_fkey")
        there = {one.address.lower() for one in self.followers(follower.document_id)}
        if follower.id in self._state.followers or follower.address.lower() in there:
            raise AlreadyThere(rule="followers_document_id_address_idx")
        self._state.followers[follower.id] = follower

    def followers(self, document_id: UUID) -> list[Follower]:
        found = [one for one in self._state.followers.values() if one.document_id == document_id]
        return sorted(found, key=lambda one: one.added_at)

    def follower(self, follower_id: UUID) -> Follower | None:
        return self._state.followers.get(follower_id)

    def remove_follower(self, follower_id: UUID) -> None:
        self._state.followers.pop(follower_id, None)
        for identifier in [one.id for one in self._state.notifications.values() if one.follower == follower_id]:
            del self._state.notifications[identifier]

    def useless_followers(self, *, ended_before: datetime, limit: int) -> list[Follower]:
        ended = {
            identifier
            for identifier, document in self._state.documents.items()
            if document.state in CLOSED and self._state.timeline[identifier][-1].at < ended_before
        }
        found = [one for one in self._state.followers.values() if one.document_id in ended]
        return sorted(found, key=lambda one: one.id)[:limit]
