"""Ways off the main path, on PostgreSQL and on the simulator: who may take them, from where, and what is kept."""

from __future__ import annotations

import hashlib
import threading
from concurrent.futures import ThreadPoolExecutor
from dataclasses import replace
from datetime import date, timedelta
from typing import TYPE_CHECKING

import pytest

from issuance import afterwards, refusals
from issuance.documents import IN_FORCE, PUBLISHED, STEPS, Document, DocumentState, Purpose
from issuance.entries import EntryKind, Registered, RegisterEntry
from issuance.errors import MetadataInvalid, NotCompetent, UnknownName, WrongState
from issuance.numbers import DocumentNumber
from issuance.ports import TimelineStep
from issuance.submit import submit
from tests.register_material import NOW, intent_of, settle_people, stored_document
from tests.set_clock import SetClock
from tests.simulators.register import MemoryRegister

if TYPE_CHECKING:
    from collections.abc import Callable

    from issuance.ports import Account, UnitOfWork
    from storage.unit_of_work import PostgresUnitOfWork
    from tests.register_material import People

TODAY = date(2026, 11, 23)
NUMBERED = {*PUBLISHED, DocumentState.NUMBERED, DocumentState.SEALED, DocumentState.VOIDED}
WHY = "Sai thể thức"


CLOCK = SetClock()


@pytest.fixture(params=["postgres", "memory"])
def uow(request: pytest.FixtureRequest) -> UnitOfWork:
    if request.param == "memory":
        return MemoryRegister()
    register: PostgresUnitOfWork = request.getfixturevalue("postgres_register")
    return register


@pytest.fixture
def people(uow: UnitOfWork) -> People:
    return settle_people(uow)


def standing(uow: UnitOfWork, people: People, state: DocumentState, *, ordinal: int = 1) -> Document:
    """A stored document in this state."""
    document = replace(stored_document(uow, people), state=state, intent=intent_of(people, Purpose.SEAL))
    if state in NUMBERED:
        document = replace(document, number=DocumentNumber(ordinal, "TB-UBND"), issued_on=TODAY)
    with uow() as register:
        register.save_document(document)
        register.add_timeline_step(document.id, TimelineStep(state, NOW, "kyso"))
        if document.number is not None:
            registered = Registered(document_type="TB", subject="Mẫu", signer="Mẫu")
            register.add_entry(
                RegisterEntry(
                    id=document.id,
                    agency=people.agency.id,
                    series=people.series.name,
                    number=document.number,
                    issued_on=TODAY,
                    kind=EntryKind.DOCUMENT,
                    registered=registered,
                    taken_at=NOW,
                    taken_by=people.clerk.id,
                )
            )
    return document


Step = tuple[str, "Callable[..., Document]", DocumentState, bool]
STEPS_OF_PEOPLE: tuple[Step, ...] = (
    ("signatory", refusals.return_for_correction, DocumentState.RETURNED, False),
    ("signatory", refusals.reject, DocumentState.REJECTED, False),
    ("submitter", refusals.withdraw, DocumentState.WITHDRAWN, False),
    ("clerk", refusals.void_number, DocumentState.VOIDED, False),
    ("clerk", afterwards.correct, DocumentState.CORRECTED, True),
    ("clerk", afterwards.replace, DocumentState.REPLACED, True),
    ("clerk", afterwards.recall, DocumentState.RECALLED, False),
)


@pytest.mark.parametrize("step", STEPS_OF_PEOPLE, ids=lambda step: step[1].__name__)
@pytest.mark.parametrize("state", list(DocumentState), ids=str)
def test_a_step_is_taken_exactly_where_the_table_has_it_and_only_by_its_actor(
    uow: UnitOfWork, people: People, step: Step, state: DocumentState
) -> None:
    role, use_case, target, needs_other = step
    if use_case is refusals.reject and state in {DocumentState.SIGNED, DocumentState.REJECTED}:
        role = "clerk"
    document = standing(uow, people, state)
    other = standing(uow, people, DocumentState.ISSUED, ordinal=2) if needs_other else None
    more = {"by": other.id} if other else {}

    def take(actor: Account) -> Document:
        return use_case(uow=uow, clock=CLOCK, actor=actor, document_id=document.id, reason=WHY, **more)

    repeated_by_another = {"signatory"} if use_case is refusals.reject and state is DocumentState.REJECTED else set()
    for wrong in {"submitter", "signatory", "clerk"} - {role} - repeated_by_another:
        with pytest.raises((NotCompetent, WrongState)):
            take(getattr(people, wrong))
    with pytest.raises(UnknownName):
        take(replace(getattr(people, role), agency="another"))
    actor: Account = getattr(people, role)
    if target not in STEPS[state] and target is not state:
        with pytest.raises(WrongState):
            take(actor)
        return
    if target is state and target not in STEPS[state]:
        return  # a repetition, which has a test of its own
    assert take(actor).state is target
    assert take(actor).state is target
    with uow() as register:
        steps = register.timeline(document.id)
    assert [(one.state, one.actor, one.reason) for one in steps[1:]] == [(target, actor.id, WHY)]
    assert steps[1].other == (other.id if other else None)


def test_a_returned_document_can_be_submitted_again_or_withdrawn(uow: UnitOfWork, people: People) -> None:
    document = standing(uow, people, DocumentState.RETURNED)
    assert (
        submit(uow=uow, clock=CLOCK, actor=people.submitter, document_id=document.id).state is DocumentState.SUBMITTED
    )
    other = standing(uow, people, DocumentState.RETURNED)
    withdrawn = refusals.withdraw(uow=uow, clock=CLOCK, actor=people.submitter, document_id=other.id, reason=None)
    assert withdrawn.state is DocumentState.WITHDRAWN


def test_a_voided_number_stays_with_its_document(uow: UnitOfWork, people: People) -> None:
    document = standing(uow, people, DocumentState.NUMBERED)
    voided = refusals.void_number(uow=uow, clock=CLOCK, actor=people.clerk, document_id=document.id, reason=WHY)
    assert (voided.number, voided.issued_on) == (document.number, document.issued_on)


@pytest.mark.parametrize("reason", ["", "  ", "x" * 501])
def test_a_reason_says_something(uow: UnitOfWork, people: People, reason: str) -> None:
    document = standing(uow, people, DocumentState.ISSUED)
    with pytest.raises(MetadataInvalid):
        afterwards.recall(uow=uow, clock=CLOCK, actor=people.clerk, document_id=document.id, reason=reason)


@pytest.mark.parametrize("state", [state for state in DocumentState if state not in IN_FORCE])
def test_only_a_document_in_force_corrects_or_replaces(uow: UnitOfWork, people: People, state: DocumentState) -> None:
    document = standing(uow, people, DocumentState.ISSUED)
    other = standing(uow, people, state, ordinal=2)
    with pytest.raises(MetadataInvalid):
        afterwards.replace(uow=uow, clock=CLOCK, actor=people.clerk, document_id=document.id, reason=WHY, by=other.id)


def test_a_document_is_not_replaced_by_itself_nor_by_an_older_or_foreign_one(uow: UnitOfWork, people: People) -> None:
    document = standing(uow, people, DocumentState.ISSUED)
    older = standing(uow, people, DocumentState.ISSUED, ordinal=2)
    with uow() as register:
        register.save_document(replace(older, issued_on=TODAY - timedelta(days=1)))
    foreign = standing(uow, settle_people(uow), DocumentState.ISSUED)
    for other in (document, older, foreign):
        with pytest.raises(MetadataInvalid):
            afterwards.replace(
                uow=uow, clock=CLOCK, actor=people.clerk, document_id=document.id, reason=WHY, by=other.id
            )


def test_two_documents_never_replace_each_other(postgres_register: PostgresUnitOfWork) -> None:
    uow, people = postgres_register, settle_people(postgres_register)
    for pair in range(1, 20, 2):
        first, second = (standing(uow, people, DocumentState.ISSUED, ordinal=pair + at) for at in (0, 1))
        start = threading.Barrier(2)

        def supersede(one: Document, other: Document, start: threading.Barrier = start) -> bool:
            start.wait(10)
            try:
                afterwards.replace(
                    uow=uow, clock=CLOCK, actor=people.clerk, document_id=one.id, reason=WHY, by=other.id
                )
            except (MetadataInvalid, WrongState):
                return False
            return True

        with ThreadPoolExecutor(2) as clerks:
            done = list(clerks.map(supersede, (first, second), (second, first)))
        assert sorted(done) == [False, True]


def test_a_second_correction_is_another_step_and_the_same_one_is_none(uow: UnitOfWork, people: People) -> None:
    document = standing(uow, people, DocumentState.ISSUED)
    notices = [standing(uow, people, DocumentState.ISSUED, ordinal=ordinal) for ordinal in (2, 3)]
    for notice in (notices[0], notices[0], notices[1], notices[1]):
        afterwards.correct(uow=uow, clock=CLOCK, actor=people.clerk, document_id=document.id, reason=WHY, by=notice.id)
    with uow() as register:
        others = [step.other for step in register.timeline(document.id)[1:]]
    assert others == [notice.id for notice in notices]


def test_the_audit_log_names_the_act_and_hides_the_words() -> None:
    uow = MemoryRegister()
    people = settle_people(uow)
    document = standing(uow, people, DocumentState.NUMBERED)
    refusals.void_number(uow=uow, clock=CLOCK, actor=people.clerk, document_id=document.id, reason=WHY)
    event = uow.audit[-1]
    assert (event.action, event.actor, event.document_id) == ("document.voided", people.clerk.id, document.id)
    assert event.facts == {"number": "01/TB-UBND", "reason_sha256": hashlib.sha256(WHY.encode()).hexdigest()}
