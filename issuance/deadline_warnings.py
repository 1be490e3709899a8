"""Tell the sending system of a result that is due soon, and of one that is late: once each for every due date.

The one-stop unit must know of a delay a day before (NĐ 118/2025); the list of deadlines shows the same to whoever asks.
"""

from __future__ import annotations

from datetime import timedelta
from typing import TYPE_CHECKING

from issuance.calendar import vietnam_date
from issuance.deadlines import due_date
from issuance.notifications import DUE_SOON, OVERDUE, warn
from issuance.register_book import end_of_day
from issuance.working_days import LONGEST_REST, calendar_around

if TYPE_CHECKING:
    from collections.abc import Iterator
    from datetime import datetime
    from uuid import UUID

    from issuance.ports import Clock, UnitOfWork

_AT_ONCE = 100  # documents


def warn_of_deadlines(*, uow: UnitOfWork, clock: Clock, warning_days: int) -> Iterator[int]:
    """Write down the warnings that are due now, some documents at a time; yields how many warnings these were.

    ``warning_days`` are working days of the agency. May be called at any time, by several workers at once.
    """
    now, after = clock.now(), None
    while (told := _warn_of_some(now, after, uow=uow, warning_days=warning_days)) is not None:
        count, after = told
        yield count


def _warn_of_some(now: datetime, after: UUID | None, *, uow: UnitOfWork, warning_days: int) -> tuple[int, UUID] | None:
    """How many warnings, and the last document looked at; None behind the last of all."""
    today = vietnam_date(now)
    farthest = end_of_day(today + timedelta(days=warning_days * 7 + LONGEST_REST))
    count = 0
    last_days: dict[str, datetime] = {}
    with uow() as register:
        found = register.expected_documents(until=farthest, after=after, limit=_AT_ONCE)
        for document in found:
            agency = document.draft.agency
            if agency not in last_days:
                working = calendar_around(register, agency=agency, day=today)
                last_days[agency] = end_of_day(working.after(today, count=warning_days))
            due_at = due_date(register, document)
            if due_at <= last_days[agency]:
                count += warn(register, document, OVERDUE if due_at < now else DUE_SOON, due_at=due_at, at=now)
    return (count, found[-1].id) if found else None
