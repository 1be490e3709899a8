"""Paper: what is printed of an issued document and of a paper copy, and which paper copies there are."""

from __future__ import annotations

from dataclasses import replace
from datetime import date
from io import BytesIO
from typing import TYPE_CHECKING
from uuid import UUID, uuid4

import pypdf
import pypdfium2
import pytest
from PIL import ImageChops

from api.prints.sheet import copy_sheet, lookup_sheet
from api.public_facts import PublicEvent, PublicFacts, PublicSigner
from issuance.copies import TYPES
from issuance.documents import CopyOf, Document, DocumentState, Original
from issuance.errors import CopyRefused, MetadataInvalid, NotCompetent, UnknownName
from issuance.lookup_code import printed_lookup_code
from issuance.numbers import DocumentNumber, NumberingRule, NumberSeries
from issuance.paper_copies import PaperCopy, PaperCopyOrder, request_paper_copy
from issuance.ports import Agency
from signing.copy_form import CopyForm
from signing.display_rules import corner_box
from signing.errors import DocumentUnfit
from signing.printout import print_out
from signing.profiles import Appearance
from storage.errors import AlreadyThere, RowRefused
from tests.integration.test_issuance_attachments import drawn
from tests.integration.test_issuance_outcomes import standing
from tests.integration.test_signing_appearance import letter, shown
from tests.register_material import NOW, settle_people
from tests.set_clock import SetClock
from tests.simulators.register import MemoryRegister

if TYPE_CHECKING:
    from PIL.Image import Image

    from issuance.ports import Account, UnitOfWork
    from storage.unit_of_work import PostgresUnitOfWork
    from tests.register_material import People

CODE = "7K3MQX9P2BDFHT5W4"
URL = "https://ky-so.mau.gov.vn"
AGENCY = Agency("H00", "Ủy ban nhân dân tỉnh Mẫu", None, "Tỉnh Mẫu", 36, b"")
CLOCK = SetClock(NOW)


def facts(state: DocumentState, *events: PublicEvent) -> PublicFacts:
    return PublicFacts(
        code=CODE,
        agency_id="H00",
        agency=AGENCY.name,
        type="Thông báo",
        state=state,
        number="05/TB-UBND",
        issued_on=date(2026, 1, 5),
        sha256="ab" * 32,
        signers=(PublicSigner("signature", "KT. CHỦ TỊCH"), PublicSigner("seal", AGENCY.name)),
        events=events,
    )


def text_of(pdf: bytes, page: int = 0) -> str:
    return " ".join(pypdf.PdfReader(BytesIO(pdf)).pages[page].extract_text().split())


class TestSheets:
    def test_the_sheet_says_what_the_document_is_and_where_its_state_is_found(self) -> None:
        text = text_of(lookup_sheet(facts(DocumentState.ISSUED), public_url=URL, printed_at=NOW))
        for said in (
            "05/TB-UBND",
            "05/01/2026",
            "Ủy ban nhân dân tỉnh Mẫu",
            "Đã ban hành, còn hiệu lực",
            printed_lookup_code(CODE),
            f"{URL}/d/{CODE}",
            "09:15 ngày 23/11/2026",
            "không phải là bản chính",
        ):
            assert said in text, said

    def test_a_recalled_document_is_printed_as_such_with_the_reason(self) -> None:
        event = PublicEvent(DocumentState.RECALLED, NOW, "Cấp sai đối tượng", None, None)
        text = text_of(lookup_sheet(facts(DocumentState.RECALLED, event), public_url=URL, printed_at=NOW))
        assert "ĐÃ BỊ THU HỒI" in text
        assert "Cấp sai đối tượng" in text

    def test_the_block_of_a_paper_copy_has_the_cells_of_the_decree(self) -> None:
        copy = PaperCopy(
            id=uuid4(),
            document_id=uuid4(),
            form=CopyForm.TRUE_COPY,
            original=Original("Thông báo", "05/TB-UBND", date(2026, 1, 5), AGENCY.name),
            authority=("TL. CHỦ TỊCH", "CHÁNH VĂN PHÒNG"),
            number=DocumentNumber(3, "SY-UBND"),
            issued_on=date(2026, 2, 7),
            signer="Nguyễn Văn Mẫu",
            recipients=("Sở Tư pháp",),
        )
        text = text_of(copy_sheet(copy, agency=AGENCY, code=CODE, public_url=URL, printed_at=NOW))
        for said in (
            "ỦY BAN NHÂN DÂN TỈNH MẪU",
            "SAO Y",
            "Số: 03/SY-UBND",
            "Tỉnh Mẫu, ngày 07 tháng 02 năm 2026",
            "CHÁNH VĂN PHÒNG",
            "Nguyễn Văn Mẫu",
            "Sở Tư pháp",
            "Lưu: VT",
            printed_lookup_code(CODE),
        ):
            assert said in text, said

    def test_the_same_facts_give_the_same_bytes(self) -> None:
        first, second = (lookup_sheet(facts(DocumentState.ISSUED), public_url=URL, printed_at=NOW) for _ in range(2))
        assert first == second


class TestPrintOut:
    def test_pages_look_as_before_with_nothing_left_to_fill_and_the_sheet_behind(self) -> None:
        signed = shown(letter(), Appearance(text="Sao y; Cơ quan mẫu"), box=corner_box(letter()))
        sheet = lookup_sheet(facts(DocumentState.ISSUED), public_url=URL, printed_at=NOW)
        printed = print_out(signed, sheet=sheet)
        reader = pypdf.PdfReader(BytesIO(printed))
        assert len(reader.pages) == 2
        assert not reader.pages[0].get("/Annots")
        assert (
            ImageChops.difference(drawn(signed, 0), flat(printed, 0)).point(lambda shade: shade > 64).getbbox() is None
        )
        assert CODE in text_of(printed, page=1)
        with pypdfium2.PdfDocument(printed) as document:
            assert document[1].get_size() == pytest.approx((595.28, 841.89), abs=0.1)

    def test_what_is_no_pdf_is_refused(self) -> None:
        with pytest.raises(DocumentUnfit):
            print_out(b"no PDF", sheet=letter())


def flat(pdf: bytes, page: int) -> Image:
    """The page without its form, as a printer's program draws it."""
    with pypdfium2.PdfDocument(pdf) as document:
        seen: Image = document[page].render(scale=200 / 72, may_draw_forms=False, draw_annots=False).to_pil()
        return seen.convert("L")


@pytest.fixture(params=["postgres", "memory"])
def uow(request: pytest.FixtureRequest) -> UnitOfWork:
    if request.param == "memory":
        return MemoryRegister()
    register: PostgresUnitOfWork = request.getfixturevalue("postgres_register")
    return register


@pytest.fixture
def people(uow: UnitOfWork) -> People:
    people = settle_people(uow)
    with uow() as register:
        register.add_series(NumberSeries(agency=people.agency.id, name="sao", year=2026, symbol="SY-UBND"))
        for form, symbol in ((CopyForm.TRUE_COPY, "SY-UBND"), (CopyForm.RECOPY, "SL-UBND")):
            register.add_numbering_rule(NumberingRule(people.agency.id, TYPES[form], "sao", symbol))
    return people


def numbered(
    uow: UnitOfWork,
    people: People,
    document: UUID,
    *,
    form: CopyForm = CopyForm.TRUE_COPY,
    name: UUID | None = None,
    actor: Account | None = None,
    signatory: str | None = None,
) -> PaperCopy:
    order = PaperCopyOrder(form, signatory or people.signatory.id, recipients=("Như trên",), count=2)
    return request_paper_copy(
        copy_id=name or uuid4(), uow=uow, clock=CLOCK, actor=actor or people.clerk, document_id=document, order=order
    )


class TestPaperCopies:
    def test_one_takes_a_number_of_the_copies_series_and_comes_back_as_it_was_made(
        self, uow: UnitOfWork, people: People
    ) -> None:
        document, name = standing(uow, people, DocumentState.DELIVERED), uuid4()
        copy = numbered(uow, people, document.id, name=name)
        assert numbered(uow, people, document.id, name=name) == copy
        with uow() as register:
            assert register.paper_copy(name) == copy
            assert register.paper_copy(uuid4()) is None
            entry = register.entry(name)
        assert entry is not None
        assert (str(copy.number), copy.authority, copy.issued_on) == ("01/SY-UBND", ("CHỦ TỊCH",), date(2026, 11, 23))
        assert (entry.kind.value, entry.registered.copies) == ("paper", 2)
        assert entry.registered.subject == "Sao y TB số 01/TB-UBND ngày 23/11/2026 của Ủy ban nhân dân xã Mẫu"
        assert str(numbered(uow, people, document.id).number) == "02/SY-UBND"

    @pytest.mark.parametrize(
        "state", [DocumentState.SIGNED, DocumentState.NUMBERED, DocumentState.REPLACED, DocumentState.RECALLED]
    )
    def test_only_what_is_in_force_is_copied(self, uow: UnitOfWork, people: People, state: DocumentState) -> None:
        document = standing(uow, people, state)
        with pytest.raises(CopyRefused):
            numbered(uow, people, document.id)

    def test_originals_are_copied_true_and_true_copies_again(self, people: People, uow: UnitOfWork) -> None:
        document = standing(uow, people, DocumentState.ISSUED)
        for form in (CopyForm.RECOPY, CopyForm.EXTRACT):
            with pytest.raises(CopyRefused):
                numbered(uow, people, document.id, form=form)
        true_copy = stored_copy(uow, people, CopyForm.TRUE_COPY)
        assert str(numbered(uow, people, true_copy.id, form=CopyForm.RECOPY).number) == "01/SL-UBND"
        for form in (CopyForm.TRUE_COPY, CopyForm.EXTRACT):
            with pytest.raises(CopyRefused):
                numbered(uow, people, true_copy.id, form=form)

    def test_only_the_clerk_of_the_agency_and_only_for_a_signatory(self, uow: UnitOfWork, people: People) -> None:
        document = standing(uow, people, DocumentState.ISSUED)
        for actor in (people.submitter, people.signatory):
            with pytest.raises(NotCompetent):
                numbered(uow, people, document.id, actor=actor)
        with pytest.raises(UnknownName):
            numbered(uow, people, document.id, actor=replace(people.clerk, agency="H99"))
        with pytest.raises(MetadataInvalid):
            numbered(uow, people, document.id, signatory=people.clerk.id)

    def test_an_agency_without_a_rule_for_copies_is_told_so(self, uow: UnitOfWork) -> None:
        people = settle_people(uow)
        document = standing(uow, people, DocumentState.ISSUED)
        with pytest.raises(MetadataInvalid) as invalid:
            numbered(uow, people, document.id)
        assert set(invalid.value.problems) == {"form"}

    def test_it_is_stored_once_and_never_without_its_number(self, uow: UnitOfWork, people: People) -> None:
        document = standing(uow, people, DocumentState.ISSUED)
        copy = numbered(uow, people, document.id)
        with pytest.raises(AlreadyThere), uow() as register:
            register.add_paper_copy(copy)
        with pytest.raises(RowRefused), uow() as register:
            register.add_paper_copy(replace(copy, id=uuid4()))


def stored_copy(uow: UnitOfWork, people: People, form: CopyForm) -> Document:
    """An issued electronic copy of somebody's paper."""
    document = standing(uow, people, DocumentState.DRAFT)
    original = Original("Quyết định", "12/QĐ-TTg", date(2026, 1, 5), "Thủ tướng Chính phủ")
    copy = replace(
        document,
        id=uuid4(),
        lookup_code=document.lookup_code[::-1],
        draft=replace(document.draft, copy=CopyOf(form, original)),
        layout=None,
        state=DocumentState.ISSUED,
        number=DocumentNumber(77, "SY-UBND"),
        issued_on=date(2026, 11, 1),
    )
    with uow() as register:
        register.add_document(copy)
        register.add_revision(copy.id, copy.current)
    with uow() as register:
        assert register.document(copy.id) == copy
    return copy
