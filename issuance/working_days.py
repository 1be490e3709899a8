"""Which days an agency works: Monday to Friday, but for the holidays and swapped days that it keeps itself.

The government announces them each year, and agencies that receive people on Saturdays differ: nothing is built in.
"""

from __future__ import annotations

from dataclasses import dataclass
from datetime import date, timedelta
from enum import Enum
from typing import TYPE_CHECKING

from issuance.competence import demand_role
from issuance.errors import MetadataInvalid
from issuance.ports import AuditEvent, Role

if TYPE_CHECKING:
    from collections.abc import Mapping, Sequence

    from issuance.ports import Account, Clock, Repositories, UnitOfWork

_SATURDAY = 5
LONGEST_REST = 60
"""Days after which a calendar without a working day is taken for a mistake."""


class DayKind(Enum):
    """How a day differs from the week's rule."""

    HOLIDAY = "holiday"
    WORKING = "working"


@dataclass(frozen=True, slots=True)
class CalendarDay:
    """One exception, with its name for people: ``Quốc khánh``, ``làm bù``."""

    day: date
    kind: DayKind
    name: str


@dataclass(frozen=True, slots=True)
class WorkingDays:
    """An agency's calendar around some days."""

    exceptions: Mapping[date, DayKind]

    def works_on(self, day: date) -> bool:
        """Whether the agency works on this day."""
        kind = self.exceptions.get(day)
        return day.weekday() < _SATURDAY if kind is None else kind is DayKind.WORKING

    def after(self, day: date, *, count: int = 1) -> date:
        """The ``count``-th working day after this day; the day itself for 0."""
        found = day
        for _ in range(count):
            found = next(
                (one for one in (found + timedelta(days=n) for n in range(1, LONGEST_REST)) if self.works_on(one)),
                found + timedelta(days=1),
            )
        return found


def calendar_around(register: Repositories, *, agency: str, day: date) -> WorkingDays:
    """The calendar of an agency from this day to the end of the next year."""
    days = register.calendar_days(agency=agency, first=day, last=date(day.year + 1, 12, 31))
    return WorkingDays({one.day: one.kind for one in days})


def keep_calendar(
    *, uow: UnitOfWork, clock: Clock, actor: Account, year: int, days: Sequence[CalendarDay]
) -> tuple[CalendarDay, ...]:
    """Replace a year's exceptions with these; the clerk keeps the agency's calendar.

    Raises :class:`MetadataInvalid` for days of another year or named twice.
    """
    demand_role(actor, Role.CLERK)
    if any(one.day.year != year for one in days):
        raise MetadataInvalid(problems={"days": f"must all be in {year}"})
    if len({one.day for one in days}) != len(days):
        raise MetadataInvalid(problems={"days": "names a day twice"})
    ordered = tuple(sorted(days, key=lambda one: one.day))
    with uow() as register:
        register.replace_calendar_days(agency=actor.agency, year=year, days=ordered)
        facts = {"agency": actor.agency, "year": str(year), "days": str(len(ordered))}
        register.append_audit(AuditEvent(clock.now(), actor.id, "calendar.kept", None, facts))
    return ordered


def calendar_of(*, uow: UnitOfWork, actor: Account, year: int) -> tuple[CalendarDay, ...]:
    """The exceptions of a year, by day."""
    with uow() as register:
        found = register.calendar_days(agency=actor.agency, first=date(year, 1, 1), last=date(year, 12, 31))
    return tuple(found)
