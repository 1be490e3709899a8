"""The whole cycle against real OCSP, CRL and timestamp responders, and every way in which it must stop and go on."""

from __future__ import annotations

import os
import signal
import socket
from dataclasses import replace
from datetime import UTC, date, datetime, timedelta
from itertools import pairwise
from pathlib import Path
from typing import TYPE_CHECKING
from uuid import uuid4

import pytest
from cryptography import x509
from cryptography.hazmat.primitives.asymmetric import rsa

from certs.demonstration.authority import revoke
from certs.errors import CertificateUnfit, RevocationUnavailable, TimestampUnavailable
from certs.revocation import EMPTY
from issuance.capacity import Capacity
from issuance.documents import MAIN_PATH, DocumentState, Purpose, Revision
from issuance.errors import (
    ClockSkewed,
    DateInvalid,
    DraftRefused,
    MetadataInvalid,
    NotCompetent,
    NotExamined,
    NotPassed,
    UnknownName,
    WrongState,
)
from issuance.issue import request_issue
from issuance.numbers import DocumentNumber
from issuance.ports import Account, Role
from issuance.sign import request_signature
from issuance.signature_step import make_signature, read_due
from issuance.submit import create_draft, submit
from signing.claims import Claims, CommitmentType
from signing.errors import WrongSignatureValue
from signing.layout import SEAL_FIELD, SIGNATORY_FIELD
from storage.jobs import is_transient
from tests.careless import Careless
from tests.integration.certs_servers import demonstration, start
from tests.material import blank_pdf, open_cells
from tests.second_opinion import signatures_in
from tests.small_agency import AGENCY, SmallAgency
from verification.report import Indication, Level
from verification.sandbox import Sandbox, SandboxLimits
from verification.validate import validate
from verification.workshop import Workshop

if TYPE_CHECKING:
    from collections.abc import Callable, Iterator

    from certs.algorithms import SignatureAlgorithm
    from issuance.documents import Document, Draft
    from signing.prepared import SignatureValue
    from tests.integration.certs_servers import Demonstration


@pytest.fixture(scope="module")
def authority(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Demonstration]:
    with demonstration(tmp_path_factory.mktemp("authority") / "pki") as running:
        yield running


@pytest.fixture
def agency(authority: Demonstration, workshop: Workshop) -> SmallAgency:
    return SmallAgency(authority, workshop)


def issued(agency: SmallAgency) -> Document:
    document = agency.submitted()
    agency.ask_for_signature(document)
    agency.advance(document)
    agency.ask_for_issue(document)
    return agency.advance(document)


def test_a_repeated_draft_is_the_document_that_is_there_already(agency: SmallAgency) -> None:
    first = agency.drafted()
    assert agency.drafted(identifier=first.id) == first
    with agency.register() as register:
        assert len(register.revisions(first.id)) == len(register.timeline(first.id)) == 1


def test_a_draft_becomes_an_issued_document_that_verifies_by_itself(
    agency: SmallAgency, authority: Demonstration
) -> None:
    document = issued(agency)
    assert document.state is DocumentState.ISSUED
    assert str(document.number) == "01/TB-UBND"
    pdf = agency.blobs.get(document.current.sha256)
    report = validate(pdf, anchors=authority.anchors, known=EMPTY, at=datetime.now(UTC))
    assert report.indication is Indication.TOTAL_PASSED
    assert [signature.level for signature in report.signatures[:2]] == [Level.B_LTA, Level.B_LTA]
    assert document.current.sha256 in agency.blobs.retained


def test_each_signature_says_in_which_capacity_and_to_what_end_it_was_made(agency: SmallAgency) -> None:
    document = agency.submitted(capacity=(Capacity.TL, Capacity.KT))
    agency.ask_for_signature(document)
    agency.advance(document)
    agency.ask_for_issue(document)
    agency.advance(document)
    with agency.register() as register:
        signature, seal = (request.claims for request in register.signature_requests(document.id))
    assert signature == Claims(CommitmentType.APPROVAL, ("TL. KT.", "Chánh"))
    assert seal == Claims(CommitmentType.ORIGIN)
    pdf = agency.blobs.get(agency.read(document).current.sha256)
    by_field = {one.field_name: one.container for one in signatures_in(pdf)}
    for attribute in signature.attributes:
        assert attribute in by_field[SIGNATORY_FIELD]
    for attribute in seal.attributes:
        assert attribute in by_field[SEAL_FIELD]


def test_every_revision_is_a_prefix_of_the_next(agency: SmallAgency) -> None:
    document = issued(agency)
    with agency.register() as register:
        chain = register.revisions(document.id)
    contents = [agency.blobs.get(revision.sha256) for revision in chain]
    assert len(contents) == 3
    assert all(new.startswith(old) for old, new in pairwise(contents))
    assert [revision.predecessor for revision in chain] == [None, *(revision.sha256 for revision in chain[:-1])]


def test_every_step_has_a_time_and_an_actor(agency: SmallAgency) -> None:
    document = issued(agency)
    with agency.register() as register:
        steps = register.timeline(document.id)
    assert [step.state for step in steps] == list(MAIN_PATH)
    assert [step.actor for step in steps] == ["motcua"] * 2 + ["lanhdao"] * 3 + ["vanthu"] * 3
    assert [step.at for step in steps] == sorted(step.at for step in steps)


def test_what_will_be_signed_is_recorded_before_the_key_is_used(agency: SmallAgency) -> None:
    document = agency.submitted()
    agency.ask_for_signature(document)

    class WatchfulDevice:
        def sign(self, *, key: str, dtbs: bytes, algorithm: SignatureAlgorithm) -> SignatureValue:
            assert (key, algorithm) == (agency.signature.key, agency.signature.algorithm)
            assert dtbs
            recorded = [event for event in agency.register.audit if event.action == "key.will_sign"]
            assert len(recorded) == 1
            assert len(recorded[0].facts["dtbsr"]) == 64
            raise TimestampUnavailable

    with pytest.raises(TimestampUnavailable):
        agency.advance(document, outside=replace(agency.outside(), device=WatchfulDevice()))


def test_a_silent_timestamp_authority_leaves_a_document_that_goes_on_by_itself(
    workshop: Workshop, tmp_path_factory: pytest.TempPathFactory
) -> None:
    with demonstration(tmp_path_factory.mktemp("silent") / "pki") as authority:
        own = SmallAgency(authority, workshop)
        document = own.submitted()
        own.ask_for_signature(document)
        outside = own.outside()
        outside.revocation.gather(certificates=(own.signature.certificate,), tokens=(), at=datetime.now(UTC))
        _stop_listening(authority)
        with pytest.raises(TimestampUnavailable):
            own.advance(document, outside=outside)
        assert own.read(document).state is DocumentState.AWAITING_TIMESTAMP
        revived = start(authority.directory, port=authority.port)
        try:
            assert own.advance(document).state is DocumentState.SIGNED
        finally:
            revived.terminate()
            revived.wait()
        assert own.device.used == {"chu-ky": 1}


def _stop_listening(authority: Demonstration) -> None:
    """End the responders, which the test's process started, and wait until their port is free."""
    for entry in Path("/proc").iterdir():
        command = entry / "cmdline"
        if entry.name.isdigit() and command.exists() and str(authority.directory) in command.read_text():
            os.kill(int(entry.name), signal.SIGTERM)
    while True:
        try:
            socket.create_connection(("127.0.0.1", authority.port), timeout=1).close()
        except OSError:
            return


def test_a_machine_too_busy_to_read_our_own_file_is_waited_for(agency: SmallAgency) -> None:
    document = agency.submitted()
    agency.ask_for_signature(document)
    with Workshop(Sandbox(SandboxLimits(children=1, wall=timedelta(milliseconds=1)))) as hasty:
        busy = replace(agency.outside(), workshop=hasty)
        with pytest.raises(NotExamined) as waits:
            agency.advance(document, outside=busy)
        with pytest.raises(NotExamined):
            busy.demand_passed(blank_pdf(), known=EMPTY, at=datetime.now(UTC))
    assert is_transient(waits.value)
    assert agency.read(document).state is DocumentState.SIGNING
    assert agency.advance(document).state is DocumentState.SIGNED


def test_a_key_that_is_not_the_certificates_signs_nothing(agency: SmallAgency) -> None:
    document = agency.submitted()
    agency.ask_for_signature(document)
    right = agency.device.keys["chu-ky"]
    agency.device.keys["chu-ky"] = rsa.generate_private_key(public_exponent=65537, key_size=2048)
    with pytest.raises(WrongSignatureValue):
        agency.advance(document)
    assert agency.read(document).state is DocumentState.SIGNING
    agency.device.keys["chu-ky"] = right
    agency.ask_for_signature(document)
    assert agency.advance(document).state is DocumentState.SIGNED


def test_a_revoked_certificate_signs_nothing(agency: SmallAgency, authority: Demonstration) -> None:
    document = agency.submitted()
    agency.ask_for_signature(document)
    serial = agency.signature.certificate.x509.serial_number
    revoke(authority.directory, serial=serial, reason=x509.ReasonFlags.key_compromise, at=datetime.now(UTC))
    with pytest.raises(CertificateUnfit, match="revoked"):
        agency.advance(document)
    assert agency.device.used == {}


@pytest.mark.parametrize(("minutes", "error"), [(6, ClockSkewed), (-6, RevocationUnavailable)])
def test_a_clock_that_is_wrong_by_more_than_five_minutes_issues_nothing(
    agency: SmallAgency, minutes: int, error: type[Exception]
) -> None:
    class WrongClock:
        def now(self) -> datetime:
            return datetime.now(UTC) + timedelta(minutes=minutes)

    document = agency.submitted()
    agency.ask_for_signature(document)
    agency.advance(document)
    agency.ask_for_issue(document)
    with pytest.raises(error):
        agency.advance(document, outside=replace(agency.outside(), clock=WrongClock()))
    assert agency.read(document).state is DocumentState.NUMBERED


def test_a_seal_that_makes_the_file_invalid_issues_nothing_and_another_seal_does(agency: SmallAgency) -> None:
    document = agency.submitted()
    agency.ask_for_signature(document)
    agency.advance(document)
    numbered = agency.ask_for_issue(document)
    before = dict(agency.blobs.stored)
    for outside in (replace(agency.outside(), workshop=Careless.like(agency.workshop)), agency.outside()):
        # What was sealed once with this credential is taken up again.
        with pytest.raises(NotPassed):
            agency.advance(document, outside=outside)
        assert agency.read(document) == numbered
        assert (agency.blobs.stored, agency.blobs.retained) == (before, {})
    assert agency.device.used["con-dau"] == 1
    agency.use_another_seal("con-dau-2")
    agency.ask_for_issue(document)
    finished = agency.advance(document)
    assert (finished.state, finished.number) == (DocumentState.ISSUED, numbered.number)


def test_a_document_whose_newest_revision_is_sealed_is_issued_from_there(agency: SmallAgency) -> None:
    document = agency.submitted()
    agency.ask_for_signature(document)
    agency.advance(document)
    agency.ask_for_issue(document)
    numbered = agency.read(document)
    with agency.register() as register:
        due = read_due(register, numbered, Purpose.SEAL)
    sealed = make_signature(due, outside=agency.outside()).pdf
    agency.blobs.put(sealed)
    revision = Revision.of(sealed, after=numbered.current)
    with agency.register() as register:
        register.save_document(numbered.revised(revision).step_to(DocumentState.SEALED))
        register.add_revision(document.id, revision)
    assert agency.advance(document).state is DocumentState.ISSUED
    assert agency.device.used["con-dau"] == 1
    with agency.register() as register:
        assert [one.state for one in register.timeline(document.id)][-1] is DocumentState.ISSUED
        assert register.revisions(document.id)[-1].predecessor == revision.sha256


def test_repeating_a_call_changes_nothing(agency: SmallAgency) -> None:
    document = issued(agency)
    assert agency.ask_for_signature(document) == document
    assert agency.ask_for_issue(document) == document
    assert agency.advance(document) == document
    assert agency.device.used == {"chu-ky": 1, "con-dau": 1}


def test_nobody_but_the_named_signatory_signs_with_their_own_key(agency: SmallAgency) -> None:
    document = agency.submitted()
    other = Account("khac", AGENCY, "Người Khác", None, frozenset({Role.SIGNATORY}))

    def sign(actor: Account, credential: str) -> None:
        request_signature(
            uow=agency.register, clock=agency.clock, actor=actor, document_id=document.id, credential=credential
        )

    for actor, credential in ((other, "chu-ky"), (agency.clerk, "con-dau"), (agency.signatory, "con-dau")):
        with pytest.raises(NotCompetent):
            sign(actor, credential)
    with pytest.raises(UnknownName):
        sign(agency.signatory, "không có")


def test_only_the_clerk_seals_and_only_after_the_signature(agency: SmallAgency) -> None:
    document = agency.submitted()

    def issue(actor: Account, credential: str) -> None:
        request_issue(
            uow=agency.register,
            clock=agency.clock,
            actor=actor,
            document_id=document.id,
            credential=credential,
            issued_on=None,
        )

    with pytest.raises(WrongState):
        issue(agency.clerk, "con-dau")
    agency.ask_for_signature(document)
    agency.advance(document)
    for actor, credential in ((agency.signatory, "con-dau"), (agency.clerk, "chu-ky")):
        with pytest.raises(NotCompetent):
            issue(actor, credential)


def test_a_document_of_another_agency_does_not_exist(agency: SmallAgency) -> None:
    document = agency.submitted()
    stranger = Account("la", "H01", "Người Lạ", None, frozenset(Role))
    with pytest.raises(UnknownName):
        submit(uow=agency.register, clock=agency.clock, actor=stranger, document_id=document.id)


@pytest.mark.parametrize("days", [1, -1])
def test_a_document_is_dated_between_its_signature_and_today(agency: SmallAgency, days: int) -> None:
    document = agency.submitted()
    agency.ask_for_signature(document)
    agency.advance(document)
    with pytest.raises(DateInvalid):
        request_issue(
            uow=agency.register,
            clock=agency.clock,
            actor=agency.clerk,
            document_id=document.id,
            credential="con-dau",
            issued_on=_today() + timedelta(days=days),
        )
    assert agency.ask_for_issue(document).number == DocumentNumber(ordinal=1, symbol="TB-UBND")


def _today() -> date:
    return (datetime.now(UTC) + timedelta(hours=7)).date()


@pytest.mark.parametrize(
    ("change", "error"),
    [
        (lambda draft: replace(draft, subject=" "), MetadataInvalid),
        (lambda draft: replace(draft, signatory="vanthu"), MetadataInvalid),
        (lambda draft: replace(draft, series="QĐ"), MetadataInvalid),
        (lambda draft: replace(draft, agency="H99"), UnknownName),
        (lambda draft: draft, DraftRefused),
    ],
    ids=["no subject", "no signatory", "no series", "no agency", "no PDF"],
)
def test_a_draft_that_breaks_a_rule_leaves_nothing_behind(
    agency: SmallAgency, change: Callable[[Draft], Draft], error: type[Exception]
) -> None:
    draft = change(agency.read(agency.submitted()).draft)
    before = len(agency.blobs.stored)
    with pytest.raises(error):
        create_draft(
            document_id=uuid4(),
            uow=agency.register,
            blobs=agency.blobs,
            workshop=agency.workshop,
            clock=agency.clock,
            random_bytes=os.urandom,
            actor=agency.submitter,
            pdf=b"not a pdf",
            draft=draft,
            cells=open_cells(),
            public_url="http://127.0.0.1:8000",
        )
    assert len(agency.blobs.stored) == before
