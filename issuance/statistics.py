"""How punctual an agency is, from the recorded steps alone (NĐ 118/2025, NĐ 224/2026, art. 19): early, on time, late.

A document counts in the period in which it was due. Early is issued before the day that it was due on, on time until
the moment it was due; what was refused or withdrawn is counted apart, since it has no result that could be late.
When a result was handed over is counted beside that: whether the citizen comes for it is not the agency's to hasten.
"""

from __future__ import annotations

from dataclasses import dataclass
from datetime import datetime, time
from typing import TYPE_CHECKING

from issuance.calendar import VIETNAM
from issuance.documents import DocumentState
from issuance.errors import MetadataInvalid
from issuance.register_book import end_of_day

if TYPE_CHECKING:
    from datetime import date, timedelta

    from issuance.ports import UnitOfWork

LONGEST_PERIOD_DAYS = 400

ENDED = frozenset({DocumentState.REJECTED, DocumentState.WITHDRAWN, DocumentState.VOIDED})
"""Ends without a result."""


@dataclass(frozen=True, slots=True)
class Punctuality:
    """Documents of one agency and procedure that were due in the period."""

    agency: str
    procedure_code: str | None
    early: int
    on_time: int
    late: int
    overdue: int
    open: int
    ended: int
    delivered_on_time: int
    delivered_late: int

    @property
    def on_time_rate(self) -> float | None:
        """Early and on time among all that had to be there by now; None where none had to."""
        due = self.early + self.on_time + self.late + self.overdue
        return (self.early + self.on_time) / due if due else None


@dataclass(frozen=True, slots=True)
class StepDuration:
    """How long documents of one agency and procedure stayed in a state, and how the next step stood to the due date.

    ``early``, ``on_time`` and ``late`` are counted as those of results are; of the late ones, ``turned_late`` came into
    the state in time: it is here that the time ran out.
    """

    agency: str
    procedure_code: str | None
    state: DocumentState
    count: int
    mean: timedelta
    longest: timedelta
    early: int
    on_time: int
    late: int
    turned_late: int


@dataclass(frozen=True, slots=True)
class Statistics:
    """The figures of a period of days in Vietnam, both ends included."""

    first: date
    last: date
    as_of: datetime
    punctuality: tuple[Punctuality, ...]
    steps: tuple[StepDuration, ...]


def statistics_of(*, uow: UnitOfWork, agency: str | None, first: date, last: date, now: datetime) -> Statistics:
    """The figures of one agency, or of all. Raises :class:`MetadataInvalid` for a period that is none or too long."""
    if not 0 <= (last - first).days < LONGEST_PERIOD_DAYS:
        raise MetadataInvalid(problems={"to": f"must be 0 to {LONGEST_PERIOD_DAYS - 1} days after `from`"})
    since, until = datetime.combine(first, time(), tzinfo=VIETNAM), end_of_day(last)
    with uow() as register:
        punctuality = register.punctuality(agency=agency, since=since, until=until, now=now)
        steps = register.step_durations(agency=agency, since=since, until=until)
    return Statistics(first=first, last=last, as_of=now, punctuality=tuple(punctuality), steps=tuple(steps))
