"""Two halves of a signature: what lies between them, and what can never be embedded."""

from __future__ import annotations

import hashlib
import subprocess
from dataclasses import replace
from datetime import date
from io import BytesIO
from typing import TYPE_CHECKING, Any

import pypdf
import pytest
from asn1crypto.x509 import Certificate
from cryptography.hazmat.primitives.serialization import Encoding
from pyhanko.pdf_utils.reader import PdfFileReader
from pyhanko.sign.validation import validate_pdf_signature
from pyhanko.sign.validation.status import SignatureCoverageLevel
from pyhanko_certvalidator import ValidationContext

from certs.algorithms import SignatureAlgorithm
from signing.complete import complete
from signing.compose import compose
from signing.errors import FieldUnavailable, LintFailed, ReservedRegionTooSmall, RevisionBroken, WrongSignatureValue
from signing.fill import fill_cells, issue_date_phrase
from signing.layout import DATE_FIELD, NUMBER_FIELD, SEAL_FIELD, SIGNATORY_FIELD, Box, Layout
from signing.linted import Linted, lint
from signing.prepare import prepare
from signing.prepared import Increment, SignatureValue
from signing.profiles import Appearance, Certification, SignatureProfile
from signing.source import Source
from tests.material import NOW, SoftwareSigner, blank_pdf, layout, picture, software_signer

if TYPE_CHECKING:
    from pathlib import Path

    from signing.prepared import PreparedSignature


def composed(upload: bytes | None = None, *, cells: Layout | None = None) -> bytes:
    return compose(
        upload or blank_pdf(),
        layout=cells or layout(),
        lookup_code="0123-4567-89AB-CDEF-G",
        lookup_url="http://127.0.0.1:8000/d/0123456789ABCDEFG",
    )


def prepared_signature(
    signer: SoftwareSigner, *, pdf: bytes | None = None, field: str = SIGNATORY_FIELD
) -> PreparedSignature:
    profile = SignatureProfile(
        field_name=field,
        algorithm=signer.algorithm,
        certification=Certification.FILL_FORMS if field == SIGNATORY_FIELD else Certification.NONE,
        appearance=Appearance(picture("blue")),
        claimed_signing_time=NOW,
    )
    return prepare(pdf or composed(), profile=profile, certificate=signer.certificate)


@pytest.fixture(scope="module")
def draft() -> bytes:
    return composed()


@pytest.fixture(scope="module")
def prepared(draft: bytes) -> PreparedSignature:
    return prepared_signature(software_signer(), pdf=draft)


def test_the_upload_stays_a_prefix_of_every_revision(prepared: PreparedSignature, draft: bytes) -> None:
    assert draft.startswith(blank_pdf())
    signed = complete(prepared, value=software_signer().sign(prepared), token=None).onto(draft)
    assert signed.startswith(draft)
    filled = fill_cells(signed, number="05", issued_on=date(2026, 11, 23))
    assert filled.startswith(signed)


def test_only_the_reserved_region_changes_when_a_signature_is_completed(
    prepared: PreparedSignature, draft: bytes
) -> None:
    before = prepared.placeholder.increment.onto(draft)
    signed = complete(prepared, value=software_signer().sign(prepared), token=None).onto(draft)
    start, end = prepared.placeholder.reserved.start, prepared.placeholder.reserved.end
    assert len(signed) == len(before)
    assert signed[: start + 1] == before[: start + 1]
    assert signed[end - 1 :] == before[end - 1 :]


def test_an_increment_fits_only_the_revision_it_was_written_for(prepared: PreparedSignature, draft: bytes) -> None:
    increment = complete(prepared, value=software_signer().sign(prepared), token=None)
    with pytest.raises(RevisionBroken):
        increment.onto(draft + b"\n")
    with pytest.raises(RevisionBroken):
        Increment(len(draft), b"").onto(draft)


def test_a_file_on_disk_is_signed_as_the_same_bytes_are(draft: bytes, tmp_path: Path) -> None:
    path = tmp_path / "draft.pdf"
    path.write_bytes(draft)
    signer = software_signer()
    profile = SignatureProfile(field_name=SIGNATORY_FIELD, certification=Certification.FILL_FORMS)
    with path.open("rb") as file:
        source = Source(file)
        half = prepare(source, profile=profile, certificate=signer.certificate)
        linted = lint(half, base=source).prepared
    increment = complete(linted, value=signer.sign(linted), token=None)
    lint(half, base=draft)
    with path.open("ab") as file:
        file.write(increment.octets)
    assert path.read_bytes() == increment.onto(draft)
    assert PdfFileReader(BytesIO(path.read_bytes())).embedded_signatures[0].compute_digest() == half.document_digest


def test_an_increment_begins_on_a_line_of_its_own() -> None:
    draft = composed().rstrip()
    assert draft.endswith(b"%%EOF")
    half = prepared_signature(software_signer(), pdf=draft)
    assert half.placeholder.increment.octets.startswith(b"\n")
    assert PdfFileReader(BytesIO(half.placeholder.increment.onto(draft))).root["/AcroForm"]["/SigFlags"] == 3


def test_a_wrong_value_is_never_embedded(prepared: PreparedSignature) -> None:
    right = software_signer().sign(prepared).octets
    wrong = bytes([right[0] ^ 1]) + right[1:]
    with pytest.raises(WrongSignatureValue):
        complete(prepared, value=SignatureValue(wrong), token=None)


def test_the_value_of_another_key_is_never_embedded(prepared: PreparedSignature) -> None:
    with pytest.raises(WrongSignatureValue):
        complete(prepared, value=software_signer(name="Người Khác").sign(prepared), token=None)


def test_a_value_of_another_kind_of_key_is_never_embedded(prepared: PreparedSignature) -> None:
    other = software_signer(SignatureAlgorithm.ECDSA_SHA256)
    with pytest.raises(WrongSignatureValue):
        complete(replace(prepared, certificate=other.certificate), value=software_signer().sign(prepared), token=None)


def test_a_container_that_does_not_fit_is_refused(prepared: PreparedSignature) -> None:
    reserved = prepared.placeholder.reserved
    gap = replace(prepared.placeholder, reserved=replace(reserved, end=reserved.start + 402))
    narrow = replace(prepared, placeholder=gap)
    with pytest.raises(ReservedRegionTooSmall):
        complete(narrow, value=software_signer().sign(prepared), token=None)


@pytest.mark.parametrize(
    "algorithm", [a for a in SignatureAlgorithm if a is not SignatureAlgorithm.ED25519], ids=lambda a: a.name
)
def test_openssl_verifies_the_container_over_the_byte_range(algorithm: SignatureAlgorithm, tmp_path: Path) -> None:
    signer = software_signer(algorithm)
    draft = composed()
    half = prepared_signature(signer, pdf=draft)
    pdf = complete(half, value=signer.sign(half), token=None).onto(draft)
    start, end = half.placeholder.reserved.start, half.placeholder.reserved.end
    (tmp_path / "content").write_bytes(pdf[:start] + pdf[end:])
    (tmp_path / "cms").write_bytes(bytes.fromhex(pdf[start + 1 : end - 1].decode()))
    (tmp_path / "anchor.pem").write_bytes(signer.certificate.x509.public_bytes(Encoding.PEM))
    command = (
        "openssl cms -verify -binary -inform DER -in cms -content content -CAfile anchor.pem -purpose any -out out"
    )
    answer = subprocess.run(
        [*command.split(), "-attime", str(int(NOW.timestamp()))],
        cwd=tmp_path,
        capture_output=True,
        text=True,
        check=False,
    )
    assert answer.returncode == 0, answer.stderr


@pytest.mark.parametrize("algorithm", list(SignatureAlgorithm), ids=lambda a: a.name)
def test_pyhanko_calls_the_signature_intact_and_valid(algorithm: SignatureAlgorithm) -> None:
    signer = software_signer(algorithm)
    draft = composed()
    half = prepared_signature(signer, pdf=draft)
    pdf = complete(half, value=signer.sign(half), token=None).onto(draft)
    signature = PdfFileReader(BytesIO(pdf)).embedded_signatures[0]
    anchors = ValidationContext(trust_roots=[Certificate.load(signer.certificate.der)], moment=NOW)
    status = validate_pdf_signature(signature, anchors)
    assert status.intact
    assert status.valid
    assert status.coverage is SignatureCoverageLevel.ENTIRE_FILE


def test_lint_accepts_what_prepare_made_and_nothing_else(prepared: PreparedSignature, draft: bytes) -> None:
    assert isinstance(lint(prepared, base=draft), Linted)
    with pytest.raises(RevisionBroken):
        lint(prepared, base=b"%PDF-1.7 another file")
    with pytest.raises(LintFailed):
        lint(prepared, base=draft[:-1] + b"x")
    with pytest.raises(LintFailed):
        lint(replace(prepared, document_digest=hashlib.sha256(b"another").digest()), base=draft)
    with pytest.raises(LintFailed):
        lint(replace(prepared, signed_attributes=prepared.signed_attributes[:-1] + b"\0"), base=draft)


@pytest.mark.parametrize("change", [(b"/Catalog", b"/Katalog"), (b"<000", b"<001"), (b"/ByteRange", b"/BiteRange")])
def test_lint_refuses_an_increment_that_was_touched(
    prepared: PreparedSignature, draft: bytes, change: tuple[bytes, bytes]
) -> None:
    placeholder = prepared.placeholder
    touched = placeholder.increment.octets.replace(*change)
    assert touched != placeholder.increment.octets
    swapped = replace(placeholder, increment=Increment(len(draft), touched))
    with pytest.raises(LintFailed):
        lint(replace(prepared, placeholder=swapped), base=draft)


def test_lint_refuses_a_gap_that_reaches_into_the_base(prepared: PreparedSignature, draft: bytes) -> None:
    early = replace(prepared.placeholder.reserved, start=len(draft) - 1)
    with pytest.raises(LintFailed):
        lint(replace(prepared, placeholder=replace(prepared.placeholder, reserved=early)), base=draft)


def test_nobody_else_makes_a_linted_signature(prepared: PreparedSignature) -> None:
    with pytest.raises(RuntimeError):
        Linted(prepared=prepared, _key=object())


def test_a_field_is_signed_once(prepared: PreparedSignature, draft: bytes) -> None:
    signed = complete(prepared, value=software_signer().sign(prepared), token=None).onto(draft)
    with pytest.raises(FieldUnavailable, match="already signed"):
        prepared_signature(software_signer(), pdf=signed)


def test_a_cell_is_filled_once_and_shows_what_it_stores() -> None:
    filled = fill_cells(composed(), number="05", issued_on=date(2026, 1, 5))
    with pytest.raises(FieldUnavailable, match="already filled"):
        fill_cells(filled, number="06", issued_on=date(2026, 1, 5))
    shown = {annotation["/T"]: _shown_text(annotation) for annotation in _annotations(filled) if annotation.get("/V")}
    assert shown == {NUMBER_FIELD: "05", DATE_FIELD: "ngày 05 tháng 01 năm 2026"}


def _annotations(pdf: bytes) -> list[dict[str, Any]]:
    """The first page's annotations, as pypdf reads them."""
    return [reference.get_object() for reference in pypdf.PdfReader(BytesIO(pdf)).pages[0]["/Annots"]]  # type: ignore[attr-defined]  # an array


def _shown_text(annotation: dict[str, Any]) -> str:
    """The appearance's text, read as a page of its own would be."""
    appearance = annotation["/AP"]["/N"]
    page = pypdf.PageObject.create_blank_page(width=300, height=30)
    page[pypdf.generic.NameObject("/Resources")] = appearance["/Resources"]
    page[pypdf.generic.NameObject("/Contents")] = appearance
    return page.extract_text().strip()


@pytest.mark.parametrize(
    ("day", "phrase"),
    [
        (date(2026, 1, 5), "ngày 05 tháng 01 năm 2026"),
        (date(2026, 2, 28), "ngày 28 tháng 02 năm 2026"),
        (date(2026, 6, 30), "ngày 30 tháng 6 năm 2026"),
        (date(2026, 11, 23), "ngày 23 tháng 11 năm 2026"),
    ],
)
def test_dates_are_written_as_decree_30_asks(day: date, phrase: str) -> None:
    assert issue_date_phrase(day) == phrase


def test_a_draft_with_our_fields_is_not_composed_again() -> None:
    with pytest.raises(FieldUnavailable):
        compose(composed(), layout=layout(), lookup_code="A", lookup_url="http://a/d/A")


@pytest.mark.parametrize("rotation", [0, 90, 180, 270])
def test_cells_stand_upright_on_rotated_and_cropped_pages(rotation: int) -> None:
    low = Box(page=1, left=110, top=120, width=50, height=22)
    cells = replace(layout(), signature=low, seal=low, code=Box(page=1, left=30, top=170, width=90, height=18))
    pdf = composed(blank_pdf(rotation=rotation, crop=(20, 30, 585, 830)), cells=cells)
    fields = {annotation["/T"]: annotation for annotation in _annotations(pdf)}
    assert set(fields) == {NUMBER_FIELD, DATE_FIELD, SIGNATORY_FIELD, SEAL_FIELD}
    llx, lly, urx, ury = fields[NUMBER_FIELD]["/Rect"]
    size = sorted(round(side / 72 * 25.4) for side in (urx - llx, ury - lly))
    assert size == [6, 12]
    assert (urx - llx > ury - lly) == (rotation in {0, 180})
