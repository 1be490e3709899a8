"""Types as data, on PostgreSQL and on the simulator: what they decide of numbers, signatures and drafts."""

from __future__ import annotations

import re
from dataclasses import replace
from datetime import date
from typing import TYPE_CHECKING

import pytest

from api.types.toml_form import read_types, standard_text
from issuance.admission import admitted
from issuance.capacity import Capacity
from issuance.document_types import NumberingOrder
from issuance.documents import DocumentState
from issuance.errors import MetadataInvalid, NotCompetent, UnknownName, WrongState
from issuance.number_first import request_number
from issuance.ports import TimelineStep
from issuance.refusals import return_for_correction, withdraw
from issuance.sign import request_signature
from issuance.type_decisions import decide_types, types_of
from tests.register_material import NOW, new_document, settle_people
from tests.set_clock import SetClock
from tests.simulators.register import MemoryRegister

if TYPE_CHECKING:
    from issuance.documents import Document, Draft
    from issuance.ports import UnitOfWork
    from storage.unit_of_work import PostgresUnitOfWork
    from tests.register_material import People

CLOCK = SetClock()
TODAY = date(2026, 11, 23)


@pytest.fixture(params=["postgres", "memory"])
def uow(request: pytest.FixtureRequest) -> UnitOfWork:
    if request.param == "memory":
        return MemoryRegister()
    register: PostgresUnitOfWork = request.getfixturevalue("postgres_register")
    return register


@pytest.fixture
def people(uow: UnitOfWork) -> People:
    return settle_people(uow)


def lay_down(uow: UnitOfWork, people: People, text: str) -> None:
    decisions = [form.decision(agency=people.agency.id, abbreviation="UBNDX") for form in read_types(text)]
    decide_types(uow=uow, clock=CLOCK, operator="kyso", agency=people.agency.id, decisions=decisions, year=TODAY.year)


def one_type(**fields: str) -> str:
    described = {"name": '"Giấy phép"', "series": '"GP"', "symbol": '"GP-{agency}"'} | fields
    return "[[type]]\n" + "\n".join(f"{name} = {value}" for name, value in described.items())


def taken(uow: UnitOfWork, people: People, **changes: object) -> Draft:
    described = {"document_type": "Giấy phép", "series": ""} | changes
    draft = replace(new_document(people).draft, **described)  # type: ignore[arg-type]
    with uow() as register:
        return admitted(register, draft, actor=people.submitter, on=TODAY)[1]


def test_the_standard_list_is_laid_down_whole_and_again_without_a_trace(uow: UnitOfWork, people: People) -> None:
    lay_down(uow, people, standard_text())
    found = types_of(uow=uow, agency=people.agency.id)
    lay_down(uow, people, standard_text())
    assert types_of(uow=uow, agency=people.agency.id) == found
    assert len(found) == len(read_types(standard_text()))
    assert {one.rule.symbol for one in found} >= {"TB-UBNDX", "QĐ-UBNDX", "UBNDX-{unit}"}


def test_an_agency_with_a_list_is_held_to_it(uow: UnitOfWork, people: People) -> None:
    lay_down(uow, people, one_type())
    assert taken(uow, people).series == "GP"
    with pytest.raises(MetadataInvalid, match="none of the types"):
        taken(uow, people, document_type="Giấy lạ")


def test_a_type_says_who_signs_it_and_how(uow: UnitOfWork, people: People) -> None:
    lay_down(uow, people, one_type(capacities='["KT"]', signers=f'["{people.signatory.id}"]'))
    assert taken(uow, people, capacity=(Capacity.KT,)).capacity == (Capacity.KT,)
    with pytest.raises(MetadataInvalid, match=re.escape("not signed TL.")):
        taken(uow, people, capacity=(Capacity.TL, Capacity.KT))
    with pytest.raises(MetadataInvalid, match="no combination"):
        taken(uow, people, capacity=(Capacity.KT, Capacity.KT))
    lay_down(uow, people, one_type(signers=f'["{people.clerk.id}"]'))
    with pytest.raises(MetadataInvalid, match="may not sign this type"):
        taken(uow, people)


def test_a_signer_of_another_agency_is_refused_and_nothing_is_laid_down(uow: UnitOfWork, people: People) -> None:
    foreign = settle_people(uow).signatory.id
    with pytest.raises(UnknownName):
        lay_down(uow, people, one_type() + "\n" + one_type(name='"B"', signers=f'["{foreign}"]'))
    assert types_of(uow=uow, agency=people.agency.id) == ()


def submitted(uow: UnitOfWork, people: People, **changes: object) -> Document:
    document = replace(new_document(people), draft=taken(uow, people, **changes), state=DocumentState.SUBMITTED)
    with uow() as register:
        register.add_document(document)
        register.add_revision(document.id, document.current)
        register.add_timeline_step(document.id, TimelineStep(document.state, NOW, people.submitter.id))
    return document


def test_the_symbol_names_the_unit_that_drafted(uow: UnitOfWork, people: People) -> None:
    lay_down(uow, people, one_type(symbol='"{agency}-{unit}"', order='"number_first"'))
    documents = [submitted(uow, people, drafting_unit=unit) for unit in ("VX", "NC", None)]
    numbers = [
        str(request_number(uow=uow, clock=CLOCK, actor=people.clerk, document_id=one.id, issued_on=None).number)
        for one in documents
    ]
    assert numbers == ["01/UBNDX-VX", "02/UBNDX-NC", "03/UBNDX"]


def test_number_first_means_that_nobody_signs_before_the_clerk_has_numbered(uow: UnitOfWork, people: People) -> None:
    lay_down(uow, people, one_type(order='"number_first"'))
    document = submitted(uow, people)
    assert document.draft.order is NumberingOrder.NUMBER_FIRST

    with pytest.raises(WrongState, match="before its number"):
        request_signature(
            uow=uow, clock=CLOCK, actor=people.signatory, document_id=document.id, credential=people.signature.name
        )
    with pytest.raises(NotCompetent):
        request_number(uow=uow, clock=CLOCK, actor=people.signatory, document_id=document.id, issued_on=None)
    first = request_number(uow=uow, clock=CLOCK, actor=people.clerk, document_id=document.id, issued_on=None)
    again = request_number(uow=uow, clock=CLOCK, actor=people.clerk, document_id=document.id, issued_on=None)
    assert (str(first.number), first.issued_on) == ("01/GP-UBNDX", TODAY)
    assert again.number == first.number


def test_signature_first_means_that_no_number_is_taken_before(uow: UnitOfWork, people: People) -> None:
    lay_down(uow, people, one_type())
    document = submitted(uow, people)
    with pytest.raises(WrongState):
        request_number(uow=uow, clock=CLOCK, actor=people.clerk, document_id=document.id, issued_on=None)


def test_a_number_taken_first_stays_when_returned_and_is_void_when_withdrawn(uow: UnitOfWork, people: People) -> None:
    lay_down(uow, people, one_type(order='"number_first"'))
    document = submitted(uow, people)
    number = request_number(uow=uow, clock=CLOCK, actor=people.clerk, document_id=document.id, issued_on=None).number
    returned = return_for_correction(
        uow=uow, clock=CLOCK, actor=people.signatory, document_id=document.id, reason="Sai tên"
    )
    assert returned.number == number
    for _ in range(2):
        withdraw(uow=uow, clock=CLOCK, actor=people.submitter, document_id=document.id, reason="Bỏ")
    with uow() as register:
        (entry,) = register.entries(agency=people.agency.id, year=TODAY.year, until=NOW)
    assert (entry.entry.number, entry.void_reason) == (number, "Bỏ")
