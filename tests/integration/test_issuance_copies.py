"""Copies that the agency makes: which there are, what a scan must be, what stands in the corner, what is told."""

from __future__ import annotations

import secrets
from dataclasses import replace
from datetime import UTC, date, datetime
from io import BytesIO
from typing import TYPE_CHECKING
from uuid import UUID, uuid4

import pypdf
import pytest

from api.public_facts import public_facts
from certs.revocation import EMPTY
from issuance.afterwards import recall
from issuance.afterwards import replace as supersede
from issuance.copies import TYPES, CopyOrder, request_copy
from issuance.documents import Document, DocumentState, Original
from issuance.entries import Registered
from issuance.errors import CopyRefused, DraftRefused, MetadataInvalid, NotCompetent, UnknownName
from issuance.issue import request_issue
from issuance.numbering import number_paper, void_paper_number
from issuance.numbers import NumberingRule, NumberSeries
from issuance.refusals import void_number
from signing.copy_form import CopyForm
from tests.integration.certs_servers import demonstration
from tests.integration.test_issuance_attachments import read_back, seen_change
from tests.integration.test_issuance_cycle import issued
from tests.integration.test_signing_appearance import letter
from tests.scans import scan
from tests.small_agency import AGENCY, SmallAgency
from verification.report import Indication, Level, SignatureKind
from verification.validate import validate

if TYPE_CHECKING:
    from collections.abc import Iterator

    from issuance.ports import Account
    from tests.integration.certs_servers import Demonstration
    from verification.workshop import Workshop

DECISION = Original("Quyết định", "12/QĐ-TTg", date(2026, 1, 5), "Thủ tướng Chính phủ")
SERIES = "sao"


@pytest.fixture(scope="module")
def authority(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Demonstration]:
    with demonstration(tmp_path_factory.mktemp("authority") / "pki") as running:
        yield running


@pytest.fixture
def agency(authority: Demonstration, workshop: Workshop) -> SmallAgency:
    """An agency that numbers all its copies in one series of their own."""
    agency = SmallAgency(authority, workshop)
    year = agency.clock.now().year
    with agency.register() as register:
        register.add_series(NumberSeries(agency=AGENCY, name=SERIES, year=year, symbol="SY-UBND"))
        for form, symbol in zip(CopyForm, ("SY-UBND", "SL-UBND", "TrS-UBND"), strict=True):
            register.add_numbering_rule(NumberingRule(AGENCY, TYPES[form], SERIES, symbol))
    return agency


def ordered(
    agency: SmallAgency,
    original: Original | UUID = DECISION,
    *,
    form: CopyForm = CopyForm.TRUE_COPY,
    pdf: bytes | None = None,
    name: UUID | None = None,
    actor: Account | None = None,
    credential: str | None = None,
    signatory: str | None = None,
) -> Document:
    """The clerk orders a copy."""
    copy, _ = request_copy(
        copy_id=name or uuid4(),
        uow=agency.register,
        blobs=agency.blobs,
        workshop=agency.workshop,
        clock=agency.clock,
        random_bytes=secrets.token_bytes,
        actor=actor or agency.clerk,
        order=CopyOrder(form=form, original=original, signatory=signatory or agency.signatory.id),
        pdf=pdf or scan(),
        credential=credential or agency.seal.name,
        public_url="http://127.0.0.1:8000",
    )
    return copy


def paper(agency: SmallAgency) -> UUID:
    """A paper document in the agency's register."""
    registered = Registered(document_type="Thông báo", subject="Mẫu", signer="Lãnh Đạo Mẫu")
    entry = number_paper(
        uow=agency.register,
        clock=agency.clock,
        actor=agency.clerk,
        entry_id=uuid4(),
        series="TB",
        issued_on=None,
        registered=registered,
    )
    return entry.id


def test_a_scanned_paper_becomes_a_sealed_copy_that_verifies_by_itself(
    agency: SmallAgency, authority: Demonstration
) -> None:
    copy = agency.advance(ordered(agency))
    assert (copy.state, str(copy.number)) == (DocumentState.ISSUED, "01/SY-UBND")
    pdf = agency.blobs.get(copy.current.sha256)
    report = validate(pdf, anchors=authority.anchors, known=EMPTY, at=datetime.now(UTC))
    assert report.indication is Indication.TOTAL_PASSED
    assert (report.signatures[0].kind, report.signatures[0].level) == (SignatureKind.SEAL, Level.B_LTA)
    assert len([one for one in report.signatures if one.kind is not SignatureKind.DOCUMENT_TIMESTAMP]) == 1
    assert copy.current.sha256 in agency.blobs.retained
    assert agency.device.used == {agency.seal.name: 1}
    with agency.register() as register:
        steps = [step.state for step in register.timeline(copy.id)]
        entry = register.entry(copy.id)
    assert steps == [DocumentState.NUMBERED, DocumentState.SEALED, DocumentState.ISSUED]
    assert entry is not None
    assert (entry.registered.document_type, entry.registered.subject) == (
        "Bản sao y",
        "Sao y Quyết định số 12/QĐ-TTg ngày 05/01/2026 của Thủ tướng Chính phủ",
    )


def test_the_seal_says_form_agency_and_time_at_the_top_right_and_the_code_stands_at_the_left(
    agency: SmallAgency,
) -> None:
    given = scan(pages=2)
    copy = agency.advance(ordered(agency, pdf=given))
    pdf = agency.blobs.get(copy.current.sha256)
    left, top, right, bottom = seen_change(given, pdf, page=0)
    assert 14.5 < left < 16  # the QR begins here
    assert 194 < right <= 195.3
    assert top > 5.7
    assert bottom < 6 + 13.3
    assert seen_change(given, pdf, page=1) == (0, 0, 0, 0)
    (widget,) = (each.get_object() for each in pypdf.PdfReader(BytesIO(pdf)).pages[0]["/Annots"][:1])  # type: ignore[index]
    shown = widget["/AP"]["/N"]
    assert "/XObject" not in shown["/Resources"]
    assert b"/F 10 Tf" in shown.get_data()
    form, who, when = read_back(shown).split("; ")
    assert (form, who) == ("Sao y", "Cơ quan mẫu")
    claimed = datetime.strptime(str(widget["/V"]["/M"])[2:16], "%Y%m%d%H%M%S").replace(tzinfo=UTC)
    assert datetime.fromisoformat(when) == claimed


def test_all_copies_share_one_series_whatever_their_form(agency: SmallAgency) -> None:
    extract_of = issued(agency)
    copies = [
        ordered(agency),
        ordered(agency, form=CopyForm.RECOPY),
        ordered(agency, extract_of.id, form=CopyForm.EXTRACT, pdf=letter()),
    ]
    assert [str(copy.number) for copy in copies] == ["01/SY-UBND", "02/SL-UBND", "03/TrS-UBND"]


def test_a_bad_scan_is_refused_with_every_reason_and_no_number_is_lost(agency: SmallAgency) -> None:
    with pytest.raises(DraftRefused) as refused:
        ordered(agency, pdf=scan(dpi=100, mode="L"))
    assert [finding.code for finding in refused.value.findings] == ["scan-resolution", "scan-colour"]
    with pytest.raises(DraftRefused):
        ordered(agency, pdf=letter())
    assert ordered(agency).number is not None
    assert str(ordered(agency).number) == "02/SY-UBND"


def test_a_paper_of_the_own_register_is_copied_by_its_entry(agency: SmallAgency) -> None:
    entry = paper(agency)
    copy = ordered(agency, entry)
    assert copy.draft.copy is not None
    original = copy.draft.copy.original
    assert (original.entry, original.number, original.agency) == (entry, "01/TB-UBND", "Cơ quan mẫu")
    with agency.register() as register:
        assert register.copies_of(entry) == [copy]
    void_paper_number(uow=agency.register, clock=agency.clock, actor=agency.clerk, entry_id=entry, reason="Bỏ")
    with pytest.raises(CopyRefused):
        ordered(agency, entry)


def test_of_an_electronic_document_there_are_extracts_and_no_other_electronic_copy(agency: SmallAgency) -> None:
    document = issued(agency)
    for form in (CopyForm.TRUE_COPY, CopyForm.RECOPY):
        with pytest.raises(CopyRefused):
            ordered(agency, document.id, form=form)
    extract = agency.advance(ordered(agency, document.id, form=CopyForm.EXTRACT, pdf=letter()))
    assert extract.state is DocumentState.ISSUED
    with pytest.raises(CopyRefused):
        ordered(agency, extract.id, form=CopyForm.EXTRACT, pdf=letter())


def test_nothing_is_copied_that_is_not_in_force(agency: SmallAgency) -> None:
    for document in (agency.drafted(), agency.submitted()):
        with pytest.raises(UnknownName):  # without a number it is in no register
            ordered(agency, document.id, form=CopyForm.EXTRACT)
    document = issued(agency)
    recall(uow=agency.register, clock=agency.clock, actor=agency.clerk, document_id=document.id, reason="Sai")
    with pytest.raises(CopyRefused):
        ordered(agency, document.id, form=CopyForm.EXTRACT, pdf=letter())
    with pytest.raises(UnknownName):
        ordered(agency, uuid4())


def test_an_original_that_is_recalled_while_its_copy_is_made_has_none(
    agency: SmallAgency, monkeypatch: pytest.MonkeyPatch
) -> None:
    document, compose = issued(agency), agency.workshop.compose_copy

    def compose_slowly(*arguments: object, **options: object) -> bytes:
        recall(uow=agency.register, clock=agency.clock, actor=agency.clerk, document_id=document.id, reason="Sai")
        return compose(*arguments, **options)  # type: ignore[arg-type]

    monkeypatch.setattr(agency.workshop, "compose_copy", compose_slowly)
    with pytest.raises(CopyRefused):
        ordered(agency, document.id, form=CopyForm.EXTRACT, pdf=letter())
    with agency.register() as register:
        assert not register.copies_of(document.id)


def test_only_the_clerk_copies_with_the_agencys_seal_and_names_who_decided(agency: SmallAgency) -> None:
    for actor in (agency.submitter, agency.signatory):
        with pytest.raises(NotCompetent):
            ordered(agency, actor=actor)
    with pytest.raises(NotCompetent):
        ordered(agency, credential=agency.signature.name)
    with pytest.raises(MetadataInvalid) as invalid:
        ordered(agency, signatory=agency.clerk.id)
    assert set(invalid.value.problems) == {"signatory"}


def test_an_agency_that_numbers_no_copies_is_told_so(authority: Demonstration, workshop: Workshop) -> None:
    with pytest.raises(MetadataInvalid) as invalid:
        ordered(SmallAgency(authority, workshop), form=CopyForm.RECOPY)
    assert "series" in invalid.value.problems


def test_a_repeated_order_is_the_copy_that_is_there(agency: SmallAgency) -> None:
    name = uuid4()
    first = ordered(agency, name=name)
    assert ordered(agency, name=name) == first
    assert str(ordered(agency).number) == "02/SY-UBND"


def test_a_copy_whose_seal_cannot_be_made_is_voided_or_sealed_later_with_another_key(agency: SmallAgency) -> None:
    given_up, waiting = ordered(agency), ordered(agency)
    void_number(uow=agency.register, clock=agency.clock, actor=agency.clerk, document_id=given_up.id, reason="Nhầm")
    agency.advance(given_up)
    assert agency.read(given_up).state is DocumentState.VOIDED
    again = request_issue(
        uow=agency.register,
        clock=agency.clock,
        actor=agency.clerk,
        document_id=waiting.id,
        credential=agency.seal.name,
        issued_on=None,
    )
    assert again.number == waiting.number
    assert agency.advance(again).state is DocumentState.ISSUED


def test_a_copy_replaces_and_corrects_nothing(agency: SmallAgency) -> None:
    document, copy = issued(agency), agency.advance(ordered(agency))
    with pytest.raises(MetadataInvalid):
        supersede(
            uow=agency.register,
            clock=agency.clock,
            actor=agency.clerk,
            document_id=document.id,
            reason="Sai",
            by=copy.id,
        )


def test_what_is_told_of_a_copy_names_the_original_and_what_became_of_it(agency: SmallAgency) -> None:
    document = issued(agency)
    extract = agency.advance(ordered(agency, document.id, form=CopyForm.EXTRACT, pdf=letter()))
    with agency.register() as register:
        facts = public_facts(register, extract)
    assert facts.copy is not None
    assert (facts.copy.form, facts.copy.original_code) == ("Trích sao", document.lookup_code)
    assert facts.copy.original_in_force
    assert [signer.kind for signer in facts.signers] == ["seal"]
    recall(uow=agency.register, clock=agency.clock, actor=agency.clerk, document_id=document.id, reason="Sai")
    with agency.register() as register:
        facts = public_facts(register, extract)
    assert facts.copy is not None
    assert facts.copy.original_state is DocumentState.RECALLED
    assert not facts.copy.original_in_force


def test_a_copy_is_for_the_own_agency_alone(agency: SmallAgency) -> None:
    entry = paper(agency)
    stranger = replace(agency.clerk, agency="H99")
    with pytest.raises(UnknownName):
        ordered(agency, entry, actor=stranger)
