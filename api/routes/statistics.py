"""Public figures: how many results were early, on time, late, and how long each step took; no document and no name."""

from __future__ import annotations

from datetime import date, datetime, timedelta
from typing import Annotated

from fastapi import APIRouter, Query, Response
from pydantic import BaseModel, Field

from api.dependencies import Caller, Guarded, Parts
from api.forms.days import Day
from api.forms.plain_text import Name
from api.problems.descriptions import problem_answers
from issuance.calendar import vietnam_date
from issuance.documents import DocumentState
from issuance.statistics import Statistics, statistics_of

router = APIRouter(tags=["public"])

_A_MONTH = timedelta(days=30)


class PunctualityAnswer(BaseModel):
    """Documents of an agency and procedure that were due in the period."""

    agency: str
    procedure_code: str | None
    early: int = Field(description="issued before the day it was due on")
    on_time: int = Field(description="issued on that day, until the moment it was due")
    late: int
    overdue: int = Field(description="due by now and not issued")
    open: int = Field(description="not due yet")
    ended: int = Field(description="rejected, withdrawn or given up")
    delivered_on_time: int = Field(description="handed over until the moment it was due")
    delivered_late: int = Field(description="handed over later; issued results that nobody fetched are in neither")
    on_time_rate: float | None = Field(description="early and on time among all that had to be there by now")


class StepAnswer(BaseModel):
    """How long documents stayed in a state before the next step, and how that step stood to their due date."""

    agency: str
    procedure_code: str | None
    state: DocumentState
    count: int
    mean_seconds: float
    longest_seconds: float
    early: int = Field(description="left before the day the document was due on")
    on_time: int = Field(description="left on that day, until the moment it was due")
    late: int
    turned_late: int = Field(description="of the late ones, those that had come in time: here the time ran out")


class StatisticsAnswer(BaseModel):
    """The figures of a period of days in Vietnam, both ends included."""

    first: date = Field(serialization_alias="from")
    last: date = Field(serialization_alias="to")
    as_of: datetime
    punctuality: tuple[PunctualityAnswer, ...]
    steps: tuple[StepAnswer, ...]


@router.get(
    "/v1/statistics",
    operation_id="readStatistics",
    response_model=StatisticsAnswer,
    responses=problem_answers("metadata-invalid"),
)
def read_statistics(
    application: Parts,
    guards: Guarded,
    caller: Caller,
    agency: Name | None = None,
    first: Annotated[Day | None, Query(alias="from", description="30 days before `to` by default")] = None,
    last: Annotated[Day | None, Query(alias="to", description="today by default")] = None,
) -> Response:
    """Early, on time, late and overdue for each agency and procedure; how long each step took."""
    guards.lookups.demand(caller)
    guards.lookups.count(caller)
    now = application.outside.clock.now()
    until = last or vietnam_date(now)
    figures = statistics_of(
        uow=application.outside.uow, agency=agency, first=first or until - _A_MONTH, last=until, now=now
    )
    body = _answer(figures).model_dump_json(by_alias=True)
    return Response(body, media_type="application/json", headers={"Cache-Control": "public, max-age=60"})


def _answer(figures: Statistics) -> StatisticsAnswer:
    return StatisticsAnswer(
        first=figures.first,
        last=figures.last,
        as_of=figures.as_of,
        punctuality=tuple(
            PunctualityAnswer(
                agency=one.agency,
                procedure_code=one.procedure_code,
                early=one.early,
                on_time=one.on_time,
                late=one.late,
                overdue=one.overdue,
                open=one.open,
                ended=one.ended,
                delivered_on_time=one.delivered_on_time,
                delivered_late=one.delivered_late,
                on_time_rate=one.on_time_rate,
            )
            for one in figures.punctuality
        ),
        steps=tuple(
            StepAnswer(
                agency=one.agency,
                procedure_code=one.procedure_code,
                state=one.state,
                count=one.count,
                mean_seconds=one.mean.total_seconds(),
                longest_seconds=one.longest.total_seconds(),
                early=one.early,
                on_time=one.on_time,
                late=one.late,
                turned_late=one.turned_late,
            )
            for one in figures.steps
        ),
    )
