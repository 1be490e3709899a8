"""Files of their own that go out with a document: taken in with the draft, sealed with it, shown as decreed."""

from __future__ import annotations

import secrets
from dataclasses import replace
from datetime import UTC, datetime
from io import BytesIO
from typing import TYPE_CHECKING
from uuid import uuid4

import pypdf
import pypdfium2
import pytest
from PIL import ImageChops
from pypdf.annotations import FreeText

from certs.errors import TimestampUnavailable
from certs.revocation import EMPTY
from issuance.attachments import MOST_ATTACHMENTS, attach, demand_sealed, detach
from issuance.companions import Attachment
from issuance.documents import Document, DocumentState, Revision
from issuance.errors import DraftRefused, MetadataInvalid, NotCompetent, NotPassed, UnknownName, WrongState
from issuance.refusals import return_for_correction, void_number
from signing.errors import NoPlace
from tests.careless import Careless
from tests.integration.certs_servers import demonstration
from tests.integration.test_signing_appearance import letter
from tests.material import blank_pdf
from tests.small_agency import SmallAgency
from verification.report import Indication, Level, SignatureKind
from verification.validate import validate

if TYPE_CHECKING:
    from collections.abc import Iterator
    from uuid import UUID

    from PIL.Image import Image

    from certs.timestamps import TimeStampToken
    from issuance.ports import Account
    from tests.integration.certs_servers import Demonstration
    from verification.report import ValidationReport
    from verification.workshop import Workshop

MM = 72 / 25.4


@pytest.fixture(scope="module")
def authority(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Demonstration]:
    with demonstration(tmp_path_factory.mktemp("authority") / "pki") as running:
        yield running


@pytest.fixture
def agency(authority: Demonstration, workshop: Workshop) -> SmallAgency:
    return SmallAgency(authority, workshop)


def ready_to_issue(agency: SmallAgency, *appendices: bytes) -> Document:
    """Signed, with these files going out with it; the clerk has begun."""
    document = agency.drafted()
    for place, pdf in enumerate(appendices, start=1):
        agency.attach(document, pdf, title=f"Phụ lục {place}")
    agency.submit(document)
    agency.ask_for_signature(document)
    agency.advance(document)
    return agency.ask_for_issue(document)


def attachments(agency: SmallAgency, document: Document) -> list[Attachment]:
    with agency.register() as register:
        return register.attachments(document.id)


def judged(pdf: bytes, authority: Demonstration) -> ValidationReport:
    return validate(pdf, anchors=authority.anchors, known=EMPTY, at=datetime.now(UTC))


def test_each_attachment_is_sealed_for_good_when_the_document_is_issued(
    agency: SmallAgency, authority: Demonstration
) -> None:
    document = agency.advance(ready_to_issue(agency, letter(), blank_pdf(pages=2)))
    assert document.state is DocumentState.ISSUED
    found = attachments(agency, document)
    assert [(one.place, one.title) for one in found] == [(1, "Phụ lục 1"), (2, "Phụ lục 2")]
    for one in found:
        assert one.sealed is not None
        sealed = agency.blobs.get(one.sealed.sha256)
        assert sealed.startswith(agency.blobs.get(one.given.sha256))
        assert one.sealed.sha256 in agency.blobs.retained
        report = judged(sealed, authority)
        assert report.indication is Indication.TOTAL_PASSED
        assert next((each.kind, each.level) for each in report.signatures) == (SignatureKind.SEAL, Level.B_LTA)
    assert agency.device.used[agency.seal.name] == 1 + len(found)


def test_nothing_may_be_changed_in_a_sealed_attachment(agency: SmallAgency, authority: Demonstration) -> None:
    document = agency.advance(ready_to_issue(agency, letter()))
    (one,) = attachments(agency, document)
    writer = pypdf.PdfWriter(BytesIO(agency.blobs.get(one.current.sha256)), incremental=True)
    writer.add_annotation(0, FreeText(text="thêm", rect=(50, 550, 200, 650)))
    output = BytesIO()
    writer.write(output)
    assert judged(output.getvalue(), authority).indication is not Indication.TOTAL_PASSED


@pytest.mark.parametrize("rotation", [0, 90, 180, 270])
def test_the_seal_shows_number_and_time_at_the_top_right_of_page_one_and_no_picture(
    agency: SmallAgency, rotation: int
) -> None:
    given = blank_pdf(pages=2, rotation=rotation)
    document = agency.advance(ready_to_issue(agency, given))
    (one,) = attachments(agency, document)
    sealed = agency.blobs.get(one.current.sha256)
    left, top, right, bottom = seen_change(given, sealed, page=0)
    width = (297 if rotation in {90, 270} else 210) - 15
    assert right <= width + 0.3
    assert width - right < 1  # against the margin
    assert left > width - 85.5
    assert 5.7 < top < 8
    assert bottom < 6 + 13
    assert seen_change(given, sealed, page=1) == (0, 0, 0, 0)
    field = pypdf.PdfReader(BytesIO(sealed)).get_fields()["SigSeal"]  # type: ignore[index]
    (widget,) = (each.get_object() for each in pypdf.PdfReader(BytesIO(sealed)).pages[0]["/Annots"][:1])  # type: ignore[index]
    shown = widget["/AP"]["/N"]
    assert "/XObject" not in shown["/Resources"]
    assert b"/F 10 Tf" in shown.get_data()
    text = read_back(shown)
    assert text.startswith("Số: 01/TB-UBND; 2")
    assert text.endswith("+07:00")
    claimed = datetime.strptime(str(field["/V"]["/M"])[2:16], "%Y%m%d%H%M%S").replace(tzinfo=UTC)
    assert datetime.fromisoformat(text.split("; ")[1]) == claimed


def test_a_page_without_room_for_the_seal_is_refused_with_the_draft(agency: SmallAgency) -> None:
    small = pypdf.PdfWriter()
    small.add_blank_page(width=20 * MM, height=200)
    output = BytesIO()
    small.write(output)
    document = agency.drafted()
    with pytest.raises(NoPlace):
        agency.attach(document, output.getvalue(), title="Nhỏ")
    with pytest.raises(DraftRefused):
        agency.attach(document, b"no PDF", title="Hỏng")
    assert attachments(agency, document) == []


def test_files_come_and_go_only_while_the_sender_has_the_draft(agency: SmallAgency) -> None:
    document = agency.drafted()
    first, second = (agency.attach(document, blank_pdf(), title=title) for title in ("Một", "Hai"))
    agency.detach(document, first)
    agency.detach(document, first)
    agency.submit(document)
    for call in (lambda: agency.attach(document, blank_pdf(), title="Ba"), lambda: agency.detach(document, second)):
        with pytest.raises(WrongState):
            call()
    return_for_correction(
        uow=agency.register, clock=agency.clock, actor=agency.signatory, document_id=document.id, reason="Thiếu phụ lục"
    )
    agency.attach(document, letter(), title="Ba")
    assert [(one.place, one.title) for one in attachments(agency, document)] == [(2, "Hai"), (3, "Ba")]


def test_a_repeated_addition_is_the_file_that_is_there(agency: SmallAgency) -> None:
    document, name = agency.drafted(), uuid4()
    first = agency.attach(document, blank_pdf(), title="Một", identifier=name)
    agency.submit(document)
    assert agency.attach(document, blank_pdf(), title="Một", identifier=name) == first
    assert len(attachments(agency, document)) == 1


def test_only_the_sender_of_the_own_agency_adds_and_not_without_end(agency: SmallAgency) -> None:
    document = agency.drafted()
    for actor, refusal in (
        (agency.clerk, NotCompetent),
        (agency.signatory, NotCompetent),
        (replace(agency.submitter, agency="H99"), UnknownName),
    ):
        with pytest.raises(refusal):
            add(agency, document, actor=actor)
        with pytest.raises(refusal):
            detach(
                uow=agency.register,
                clock=agency.clock,
                actor=actor,
                document_id=document.id,
                attachment_id=uuid4(),
            )
    with agency.register() as register:
        for place in range(1, MOST_ATTACHMENTS + 1):
            given = Revision.of(secrets.token_bytes(8))
            register.add_attachment(Attachment(uuid4(), document.id, place, "Mẫu", given))
    with pytest.raises(MetadataInvalid):
        add(agency, document, actor=agency.submitter)


def test_a_document_is_never_issued_before_its_attachments_are_sealed(agency: SmallAgency) -> None:
    document = ready_to_issue(agency, letter())
    with agency.register() as register, pytest.raises(RuntimeError, match="sealed"):
        demand_sealed(register, document)


def test_without_timestamps_the_document_waits_and_no_key_is_used_twice(agency: SmallAgency) -> None:
    document = ready_to_issue(agency, letter())
    outside = agency.outside()
    stamped = 0

    class Weary:
        """Answers twice, for the document's own seal and its archive, and is then away."""

        def stamp(self, digest: bytes) -> TimeStampToken:
            nonlocal stamped
            stamped += 1
            if stamped > 2:
                raise TimestampUnavailable
            return outside.timestamper.stamp(digest)

    for _ in range(2):
        with pytest.raises(TimestampUnavailable):
            agency.advance(document, outside=replace(outside, timestamper=Weary()))
        stamped = 1  # the document's own seal has its timestamp
    assert agency.read(document).state is DocumentState.NUMBERED
    used = agency.device.used[agency.seal.name]
    assert agency.advance(document).state is DocumentState.ISSUED
    assert agency.device.used[agency.seal.name] == used == 2


def test_the_seal_of_a_voided_document_is_not_made(agency: SmallAgency) -> None:
    document = ready_to_issue(agency, letter())
    outside = agency.outside()

    class Interrupted:
        """The clerk gives the number up while the attachment's seal is being made."""

        def stamp(self, digest: bytes) -> TimeStampToken:
            if agency.device.used[agency.seal.name] > 1:
                void_number(
                    uow=agency.register, clock=agency.clock, actor=agency.clerk, document_id=document.id, reason="Dừng"
                )
            return outside.timestamper.stamp(digest)

    agency.advance(document, outside=replace(outside, timestamper=Interrupted()))
    assert agency.read(document).state is DocumentState.VOIDED
    assert [one.sealed for one in attachments(agency, document)] == [None]


def test_nothing_is_sealed_beside_a_document_that_is_not_fit_to_be_issued(agency: SmallAgency) -> None:
    document = ready_to_issue(agency, letter())
    outside = agency.outside()
    with pytest.raises(NotPassed):
        agency.advance(document, outside=replace(outside, workshop=Careless.like(agency.workshop)))
    assert agency.device.used[agency.seal.name] == 1
    assert [one.sealed for one in attachments(agency, document)] == [None]


def test_every_use_of_the_key_is_written_down_before_and_after(agency: SmallAgency) -> None:
    document = agency.advance(ready_to_issue(agency, letter()))
    (one,) = attachments(agency, document)
    told = [(event.action, event.facts) for event in agency.register.audit if event.facts.get("attachment")]
    assert [action for action, _ in told] == ["attachment.added", "key.will_sign", "key.signed", "attachment.sealed"]
    assert told[1][1] == told[2][1]
    assert told[3][1]["sha256"] == one.current.sha256


def add(agency: SmallAgency, document: Document, *, actor: Account, identifier: UUID | None = None) -> Attachment:
    added, _ = attach(
        attachment_id=identifier or uuid4(),
        uow=agency.register,
        blobs=agency.blobs,
        workshop=agency.workshop,
        clock=agency.clock,
        actor=actor,
        document_id=document.id,
        title="Phụ lục",
        pdf=blank_pdf(),
    )
    return added


def seen_change(before: bytes, after: bytes, *, page: int) -> tuple[float, float, float, float]:
    """Left, top, right, bottom of what differs to the eye, in millimetres from the top left corner."""
    pictures = [drawn(pdf, page) for pdf in (before, after)]
    box = ImageChops.difference(*pictures).getbbox()
    left, top, right, bottom = (side * 25.4 / 200 for side in box or (0, 0, 0, 0))
    return left, top, right, bottom


def drawn(pdf: bytes, page: int) -> Image:
    with pypdfium2.PdfDocument(pdf) as document:
        document.init_forms()
        shown: Image = document[page].render(scale=200 / 72, may_draw_forms=True).to_pil()
        return shown.convert("L")


def read_back(form: pypdf.generic.StreamObject) -> str:
    page = pypdf.PageObject.create_blank_page(width=300, height=50)
    page[pypdf.generic.NameObject("/Resources")] = form["/Resources"]
    page[pypdf.generic.NameObject("/Contents")] = form
    return " ".join(page.extract_text().split())
