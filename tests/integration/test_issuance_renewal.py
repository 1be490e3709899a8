"""Proofs renewed before they end, on PostgreSQL and in memory, with real responders; and what stands in the way."""

from __future__ import annotations

from dataclasses import dataclass, replace
from datetime import UTC, datetime, timedelta
from typing import TYPE_CHECKING

import pytest
from cryptography import x509

from api.background.renewals import renewals
from certs.demonstration.authority import revoke
from certs.demonstration.certificates import AUTHORITY_LIFE
from certs.errors import TimestampUnavailable
from certs.revocation import EMPTY
from certs.timestamps import HttpTimestamper
from issuance.afterwards import recall
from issuance.documents import DocumentState
from issuance.errors import NotPassed, Overtaken
from issuance.proofs import Proof, was_issued
from issuance.renewal import renew
from signing.compose import ARCHIVE_FIELDS
from tests.integration.certs_servers import demonstration
from tests.material import blank_pdf
from tests.second_opinion import signatures_in
from tests.simulators.register import MemoryRegister
from tests.small_agency import SmallAgency
from verification.report import Indication, Level, SubIndication
from verification.validate import validate

if TYPE_CHECKING:
    from collections.abc import Iterator
    from uuid import UUID

    from certs.timestamps import TimeStampToken
    from issuance.documents import Document
    from issuance.ports import UnitOfWork
    from storage.unit_of_work import PostgresUnitOfWork
    from tests.integration.certs_servers import Demonstration
    from verification.workshop import Workshop

FAR = datetime(2199, 1, 1, tzinfo=UTC)


@pytest.fixture(scope="module")
def authority(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Demonstration]:
    with demonstration(tmp_path_factory.mktemp("authority") / "pki") as running:
        yield running


@pytest.fixture(params=["postgres", "memory"])
def uow(request: pytest.FixtureRequest) -> UnitOfWork:
    if request.param == "memory":
        return MemoryRegister()
    register: PostgresUnitOfWork = request.getfixturevalue("postgres_register")
    return register


@pytest.fixture
def agency(authority: Demonstration, workshop: Workshop, uow: UnitOfWork) -> SmallAgency:
    small = SmallAgency(authority, workshop)
    small.move(uow=uow, blobs=small.blobs)
    return small


def issued(agency: SmallAgency, *, appendix: bytes | None = None) -> Document:
    document = agency.drafted()
    if appendix is not None:
        agency.attach(document, appendix, title="Phụ lục")
    agency.submit(document)
    agency.ask_for_signature(document)
    agency.advance(document)
    agency.ask_for_issue(document)
    return agency.advance(document)


def proofs(agency: SmallAgency, document: Document, *, attachment: UUID | None = None) -> list[Proof]:
    with agency.outside().uow() as register:
        return register.proofs(document.id, attachment_id=attachment)


def due(agency: SmallAgency, *documents: Document, by: datetime) -> list[Document]:
    """Those of them that are due; the register may hold others."""
    with agency.outside().uow() as register:
        found = [one.document_id for one in register.ending_proofs(due_by=by, made_before=FAR, limit=100)]
    return sorted((one for one in documents if one.id in found), key=lambda one: found.index(one.id))


def test_a_document_is_due_when_three_quarters_of_its_proof_are_spent(agency: SmallAgency) -> None:
    first, second = issued(agency), issued(agency)
    (proof,) = proofs(agency, first)
    assert proof.revision == first.current
    assert timedelta(days=9 * 365) < proof.ends_at - proof.at <= AUTHORITY_LIFE
    assert due(agency, first, second, by=proof.renew_at - timedelta(seconds=1)) == []
    assert due(agency, first, second, by=proof.renew_at) == [first]
    assert due(agency, first, second, by=proof.ends_at) == [first, second]
    with agency.outside().uow() as register:
        made_before = register.ending_proofs(due_by=FAR, made_before=proof.at, limit=100)
    assert first.id not in {one.document_id for one in made_before}


def test_a_renewed_document_has_one_timestamp_more_and_verifies_by_itself(
    agency: SmallAgency, authority: Demonstration
) -> None:
    document = issued(agency)
    before = agency.blobs.get(document.current.sha256)
    for turn in (1, 2):
        newer = renew(proofs(agency, document)[-1], outside=agency.outside())
        renewed = agency.read(document)
        assert (renewed.state, renewed.current) == (DocumentState.ISSUED, newer.revision)
        pdf = agency.blobs.get(newer.revision.sha256)
        assert pdf.startswith(before)
        report = validate(pdf, anchors=authority.anchors, known=EMPTY, at=datetime.now(UTC))
        assert report.indication is Indication.TOTAL_PASSED
        assert [one.field for one in report.signatures[2:]] == list(ARCHIVE_FIELDS[: turn + 1])
        assert {one.level for one in report.signatures[:2]} == {Level.B_LTA}
        assert len(signatures_in(pdf)) == turn + 3
        before = pdf
    known = proofs(agency, document)
    assert [one.revision.predecessor for one in known[1:]] == [one.revision.sha256 for one in known[:-1]]
    assert len(known) == 3
    assert due(agency, document, by=known[-1].renew_at - timedelta(seconds=1)) == []
    assert due(agency, document, by=FAR) == [document]
    current = agency.read(document)
    with agency.outside().uow() as register:
        issued_once = [was_issued(register, current, one.sha256) for one in register.revisions(document.id)]
    assert issued_once == [False, False, True, True, True]


def test_a_file_that_went_out_with_the_document_is_renewed_as_well(
    agency: SmallAgency, authority: Demonstration
) -> None:
    document = issued(agency, appendix=blank_pdf(pages=2))
    with agency.outside().uow() as register:
        (sealed,) = register.attachments(document.id)
    for turn in (1, 2):
        (*_, proof) = proofs(agency, document, attachment=sealed.id)
        newer = renew(proof, outside=agency.outside())
        pdf = agency.blobs.get(newer.revision.sha256)
        assert pdf.startswith(agency.blobs.get(proof.revision.sha256))
        report = validate(pdf, anchors=authority.anchors, known=EMPTY, at=datetime.now(UTC))
        assert report.indication is Indication.TOTAL_PASSED
        assert len(report.signatures) == 2 + turn
        with agency.outside().uow() as register:
            found = register.attachments(document.id)[0]
            assert (found.sealed, found.current.sha256) == (sealed.sealed, newer.revision.sha256)
            digests = [sealed.given.sha256, sealed.current.sha256, proof.revision.sha256, newer.revision.sha256]
            assert [register.attachment_by_sha256(one) for one in digests[1:]] == [found] * 3
            assert set(digests) <= set(register.revision_digests())
    assert len(proofs(agency, document)) == 1
    assert agency.read(document) == document


def test_a_proof_that_was_renewed_is_left_alone(agency: SmallAgency) -> None:
    document = issued(agency)
    (proof,) = proofs(agency, document)
    newer = renew(proof, outside=agency.outside())
    assert renew(proof, outside=agency.outside()) == newer
    assert proofs(agency, document) == [proof, newer]


def test_a_recalled_document_stays_provable(agency: SmallAgency) -> None:
    document = issued(agency)
    outside = agency.outside()
    recall(uow=outside.uow, clock=agency.clock, actor=agency.clerk, document_id=document.id, reason="Sai thẩm quyền")
    newer = renew(proofs(agency, document)[-1], outside=outside)
    found = agency.read(document)
    assert (found.state, found.current) == (DocumentState.RECALLED, newer.revision)


def test_of_two_workers_one_is_too_late(agency: SmallAgency) -> None:
    document = issued(agency)
    (proof,) = proofs(agency, document)
    outside = agency.outside()

    class Meanwhile:
        """An authority that takes so long that another worker is done before it answers."""

        def stamp(self, digest: bytes) -> TimeStampToken:
            renew(proof, outside=agency.outside())
            return outside.timestamper.stamp(digest)

    with pytest.raises(Overtaken):
        renew(proof, outside=replace(outside, timestamper=Meanwhile()))
    assert len(proofs(agency, document)) == 2


def test_a_silent_authority_leaves_everything_as_it_was(agency: SmallAgency, authority: Demonstration) -> None:
    document, other = issued(agency), issued(agency)
    outside = agency.outside()
    client = authority.client()
    silent = replace(outside, timestamper=HttpTimestamper(("http://127.0.0.1:9/tsa",), client, agency.anchors))
    told = {one.proof.document_id: one.error for one in renewals(silent, due_by=FAR)}
    for each in (document, other):
        assert isinstance(told[each.id], TimestampUnavailable)
        assert agency.read(each) == each
    told = {one.proof.document_id: one.error for one in renewals(outside, due_by=FAR)}
    assert told[document.id] is told[other.id] is None
    assert {len(proofs(agency, one)) for one in (document, other)} == {2}


def test_what_does_not_hold_is_not_covered_with_a_new_timestamp(agency: SmallAgency) -> None:
    document = issued(agency)
    outside = agency.outside()
    broken = bytearray(agency.blobs.get(document.current.sha256))
    broken[broken.index(b"/Contents") - 200] ^= 1
    with pytest.raises(NotPassed):
        renew(proofs(agency, document)[-1], outside=replace(outside, blobs=_Harmed(bytes(broken))))
    assert agency.read(document) == document


class _Harmed:
    """An object store that gives other bytes than were put, as a defect of ours would."""

    def __init__(self, content: bytes) -> None:
        self._content = content

    def get(self, _sha256: str) -> bytes:
        return self._content

    def put(self, blob: bytes, *, retain_until: datetime | None = None) -> str:
        raise AssertionError(len(blob), retain_until)


class TestArchivedLater:
    """Documents that are issued at B-T and raised to B-LTA after a time that the operator has set."""

    @pytest.fixture(autouse=True)
    def _later(self, agency: SmallAgency) -> None:
        agency.archive_after = timedelta(hours=12)

    def test_it_is_issued_with_its_timestamps_and_due_at_that_time(
        self, agency: SmallAgency, authority: Demonstration
    ) -> None:
        document = issued(agency)
        (proof,) = proofs(agency, document)
        assert document.state is DocumentState.ISSUED
        assert proof.revision == document.current
        assert proof.archive_at is not None
        assert abs(proof.archive_at - proof.at - agency.archive_after) < timedelta(seconds=5)
        assert due(agency, document, by=proof.archive_at - timedelta(seconds=1)) == []
        assert due(agency, document, by=proof.archive_at) == [document]
        report = validate(content(agency, document), anchors=authority.anchors, known=EMPTY, at=datetime.now(UTC))
        assert [one.level for one in report.signatures] == [Level.B_T, Level.B_T]
        assert report.sub_indication is SubIndication.TRY_LATER, "what is known of revocation is not in it yet"

    def test_it_is_raised_once_and_renewed_later_on(self, agency: SmallAgency, authority: Demonstration) -> None:
        document = issued(agency)
        first = content(agency, document)
        for turn in (1, 2):
            newer = renew(proofs(agency, document)[-1], outside=agency.outside())
            current = agency.read(document)
            pdf = content(agency, current)
            assert (current.state, current.current) == (DocumentState.ISSUED, newer.revision)
            assert pdf.startswith(first)
            report = validate(pdf, anchors=authority.anchors, known=EMPTY, at=datetime.now(UTC))
            assert report.indication is Indication.TOTAL_PASSED
            assert [one.field for one in report.signatures[2:]] == list(ARCHIVE_FIELDS[:turn])
            assert {one.level for one in report.signatures[:2]} == {Level.B_LTA}
            assert newer.archive_at is None
            assert newer.renew_at - newer.at > timedelta(days=365)
        current = agency.read(document)
        with agency.outside().uow() as register:
            went_out = [was_issued(register, current, one.sha256) for one in register.revisions(document.id)]
        assert went_out == [False, False, True, True, True]

    def test_a_signature_stays_good_whose_certificate_is_revoked_in_between(
        self, agency: SmallAgency, authority: Demonstration
    ) -> None:
        document = issued(agency)
        serial = agency.signature.certificate.x509.serial_number
        at = datetime.now(UTC) + timedelta(seconds=1)
        revoke(authority.directory, serial=serial, reason=x509.ReasonFlags.superseded, at=at)
        (proof,) = proofs(agency, document)
        newer = renew(proof, outside=replace(agency.outside(), clock=_Later(timedelta(minutes=2))))
        pdf = agency.blobs.get(newer.revision.sha256)
        report = validate(pdf, anchors=authority.anchors, known=EMPTY, at=datetime.now(UTC) + timedelta(hours=1))
        assert report.indication is Indication.TOTAL_PASSED
        assert len(report.signatures) == 3

    def test_one_whose_certificates_end_soon_is_raised_at_once(self, agency: SmallAgency) -> None:
        agency.archive_after = agency.signature.certificate.x509.not_valid_after_utc - datetime.now(UTC)
        (proof,) = proofs(agency, issued(agency))
        assert proof.archive_at is None

    def test_a_silent_authority_leaves_it_as_it_was(self, agency: SmallAgency, authority: Demonstration) -> None:
        document = issued(agency)
        (proof,) = proofs(agency, document)
        outside = agency.outside()
        silent = HttpTimestamper(("http://127.0.0.1:9/tsa",), authority.client(), agency.anchors)
        with pytest.raises(TimestampUnavailable):
            renew(proof, outside=replace(outside, timestamper=silent))
        assert agency.read(document) == document
        assert renew(proof, outside=outside).archive_at is None


@dataclass(frozen=True)
class _Later:
    """A clock that is fast."""

    by: timedelta

    def now(self) -> datetime:
        return datetime.now(UTC) + self.by


def content(agency: SmallAgency, document: Document) -> bytes:
    return agency.blobs.get(document.current.sha256)
