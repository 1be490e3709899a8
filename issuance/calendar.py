"""Days as Vietnam counts them: UTC+07:00, without daylight saving."""

from __future__ import annotations

from datetime import datetime, timedelta, timezone
from typing import TYPE_CHECKING

if TYPE_CHECKING:
    from datetime import date

VIETNAM = timezone(timedelta(hours=7), "+07:00")


def vietnam_date(at: datetime) -> date:
    """The calendar day in Vietnam at this moment."""
    return at.astimezone(VIETNAM).date()
