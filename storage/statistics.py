"""Figures over documents and their steps, counted by the database."""

from __future__ import annotations

from datetime import timedelta
from typing import TYPE_CHECKING

from sqlalchemy import Date, and_, cast, func, literal, select, true

from issuance.calendar import VIETNAM
from issuance.documents import PUBLISHED, DocumentState
from issuance.statistics import ENDED, Punctuality, StepDuration
from storage.open_transaction import OpenTransaction
from storage.schema import documents, timeline

if TYPE_CHECKING:
    from datetime import datetime

    from sqlalchemy import ColumnElement
    from sqlalchemy.sql.selectable import LateralFromClause

_AFTERWARDS = sorted(state.value for state in PUBLISHED)
"""What comes after the issue is no step towards it: whether the citizen comes for it is not the agency's to hasten."""
_ZONE = literal(VIETNAM.utcoffset(None))


class StatisticsRows(OpenTransaction):
    """Counts, by agency."""

    def punctuality(self, *, agency: str | None, since: datetime, until: datetime, now: datetime) -> list[Punctuality]:
        """Documents that were due between these moments, by agency and procedure."""
        issued, delivered = _first(DocumentState.ISSUED), _first(DocumentState.DELIVERED)
        at, due = issued.c.at, documents.c.due_at
        ended = documents.c.state.in_(sorted(state.value for state in ENDED))
        waits = and_(at.is_(None), ~ended)
        day_before = _day(at) < _day(due)
        rows = self._connection.execute(
            select(
                documents.c.agency,
                documents.c.procedure_code,
                _count(and_(at.is_not(None), at <= due, day_before)),
                _count(and_(at.is_not(None), at <= due, ~day_before)),
                _count(at > due),
                _count(and_(waits, due < now)),
                _count(and_(waits, due >= now)),
                _count(and_(at.is_(None), ended)),
                _count(delivered.c.at <= due),
                _count(delivered.c.at > due),
            )
            .select_from(documents.outerjoin(issued, true()).outerjoin(delivered, true()))
            .where(*_due_between(agency, since, until))
            .group_by(documents.c.agency, documents.c.procedure_code)
            .order_by(documents.c.agency, documents.c.procedure_code)
        )
        return [Punctuality(*row) for row in rows]

    def step_durations(self, *, agency: str | None, since: datetime, until: datetime) -> list[StepDuration]:
        """How long these documents stayed in each state that they have left on their way to being issued."""
        steps = (
            select(
                documents.c.agency,
                documents.c.procedure_code,
                documents.c.due_at,
                timeline.c.state,
                timeline.c.at,
                func.lead(timeline.c.at)
                .over(partition_by=timeline.c.document_id, order_by=timeline.c.id)
                .label("left_at"),
            )
            .join(documents, documents.c.id == timeline.c.document_id)
            .where(*_due_between(agency, since, until))
            .subquery()
        )
        stayed = func.extract("epoch", steps.c.left_at - steps.c.at)
        left, due = steps.c.left_at, steps.c.due_at
        day_before = _day(left) < _day(due)
        of_what = (steps.c.agency, steps.c.procedure_code, steps.c.state)
        rows = self._connection.execute(
            select(
                *of_what,
                func.count(),
                func.avg(stayed),
                func.max(stayed),
                _count(and_(left <= due, day_before)),
                _count(and_(left <= due, ~day_before)),
                _count(left > due),
                _count(and_(left > due, steps.c.at <= due)),
            )
            .where(left.is_not(None), steps.c.state.not_in(_AFTERWARDS))
            .group_by(*of_what)
            .order_by(*of_what)
        )
        return [
            StepDuration(
                agency_id,
                procedure,
                DocumentState(state),
                count,
                timedelta(seconds=float(mean)),
                timedelta(seconds=float(longest)),
                *punctual,
            )
            for agency_id, procedure, state, count, mean, longest, *punctual in rows
        ]


def _first(state: DocumentState) -> LateralFromClause:
    """When a document first reached this state."""
    steps = select(func.min(timeline.c.at).label("at")).where(
        timeline.c.document_id == documents.c.id, timeline.c.state == state.value
    )
    return steps.lateral(state.value)


def _due_between(agency: str | None, since: datetime, until: datetime) -> tuple[ColumnElement[bool], ...]:
    due = documents.c.due_at
    wanted = (due >= since, due <= until)
    return wanted if agency is None else (*wanted, documents.c.agency == agency)


def _count(condition: ColumnElement[bool]) -> ColumnElement[int]:
    return func.count().filter(condition)


def _day(at: ColumnElement[datetime]) -> ColumnElement[object]:
    """The calendar day in Vietnam."""
    return cast(func.timezone(_ZONE, at), Date)
