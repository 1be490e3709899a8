"""What is due: when a signed document must be issued, which results are due soon, and which are late.

A document is issued on the day of its signature or on the next working day (Decree 30/2020, art. 18.1); later is
allowed, but is written down. For results, the one-stop unit must know of a delay a day before (NĐ 118/2025).
"""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING

from issuance.calendar import vietnam_date
from issuance.documents import DocumentState
from issuance.reappointment import reappointed_to
from issuance.register_book import end_of_day
from issuance.working_days import calendar_around

if TYPE_CHECKING:
    from datetime import date, datetime

    from issuance.documents import Document
    from issuance.ports import Account, Repositories, TimelineStep, UnitOfWork

MOST_LISTED = 200


@dataclass(frozen=True, slots=True)
class Deadlines:
    """Documents of an agency that wait beyond their due date, and those that are due by ``soon_until``.

    The due date of a result that was put off is the one that its apology promised.

    Both begin with the most urgent; ``more`` says that a list was cut at :data:`MOST_LISTED`.
    """

    as_of: datetime
    soon_until: date
    overdue: tuple[Document, ...]
    due_soon: tuple[Document, ...]
    more: bool


def deadlines_of(*, uow: UnitOfWork, actor: Account, now: datetime, warning_days: int) -> Deadlines:
    """What is late now, and what is due within this many working days of the agency."""
    today = vietnam_date(now)
    with uow() as register:
        until = calendar_around(register, agency=actor.agency, day=today).after(today, count=warning_days)
        found = register.due_documents(agency=actor.agency, until=end_of_day(until), limit=MOST_LISTED + 1)
        dates = {one.id: due_date(register, one) for one in found}
    listed = [one for one in found[:MOST_LISTED] if dates[one.id] <= end_of_day(until)]
    return Deadlines(
        as_of=now,
        soon_until=until,
        overdue=tuple(one for one in listed if dates[one.id] < now),
        due_soon=tuple(one for one in listed if dates[one.id] >= now),
        more=len(found) > MOST_LISTED,
    )


def issue_by(register: Repositories, *, agency: str, timeline: list[TimelineStep]) -> date | None:
    """The last day on which a signed document is issued in time; None before it is signed."""
    signed = [step.at for step in timeline if step.state is DocumentState.SIGNED]
    if not signed:
        return None
    day = vietnam_date(signed[-1])
    return calendar_around(register, agency=agency, day=day).after(day)


def lateness(register: Repositories, *, agency: str, timeline: list[TimelineStep], on: date) -> str | None:
    """What the timeline says of a document that is sealed after that day; None for one in time."""
    last = issue_by(register, agency=agency, timeline=timeline)
    if last is None or on <= last:
        return None
    return f"Ban hành sau hạn {last:%d/%m/%Y} (Nghị định 30/2020/NĐ-CP, điều 18.1)"


def due_date(register: Repositories, document: Document) -> datetime:
    """When the result of a document with a due date is due: as its apology promised, where there is one."""
    due = reappointed_to(register, document) or document.draft.due_at
    if due is None:
        msg = "only documents with a due date are asked about"
        raise RuntimeError(msg)
    return due
