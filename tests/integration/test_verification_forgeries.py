"""Forged, damaged and odd files: none of them passes, and each gets a structured answer."""

from __future__ import annotations

import random
from io import BytesIO
from typing import TYPE_CHECKING

import pypdf
import pytest

from certs.revocation import EMPTY
from tests import forger
from tests.notary import (
    CHECKED_AT,
    DATE,
    GATHERED_AT,
    SEAL,
    SEALED_AT,
    SIGNATORY,
    SIGNED_AT,
    Cell,
    Notary,
    Person,
    draft,
    fill,
)
from verification.report import ChangeClass, Coverage, Indication, ReadMode, SubIndication, ValidationReport
from verification.validate import validate

if TYPE_CHECKING:
    from collections.abc import Callable


@pytest.fixture(scope="module")
def notary(tmp_path_factory: pytest.TempPathFactory) -> Notary:
    return Notary(tmp_path_factory.mktemp("keys"))


@pytest.fixture(scope="module")
def issued(notary: Notary) -> bytes:
    return notary.issued()


@pytest.fixture(scope="module")
def signed(notary: Notary) -> bytes:
    return notary.sign(draft(), SIGNATORY, at=SIGNED_AT, certify=True)


def judged(notary: Notary, pdf: bytes) -> ValidationReport:
    """Under the best circumstances that the file could have."""
    known = notary.revocation("signatory", "seal", at=GATHERED_AT)
    return validate(pdf, anchors=notary.anchors, known=known, at=CHECKED_AT)


@pytest.mark.parametrize(
    "forge",
    [
        forger.with_other_value,
        forger.with_other_picture,
        forger.with_text_over_the_page,
        forger.with_content_replaced,
        forger.with_annotation,
        forger.with_seal_moved,
        forger.with_signature_in_another_field,
        forger.with_archive_field_forgotten,
        forger.with_byte_range_moved,
    ],
)
def test_a_forged_document_fails(issued: bytes, notary: Notary, forge: Callable[[bytes], bytes]) -> None:
    report = judged(notary, forge(issued))
    assert report.indication is Indication.TOTAL_FAILED
    assert report.sub_indication in {SubIndication.FORMAT_FAILURE, SubIndication.HASH_FAILURE}


def test_the_seal_says_what_was_changed_behind_it(issued: bytes, notary: Notary) -> None:
    signatory, seal, _ = judged(notary, forger.with_other_value(issued)).signatures
    assert seal.changes_after.change_class is ChangeClass.UNDEFINED
    assert seal.indication is Indication.TOTAL_FAILED
    assert seal.intact
    assert signatory.indication is Indication.TOTAL_PASSED


def test_a_number_that_is_stored_but_not_shown_fails_though_the_seal_covers_it(signed: bytes, notary: Notary) -> None:
    pdf = fill(fill(signed, Cell("DocNumber", "123", "999")), DATE)
    report = judged(notary, notary.sign(pdf, SEAL, at=SEALED_AT))
    assert report.indication is Indication.TOTAL_FAILED
    assert "value-not-shown" in {warning.code for warning in report.warnings}


def test_a_number_filled_in_without_a_seal_over_it_fails(signed: bytes, notary: Notary) -> None:
    report = judged(notary, fill(signed, Cell("DocNumber", "123", "123")))
    assert report.indication is Indication.TOTAL_FAILED
    assert report.signatures[0].indication is Indication.TOTAL_PASSED


def test_two_fields_with_one_signature_are_both_refused(signed: bytes, notary: Notary) -> None:
    report = judged(notary, forger.with_signature_in_another_field(signed))
    assert [(s.field, s.indication) for s in report.signatures] == [
        ("SigSignatory", Indication.TOTAL_FAILED),
        ("Copy", Indication.TOTAL_FAILED),
    ]


def test_a_strangers_signature_is_reported_and_spoils_the_file(issued: bytes, notary: Notary) -> None:
    report = judged(notary, notary.sign(issued, Person("stranger", "Stranger")))
    assert report.signatures[-1].field == "Stranger"
    assert report.signatures[-1].indication is Indication.INDETERMINATE
    assert report.indication is Indication.TOTAL_FAILED  # the seal allows no further signature


def test_a_stripped_archive_is_seen_in_the_level(issued: bytes, notary: Notary) -> None:
    earlier = issued[: issued.rindex(b"%%EOF", 0, -10) + 6]
    report = judged(notary, earlier)
    assert {s.level.value for s in report.signatures} == {"B_LT"}
    assert "Archive1" not in {s.field for s in report.signatures}


def test_bytes_after_the_end_are_pointed_out(issued: bytes, notary: Notary) -> None:
    report = judged(notary, issued + b"<html>")
    assert [warning.code for warning in report.warnings] == ["bytes-after-end"]
    assert judged(notary, issued + b"\r\n").warnings == ()


def test_bytes_before_the_header_are_pointed_out(issued: bytes, notary: Notary) -> None:
    report = judged(notary, b"GIF89a" + issued)
    assert report.read is ReadMode.LAX
    assert "bytes-before-header" in {warning.code for warning in report.warnings}
    assert report.length == len(issued) + 6


def test_a_partly_covering_signature_is_named_so(signed: bytes, notary: Notary) -> None:
    report = judged(notary, forger.with_byte_range_moved(signed))
    assert report.signatures[0].coverage is Coverage.PARTIAL
    assert report.indication is Indication.TOTAL_FAILED


@pytest.mark.parametrize(
    "pdf",
    [
        b"",
        b"%PDF-1.7\n%%EOF\n",
        random.Random(1).randbytes(5000),
        b"PK\x03\x04" + bytes(4000),
        b"%PDF-1.7\n" + b"[" * 100_000,
        b"%PDF-1.7\n1 0 obj\n" + b"<</A " * 50_000 + b"\nstartxref\n9\n%%EOF\n",
    ],
    ids=["empty", "hollow", "noise", "archive", "brackets", "nested"],
)
def test_what_is_no_pdf_is_unreadable_and_nothing_worse(notary: Notary, pdf: bytes) -> None:
    report = judged(notary, pdf)
    assert report.read is ReadMode.UNREADABLE
    assert (report.indication, report.sub_indication) == (Indication.INDETERMINATE, SubIndication.FORMAT_FAILURE)


def test_what_is_damaged_is_unreadable_and_nothing_worse(issued: bytes, notary: Notary) -> None:
    quarter, without_end = issued[: len(issued) // 4], issued[:-20]
    for damaged in (quarter, without_end, issued.replace(b"startxref", b"startxreg"), issued + b"%%EOF\n"):
        assert judged(notary, damaged).read is ReadMode.UNREADABLE


def test_a_file_under_a_password_is_called_so(notary: Notary) -> None:
    report = judged(notary, _encrypted(user="secret"))
    assert report.read is ReadMode.UNREADABLE
    assert "mật khẩu" in report.reason.vi


def test_a_file_that_opens_without_its_password_is_read(notary: Notary) -> None:
    assert judged(notary, _encrypted(user="")).indication is Indication.NO_SIGNATURE_FOUND


def test_a_damaged_signature_does_not_hide_the_others(issued: bytes, notary: Notary) -> None:
    first = issued.index(b"/Contents <") + len(b"/Contents <")
    report = judged(notary, issued[:first] + b"ff" + issued[first + 2 :])
    assert [s.field for s in report.signatures] == ["SigSignatory", "SigSeal", "Archive1"]
    assert report.signatures[0].indication is Indication.TOTAL_FAILED
    assert report.signatures[0].intact is None
    assert report.signatures[1].sub_indication is SubIndication.HASH_FAILURE


def test_a_signature_with_bytes_behind_its_cms_object_is_refused(notary: Notary) -> None:
    pdf = notary.sign(draft(), SIGNATORY, at=SIGNED_AT)
    end = pdf.index(b">", pdf.index(b"/Contents <"))
    report = judged(notary, pdf[: end - 2] + b"aa" + pdf[end:])
    assert report.indication is Indication.TOTAL_FAILED


def _encrypted(*, user: str) -> bytes:
    writer, output = pypdf.PdfWriter(clone_from=BytesIO(draft())), BytesIO()
    writer.encrypt(user, "owner", algorithm="AES-256")
    writer.write(output)
    return output.getvalue()


def test_the_empty_knowledge_is_enough_for_an_issued_document(issued: bytes, notary: Notary) -> None:
    report = validate(issued, anchors=notary.anchors, known=EMPTY, at=CHECKED_AT)
    assert report.indication is Indication.TOTAL_PASSED
