"""A clock that a test sets."""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING

from tests.register_material import NOW

if TYPE_CHECKING:
    from datetime import datetime


@dataclass(frozen=True)
class SetClock:
    """Stands still."""

    at: datetime = NOW

    def now(self) -> datetime:
        """Always the same moment."""
        return self.at
