"""What an operator puts on file before anything is issued: agencies, accounts, number series; and how accounts end."""

from __future__ import annotations

import struct
import zlib
from dataclasses import dataclass, replace
from datetime import timedelta
from io import BytesIO
from typing import TYPE_CHECKING
from uuid import uuid4

import pytest
from PIL import Image

from issuance.accounts import add_account, close_account, replace_secret
from issuance.admission import described_well
from issuance.agencies import add_agency
from issuance.cosigners import Cosigner, Part
from issuance.document_types import NumberingOrder
from issuance.documents import DocumentState
from issuance.errors import AccountClosed, MetadataInvalid, NameTaken, NotCompetent, UnknownName
from issuance.number_first import request_number
from issuance.numbers import NumberSeries
from issuance.ports import Account, Agency, Role
from issuance.series import add_series, series_of
from issuance.submit import submit
from signing.errors import AppearanceUnfit
from storage.errors import AlreadyThere
from tests.material import picture
from tests.register_material import NOW, new_document, settle_people, stored_document
from tests.set_clock import SetClock
from tests.simulators.register import MemoryRegister

if TYPE_CHECKING:
    from issuance.documents import Document
    from verification.workshop import Workshop

OPERATOR = "quản trị"
CLOCK = SetClock(NOW)
OFFICE = Agency("H41.12", "Sở Tư pháp", "Ủy ban nhân dân tỉnh Mẫu", "Mẫu", 36.0, picture("red"))
DIRECTOR = Account("giamdoc.mau", OFFICE.id, "Trần Văn Mẫu", "Giám đốc", frozenset({Role.SIGNATORY}), picture("blue"))


@pytest.fixture
def register() -> MemoryRegister:
    return MemoryRegister()


@dataclass(frozen=True)
class Operator:
    """Who puts agencies and accounts on file; pictures are looked at in the sandbox."""

    register: MemoryRegister
    workshop: Workshop

    def put_agency(self, agency: Agency = OFFICE) -> None:
        add_agency(agency, uow=self.register, workshop=self.workshop, clock=CLOCK, operator=OPERATOR)

    def put_account(self, account: Account = DIRECTOR, *, secret_hash: str = "-") -> bool:
        return add_account(
            account,
            secret_hash=secret_hash,
            uow=self.register,
            workshop=self.workshop,
            clock=CLOCK,
            operator=OPERATOR,
        )


@pytest.fixture
def operator(register: MemoryRegister, workshop: Workshop) -> Operator:
    return Operator(register, workshop)


def put_series(register: MemoryRegister, **changes: object) -> None:
    facts: dict[str, object] = {"agency": OFFICE.id, "name": "TB", "year": 2026, "symbol": "TB-STP"} | changes
    add_series(NumberSeries(**facts), uow=register, clock=CLOCK, operator=OPERATOR)  # type: ignore[arg-type]


def close(register: MemoryRegister, account: str) -> tuple[object, ...]:
    return close_account(account, uow=register, clock=CLOCK, operator=OPERATOR).unsigned


def acts(register: MemoryRegister) -> list[str]:
    assert all(event.actor == OPERATOR for event in register.audit)
    return [event.action for event in register.audit]


def opaque() -> bytes:
    output = BytesIO()
    Image.new("RGB", (20, 20), "white").save(output, "PNG")
    return output.getvalue()


def announced(width: int, height: int) -> bytes:
    """A PNG that says how large it is, and has one row of nothing to show for it."""
    head, rows = struct.pack(">IIBBBBB", width, height, 8, 6, 0, 0, 0), zlib.compress(bytes(100))
    return b"\x89PNG\r\n\x1a\n" + _chunk(b"IHDR", head) + _chunk(b"IDAT", rows) + _chunk(b"IEND", b"")


def _chunk(kind: bytes, octets: bytes) -> bytes:
    return struct.pack(">I", len(octets)) + kind + octets + struct.pack(">I", zlib.crc32(kind + octets))


class TestAgencies:
    def test_one_is_on_file_once(self, register: MemoryRegister, operator: Operator) -> None:
        operator.put_agency()
        operator.put_agency()
        with register() as opened:
            assert opened.agency(OFFICE.id) == OFFICE
        assert acts(register) == ["agency.added"]

    def test_other_facts_under_the_same_identifier_are_refused_by_name(
        self, register: MemoryRegister, operator: Operator
    ) -> None:
        operator.put_agency()
        with pytest.raises(NameTaken) as caught:
            operator.put_agency(replace(OFFICE, name="Sở Nội vụ", seal_image=picture("green")))
        assert caught.value.differing == ("name", "seal image")
        with register() as opened:
            assert opened.agency(OFFICE.id) == OFFICE

    @pytest.mark.parametrize("identifier", ["000.00.00.H00", "000.12.34.H41", "H41", "H41.12", "G09.001.02"])
    def test_identifiers_have_one_of_two_forms(
        self, register: MemoryRegister, operator: Operator, identifier: str
    ) -> None:
        operator.put_agency(replace(OFFICE, id=identifier))
        assert acts(register) == ["agency.added"]

    @pytest.mark.parametrize(
        "identifier", ["", "h41", "H4", "000.00.H00", "00.00.00.H00", "H41.", "H41.1", "H41.1234", "Đ41", "H41 ", "H٤١"]
    )
    def test_other_identifiers_are_refused(self, operator: Operator, identifier: str) -> None:
        with pytest.raises(MetadataInvalid) as caught:
            operator.put_agency(replace(OFFICE, id=identifier))
        assert list(caught.value.problems) == ["id"]

    def test_every_problem_is_told_at_once(self, operator: Operator) -> None:
        with pytest.raises(MetadataInvalid) as caught:
            operator.put_agency(replace(OFFICE, name=" ", place="A\nB", parent="", seal_diameter=3.6))
        assert set(caught.value.problems) == {"name", "place", "parent", "seal_diameter"}

    @pytest.mark.parametrize(
        "seal",
        [b"", b"\x89PNG", opaque(), announced(2500, 2500), announced(20_000, 20_000), announced(2**31 - 1, 2**31 - 1)],
        ids=["nothing", "torn", "opaque", "large", "huge", "absurd"],
    )
    def test_a_seal_is_a_png_on_a_transparent_ground(
        self, register: MemoryRegister, operator: Operator, seal: bytes
    ) -> None:
        with pytest.raises(AppearanceUnfit):
            operator.put_agency(replace(OFFICE, seal_image=seal))
        assert acts(register) == []

    def test_a_seal_in_which_nothing_is_seen_is_refused(self, operator: Operator) -> None:
        output = BytesIO()
        Image.new("RGBA", (20, 20)).save(output, "PNG")
        with pytest.raises(AppearanceUnfit, match="nothing"):
            operator.put_agency(replace(OFFICE, seal_image=output.getvalue()))


class TestAccounts:
    def test_the_first_secret_stays_when_the_same_account_is_added_again(
        self, register: MemoryRegister, operator: Operator
    ) -> None:
        operator.put_agency()
        assert operator.put_account(secret_hash="first")
        assert not operator.put_account(secret_hash="second")
        with register() as opened:
            assert opened.account(DIRECTOR.id) == DIRECTOR
            assert opened.account_secret_hash(DIRECTOR.id) == "first"
        assert acts(register) == ["agency.added", "account.added"]

    def test_the_audit_log_has_neither_names_nor_secrets(self, register: MemoryRegister, operator: Operator) -> None:
        operator.put_agency()
        operator.put_account(secret_hash="$argon2id$x")
        facts = register.audit[-1].facts
        assert facts == {"account": DIRECTOR.id, "agency": OFFICE.id, "roles": "signatory"}

    def test_other_facts_under_the_same_name_are_refused(self, operator: Operator) -> None:
        operator.put_agency()
        operator.put_account()
        with pytest.raises(NameTaken) as caught:
            operator.put_account(replace(DIRECTOR, full_name="Lê Văn Mẫu", roles=frozenset(Role)))
        assert caught.value.differing == ("full name", "roles")
        assert "Lê Văn Mẫu" not in str(caught.value)

    def test_what_an_account_cannot_have_is_told_at_once(self, operator: Operator) -> None:
        wrong = Account("ký:1", OFFICE.id, "", "\t", frozenset(), picture("blue"))
        with pytest.raises(MetadataInvalid) as caught:
            operator.put_account(wrong)
        assert set(caught.value.problems) == {"id", "full_name", "position", "roles", "signature_image"}

    def test_agency_and_picture_must_be_good(self, operator: Operator) -> None:
        with pytest.raises(UnknownName):
            operator.put_account()
        operator.put_agency()
        with pytest.raises(AppearanceUnfit):
            operator.put_account(replace(DIRECTOR, signature_image=opaque()))

    def test_another_secret_takes_the_place_of_the_first(self, register: MemoryRegister, operator: Operator) -> None:
        operator.put_agency()
        operator.put_account(secret_hash="first")
        replace_secret(DIRECTOR.id, secret_hash="second", uow=register, clock=CLOCK, operator=OPERATOR)
        with register() as opened:
            assert opened.account_secret_hash(DIRECTOR.id) == "second"
        assert acts(register)[-1] == "account.secret_replaced"
        with pytest.raises(UnknownName):
            replace_secret("nobody", secret_hash="-", uow=register, clock=CLOCK, operator=OPERATOR)


class TestClosedAccounts:
    def test_one_is_closed_once_and_stays_closed(self, register: MemoryRegister, operator: Operator) -> None:
        operator.put_agency()
        operator.put_account()
        for _ in range(2):
            assert close(register, DIRECTOR.id) == ()
        with register() as opened:
            assert opened.account(DIRECTOR.id) == replace(DIRECTOR, closed_at=NOW)
        assert acts(register).count("account.closed") == 1
        with pytest.raises(AccountClosed):
            operator.put_account()
        with pytest.raises(AccountClosed):
            replace_secret(DIRECTOR.id, secret_hash="-", uow=register, clock=CLOCK, operator=OPERATOR)
        with pytest.raises(UnknownName):
            close(register, "nobody")

    def test_the_documents_that_ask_for_its_signature_are_named(self, register: MemoryRegister) -> None:
        people = settle_people(register)
        draft, submitted, signed = (stored_document(register, people, age=age) for age in (3, 2, 1))
        with register() as opened:
            opened.save_document(submitted.step_to(DocumentState.SUBMITTED))
            opened.save_document(replace(signed, state=DocumentState.SIGNED))
        assert set(close(register, people.signatory.id)) == {draft.id, submitted.id}
        assert close(register, people.clerk.id) == ()

    def test_more_documents_than_are_read_at_once_are_named(self, register: MemoryRegister) -> None:
        people = settle_people(register)
        made = {stored_document(register, people, age=age).id for age in range(401)}
        assert set(close(register, people.signatory.id)) == made

    def test_a_draft_that_names_it_is_not_submitted(self, register: MemoryRegister) -> None:
        people = settle_people(register)
        document = stored_document(register, people)
        close(register, people.signatory.id)
        with pytest.raises(NotCompetent, match=f"{people.signatory.id}.*is closed"):
            submit(uow=register, clock=CLOCK, actor=people.submitter, document_id=document.id)
        with register() as opened:
            assert opened.document(document.id) == document

    def test_a_closed_cosigner_hinders_too_until_the_initial_is_there(self, register: MemoryRegister) -> None:
        people = settle_people(register)
        deputy = replace(people.signatory, id=f"deputy-{people.signatory.id}")
        with register() as opened:
            opened.add_account(deputy, secret_hash="-")
        document = new_document(people)
        cosigners = (Cosigner(account=deputy.id, part=Part.INITIAL),)
        document = replace(document, draft=replace(document.draft, cosigners=cosigners))
        assert document.open_signers == (deputy.id, people.signatory.id)
        assert replace(document, cosigned=1).open_signers == (people.signatory.id,)
        with register() as opened:
            opened.add_document(document)
            opened.add_revision(document.id, document.current)
        close(register, deputy.id)
        with pytest.raises(NotCompetent, match="deputy"):
            submit(uow=register, clock=CLOCK, actor=people.submitter, document_id=document.id)

    def test_no_number_is_spent_on_a_document_that_it_would_have_to_sign(self, register: MemoryRegister) -> None:
        people = settle_people(register)
        document = new_document(people)
        document = replace(document, draft=replace(document.draft, order=NumberingOrder.NUMBER_FIRST))
        with register() as opened:
            opened.add_document(document)
            opened.add_revision(document.id, document.current)
            opened.save_document(document.step_to(DocumentState.SUBMITTED))
        close(register, people.signatory.id)
        with pytest.raises(NotCompetent, match="closed"):
            request_number(uow=register, clock=CLOCK, actor=people.clerk, document_id=document.id, issued_on=None)
        with register() as opened:
            assert opened.next_number(people.series, issued_on=NOW.date()).ordinal == 1

    def test_new_drafts_that_name_it_are_refused(self, register: MemoryRegister) -> None:
        people = settle_people(register)
        draft = new_document(people).draft
        with register() as opened:
            described_well(opened, draft, actor=people.submitter, on=NOW.date())
        close(register, people.signatory.id)
        with pytest.raises(MetadataInvalid) as caught, register() as opened:
            described_well(opened, draft, actor=people.submitter, on=NOW.date())
        assert set(caught.value.problems) == {"signatory"}

    def test_who_is_closed_may_do_nothing_though_a_request_is_under_way(self, register: MemoryRegister) -> None:
        people = settle_people(register)
        document: Document = stored_document(register, people)
        late = replace(people.submitter, closed_at=NOW - timedelta(seconds=1))
        with pytest.raises(NotCompetent, match="closed"):
            submit(uow=register, clock=CLOCK, actor=late, document_id=document.id)


class TestSeries:
    def test_one_is_opened_once_at_01(self, register: MemoryRegister, operator: Operator) -> None:
        operator.put_agency()
        put_series(register)
        put_series(register)
        (opened,) = series_of(OFFICE.id, uow=register)
        with register() as transaction:
            assert str(transaction.next_number(opened, issued_on=NOW.date())) == "01/TB-STP"
        assert acts(register) == ["agency.added", "series.added"]

    def test_another_symbol_and_another_series_with_it_are_refused(
        self, register: MemoryRegister, operator: Operator
    ) -> None:
        operator.put_agency()
        put_series(register)
        with pytest.raises(NameTaken) as caught:
            put_series(register, symbol="TB-SNV")
        assert caught.value.differing == ("symbol",)
        with pytest.raises(AlreadyThere):
            put_series(register, name="thông báo")
        put_series(register, name="thông báo", year=2027)

    @pytest.mark.parametrize(
        "change", [{"symbol": ""}, {"symbol": "TB STP"}, {"symbol": "/TB"}, {"symbol": "UBND-{unit}"}, {"name": " "}]
    )
    def test_what_no_number_can_carry_is_refused(
        self, register: MemoryRegister, operator: Operator, change: dict[str, str]
    ) -> None:
        operator.put_agency()
        with pytest.raises(MetadataInvalid) as caught:
            put_series(register, **change)
        assert list(caught.value.problems) == list(change)

    def test_the_agency_must_be_there(self, register: MemoryRegister) -> None:
        with pytest.raises(UnknownName):
            put_series(register, agency=f"H{uuid4()}")
        with pytest.raises(UnknownName):
            series_of("H99", uow=register)
