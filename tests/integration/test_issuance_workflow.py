"""What types and several signatories change on the way of a document, with real signatures from end to end."""

from __future__ import annotations

from dataclasses import replace
from io import BytesIO
from typing import TYPE_CHECKING

import pypdf
import pytest

from api.types.toml_form import read_types
from certs.errors import TimestampUnavailable
from certs.revocation import EMPTY
from certs.timestamps import HttpTimestamper
from issuance.capacity import Capacity
from issuance.cosigners import Cosigner, Part
from issuance.documents import DocumentState, Purpose
from issuance.errors import NotCompetent, WrongState
from issuance.number_first import request_number
from issuance.ports import Account, Role
from issuance.refusals import return_for_correction
from issuance.revise import revise
from issuance.sign import request_signature
from issuance.submit import submit
from issuance.type_decisions import decide_types
from signing.layout import DATE_FIELD, NUMBER_FIELD, SEAL_FIELD, SIGNATORY_FIELD, Box
from tests.integration.certs_servers import demonstration
from tests.material import blank_pdf, picture
from tests.small_agency import AGENCY, SmallAgency
from verification.report import Indication

if TYPE_CHECKING:
    from collections.abc import Iterator

    from issuance.documents import Document
    from issuance.ports import Credential
    from tests.integration.certs_servers import Demonstration
    from verification.workshop import Workshop


@pytest.fixture(scope="module")
def authority(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Demonstration]:
    with demonstration(tmp_path_factory.mktemp("authority") / "pki") as running:
        yield running


@pytest.fixture
def agency(authority: Demonstration, workshop: Workshop) -> SmallAgency:
    return SmallAgency(authority, workshop)


def lay_down(agency: SmallAgency, text: str) -> None:
    decide_types(
        uow=agency.register,
        clock=agency.clock,
        operator="kyso",
        agency=AGENCY,
        decisions=[form.decision(agency=AGENCY, abbreviation="UBND") for form in read_types(text)],
        year=agency.clock.now().year,
    )


def filled_cells(agency: SmallAgency, document: Document) -> tuple[str, str]:
    """Number and date as the current revision holds them."""
    fields = pypdf.PdfReader(BytesIO(agency.blobs.get(document.current.sha256))).get_fields() or {}
    return str(fields[NUMBER_FIELD].value or ""), str(fields[DATE_FIELD].value or "")


def test_a_number_given_first_is_under_the_officials_own_signature(agency: SmallAgency) -> None:
    lay_down(agency, '[[type]]\nname="Giấy phép"\nseries="GP"\nsymbol="GP-{agency}"\norder="number_first"\nretention=5')
    document = agency.submitted(document_type="Giấy phép", series="")
    request_number(uow=agency.register, clock=agency.clock, actor=agency.clerk, document_id=document.id, issued_on=None)
    agency.ask_for_signature(document)
    signed = agency.advance(document)
    assert signed.state is DocumentState.SIGNED
    number, day = filled_cells(agency, signed)
    assert number == "01"
    assert day.startswith("ngày ")
    agency.ask_for_issue(document)
    issued = agency.advance(document)
    assert (issued.state, str(issued.number)) == (DocumentState.ISSUED, "01/GP-UBND")
    assert filled_cells(agency, issued) == (number, day)
    years = (agency.blobs.retained[issued.current.sha256] - agency.clock.now()).days / 365.25
    assert years == pytest.approx(5, abs=0.01)


def test_a_number_given_last_is_not_under_it(agency: SmallAgency) -> None:
    document = agency.submitted()
    agency.ask_for_signature(document)
    assert filled_cells(agency, agency.advance(document)) == ("", "")


def colleague(agency: SmallAgency, name: str) -> tuple[Account, Credential]:
    """Another official with an own key."""
    account = Account(name, AGENCY, f"Cán Bộ {name}", "Phó", frozenset({Role.SIGNATORY}), picture("blue"))
    with agency.register() as register:
        register.add_account(account, secret_hash="-")
    credential = agency.credential(f"key-{name}", Purpose.SIGNATURE, holder=account)
    with agency.register() as register:
        register.add_credential(credential, activation_hash="-")
    return account, credential


def sign(agency: SmallAgency, document: Document, who: tuple[Account, Credential]) -> Document:
    request_signature(
        uow=agency.register,
        clock=agency.clock,
        actor=who[0],
        document_id=document.id,
        credential=who[1].name,
    )
    return agency.advance(document)


def test_several_sign_in_order_and_every_signature_is_in_the_issued_file(agency: SmallAgency) -> None:
    first, second = colleague(agency, "thu-nhat"), colleague(agency, "thu-hai")
    main = (agency.signatory, agency.signature)
    document = agency.submitted(
        cosigners=(
            Cosigner(account=first[0].id, part=Part.INITIAL),
            Cosigner(account=second[0].id, part=Part.SIGNATURE, capacity=(Capacity.KT,)),
        ),
        boxes=(None, Box(page=1, left=40, top=230, width=40, height=18)),
    )
    for early in (second, main):
        with pytest.raises(NotCompetent, match="another official's turn"):
            sign(agency, document, early)
    states = [sign(agency, document, who).state for who in (first, first, second, main)]
    assert states == [*[DocumentState.PARTLY_SIGNED] * 3, DocumentState.SIGNED]
    agency.ask_for_issue(document)
    issued = agency.advance(document)
    assert issued.state is DocumentState.ISSUED
    report = agency.outside().workshop.validate(
        agency.blobs.get(issued.current.sha256),
        anchors=agency.anchors,
        known=EMPTY,
        at=agency.clock.now(),
    )
    assert report.indication is Indication.TOTAL_PASSED
    fields = [one.field for one in report.signatures]
    assert fields == ["SigCosigner1", "SigCosigner2", SIGNATORY_FIELD, SEAL_FIELD, "Archive1"]


def test_who_comes_second_may_send_the_document_back(agency: SmallAgency) -> None:
    first = colleague(agency, "thu-nhat")
    document = agency.submitted(cosigners=(Cosigner(account=first[0].id, part=Part.INITIAL),), boxes=(None,))
    sign(agency, document, first)
    step = {"uow": agency.register, "clock": agency.clock, "document_id": document.id}
    with pytest.raises(NotCompetent):
        return_for_correction(actor=first[0], reason="Sai", **step)  # type: ignore[arg-type]
    returned = return_for_correction(actor=agency.signatory, reason="Sai", **step)  # type: ignore[arg-type]
    assert returned.state is DocumentState.RETURNED


def test_a_step_lost_between_two_signatures_is_taken_up_again(agency: SmallAgency) -> None:
    first = colleague(agency, "thu-nhat")
    document = agency.submitted(cosigners=(Cosigner(account=first[0].id, part=Part.INITIAL),), boxes=(None,))
    sign(agency, document, first)
    agency.ask_for_signature(document)
    outside = replace(agency.outside(), timestamper=HttpTimestamper((), None, agency.outside().anchors))  # type: ignore[arg-type]
    with pytest.raises(TimestampUnavailable):
        agency.advance(document, outside=outside)
    assert agency.read(document).state is DocumentState.AWAITING_TIMESTAMP
    assert agency.advance(document).state is DocumentState.SIGNED
    assert agency.device.used[agency.signature.name] == 1


def test_a_returned_document_is_submitted_again_with_a_better_file(agency: SmallAgency) -> None:
    first = colleague(agency, "thu-nhat")
    document = agency.submitted(cosigners=(Cosigner(account=first[0].id, part=Part.INITIAL),), boxes=(None,))
    sign(agency, document, first)
    better = blank_pdf(pages=2)
    with pytest.raises(WrongState):
        revised(agency, document, better)
    return_for_correction(
        uow=agency.register, clock=agency.clock, actor=agency.signatory, document_id=document.id, reason="Thiếu trang"
    )
    with pytest.raises(NotCompetent):
        revised(agency, document, better, actor=agency.clerk)
    new = revised(agency, document, better)
    assert (new.state, new.lookup_code, new.cosigned) == (DocumentState.RETURNED, document.lookup_code, 0)
    submit(uow=agency.register, clock=agency.clock, actor=agency.submitter, document_id=document.id)
    sign(agency, document, first)
    sign(agency, document, (agency.signatory, agency.signature))
    agency.ask_for_issue(document)
    issued = agency.advance(document)
    assert issued.state is DocumentState.ISSUED
    pdf = agency.blobs.get(issued.current.sha256)
    assert pdf.startswith(agency.blobs.get(new.current.sha256))
    assert len(pypdf.PdfReader(BytesIO(pdf)).pages) == 2
    with agency.register() as register:
        chain = register.revisions(document.id)
    assert [one.predecessor is None for one in chain] == [True, False, True, False, False, False]


def revised(agency: SmallAgency, document: Document, pdf: bytes, *, actor: Account | None = None) -> Document:
    return revise(
        uow=agency.register,
        blobs=agency.blobs,
        workshop=agency.workshop,
        clock=agency.clock,
        actor=actor or agency.submitter,
        document_id=document.id,
        pdf=pdf,
        cells=None,
        public_url="http://127.0.0.1:8000",
    )[0]
