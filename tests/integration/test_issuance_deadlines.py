"""The agency's calendar and what is due by it, on PostgreSQL and on the simulator."""

from __future__ import annotations

import json
from dataclasses import replace
from datetime import UTC, date, datetime, timedelta
from typing import TYPE_CHECKING
from uuid import uuid4, uuid5

import pytest

from issuance.deadline_warnings import warn_of_deadlines
from issuance.deadlines import deadlines_of, issue_by, lateness
from issuance.documents import DocumentState, Purpose
from issuance.errors import MetadataInvalid, NotCompetent
from issuance.notifications import DUE_SOON, OVERDUE
from issuance.numbers import DocumentNumber
from issuance.ports import TimelineStep
from issuance.reappointment import reappoint
from issuance.working_days import CalendarDay, DayKind, WorkingDays, calendar_of, keep_calendar
from tests.register_material import intent_of, new_document, settle_people
from tests.set_clock import SetClock
from tests.simulators.register import MemoryRegister

if TYPE_CHECKING:
    from uuid import UUID

    from issuance.documents import Document
    from issuance.ports import UnitOfWork
    from storage.unit_of_work import PostgresUnitOfWork
    from tests.register_material import People

FRIDAY = date(2026, 8, 28)
"""Before the weekend and the holidays of early September."""
HOLIDAYS = (
    CalendarDay(date(2026, 9, 1), DayKind.HOLIDAY, "Nghỉ Quốc khánh"),
    CalendarDay(date(2026, 9, 2), DayKind.HOLIDAY, "Quốc khánh"),
    CalendarDay(date(2026, 8, 31), DayKind.HOLIDAY, "Hoán đổi"),
    CalendarDay(date(2026, 8, 22), DayKind.WORKING, "Làm bù"),
)


@pytest.fixture(params=["postgres", "memory"])
def uow(request: pytest.FixtureRequest) -> UnitOfWork:
    if request.param == "memory":
        return MemoryRegister()
    register: PostgresUnitOfWork = request.getfixturevalue("postgres_register")
    return register


@pytest.fixture
def people(uow: UnitOfWork) -> People:
    return settle_people(uow)


def keep(uow: UnitOfWork, people: People, *days: CalendarDay) -> tuple[CalendarDay, ...]:
    return keep_calendar(uow=uow, clock=SetClock(), actor=people.clerk, year=2026, days=days)


def noon(day: date) -> datetime:
    return datetime(day.year, day.month, day.day, 5, tzinfo=UTC)


def test_without_a_calendar_the_week_has_five_working_days() -> None:
    week = WorkingDays({})
    assert week.after(FRIDAY) == date(2026, 8, 31)
    assert week.after(FRIDAY, count=0) == FRIDAY
    assert week.after(FRIDAY, count=6) == date(2026, 9, 7)


def test_holidays_and_swapped_days_are_the_agencys_own(uow: UnitOfWork, people: People) -> None:
    kept = keep(uow, people, *HOLIDAYS)
    assert [one.day for one in kept] == sorted(one.day for one in HOLIDAYS)
    assert calendar_of(uow=uow, actor=people.clerk, year=2026) == kept
    assert calendar_of(uow=uow, actor=settle_people(uow).clerk, year=2026) == ()
    assert keep(uow, people, HOLIDAYS[0]) == calendar_of(uow=uow, actor=people.clerk, year=2026)


def test_only_the_clerk_keeps_the_calendar_and_only_days_of_the_year(uow: UnitOfWork, people: People) -> None:
    with pytest.raises(NotCompetent):
        keep_calendar(uow=uow, clock=SetClock(), actor=people.signatory, year=2026, days=())
    for wrong in ((HOLIDAYS[0], HOLIDAYS[0]), (CalendarDay(date(2027, 1, 1), DayKind.HOLIDAY, "Tết"),)):
        with pytest.raises(MetadataInvalid):
            keep(uow, people, *wrong)


@pytest.mark.parametrize(
    ("sealed_on", "in_time"), [(FRIDAY, True), (date(2026, 9, 3), True), (date(2026, 9, 4), False)]
)
def test_a_document_is_issued_by_the_next_working_day_or_flagged(
    uow: UnitOfWork, people: People, sealed_on: date, *, in_time: bool
) -> None:
    keep(uow, people, *HOLIDAYS)
    timeline = [TimelineStep(DocumentState.SIGNED, noon(FRIDAY), people.signatory.id)]
    with uow() as register:
        assert issue_by(register, agency=people.agency.id, timeline=timeline) == date(2026, 9, 3)
        flagged = lateness(register, agency=people.agency.id, timeline=timeline, on=sealed_on)
        assert issue_by(register, agency=people.agency.id, timeline=[]) is None
    assert (flagged is None) is in_time
    assert flagged is None or "03/09/2026" in flagged


def waiting(uow: UnitOfWork, people: People, due: date, *, state: DocumentState = DocumentState.SUBMITTED) -> Document:
    document = new_document(people)
    document = replace(document, state=state, draft=replace(document.draft, due_at=noon(due)))
    if state is DocumentState.ISSUED:
        document = replace(
            document, number=DocumentNumber(1, "TB"), issued_on=FRIDAY, intent=intent_of(people, Purpose.SEAL)
        )
    with uow() as register:
        register.add_document(document)
        register.add_revision(document.id, document.current)
    return document


def test_what_is_due_within_a_working_day_is_warned_of_and_what_is_late_is_listed(
    uow: UnitOfWork, people: People
) -> None:
    keep(uow, people, *HOLIDAYS)
    put_off = waiting(uow, people, FRIDAY - timedelta(days=2))
    slip = waiting(uow, people, date(2027, 1, 4))
    reappoint(
        uow=uow,
        clock=SetClock(noon(FRIDAY)),
        actor=people.submitter,
        document_id=put_off.id,
        slip=slip.id,
        new_due_at=noon(date(2026, 10, 1)),
        reason="Chờ ý kiến",
    )
    late = [waiting(uow, people, FRIDAY - timedelta(days=days)) for days in (1, 9)]
    soon = waiting(uow, people, date(2026, 9, 3))
    waiting(uow, people, date(2026, 9, 4))
    for done in (DocumentState.ISSUED, DocumentState.WITHDRAWN):
        waiting(uow, people, FRIDAY - timedelta(days=1), state=done)
    now = noon(FRIDAY)

    found = deadlines_of(uow=uow, actor=people.clerk, now=now, warning_days=1)

    assert found.soon_until == date(2026, 9, 3)
    assert [one.id for one in found.overdue] == [late[1].id, late[0].id]
    assert [one.id for one in found.due_soon] == [soon.id]
    assert deadlines_of(uow=uow, actor=people.clerk, now=now, warning_days=0).due_soon == ()
    assert deadlines_of(uow=uow, actor=settle_people(uow).clerk, now=now, warning_days=1).overdue == ()


def test_while_one_apology_is_being_made_there_is_no_second_one(uow: UnitOfWork, people: People) -> None:
    late = waiting(uow, people, FRIDAY - timedelta(days=2))

    def put_off(slip: UUID, *, after: timedelta) -> Document:
        return reappoint(
            uow=uow,
            clock=SetClock(noon(FRIDAY) + after),
            actor=people.submitter,
            document_id=late.id,
            slip=slip,
            new_due_at=noon(date(2026, 10, 1)),
            reason="Chờ ý kiến",
        )

    first, second = uuid4(), uuid4()
    put_off(first, after=timedelta(0))
    put_off(first, after=timedelta(seconds=5))
    with pytest.raises(MetadataInvalid):
        put_off(second, after=timedelta(seconds=10))
    put_off(second, after=timedelta(minutes=11))  # nothing came of the first


def test_senders_are_warned_once_of_every_due_date(uow: UnitOfWork, people: People) -> None:
    keep(uow, people, *HOLIDAYS)
    late, soon = waiting(uow, people, FRIDAY - timedelta(days=1)), waiting(uow, people, date(2026, 9, 3))
    waiting(uow, people, date(2026, 9, 4))
    waiting(uow, people, FRIDAY - timedelta(days=1), state=DocumentState.WITHDRAWN)
    at_friday, a_day_later = SetClock(noon(FRIDAY)), SetClock(noon(FRIDAY + timedelta(days=7)))

    def warned(clock: SetClock) -> int:
        return sum(warn_of_deadlines(uow=uow, clock=clock, warning_days=1))

    assert warned(at_friday) >= 2  # the register may hold others
    told = {warning_id(late, OVERDUE), warning_id(soon, DUE_SOON)}
    assert known(uow, late, soon) == told
    assert warned(at_friday) == 0
    reappoint(
        uow=uow,
        clock=at_friday,
        actor=people.submitter,
        document_id=late.id,
        slip=waiting(uow, people, date(2027, 1, 4)).id,
        new_due_at=noon(date(2026, 9, 7)),
        reason="Chờ ý kiến",
    )
    assert warned(a_day_later) >= 2
    promised = replace(late, draft=replace(late.draft, due_at=noon(date(2026, 9, 7))))
    assert known(uow, late, soon, promised) == told | {warning_id(soon, OVERDUE), warning_id(promised, DUE_SOON)}


def test_a_warning_tells_the_sender_which_dossier_and_by_when() -> None:
    uow = MemoryRegister()
    people = settle_people(uow)
    late = waiting(uow, people, FRIDAY)
    assert sum(warn_of_deadlines(uow=uow, clock=SetClock(noon(FRIDAY) + timedelta(hours=1)), warning_days=1)) == 1
    (told,) = uow.notifications
    body = json.loads(told.body)
    assert (told.url, told.account, body["type"]) == (late.draft.callback_url, late.created_by, "document.overdue")
    assert (body["data"]["id"], body["data"]["due_at"]) == (str(late.id), "2026-08-28T05:00:00Z")
    assert (body["data"]["dossier_code"], body["data"]["state"]) == (late.draft.dossier_code, "submitted")


def warning_id(document: Document, event: str) -> UUID:
    assert document.draft.due_at is not None
    return uuid5(document.id, f"{event} {document.draft.due_at.isoformat()}")


def known(uow: UnitOfWork, *documents: Document) -> set[UUID]:
    """Which of all the warnings that these could give were written down."""
    possible = {warning_id(document, event) for document in documents for event in (DUE_SOON, OVERDUE)}
    with uow() as register:
        return {one for one in possible if register.has_notification(one)}
