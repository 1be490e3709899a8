"""Results that reach the one they are for: who may confirm it, what a link opens, and that nothing is hidden by it."""

from __future__ import annotations

import secrets
from dataclasses import replace
from datetime import UTC, date, datetime, timedelta
from typing import TYPE_CHECKING

import pytest

from issuance import afterwards
from issuance.delivery import FETCHER, LONGEST_VALIDITY, REPEATABLE_FOR, deliver, make_link, open_link, use_link
from issuance.documents import IN_FORCE, DocumentState
from issuance.errors import LinkSpent, NotCompetent, UnknownName, WrongState
from issuance.register_book import book_of
from issuance.statistics import statistics_of
from tests.integration.test_issuance_outcomes import WHY, standing
from tests.register_material import NOW, settle_people
from tests.set_clock import SetClock
from tests.simulators.register import MemoryRegister

if TYPE_CHECKING:
    from issuance.documents import Document
    from issuance.ports import Account, UnitOfWork
    from storage.unit_of_work import PostgresUnitOfWork
    from tests.register_material import People

HOW = "Trả trực tiếp tại bộ phận một cửa"
DAY = timedelta(days=1)
MICROSECOND = timedelta(microseconds=1)


@pytest.fixture(params=["postgres", "memory"])
def uow(request: pytest.FixtureRequest) -> UnitOfWork:
    if request.param == "memory":
        return MemoryRegister()
    register: PostgresUnitOfWork = request.getfixturevalue("postgres_register")
    return register


@pytest.fixture
def people(uow: UnitOfWork) -> People:
    return settle_people(uow)


@pytest.fixture
def clock() -> SetClock:
    return SetClock(NOW)


def confirm(uow: UnitOfWork, document: Document, actor: Account) -> Document:
    return deliver(uow=uow, clock=SetClock(NOW), actor=actor, document_id=document.id, reason=HOW)


def states(uow: UnitOfWork, document: Document) -> list[DocumentState]:
    with uow() as register:
        return [step.state for step in register.timeline(document.id)]


@pytest.mark.parametrize("role", ["submitter", "clerk"])
@pytest.mark.parametrize("state", list(DocumentState), ids=str)
def test_only_what_is_in_force_is_handed_over_and_only_by_sender_or_clerk(
    uow: UnitOfWork, people: People, state: DocumentState, role: str
) -> None:
    document, actor = standing(uow, people, state), getattr(people, role)
    with pytest.raises(NotCompetent):
        confirm(uow, document, people.signatory)
    with pytest.raises(UnknownName):
        confirm(uow, document, replace(actor, agency="another"))
    if state not in IN_FORCE:
        with pytest.raises(WrongState):
            confirm(uow, document, actor)
        return
    assert confirm(uow, document, actor).state is DocumentState.DELIVERED
    with uow() as register:
        (*_, step) = register.timeline(document.id)
    assert step.state is DocumentState.DELIVERED
    if state is not DocumentState.DELIVERED:
        assert (step.actor, step.reason, step.at) == (actor.id, HOW, NOW)


def test_the_first_delivery_counts_also_after_a_correction(uow: UnitOfWork, people: People) -> None:
    document = standing(uow, people, DocumentState.ISSUED)
    notice = standing(uow, people, DocumentState.ISSUED, ordinal=2)
    confirm(uow, document, people.clerk)
    afterwards.correct(
        uow=uow, clock=SetClock(NOW), actor=people.clerk, document_id=document.id, reason=WHY, by=notice.id
    )
    assert confirm(uow, document, people.submitter).state is DocumentState.CORRECTED
    assert states(uow, document).count(DocumentState.DELIVERED) == 1


@pytest.mark.parametrize("act", [afterwards.correct, afterwards.replace, afterwards.recall])
def test_a_delivered_document_is_corrected_replaced_and_recalled_like_an_issued_one(
    uow: UnitOfWork, people: People, act: object
) -> None:
    document = standing(uow, people, DocumentState.ISSUED)
    other = standing(uow, people, DocumentState.DELIVERED, ordinal=2)
    confirm(uow, document, people.clerk)
    changed = act(  # type: ignore[operator]
        uow=uow, clock=SetClock(NOW), actor=people.clerk, document_id=document.id, reason=WHY, by=other.id
    )
    assert states(uow, document)[-2:] == [DocumentState.DELIVERED, changed.state]


def test_the_register_goes_on_saying_that_a_delivered_document_was_corrected(uow: UnitOfWork, people: People) -> None:
    document = standing(uow, people, DocumentState.ISSUED)
    notice = standing(uow, people, DocumentState.ISSUED, ordinal=2)
    afterwards.correct(
        uow=uow, clock=SetClock(NOW), actor=people.clerk, document_id=document.id, reason=WHY, by=notice.id
    )
    confirm(uow, document, people.clerk)
    book = book_of(uow=uow, agency=people.agency.id, year=2026, as_of=NOW + DAY)
    line = next(one for one in book.lines if one.id == document.id)
    assert (line.state, line.note) == ("delivered", f"Có đính chính: {WHY}")


def test_a_delivery_is_counted_by_the_moment_the_result_was_due(uow: UnitOfWork, people: People) -> None:
    documents = [standing(uow, people, DocumentState.ISSUED, ordinal=ordinal) for ordinal in (1, 2, 3, 4)]
    due = documents[0].draft.due_at
    assert due is not None
    for document, late in zip(documents, (-DAY, timedelta(), MICROSECOND), strict=False):
        deliver(uow=uow, clock=SetClock(due + late), actor=people.clerk, document_id=document.id, reason=HOW)
    day = date(2026, 11, 26)
    (figures,) = statistics_of(uow=uow, agency=people.agency.id, first=day, last=day, now=due).punctuality
    assert (figures.delivered_on_time, figures.delivered_late) == (2, 1)


class TestLinks:
    def test_a_link_delivers_once_and_serves_a_broken_download_again(
        self, uow: UnitOfWork, people: People, clock: SetClock
    ) -> None:
        document, token = self.linked(uow, people, clock)
        found = open_link(uow=uow, clock=clock, token=token)
        assert found is not None
        assert found.state is DocumentState.ISSUED
        for later in (timedelta(), REPEATABLE_FOR - MICROSECOND):
            used = use_link(uow=uow, clock=SetClock(NOW + later), token=token)
            assert used is not None
            assert (used.id, used.state) == (document.id, DocumentState.DELIVERED)
        for call in (open_link, use_link):
            with pytest.raises(LinkSpent):
                call(uow=uow, clock=SetClock(NOW + REPEATABLE_FOR), token=token)
        with uow() as register:
            (*_, step) = register.timeline(document.id)
        assert (step.state, step.actor, step.at) == (DocumentState.DELIVERED, FETCHER, NOW)

    def test_a_link_ends(self, uow: UnitOfWork, people: People, clock: SetClock) -> None:
        document, token = self.linked(uow, people, clock, valid_for=10 * LONGEST_VALIDITY)
        with pytest.raises(LinkSpent):
            use_link(uow=uow, clock=SetClock(NOW + LONGEST_VALIDITY), token=token)
        assert DocumentState.DELIVERED not in states(uow, document)

    def test_a_token_that_nobody_was_given_leads_nowhere(self, uow: UnitOfWork, clock: SetClock) -> None:
        assert open_link(uow=uow, clock=clock, token="guess") is None
        assert use_link(uow=uow, clock=clock, token="guess") is None

    @pytest.mark.parametrize("act", [afterwards.replace, afterwards.recall])
    def test_what_is_no_longer_in_force_is_not_handed_out(
        self, uow: UnitOfWork, people: People, clock: SetClock, act: object
    ) -> None:
        document, token = self.linked(uow, people, clock)
        other = standing(uow, people, DocumentState.ISSUED, ordinal=2)
        act(uow=uow, clock=clock, actor=people.clerk, document_id=document.id, reason=WHY, by=other.id)  # type: ignore[operator]
        for call in (open_link, use_link):
            with pytest.raises(WrongState):
                call(uow=uow, clock=clock, token=token)
        with pytest.raises(WrongState):
            self.link(uow, people, document, clock)

    @pytest.mark.parametrize("state", [state for state in DocumentState if state not in IN_FORCE])
    def test_only_a_document_in_force_gets_a_link(
        self, uow: UnitOfWork, people: People, clock: SetClock, state: DocumentState
    ) -> None:
        with pytest.raises(WrongState):
            self.link(uow, people, standing(uow, people, state), clock)

    def test_the_signatory_makes_none(self, uow: UnitOfWork, people: People, clock: SetClock) -> None:
        document = standing(uow, people, DocumentState.ISSUED)
        with pytest.raises(NotCompetent):
            self.link(uow, replace(people, clerk=people.signatory), document, clock)

    def linked(
        self, uow: UnitOfWork, people: People, clock: SetClock, *, valid_for: timedelta = DAY
    ) -> tuple[Document, str]:
        document = standing(uow, people, DocumentState.ISSUED)
        return document, self.link(uow, people, document, clock, valid_for=valid_for)

    def link(
        self, uow: UnitOfWork, people: People, document: Document, clock: SetClock, *, valid_for: timedelta = DAY
    ) -> str:
        token = secrets.token_urlsafe(32)
        link = make_link(
            uow=uow, clock=clock, actor=people.clerk, document_id=document.id, token=token, valid_for=valid_for
        )
        assert token not in str(link)
        return token


def test_it_is_told_to_the_sending_system_once() -> None:
    uow = MemoryRegister()
    people = settle_people(uow)
    document = standing(uow, people, DocumentState.ISSUED)
    for actor in (people.submitter, people.clerk):
        confirm(uow, document, actor)
    assert [one.event for one in uow.notifications] == ["document.delivered"]
    assert datetime.now(UTC) > uow.notifications[0].created_at
