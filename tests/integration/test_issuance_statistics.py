"""Punctuality and durations from recorded steps, on PostgreSQL and on the simulator."""

from __future__ import annotations

from dataclasses import replace
from datetime import UTC, date, datetime, timedelta
from typing import TYPE_CHECKING

import pytest

from issuance.documents import DocumentState, Purpose
from issuance.errors import MetadataInvalid
from issuance.numbers import DocumentNumber
from issuance.ports import TimelineStep
from issuance.statistics import Punctuality, statistics_of
from tests.register_material import intent_of, new_document, settle_people
from tests.simulators.register import MemoryRegister

if TYPE_CHECKING:
    from issuance.documents import Document
    from issuance.ports import UnitOfWork
    from storage.unit_of_work import PostgresUnitOfWork
    from tests.register_material import People

DUE = datetime(2026, 11, 26, 10, 0, tzinfo=UTC)  # 17:00 in Vietnam
DAY, HOUR = timedelta(days=1), timedelta(hours=1)
MIDNIGHT = datetime(2026, 11, 25, 17, 0, tzinfo=UTC)  # in Vietnam, the beginning of the day it is due on


@pytest.fixture(params=["postgres", "memory"])
def uow(request: pytest.FixtureRequest) -> UnitOfWork:
    if request.param == "memory":
        return MemoryRegister()
    register: PostgresUnitOfWork = request.getfixturevalue("postgres_register")
    return register


def stored(
    uow: UnitOfWork,
    people: People,
    state: DocumentState,
    *,
    at: datetime,
    due: datetime | None = DUE,
    ordinal: int = 1,
    procedure: str = "2.000815",
) -> Document:
    """A document that was submitted two hours before it came into this state."""
    document = new_document(people)
    draft = replace(document.draft, due_at=due, procedure_code=procedure)
    document = replace(document, draft=draft, intent=intent_of(people, Purpose.SEAL))
    if state in {DocumentState.ISSUED, DocumentState.VOIDED}:
        document = replace(document, number=DocumentNumber(ordinal, "TB-UBND"), issued_on=at.date())
    with uow() as register:
        register.add_document(document)
        register.add_revision(document.id, document.current)
        register.save_document(replace(document, state=state))
        register.add_timeline_step(document.id, TimelineStep(DocumentState.SUBMITTED, at - 2 * HOUR, "a"))
        register.add_timeline_step(document.id, TimelineStep(state, at, "b"))
    return document


def test_early_on_time_late_overdue_open_and_ended_are_told_apart_to_the_second(uow: UnitOfWork) -> None:
    people = settle_people(uow)
    second = timedelta(seconds=1)
    for ordinal, at in enumerate((MIDNIGHT - second, MIDNIGHT, DUE, DUE + second, DUE + DAY), start=1):
        stored(uow, people, DocumentState.ISSUED, at=at, ordinal=ordinal)
    for state in (DocumentState.REJECTED, DocumentState.WITHDRAWN):
        stored(uow, people, state, at=DUE)
    stored(uow, people, DocumentState.VOIDED, at=DUE, ordinal=9)
    stored(uow, people, DocumentState.SIGNED, at=DUE)
    stored(uow, people, DocumentState.SIGNED, at=DUE, due=None)
    stored(uow, settle_people(uow), DocumentState.SIGNED, at=DUE)

    def figures(now: datetime) -> tuple[Punctuality, ...]:
        day = date(2026, 11, 26)
        return statistics_of(uow=uow, agency=people.agency.id, first=day, last=day, now=now).punctuality

    expected = Punctuality(
        people.agency.id,
        "2.000815",
        early=1,
        on_time=2,
        late=2,
        overdue=0,
        open=1,
        ended=3,
        delivered_on_time=0,
        delivered_late=0,
    )
    assert figures(DUE) == (expected,)
    assert figures(DUE + second) == (replace(expected, overdue=1, open=0),)
    assert figures(DUE + second)[0].on_time_rate == 0.5


def test_a_document_counts_in_the_period_it_was_due_in(uow: UnitOfWork) -> None:
    people = settle_people(uow)
    stored(uow, people, DocumentState.SIGNED, at=DUE)
    for first, last, counted in ((-1, -1, 0), (0, 0, 1), (1, 3, 0), (-3, 3, 1)):
        day = date(2026, 11, 26)
        found = statistics_of(uow=uow, agency=people.agency.id, first=day + first * DAY, last=day + last * DAY, now=DUE)
        assert len(found.punctuality) == counted


def test_the_time_in_each_state_is_measured(uow: UnitOfWork) -> None:
    people = settle_people(uow)
    for at in (DUE, DUE + HOUR):
        stored(uow, people, DocumentState.SIGNED, at=at)
    day = date(2026, 11, 26)
    (step,) = statistics_of(uow=uow, agency=people.agency.id, first=day, last=day, now=DUE).steps
    assert (step.procedure_code, step.state, step.count) == ("2.000815", DocumentState.SUBMITTED, 2)
    assert step.mean == step.longest == 2 * HOUR


def test_each_step_is_early_on_time_or_late_and_the_one_in_which_time_ran_out_is_named(uow: UnitOfWork) -> None:
    people, second = settle_people(uow), timedelta(seconds=1)
    # Each was submitted two hours before; the last one was late already when it was submitted.
    for at in (MIDNIGHT - second, MIDNIGHT, DUE, DUE + second, DUE + 2 * HOUR, DUE + 3 * HOUR):
        stored(uow, people, DocumentState.SIGNED, at=at)
    stored(uow, people, DocumentState.SIGNED, at=DUE, procedure="1.004194")
    day = date(2026, 11, 26)
    other, step = statistics_of(uow=uow, agency=people.agency.id, first=day, last=day, now=DUE).steps
    assert (other.procedure_code, other.count, other.on_time) == ("1.004194", 1, 1)
    assert (step.early, step.on_time, step.late, step.turned_late) == (1, 2, 3, 2)


def test_what_comes_after_the_issue_makes_no_step_late(uow: UnitOfWork) -> None:
    people = settle_people(uow)
    document = stored(uow, people, DocumentState.ISSUED, at=DUE - DAY)
    with uow() as register:
        for state, at in ((DocumentState.DELIVERED, DUE + 2 * DAY), (DocumentState.CORRECTED, DUE + 60 * DAY)):
            register.add_timeline_step(document.id, TimelineStep(state, at, "c"))
    day = date(2026, 11, 26)
    (step,) = statistics_of(uow=uow, agency=people.agency.id, first=day, last=day, now=DUE).steps
    assert (step.state, step.early, step.late, step.longest) == (DocumentState.SUBMITTED, 1, 0, 2 * HOUR)


@pytest.mark.parametrize("days", [-1, 400])
def test_a_period_is_neither_backwards_nor_endless(days: int) -> None:
    day = date(2026, 1, 1)
    with pytest.raises(MetadataInvalid):
        statistics_of(uow=MemoryRegister(), agency=None, first=day, last=day + days * DAY, now=DUE)


def test_overdue_documents_are_those_that_still_wait(uow: UnitOfWork) -> None:
    people = settle_people(uow)
    waiting = stored(uow, people, DocumentState.SIGNED, at=DUE)
    stored(uow, people, DocumentState.ISSUED, at=DUE)
    stored(uow, people, DocumentState.REJECTED, at=DUE)
    stored(uow, people, DocumentState.SIGNED, at=DUE, due=DUE + DAY)
    with uow() as register:
        found = register.documents(
            agency=people.agency.id,
            state=None,
            dossier_code=None,
            after=None,
            limit=10,
            due_before=DUE + HOUR,
        )
    assert [one.id for one in found] == [waiting.id]
