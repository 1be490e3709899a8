"""Who is told by letter: added by the sender or the clerk, told of each step once, and forgotten."""

from __future__ import annotations

import json
from datetime import timedelta
from typing import TYPE_CHECKING
from uuid import uuid4

import pytest

from issuance.afterwards import correct, recall, replace
from issuance.delivery import deliver
from issuance.documents import CLOSED, DocumentState
from issuance.errors import MetadataInvalid, NotCompetent, UnknownName, WrongState
from issuance.followers import LONGEST_ADDRESS, is_mail_address
from issuance.following import (
    HOLDER,
    KEPT_AFTER_THE_END,
    MOST_FOLLOWERS,
    follow,
    followers_of,
    forget_followers,
    stop_letters,
    unfollow,
)
from tests.integration.test_issuance_outcomes import standing
from tests.register_material import NOW, settle_people
from tests.set_clock import SetClock
from tests.simulators.register import MemoryRegister
from tests.tables import tables_with

if TYPE_CHECKING:
    from issuance.documents import Document
    from issuance.followers import Follower
    from issuance.notifications import Notification
    from issuance.ports import Account, UnitOfWork
    from tests.register_material import People

CLOCK = SetClock(NOW)
ADDRESS = "ba.mau@example.vn"
WHY = "Sai thể thức"


@pytest.fixture
def uow() -> MemoryRegister:
    return MemoryRegister()


@pytest.fixture
def people(uow: UnitOfWork) -> People:
    return settle_people(uow)


def add(uow: UnitOfWork, document: Document, actor: Account, *, address: str = ADDRESS) -> Follower:
    return follow(follower_id=uuid4(), uow=uow, clock=CLOCK, actor=actor, document_id=document.id, address=address)


def letters(uow: MemoryRegister) -> list[Notification]:
    return [one for one in uow.notifications if one.follower is not None]


@pytest.mark.parametrize("address", ["ten@example.vn", "ba.mau+ho.so@mail.so.example.vn", "o'mau@example.vn"])
def test_plain_addresses_are_taken(address: str) -> None:
    assert is_mail_address(address)


@pytest.mark.parametrize(
    "address",
    [
        "",
        "ten",
        "ten@",
        "@example.vn",
        "ten@localhost",
        "ten@example.vn, khac@example.vn",
        "ten@example.vn\r\nBcc: khac@example.vn",
        "Bà Mẫu <ten@example.vn>",
        "tên@example.vn",
        "ten@[127.0.0.1]",
        "ten@127.0.0.1",
        '"ba mau"@example.vn',
        "ten @example.vn",
        "ten@example.vn.",
        "ten@.vn",
        "ten..mau@example.vn",
        "=?utf-8?q?ten?=@example.vn",
        '("a@example.vn',
        "t" * LONGEST_ADDRESS + "@example.vn",
    ],
)
def test_what_is_no_plain_address_is_refused(uow: MemoryRegister, people: People, address: str) -> None:
    document = standing(uow, people, DocumentState.SUBMITTED)
    with pytest.raises(MetadataInvalid) as refused:
        add(uow, document, people.submitter, address=address)
    assert set(refused.value.problems) == {"address"}


@pytest.mark.parametrize("state", list(DocumentState), ids=str)
def test_a_document_is_followed_until_it_ends(uow: MemoryRegister, people: People, state: DocumentState) -> None:
    document = standing(uow, people, state)
    if state in CLOSED:
        with pytest.raises(WrongState):
            add(uow, document, people.submitter)
        return
    for actor in (people.submitter, people.clerk):
        assert add(uow, document, actor, address=ADDRESS.upper()).address == ADDRESS.upper()
    assert len(followers_of(uow=uow, actor=people.clerk, document_id=document.id)) == 1


def test_the_signatory_and_other_agencies_do_not_see_addresses(uow: MemoryRegister, people: People) -> None:
    document = standing(uow, people, DocumentState.ISSUED)
    follower = add(uow, document, people.submitter)
    stranger = settle_people(uow).clerk
    for actor, error in ((people.signatory, NotCompetent), (stranger, UnknownName)):
        with pytest.raises(error):
            add(uow, document, actor)
        with pytest.raises(error):
            followers_of(uow=uow, actor=actor, document_id=document.id)
        with pytest.raises(error):
            unfollow(uow=uow, clock=CLOCK, actor=actor, document_id=document.id, follower_id=follower.id)


def test_a_document_has_few_followers(uow: MemoryRegister, people: People) -> None:
    document = standing(uow, people, DocumentState.ISSUED)
    for place in range(MOST_FOLLOWERS):
        add(uow, document, people.clerk, address=f"nguoi.{place}@example.vn")
    with pytest.raises(MetadataInvalid):
        add(uow, document, people.clerk, address="nguoi.cuoi@example.vn")


def test_each_step_that_matters_is_told_to_each_follower_once(uow: MemoryRegister, people: People) -> None:
    document, other = (standing(uow, people, DocumentState.ISSUED, ordinal=place) for place in (1, 2))
    told = {add(uow, document, people.submitter).id, add(uow, document, people.clerk, address="ong@example.vn").id}
    act = {"uow": uow, "clock": CLOCK, "actor": people.clerk, "document_id": document.id}
    for _ in range(2):
        deliver(**act, reason=WHY)  # type: ignore[arg-type]
        correct(**act, reason=WHY, by=other.id)  # type: ignore[arg-type]
    replace(**act, reason=WHY, by=other.id)  # type: ignore[arg-type]
    recall(**act, reason=WHY)  # type: ignore[arg-type]
    events = ["document.corrected", "document.replaced", "document.recalled"]
    assert sorted((one.event, one.follower) for one in letters(uow)) == sorted(
        (event, follower) for event in events for follower in told
    )


def test_a_letter_says_what_everybody_may_know_and_has_no_address(uow: MemoryRegister, people: People) -> None:
    document = standing(uow, people, DocumentState.ISSUED)
    follower = add(uow, document, people.submitter)
    recall(uow=uow, clock=CLOCK, actor=people.clerk, document_id=document.id, reason=WHY)
    (letter,) = letters(uow)
    assert json.loads(letter.body) == {
        "event": "document.recalled",
        "agency": people.agency.name,
        "type": "TB",
        "number": str(document.number),
        "issued_on": "2026-11-23",
        "lookup_code": document.lookup_code,
    }
    assert letter.url == f"urn:uuid:{follower.id}"
    assert ADDRESS not in str([uow.audit, uow.notifications])


def test_the_agency_and_the_holder_end_the_letters_and_those_that_wait_are_not_sent(
    uow: MemoryRegister, people: People
) -> None:
    document = standing(uow, people, DocumentState.ISSUED)
    by_agency, by_holder = (add(uow, document, people.clerk, address=f"{who}@example.vn") for who in "ab")
    recall(uow=uow, clock=CLOCK, actor=people.clerk, document_id=document.id, reason=WHY)
    unfollow(uow=uow, clock=CLOCK, actor=people.submitter, document_id=document.id, follower_id=by_agency.id)
    assert stop_letters(uow=uow, clock=CLOCK, follower_id=by_holder.id)
    assert not stop_letters(uow=uow, clock=CLOCK, follower_id=by_holder.id)
    assert letters(uow) == []
    removed = [event for event in uow.audit if event.action == "follower.removed"]
    assert [(event.actor, event.facts["follower"]) for event in removed] == [
        (people.submitter.id, str(by_agency.id)),
        (HOLDER, str(by_holder.id)),
    ]


def test_a_follower_of_another_document_is_not_taken_away(uow: MemoryRegister, people: People) -> None:
    one, other = (standing(uow, people, DocumentState.ISSUED, ordinal=place) for place in (1, 2))
    follower = add(uow, one, people.clerk)
    with pytest.raises(UnknownName):
        unfollow(uow=uow, clock=CLOCK, actor=people.clerk, document_id=other.id, follower_id=follower.id)


def test_addresses_are_forgotten_a_month_after_the_end_and_not_before(uow: MemoryRegister, people: People) -> None:
    ended, lives = (standing(uow, people, DocumentState.ISSUED, ordinal=place) for place in (1, 2))
    for document in (ended, lives):
        add(uow, document, people.clerk)
    recall(uow=uow, clock=CLOCK, actor=people.clerk, document_id=ended.id, reason=WHY)

    def forgotten(after: timedelta) -> int:
        return sum(forget_followers(uow=uow, clock=SetClock(NOW + after), actor="kyso worker"))

    assert forgotten(KEPT_AFTER_THE_END) == 0
    assert forgotten(KEPT_AFTER_THE_END + timedelta(seconds=1)) == 1
    assert forgotten(timedelta(days=3650)) == 0
    assert len(followers_of(uow=uow, actor=people.clerk, document_id=lives.id)) == 1


def test_postgresql_keeps_the_address_in_the_followers_row_alone(
    postgres_register: UnitOfWork, register_url: str
) -> None:
    people = settle_people(postgres_register)
    document = standing(postgres_register, people, DocumentState.ISSUED)
    address = f"{uuid4()}@example.vn"
    follower = add(postgres_register, document, people.clerk, address=address)
    recall(uow=postgres_register, clock=CLOCK, actor=people.clerk, document_id=document.id, reason=WHY)
    assert tables_with(register_url, address) == ["followers"]
    stop_letters(uow=postgres_register, clock=CLOCK, follower_id=follower.id)
    assert tables_with(register_url, address) == []
