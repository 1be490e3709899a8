"""Who is told by letter, as callers say and read it."""

from __future__ import annotations

from datetime import datetime
from typing import TYPE_CHECKING
from uuid import UUID

from pydantic import BaseModel, ConfigDict, Field

from issuance.followers import LONGEST_ADDRESS

if TYPE_CHECKING:
    from issuance.followers import Follower


class FollowOrder(BaseModel):
    """Whom to write to; the holder has agreed to it."""

    model_config = ConfigDict(extra="forbid", frozen=True)

    address: str = Field(min_length=3, max_length=LONGEST_ADDRESS, examples=["ten@example.vn"])


class FollowedAnswer(BaseModel):
    """One who is written to from now on; without the address, since this answer is kept for repetitions."""

    model_config = ConfigDict(frozen=True)

    id: UUID
    added_at: datetime


class FollowerAnswer(FollowedAnswer):
    """One who is written to."""

    address: str

    @classmethod
    def of(cls, follower: Follower) -> FollowerAnswer:
        """As the register has it."""
        return cls(id=follower.id, address=follower.address, added_at=follower.added_at)


class FollowersAnswer(BaseModel):
    """Everybody who is written to."""

    items: tuple[FollowerAnswer, ...]
