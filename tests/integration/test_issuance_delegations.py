"""Written authorisations, on PostgreSQL and on the simulator: what is put on file, and who may sign TUQ. by it."""

from __future__ import annotations

from dataclasses import replace
from datetime import date, timedelta
from typing import TYPE_CHECKING
from uuid import uuid4

import pytest

from issuance.admission import admitted
from issuance.capacity import Capacity
from issuance.cosigners import Cosigner, Part
from issuance.delegations import Delegation, delegations_of, register_delegation, revoke_delegation
from issuance.documents import DocumentState
from issuance.errors import MetadataInvalid, NotCompetent, UnknownName
from issuance.ports import Role
from issuance.sign import request_signature
from tests.register_material import LAYOUT, NOW, new_document, settle_people
from tests.set_clock import SetClock
from tests.simulators.register import MemoryRegister

if TYPE_CHECKING:
    from issuance.documents import Draft
    from issuance.ports import Account, UnitOfWork
    from storage.unit_of_work import PostgresUnitOfWork
    from tests.register_material import People

TODAY = date(2026, 11, 23)
DAY = timedelta(days=1)


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
def head(uow: UnitOfWork, people: People) -> Account:
    """The one whose power is lent."""
    account = replace(people.signatory, id=f"head-{people.signatory.id}")
    with uow() as register:
        register.add_account(account, secret_hash="-")
    return account


def authorisation(people: People, head: Account, **changes: object) -> Delegation:
    described = Delegation(
        id=uuid4(),
        agency=people.agency.id,
        delegator=head.id,
        delegate=people.signatory.id,
        document_types=("TB",),
        first_day=TODAY - timedelta(days=1),
        last_day=TODAY + timedelta(days=1),
        reference="12/GUQ-UBND",
        registered_at=NOW,
        registered_by=people.clerk.id,
    )
    return replace(described, **changes)  # type: ignore[arg-type]


def on_file(uow: UnitOfWork, people: People, delegation: Delegation) -> Delegation:
    return register_delegation(uow=uow, clock=SetClock(), actor=people.clerk, delegation=delegation)


def draft_by_authority(uow: UnitOfWork, people: People, **changes: object) -> Draft:
    draft = replace(new_document(people).draft, **({"capacity": (Capacity.TUQ,)} | changes))  # type: ignore[arg-type]
    with uow() as register:
        return admitted(register, draft, actor=people.submitter, on=TODAY)[1]


def test_without_an_authorisation_on_file_nobody_signs_by_one(uow: UnitOfWork, people: People, head: Account) -> None:
    with pytest.raises(MetadataInvalid, match="on file"):
        draft_by_authority(uow, people)
    delegation = on_file(uow, people, authorisation(people, head))
    assert on_file(uow, people, delegation) == delegation
    assert draft_by_authority(uow, people).capacity == (Capacity.TUQ,)


@pytest.mark.parametrize(
    "limits",
    [
        {"document_types": ("Quyết định",)},
        {"first_day": TODAY + timedelta(days=1)},
        {
            "first_day": TODAY - timedelta(days=9),
            "last_day": TODAY - timedelta(days=1),
            "registered_at": NOW - timedelta(8),
        },
    ],
    ids=["other content", "not yet", "no longer"],
)
def test_an_authorisation_counts_only_within_its_limits(
    uow: UnitOfWork, people: People, head: Account, limits: dict[str, object]
) -> None:
    on_file(uow, people, authorisation(people, head, **limits))
    with pytest.raises(MetadataInvalid, match="on file"):
        draft_by_authority(uow, people)


def test_one_that_was_revoked_after_the_draft_came_signs_nothing(
    uow: UnitOfWork, people: People, head: Account
) -> None:
    delegation = on_file(uow, people, authorisation(people, head))
    document = replace(new_document(people), draft=draft_by_authority(uow, people), state=DocumentState.SUBMITTED)
    with uow() as register:
        register.add_document(document)
        register.add_revision(document.id, document.current)
    revoked = [
        revoke_delegation(
            uow=uow, clock=SetClock(NOW + late), actor=people.clerk, delegation_id=delegation.id, reason="Hết việc"
        )
        for late in (timedelta(), timedelta(hours=1))
    ]
    assert revoked[0] == revoked[1]
    assert revoked[0].revoked_at == NOW
    with pytest.raises(NotCompetent, match="TUQ"):
        request_signature(
            uow=uow,
            clock=SetClock(),
            actor=people.signatory,
            document_id=document.id,
            credential=people.signature.name,
        )


@pytest.mark.parametrize(
    ("changes", "field"),
    [
        ({"document_types": ()}, "document_types"),
        ({"last_day": TODAY - timedelta(days=2)}, "last_day"),
        ({"delegate": "nobody"}, "delegate"),
    ],
)
def test_an_authorisation_without_limits_or_to_nobody_is_refused(
    uow: UnitOfWork, people: People, head: Account, changes: dict[str, object], field: str
) -> None:
    with pytest.raises(MetadataInvalid) as refused:
        on_file(uow, people, authorisation(people, head, **changes))
    assert field in refused.value.problems
    assert delegations_of(uow=uow, actor=people.clerk) == ()


def test_what_was_received_is_not_passed_on(uow: UnitOfWork, people: People, head: Account) -> None:
    third = replace(people.signatory, id=f"third-{people.signatory.id}")
    with uow() as register:
        register.add_account(third, secret_hash="-")
    on_file(uow, people, authorisation(people, head))
    passed_on = authorisation(people, people.signatory, delegate=third.id)
    with pytest.raises(MetadataInvalid, match="not passed on"):
        on_file(uow, people, passed_on)
    own_power = replace(passed_on, document_types=("Quyết định",))
    assert on_file(uow, people, own_power) == own_power


def test_only_the_clerk_keeps_the_file_and_only_of_the_own_agency(
    uow: UnitOfWork, people: People, head: Account
) -> None:
    delegation = authorisation(people, head)
    with pytest.raises(NotCompetent):
        register_delegation(uow=uow, clock=SetClock(), actor=people.signatory, delegation=delegation)
    on_file(uow, people, delegation)
    with pytest.raises(UnknownName):
        revoke_delegation(
            uow=uow, clock=SetClock(), actor=settle_people(uow).clerk, delegation_id=delegation.id, reason="x"
        )


def test_cosigners_are_other_officials_of_the_agency(uow: UnitOfWork, people: People, head: Account) -> None:
    def with_cosigners(*accounts: str) -> Draft:
        cosigners = tuple(Cosigner(account=one, part=Part.INITIAL) for one in accounts)
        return draft_by_authority(uow, people, capacity=(), cosigners=cosigners)

    assert with_cosigners(head.id).cosigners[0].account == head.id
    assert Role.SIGNATORY not in people.clerk.roles
    for wrong in ((people.signatory.id,), (head.id, head.id), (people.clerk.id,), ("nobody",), (head.id,) * 9):
        with pytest.raises(MetadataInvalid, match="cosigners"):
            with_cosigners(*wrong)


def test_a_document_keeps_its_cosigners_as_they_were_named(uow: UnitOfWork, people: People, head: Account) -> None:
    named = (Cosigner(account=head.id, part=Part.SIGNATURE, capacity=(Capacity.TM, Capacity.KT)),)
    document = new_document(people)
    document = replace(
        document,
        draft=draft_by_authority(uow, people, capacity=(), cosigners=named),
        layout=replace(LAYOUT, cosigners=(None,)),
        cosigned=1,
    )
    with uow() as register:
        register.add_document(document)
        register.add_revision(document.id, document.current)
    with uow() as register:
        assert register.document(document.id) == document
