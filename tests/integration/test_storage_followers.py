"""The contract of ``issuance.followers.Followers``, for PostgreSQL and for the simulator that unit tests use."""

from __future__ import annotations

from dataclasses import replace
from datetime import timedelta
from typing import TYPE_CHECKING
from uuid import uuid4

import pytest

from issuance.documents import CLOSED, DocumentState
from issuance.followers import Follower
from issuance.notifications import Notification
from storage.errors import AlreadyThere, RowRefused
from tests.integration.test_issuance_outcomes import standing
from tests.register_material import NOW, settle_people, stored_document
from tests.simulators.register import MemoryRegister

if TYPE_CHECKING:
    from datetime import datetime

    from issuance.documents import Document
    from issuance.ports import UnitOfWork
    from storage.unit_of_work import PostgresUnitOfWork

LATER = NOW + timedelta(days=1)


@pytest.fixture(params=["postgres", "memory"])
def uow(request: pytest.FixtureRequest) -> UnitOfWork:
    if request.param == "memory":
        return MemoryRegister()
    register: PostgresUnitOfWork = request.getfixturevalue("postgres_register")
    return register


@pytest.fixture
def document(uow: UnitOfWork) -> Document:
    return stored_document(uow, settle_people(uow))


def follower_of(document: Document, *, address: str = "ba.mau@example.vn", age: int = 0) -> Follower:
    """``age`` in minutes makes older ones."""
    return Follower(uuid4(), document.id, address, "motcua", NOW - timedelta(minutes=age))


def letter_to(follower: Follower) -> Notification:
    return Notification(
        id=uuid4(),
        document_id=follower.document_id,
        account="motcua",
        url=follower.id.urn,
        event="document.issued",
        body=b"{}",
        created_at=NOW,
        follower=follower.id,
    )


def test_followers_come_back_the_first_one_first(uow: UnitOfWork, document: Document) -> None:
    second, first = follower_of(document), follower_of(document, address="ong.mau@example.vn", age=1)
    with uow() as register:
        register.add_follower(second)
        register.add_follower(first)
    with uow() as register:
        assert register.followers(document.id) == [first, second]
        assert register.follower(second.id) == second
        assert register.follower(uuid4()) is None
        assert register.followers(uuid4()) == []


def test_a_document_has_an_address_once_in_whatever_case(uow: UnitOfWork, document: Document) -> None:
    with uow() as register:
        register.add_follower(follower_of(document))
    with pytest.raises(AlreadyThere), uow() as register:
        register.add_follower(follower_of(document, address="Ba.Mau@Example.VN"))
    with pytest.raises(RowRefused), uow() as register:
        register.add_follower(replace(follower_of(document), document_id=uuid4()))


def test_all_letters_go_with_their_follower_and_only_they(uow: UnitOfWork, document: Document) -> None:
    gone, stays = follower_of(document), follower_of(document, address="ong.mau@example.vn")
    letters = [letter_to(gone), letter_to(stays)]
    with uow() as register:
        for one in (gone, stays):
            register.add_follower(one)
        for letter in letters:
            register.add_notification(letter)
    with uow() as register:
        register.remove_follower(gone.id)
        register.remove_follower(gone.id)
    with uow() as register:
        assert register.followers(document.id) == [stays]
        assert [register.has_notification(letter.id) for letter in letters] == [False, True]


def test_a_letter_needs_its_follower(uow: UnitOfWork, document: Document) -> None:
    with pytest.raises(RowRefused), uow() as register:
        register.add_notification(letter_to(follower_of(document)))


@pytest.mark.parametrize("state", list(DocumentState), ids=str)
def test_followers_are_useless_a_while_after_nothing_can_come_any_more(uow: UnitOfWork, state: DocumentState) -> None:
    document = standing(uow, settle_people(uow), state)
    one = follower_of(document)
    with uow() as register:
        register.add_follower(one)

    def useless(ended_before: datetime) -> list[Follower]:
        with uow() as register:
            found = register.useless_followers(ended_before=ended_before, limit=10_000)
        return [other for other in found if other.document_id == document.id]

    assert useless(NOW) == []
    assert useless(LATER) == ([one] if state in CLOSED else [])
