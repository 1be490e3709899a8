"""Ranges, waiting, credentials and the words of the public pages, as values."""

from __future__ import annotations

import asyncio
import base64
import hashlib
from dataclasses import replace
from datetime import UTC, date, datetime
from typing import TYPE_CHECKING

import pytest
from fastapi import Request

from api.callers.authentication import client_credentials
from api.client import multipart
from api.errors import ClientRefused, GrantUnsupported, MediaTypeUnsupported, RangeUnsatisfiable, RequestInvalid
from api.language import Language
from api.pages.texts import TEXTS
from api.pages.verdicts import (
    headline,
    moment_for_people,
    register_sentence,
    signature_card,
    size_for_people,
    state_banner,
)
from api.public_facts import PublicCopy, PublicFacts
from api.ranges import attachment, file_response
from api.register_check import RegisterCheck
from api.waiting import DEFAULT_WAIT, LONGEST_WAIT, Bell, Waited, settled, wait_of
from issuance.documents import DocumentState, Obstacle
from tests.register_material import new_document, settle_people
from tests.simulators.register import MemoryRegister
from verification.report import (
    ChangeClass,
    Changes,
    Coverage,
    Indication,
    Level,
    ReadMode,
    SignatureKind,
    SignatureReport,
    Signer,
    Text,
    ValidationReport,
    Verdict,
)

if TYPE_CHECKING:
    from issuance.documents import Document

FILE = bytes(range(256))
SHA256 = hashlib.sha256(FILE).hexdigest()
AT = datetime(2026, 11, 23, 20, 15, 42, tzinfo=UTC)


def request(**headers: str) -> Request:
    raw = [(name.replace("_", "-").encode(), value.encode()) for name, value in headers.items()]
    return Request({"type": "http", "method": "GET", "path": "/", "headers": raw})


@pytest.mark.parametrize(
    ("asked", "first", "last"),
    [
        ("bytes=0-0", 0, 0),
        ("bytes=10-19", 10, 19),
        ("bytes=250-", 250, 255),
        ("bytes=-6", 250, 255),
        ("bytes=-999", 0, 255),
        ("bytes=200-9999", 200, 255),
    ],
)
def test_one_range_is_served_in_part(asked: str, first: int, last: int) -> None:
    response = file_response(request(range=asked), FILE, sha256=SHA256, name="a.pdf")
    assert response.status_code == 206
    assert bytes(response.body) == FILE[first : last + 1]
    assert response.headers["content-range"] == f"bytes {first}-{last}/256"


@pytest.mark.parametrize("asked", ["bytes=5-2", "bytes=-", "bytes=0-1,4-5", "lines=1-2", "bytes=a-b", "x", ""])
def test_other_ranges_give_the_whole_file(asked: str) -> None:
    response = file_response(request(range=asked), FILE, sha256=SHA256, name="a.pdf")
    assert (response.status_code, bytes(response.body)) == (200, FILE)


@pytest.mark.parametrize("asked", ["bytes=256-", "bytes=999-1000", "bytes=-0"])
def test_a_range_outside_the_file_is_refused(asked: str) -> None:
    with pytest.raises(RangeUnsatisfiable):
        file_response(request(range=asked), FILE, sha256=SHA256, name="a.pdf")


def test_a_range_of_another_revision_gives_the_whole_file() -> None:
    asked = request(range="bytes=0-1", if_range='"other"')
    assert file_response(asked, FILE, sha256=SHA256, name="a.pdf").status_code == 200


@pytest.mark.parametrize("tag", [f'"{SHA256}"', f'W/"{SHA256}"', "*", f'"other", "{SHA256}"'])
def test_who_has_the_file_gets_304(tag: str) -> None:
    response = file_response(request(if_none_match=tag, range="bytes=0-1"), FILE, sha256=SHA256, name="a.pdf")
    assert (response.status_code, bytes(response.body)) == (304, b"")


@pytest.mark.parametrize(
    "name", ["05-TB-UBND.pdf", "Quyết định số 5.pdf", 'a"; filename="b.exe', "a\r\nX: y", "đ" * 400]
)
def test_a_name_never_leaves_its_header(name: str) -> None:
    header = attachment(name)
    assert header.isascii()
    assert header.isprintable()
    assert header.count('"') == 2
    assert header.startswith("attachment; filename=")


@pytest.mark.parametrize(
    ("prefer", "seconds"),
    [
        (None, DEFAULT_WAIT),
        ("wait=5", 5.0),
        ("respond-async, wait=7", 0.0),
        ("return=minimal; wait=3", 3.0),
        ('WAIT="9"', 9.0),
        ("wait=100000", LONGEST_WAIT),
        ("wait=-1", DEFAULT_WAIT),
        ("wait=abc", DEFAULT_WAIT),
    ],
)
def test_the_caller_says_how_long_to_wait(prefer: str | None, seconds: float) -> None:
    assert wait_of(prefer) == seconds


@pytest.fixture(scope="module")
def signing() -> Document:
    register = MemoryRegister()
    return replace(new_document(settle_people(register)), state=DocumentState.SIGNING)


def wait_through(begun: Document, *later: Document, seconds: float = 5.0) -> tuple[Document, bool, bool]:
    seen = list(later)

    async def read() -> Document:
        await asyncio.sleep(0)
        return seen.pop(0) if len(seen) > 1 else seen[0]

    async def wait() -> Waited:
        return await settled(begun, read=read, bell=Bell(lambda: False), seconds=seconds)

    waited = asyncio.run(wait())
    return waited.document, waited.stopped, waited.under_way


def test_waiting_ends_when_the_worker_is_done(signing: Document) -> None:
    stamping = replace(signing, state=DocumentState.AWAITING_TIMESTAMP)
    signed = replace(signing, state=DocumentState.SIGNED)
    assert wait_through(signing, signing, stamping, signed) == (signed, False, False)


def test_waiting_ends_at_a_new_obstacle_and_not_at_an_old_one(signing: Document) -> None:
    old = replace(signing, obstacle=Obstacle("device-failed", "it failed", AT))
    new = replace(signing, obstacle=Obstacle("device-failed", "it failed", AT.replace(minute=16)))
    assert wait_through(old, old, new) == (new, True, False)
    assert wait_through(old, old, seconds=0.05) == (old, False, True)


def test_who_does_not_wait_is_answered_at_once(signing: Document) -> None:
    assert wait_through(signing, signing, seconds=0) == (signing, False, True)


FORM = "application/x-www-form-urlencoded"


def basic(text: str) -> str:
    return "Basic " + base64.b64encode(text.encode()).decode()


def test_credentials_come_from_the_form_or_from_basic() -> None:
    body = b"grant_type=client_credentials&client_id=a%40b&client_secret=%C4%91"
    given = client_credentials(media_type=FORM, body=body, authorization=None)
    assert (given.client_id, given.secret) == ("a@b", "đ")
    given = client_credentials(
        media_type=FORM, body=b"grant_type=client_credentials", authorization=basic("a%40b:%C4%91")
    )
    assert (given.client_id, given.secret) == ("a@b", "đ")
    assert "đ" not in repr(given)


@pytest.mark.parametrize(
    ("media_type", "body", "authorization", "refusal"),
    [
        ("application/json", b"{}", None, MediaTypeUnsupported),
        (None, b"", None, MediaTypeUnsupported),
        (FORM, b"grant_type=password", None, GrantUnsupported),
        (FORM, b"", None, GrantUnsupported),
        (FORM, b"grant_type=client_credentials", None, ClientRefused),
        (FORM, b"grant_type=client_credentials&client_id=a", None, ClientRefused),
        (FORM, b"grant_type=client_credentials", "Bearer x", ClientRefused),
        (FORM, b"grant_type=client_credentials", "Basic !", ClientRefused),
        (FORM, b"grant_type=client_credentials", basic("a"), ClientRefused),
        (FORM, b"grant_type=client_credentials&client_id=a%00&client_secret=b", None, ClientRefused),
        (FORM, b"grant_type=client_credentials&client_id=a&client_id=b", None, RequestInvalid),
        (FORM, b"&".join(b"a%d=1" % n for n in range(99)), None, RequestInvalid),
        (FORM, b"\xff", None, RequestInvalid),
    ],
)
def test_a_bad_token_request_is_refused(
    media_type: str | None, body: bytes, authorization: str | None, refusal: type[Exception]
) -> None:
    with pytest.raises(refusal):
        client_credentials(media_type=media_type, body=body, authorization=authorization)


def test_a_clients_file_name_cannot_break_its_form() -> None:
    body, _ = multipart({}, file=b"x", name='a"\r\nX-Y: z')
    assert body.count(b"\r\n") == 6
    assert b'filename="a%22%0D%0AX-Y: z"' in body


def test_both_languages_say_the_same_things() -> None:
    assert set(TEXTS[Language.VI]) == set(TEXTS[Language.EN])
    for key in TEXTS[Language.VI]:
        assert ("{reason}" in TEXTS[Language.VI][key]) is ("{reason}" in TEXTS[Language.EN][key]), key


def test_every_state_of_a_signature_has_words() -> None:
    for texts in TEXTS.values():
        for prefix, members in (("verdict", Indication), ("level", Level), ("kind", SignatureKind)):
            assert all(f"{prefix}_{member.value}" in texts for member in members)


def report(indication: Indication, *, read: ReadMode = ReadMode.STRICT) -> ValidationReport:
    verdict = Verdict(indication, None, Text(vi="Lý do.", en="Reason."))
    return ValidationReport("a.pdf", SHA256, 10, 1, read, AT, "kyso@1", verdict)


def facts(state: DocumentState) -> PublicFacts:
    return PublicFacts("C", "H00", "Cơ quan", "Thông báo", state, "05/TB", date(2026, 11, 23), SHA256, ())


UNKNOWN = RegisterCheck(facts=None, same_bytes=None, code_given=False)
ISSUED = RegisterCheck(facts=facts(DocumentState.ISSUED), same_bytes=True, code_given=False)
OTHER_FILE = RegisterCheck(facts=facts(DocumentState.ISSUED), same_bytes=False, code_given=True)
EARLIER = RegisterCheck(facts=facts(DocumentState.ISSUED), same_bytes=False, code_given=False)
DRAFT = RegisterCheck(facts=facts(DocumentState.SIGNED), same_bytes=True, code_given=True)


@pytest.mark.parametrize(
    ("indication", "check", "tone", "key"),
    [
        (Indication.TOTAL_PASSED, ISSUED, "good", "headline_issued"),
        (Indication.INDETERMINATE, ISSUED, "unsure", "headline_issued_unsure"),
        (Indication.TOTAL_FAILED, ISSUED, "bad", "headline_failed"),
        (Indication.TOTAL_PASSED, UNKNOWN, "good", "headline_passed"),
        (Indication.INDETERMINATE, UNKNOWN, "unsure", "headline_indeterminate"),
        (Indication.TOTAL_FAILED, UNKNOWN, "bad", "headline_failed"),
        (Indication.NO_SIGNATURE_FOUND, UNKNOWN, "none", "headline_none"),
        (Indication.TOTAL_PASSED, OTHER_FILE, "bad", "headline_other"),
        (Indication.TOTAL_PASSED, EARLIER, "unsure", "headline_earlier"),
        (Indication.TOTAL_PASSED, DRAFT, "unsure", "headline_earlier"),
    ],
)
def test_the_headline_answers_what_was_asked(indication: Indication, check: RegisterCheck, tone: str, key: str) -> None:
    for language in Language:
        said = headline(report(indication), check, language)
        assert (said.tone, said.title) == (tone, TEXTS[language][key])
        assert "{" not in said.text
        assert register_sentence(check, language)


def test_an_unreadable_file_is_said_to_be_one() -> None:
    said = headline(report(Indication.INDETERMINATE, read=ReadMode.UNREADABLE), UNKNOWN, Language.VI)
    assert (said.tone, said.title) == ("none", "Không đọc được tệp này")


def test_a_card_says_who_when_and_whether_the_time_is_proven() -> None:
    signature = SignatureReport(
        field="SigSeal",
        kind=SignatureKind.SEAL,
        sub_filter=None,
        level=Level.B_LTA,
        verdict=Verdict(Indication.TOTAL_PASSED, None, Text("Hợp lệ.", "Valid.")),
        intact=False,
        valid=True,
        coverage=Coverage.ENTIRE_FILE,
        end=0,
        changes_after=Changes(ChangeClass.NONE),
        signer=Signer("CN=A", None, "Cơ quan", "1f", "O=Gốc,CN=CA số 1\\, cấp 2,C=VN", "0" * 64),
        claimed_signing_time=AT,
        best_signature_time=None,
        timestamps=(),
        algorithms=None,
        renew_before=None,
    )
    card = signature_card(signature, Language.VI)
    assert (card.who, card.organization, card.issuer) == ("CN=A", "Cơ quan", "CA số 1, cấp 2")
    assert (card.when, card.proven) == ("03:15:42, 24/11/2026 (giờ Việt Nam)", False)
    assert card.intact == "ĐÃ BỊ THAY ĐỔI sau khi ký"
    assert signature_card(replace(signature, best_signature_time=AT), Language.EN).proven


def test_times_and_sizes_are_those_of_vietnam() -> None:
    assert moment_for_people(AT, Language.EN) == "03:15:42, 24/11/2026 (Vietnam time)"
    assert size_for_people(1536, Language.VI) == "1,5 KB"
    assert size_for_people(3 * 1024 * 1024, Language.EN) == "3.0 MB"


@pytest.mark.parametrize(
    ("original", "banner", "key"),
    [
        (None, "good", "headline_issued"),
        (DocumentState.DELIVERED, "good", "headline_issued"),
        (DocumentState.REPLACED, "unsure", "original_gone"),
        (DocumentState.RECALLED, "unsure", "original_gone"),
    ],
)
def test_a_copy_is_no_better_than_its_original(original: DocumentState | None, banner: str, key: str) -> None:
    copied = PublicCopy(form="Sao y", original="Quyết định số 12", original_state=original, original_code=None)
    issued = replace(facts(DocumentState.ISSUED), copy=copied)
    assert state_banner(issued, Language.VI).tone == banner
    check = RegisterCheck(facts=issued, same_bytes=True, code_given=False)
    assert headline(report(Indication.TOTAL_PASSED), check, Language.VI).title == TEXTS[Language.VI][key]
    assert headline(report(Indication.TOTAL_FAILED), check, Language.VI).tone == "bad"
