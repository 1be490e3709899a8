"""The agency's calendar of working days, and what is due by it."""

from __future__ import annotations

from datetime import date, datetime
from typing import Annotated

from fastapi import APIRouter, Path
from pydantic import BaseModel, ConfigDict, Field

from api.dependencies import Actor, Parts
from api.forms.documents import DocumentSummary
from api.forms.plain_text import Name
from api.problems.descriptions import SIGNED_IN, problem_answers
from issuance.deadlines import deadlines_of
from issuance.working_days import CalendarDay, DayKind, calendar_of, keep_calendar

router = APIRouter(tags=["deadlines"])

Year = Annotated[int, Path(ge=2000, le=2200)]


class DayForm(BaseModel):
    """A day that differs from Monday to Friday."""

    model_config = ConfigDict(extra="forbid", frozen=True)

    day: date
    kind: DayKind = Field(description="`holiday`: no work on a weekday; `working`: work on a Saturday or Sunday")
    name: Name = Field(examples=["Quốc khánh"])


class CalendarForm(BaseModel):
    """All exceptions of a year."""

    model_config = ConfigDict(extra="forbid", frozen=True)

    days: tuple[DayForm, ...] = Field(max_length=366)


class DeadlinesAnswer(BaseModel):
    """The most urgent first; `more` says that the lists were cut."""

    as_of: datetime
    soon_until: date
    overdue: tuple[DocumentSummary, ...]
    due_soon: tuple[DocumentSummary, ...]
    more: bool


@router.get(
    "/v1/calendar/{year}",
    operation_id="readCalendar",
    response_model=CalendarForm,
    responses=problem_answers(*SIGNED_IN),
)
def read_calendar(application: Parts, actor: Actor, year: Year) -> CalendarForm:
    """Holidays and swapped days of the caller's agency."""
    return _form(calendar_of(uow=application.outside.uow, actor=actor, year=year))


@router.put(
    "/v1/calendar/{year}",
    operation_id="keepCalendar",
    response_model=CalendarForm,
    responses=problem_answers("not-competent", "metadata-invalid", *SIGNED_IN),
)
def write_calendar(application: Parts, actor: Actor, year: Year, order: CalendarForm) -> CalendarForm:
    """Replace the year's exceptions; the same call may be repeated."""
    days = [CalendarDay(day=one.day, kind=one.kind, name=one.name) for one in order.days]
    outside = application.outside
    return _form(keep_calendar(uow=outside.uow, clock=outside.clock, actor=actor, year=year, days=days))


@router.get(
    "/v1/deadlines",
    operation_id="readDeadlines",
    response_model=DeadlinesAnswer,
    responses=problem_answers(*SIGNED_IN),
)
def read_deadlines(application: Parts, actor: Actor) -> DeadlinesAnswer:
    """What is overdue in the caller's agency, and what is due within the configured number of working days."""
    found = deadlines_of(
        uow=application.outside.uow,
        actor=actor,
        now=application.outside.clock.now(),
        warning_days=application.settings.deadline_warning_days,
    )
    return DeadlinesAnswer(
        as_of=found.as_of,
        soon_until=found.soon_until,
        overdue=tuple(DocumentSummary.of(one) for one in found.overdue),
        due_soon=tuple(DocumentSummary.of(one) for one in found.due_soon),
        more=found.more,
    )


def _form(days: tuple[CalendarDay, ...]) -> CalendarForm:
    return CalendarForm(days=tuple(DayForm(day=one.day, kind=one.kind, name=one.name) for one in days))
