"""Signing with a token that the official keeps, in every form that programs answer in, and what is refused between."""

from __future__ import annotations

import hashlib
import secrets
from concurrent.futures import ThreadPoolExecutor
from dataclasses import replace
from datetime import UTC, datetime, timedelta
from io import BytesIO
from typing import TYPE_CHECKING
from uuid import uuid4

import pypdf
import pytest
from cryptography import x509

from api.types.toml_form import read_types
from certs.certificate import SigningCertificate
from certs.demonstration.authority import revoke
from certs.errors import CertificateUnfit, TimestampUnavailable
from certs.online import OnlineClient
from certs.revocation import EMPTY
from certs.timestamps import HttpTimestamper
from hsm.inventory import KeyKind
from issuance.competence import signatory_credential
from issuance.cosigners import Cosigner, Part
from issuance.documents import MAIN_PATH, Document, DocumentState
from issuance.errors import (
    CertificateNotEnrolled,
    KeyElsewhere,
    NotCompetent,
    Overtaken,
    RequestExpired,
    RequestRedeemed,
    UnknownName,
    WrongState,
)
from issuance.number_first import request_number
from issuance.own_tokens import enrol, withdraw
from issuance.ports import Account, Role
from issuance.refusals import return_for_correction
from issuance.sign import request_signature
from issuance.token_answers import CmsObject, RawValue, SignedPdf
from issuance.token_signature import LIFE, file_to_sign, hand_out, redeem
from issuance.type_decisions import decide_types
from signing.errors import LintFailed, ReturnedUnfit, RevisionBroken, WrongSignatureValue
from signing.layout import NUMBER_FIELD
from tests.integration.certs_servers import demonstration
from tests.own_token import OwnToken, own_token
from tests.set_clock import SetClock
from tests.small_agency import AGENCY, SmallAgency
from verification.report import Indication, Level
from verification.validate import validate

if TYPE_CHECKING:
    from collections.abc import Callable, Iterator
    from pathlib import Path

    from issuance.ports import SignatureRequest
    from issuance.token_answers import TokenAnswer
    from issuance.token_signature import HandedOut
    from tests.integration.certs_servers import Demonstration
    from verification.workshop import Workshop

TRIALS = 100


@pytest.fixture(scope="module")
def authority(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Demonstration]:
    with demonstration(tmp_path_factory.mktemp("authority") / "pki") as running:
        yield running


@pytest.fixture(scope="module")
def token(authority: Demonstration, tmp_path_factory: pytest.TempPathFactory) -> OwnToken:
    return own_token(tmp_path_factory.mktemp("ec"), authority=authority.directory)


@pytest.fixture(scope="module")
def rsa_token(authority: Demonstration, tmp_path_factory: pytest.TempPathFactory) -> OwnToken:
    return own_token(tmp_path_factory.mktemp("rsa"), authority=authority.directory, kind=KeyKind.RSA_2048)


@pytest.fixture
def agency(authority: Demonstration, workshop: Workshop, token: OwnToken, rsa_token: OwnToken) -> SmallAgency:
    small = SmallAgency(authority, workshop)
    for each in (token, rsa_token):
        put_on_file(small, authority, each)
    return small


def put_on_file(agency: SmallAgency, authority: Demonstration, token: OwnToken, *, account: str = "lanhdao") -> str:
    return enrol(
        uow=agency.register,
        clock=agency.clock,
        operator="quản trị",
        account=account,
        certificate=token.certificate,
        anchors=authority.anchors,
    ).name


def ask(agency: SmallAgency, document: Document, token: OwnToken, *, actor: Account | None = None) -> HandedOut:
    return hand_out(
        outside=agency.outside(),
        actor=actor or agency.signatory,
        document_id=document.id,
        certificate=SigningCertificate(token.certificate.der),
        request_id=uuid4(),
    )


def give(agency: SmallAgency, made: HandedOut, answer: TokenAnswer, *, actor: Account | None = None) -> Document:
    assert made.request.id is not None
    return redeem(
        outside=agency.outside(),
        actor=actor or agency.signatory,
        request_id=made.request.id,
        answer=answer,
        answer_id=uuid4(),
    )


def value_of(token: OwnToken, made: HandedOut) -> RawValue:
    return RawValue(token.value(made.prepared.dtbsr))


def issued(agency: SmallAgency, document: Document) -> Document:
    agency.ask_for_issue(document)
    return agency.advance(document)


def demand_issued_with_two_signatures(agency: SmallAgency, authority: Demonstration, document: Document) -> None:
    pdf = agency.blobs.get(document.current.sha256)
    report = validate(pdf, anchors=authority.anchors, known=EMPTY, at=datetime.now(UTC))
    assert report.indication is Indication.TOTAL_PASSED
    assert [one.level for one in report.signatures[:2]] == [Level.B_LTA, Level.B_LTA]
    assert document.state is DocumentState.ISSUED


@pytest.mark.parametrize("kind", ["ec", "rsa"])
def test_a_value_of_the_officials_own_token_goes_the_way_of_every_other(
    agency: SmallAgency, authority: Demonstration, token: OwnToken, rsa_token: OwnToken, kind: str
) -> None:
    own = token if kind == "ec" else rsa_token
    document = agency.submitted()
    made = ask(agency, document, own)
    waiting = give(agency, made, value_of(own, made))
    assert waiting.state is DocumentState.AWAITING_TIMESTAMP
    assert agency.register.waiting_jobs == [document.id]
    assert agency.advance(document).state is DocumentState.SIGNED
    done = issued(agency, document)
    demand_issued_with_two_signatures(agency, authority, done)
    assert agency.device.used == {"con-dau": 1}
    with agency.register() as register:
        assert [step.state for step in register.timeline(document.id)] == list(MAIN_PATH)


def test_a_whole_cms_object_gets_its_timestamp_and_is_issued(
    agency: SmallAgency, authority: Demonstration, token: OwnToken
) -> None:
    document = agency.submitted()
    made = ask(agency, document, token)
    give(agency, made, CmsObject(token.container(made.prepared.document_digest)))
    assert agency.advance(document).state is DocumentState.SIGNED
    demand_issued_with_two_signatures(agency, authority, issued(agency, document))


def test_a_whole_signed_file_gets_its_timestamp_and_is_issued(
    agency: SmallAgency, authority: Demonstration, rsa_token: OwnToken, tmp_path: Path
) -> None:
    document = agency.submitted()
    made = ask(agency, document, rsa_token)
    assert made.request.id is not None
    file = file_to_sign(outside=agency.outside(), actor=agency.signatory, request_id=made.request.id)
    give(agency, made, SignedPdf(rsa_token.signed(file, folder=tmp_path)))
    assert agency.advance(document).state is DocumentState.SIGNED
    done = issued(agency, document)
    demand_issued_with_two_signatures(agency, authority, done)
    assert agency.blobs.get(done.current.sha256).startswith(file)


@pytest.mark.parametrize("whole", ["value", "file"])
def test_a_number_given_first_is_in_what_the_officials_token_signs(
    agency: SmallAgency, authority: Demonstration, token: OwnToken, tmp_path: Path, whole: str
) -> None:
    form = '[[type]]\nname="Giấy phép"\nseries="GP"\nsymbol="GP-{agency}"\norder="number_first"\nretention=5'
    decide_types(
        uow=agency.register,
        clock=agency.clock,
        operator="kyso",
        agency=AGENCY,
        decisions=[one.decision(agency=AGENCY, abbreviation="UBND") for one in read_types(form)],
        year=agency.clock.now().year,
    )
    document = agency.submitted(document_type="Giấy phép", series="")
    with pytest.raises(WrongState, match="before its number"):
        ask(agency, document, token)
    request_number(uow=agency.register, clock=agency.clock, actor=agency.clerk, document_id=document.id, issued_on=None)
    made = ask(agency, document, token)
    assert made.request.id is not None
    file = file_to_sign(outside=agency.outside(), actor=agency.signatory, request_id=made.request.id)
    assert len(file) == document.current.length + made.request.filled > document.current.length
    assert (pypdf.PdfReader(BytesIO(file)).get_fields() or {})[NUMBER_FIELD].value == "01"
    given = value_of(token, made) if whole == "value" else SignedPdf(token.signed(file, folder=tmp_path))
    give(agency, made, given)
    assert agency.advance(document).state is DocumentState.SIGNED
    demand_issued_with_two_signatures(agency, authority, issued(agency, document))


@pytest.mark.parametrize("whole", ["value", "cms"])
def test_what_was_taken_outlives_an_authority_that_is_away(agency: SmallAgency, token: OwnToken, whole: str) -> None:
    document = agency.submitted()
    made = ask(agency, document, token)
    digest = made.prepared.document_digest
    give(agency, made, value_of(token, made) if whole == "value" else CmsObject(token.container(digest)))
    nobody = HttpTimestamper((), OnlineClient(), agency.outside().anchors)
    for _ in range(2):
        with pytest.raises(TimestampUnavailable):
            agency.advance(document, outside=replace(agency.outside(), timestamper=nobody))
        assert agency.read(document).state is DocumentState.AWAITING_TIMESTAMP
    assert agency.advance(document).state is DocumentState.SIGNED


def test_a_timestamp_that_came_with_the_signature_is_kept(agency: SmallAgency, token: OwnToken) -> None:
    document = agency.submitted()
    made = ask(agency, document, token)
    outside = agency.outside()
    container = token.container(made.prepared.document_digest)
    parts = outside.workshop.container_parts(container)
    own = outside.stamp(hashlib.sha256(parts.value).digest())
    give(agency, made, CmsObject(outside.workshop.with_timestamp(container, token=own)))
    with agency.register() as register:
        (kept,) = register.signature_requests(document.id)
    assert kept.timestamp == own.der
    assert agency.advance(document).state is DocumentState.SIGNED


def test_second_redemption_is_refused(agency: SmallAgency, token: OwnToken) -> None:
    made = ask(agency, agency.submitted(), token)
    value = value_of(token, made)
    give(agency, made, value)
    with pytest.raises(RequestRedeemed):
        give(agency, made, value)
    with pytest.raises(RequestRedeemed):
        give(agency, made, value_of(token, made))


def test_of_many_at_the_same_moment_one_is_taken(agency: SmallAgency, token: OwnToken) -> None:
    made = ask(agency, agency.submitted(), token)
    value = value_of(token, made)

    def attempt(_: int) -> str:
        try:
            return give(agency, made, value).state.value
        except RequestRedeemed as refusal:
            return refusal.code

    with ThreadPoolExecutor(8) as callers:
        outcomes = sorted(callers.map(attempt, range(8)))
    assert outcomes == ["awaiting_timestamp"] + ["signature-request-redeemed"] * 7


def test_the_same_answer_under_its_own_name_may_be_repeated(agency: SmallAgency, token: OwnToken) -> None:
    document = agency.submitted()
    made = ask(agency, document, token)
    value, name, outside = value_of(token, made), uuid4(), agency.outside()
    assert made.request.id is not None
    for _ in range(2):
        redeem(outside=outside, actor=agency.signatory, request_id=made.request.id, answer=value, answer_id=name)
    with agency.register() as register:
        assert [step.state for step in register.timeline(document.id)].count(DocumentState.SIGNING) == 1


def test_a_value_that_comes_too_late_is_refused(agency: SmallAgency, token: OwnToken) -> None:
    made = ask(agency, agency.submitted(), token)
    value = value_of(token, made)
    assert made.request.id is not None
    assert made.request.expires_at == made.request.created_at + LIFE
    late = SetClock(at=made.request.created_at + LIFE)
    with pytest.raises(RequestExpired):
        redeem(
            outside=replace(agency.outside(), clock=late),
            actor=agency.signatory,
            request_id=made.request.id,
            answer=value,
            answer_id=uuid4(),
        )
    give(agency, made, value)


def test_asking_again_gives_the_same_request_and_later_another(agency: SmallAgency, token: OwnToken) -> None:
    document = agency.submitted()
    first = ask(agency, document, token)
    assert ask(agency, document, token).request == first.request
    soon_over = SetClock(at=first.request.created_at + LIFE - timedelta(minutes=4))
    second = hand_out(
        outside=replace(agency.outside(), clock=soon_over),
        actor=agency.signatory,
        document_id=document.id,
        certificate=token.certificate,
        request_id=uuid4(),
    )
    assert second.request.id != first.request.id
    with pytest.raises(UnknownName):
        give(agency, first, value_of(token, first))


def test_a_certificate_that_is_not_on_file_for_the_official_gets_nothing_to_sign(
    agency: SmallAgency, authority: Demonstration, token: OwnToken, tmp_path_factory: pytest.TempPathFactory
) -> None:
    document = agency.submitted()
    stranger = own_token(tmp_path_factory.mktemp("other"), authority=authority.directory, name="Người Khác")
    with pytest.raises(CertificateNotEnrolled):
        ask(agency, document, stranger)
    colleague = Account("khac", AGENCY, "Người Khác", None, frozenset({Role.SIGNATORY}))
    with agency.register() as register:
        register.add_account(colleague, secret_hash="-")
    put_on_file(agency, authority, stranger, account="khac")
    with pytest.raises(CertificateNotEnrolled):
        ask(agency, document, stranger)
    with pytest.raises(NotCompetent):
        ask(agency, document, stranger, actor=colleague)
    made = ask(agency, document, token)
    with pytest.raises(NotCompetent):
        give(agency, made, value_of(token, made), actor=colleague)
    foreign = Account("la", "H01", "Người Lạ", None, frozenset(Role))
    with pytest.raises(UnknownName):
        give(agency, made, value_of(token, made), actor=foreign)


def test_a_withdrawn_certificate_signs_nothing_more(
    agency: SmallAgency, authority: Demonstration, token: OwnToken
) -> None:
    document = agency.submitted()
    made = ask(agency, document, token)
    name = put_on_file(agency, authority, token)
    for _ in range(2):
        assert withdraw(uow=agency.register, clock=agency.clock, operator="quản trị", name=name).withdrawn_at
    with pytest.raises(NotCompetent, match="withdrawn"):
        give(agency, made, value_of(token, made))
    with pytest.raises(NotCompetent, match="withdrawn"):
        ask(agency, document, token)
    with agency.register() as register, pytest.raises(NotCompetent, match="withdrawn"):
        signatory_credential(register, name, actor=agency.signatory, document=document)
    with pytest.raises(UnknownName):
        withdraw(uow=agency.register, clock=agency.clock, operator="quản trị", name="not-there")


def test_a_certificate_that_was_revoked_in_between_signs_nothing(
    agency: SmallAgency, authority: Demonstration, tmp_path_factory: pytest.TempPathFactory
) -> None:
    lost = own_token(tmp_path_factory.mktemp("lost"), authority=authority.directory)
    put_on_file(agency, authority, lost)
    document = agency.submitted()
    made = ask(agency, document, lost)
    serial = lost.certificate.x509.serial_number
    revoke(authority.directory, serial=serial, reason=x509.ReasonFlags.key_compromise, at=datetime.now(UTC))
    with pytest.raises(CertificateUnfit, match="revoked"):
        give(agency, made, value_of(lost, made))
    assert agency.read(document).state is DocumentState.SUBMITTED


def test_only_a_fit_certificate_of_a_signatory_can_be_enrolled(
    agency: SmallAgency, authority: Demonstration, token: OwnToken
) -> None:
    with pytest.raises(UnknownName):
        put_on_file(agency, authority, token, account="vanthu")
    with pytest.raises(CertificateUnfit, match="path"):
        enrol(
            uow=agency.register,
            clock=agency.clock,
            operator="quản trị",
            account="lanhdao",
            certificate=SigningCertificate(token.certificate.der),
            anchors=replace(authority.anchors, signing=()),
        )


def test_the_server_does_not_sign_with_a_key_that_it_does_not_have(
    agency: SmallAgency, authority: Demonstration, token: OwnToken
) -> None:
    document = agency.submitted()
    with pytest.raises(KeyElsewhere):
        request_signature(
            uow=agency.register,
            clock=agency.clock,
            actor=agency.signatory,
            document_id=document.id,
            credential=put_on_file(agency, authority, token),
        )


def test_a_document_that_moved_on_takes_no_value(agency: SmallAgency, token: OwnToken) -> None:
    document = agency.submitted()
    made = ask(agency, document, token)
    value = value_of(token, made)
    agency.ask_for_signature(document)
    with pytest.raises(WrongState):
        give(agency, made, value)
    with pytest.raises(WrongState):
        ask(agency, document, token)
    assert agency.advance(document).state is DocumentState.SIGNED
    with pytest.raises(UnknownName):
        give(agency, made, value)  # the signer's own request took its place


def test_a_returned_document_takes_no_value(agency: SmallAgency, token: OwnToken) -> None:
    document = agency.submitted()
    made = ask(agency, document, token)
    return_for_correction(
        uow=agency.register, clock=agency.clock, actor=agency.signatory, document_id=document.id, reason="Sai"
    )
    with pytest.raises(WrongState):
        give(agency, made, value_of(token, made))


def test_nothing_is_signed_that_was_swapped_in_between(agency: SmallAgency, token: OwnToken) -> None:
    """Figure 29 of the threats: the document is changed between its preview and its signature, a hundred times."""
    document = agency.submitted()
    made = ask(agency, document, token)
    value = value_of(token, made)
    assert made.request.id is not None
    for trial in range(TRIALS):
        with agency.register() as register:
            register.save_signature_request(swapped(made, trial))
        with pytest.raises((LintFailed, WrongSignatureValue, RevisionBroken, Overtaken)):
            give(agency, made, value)
    assert agency.read(document).state is DocumentState.SUBMITTED
    with agency.register() as register:
        register.save_signature_request(made.request)
    give(agency, made, value)


def swapped(made: HandedOut, trial: int) -> SignatureRequest:
    """The request as somebody who reaches the database would have it."""
    request = made.request
    changes: list[Callable[[], dict[str, object]]] = [
        lambda: {"increment": flipped(request.increment)},
        lambda: {"signed_attributes": flipped(request.signed_attributes)},
        lambda: {"document_digest": flipped(request.document_digest)},
        lambda: {"reserved_start": request.reserved_start + 2},
        lambda: {"increment": request.increment + b"% more\n"},
    ]
    return replace(request, **changes[trial % len(changes)]())  # type: ignore[arg-type]


def flipped(octets: bytes) -> bytes:
    place = secrets.randbelow(len(octets))
    return octets[:place] + bytes([octets[place] ^ (1 + secrets.randbelow(255))]) + octets[place + 1 :]


def test_wrong_answers_leave_the_request_as_it_was(
    agency: SmallAgency, token: OwnToken, rsa_token: OwnToken, tmp_path: Path
) -> None:
    document = agency.submitted()
    made = ask(agency, document, token)
    assert made.request.id is not None
    file = file_to_sign(outside=agency.outside(), actor=agency.signatory, request_id=made.request.id)
    wrong: list[tuple[TokenAnswer, type[Exception]]] = [
        (RawValue(token.value(bytes(32))), WrongSignatureValue),
        (RawValue(b""), WrongSignatureValue),
        (RawValue(bytes(64)), WrongSignatureValue),
        (value_of(rsa_token, made), WrongSignatureValue),
        (CmsObject(token.container(bytes(32))), ReturnedUnfit),
        (CmsObject(rsa_token.container(made.prepared.document_digest)), ReturnedUnfit),
        (CmsObject(b"0"), ReturnedUnfit),
        (SignedPdf(file), RevisionBroken),
        (SignedPdf(b"%PDF-1.7 another"), RevisionBroken),
        (SignedPdf(rsa_token.signed(file, folder=tmp_path)), ReturnedUnfit),
        (SignedPdf(token.signed(file, folder=tmp_path, field="SigSeal")), ReturnedUnfit),
        (SignedPdf(token.signed(file, folder=tmp_path, room=8192)), ReturnedUnfit),
    ]
    for answer, error in wrong:
        with pytest.raises(error):
            give(agency, made, answer)
    assert agency.read(document) == agency.read(document)
    assert give(agency, made, value_of(token, made)).state is DocumentState.AWAITING_TIMESTAMP


def test_officials_sign_one_after_the_other_each_with_their_own_token(
    agency: SmallAgency, authority: Demonstration, token: OwnToken, tmp_path_factory: pytest.TempPathFactory
) -> None:
    colleague = Account("truongphong", AGENCY, "Trưởng Phòng Mẫu", None, frozenset({Role.SIGNATORY}))
    with agency.register() as register:
        register.add_account(colleague, secret_hash="-")
    theirs = own_token(tmp_path_factory.mktemp("colleague"), authority=authority.directory, name="Trưởng Phòng Mẫu")
    put_on_file(agency, authority, theirs, account=colleague.id)
    document = agency.submitted(boxes=(None,), cosigners=(Cosigner(colleague.id, Part.INITIAL),))
    with pytest.raises(NotCompetent):
        ask(agency, document, token)
    first = ask(agency, document, theirs, actor=colleague)
    give(agency, first, value_of(theirs, first), actor=colleague)
    assert agency.advance(document).state is DocumentState.PARTLY_SIGNED
    second = ask(agency, document, token)
    give(agency, second, value_of(token, second))
    assert agency.advance(document).state is DocumentState.SIGNED
    assert issued(agency, document).state is DocumentState.ISSUED
