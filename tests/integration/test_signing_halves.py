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
from signing.prepared import SignatureValue
from signing.profiles import Appearance, Certification, SignatureProfile
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
def prepared() -> PreparedSignature:
    return prepared_signature(software_signer())


def test_the_upload_stays_a_prefix_of_every_revision(prepared: PreparedSignature) -> None:
    upload = blank_pdf()
    draft = compose(upload, layout=layout(), lookup_code="A", lookup_url="http://a/d/A")
    assert draft.startswith(upload)
    signed = complete(prepared, value=software_signer().sign(prepared), token=None).pdf
    filled = fill_cells(signed, number="05", issued_on=date(2026, 11, 23))
    assert filled.startswith(signed)


def test_only_the_reserved_region_changes_when_a_signature_is_completed(prepared: PreparedSignature) -> None:
    signed = complete(prepared, value=software_signer().sign(prepared), token=None).pdf
    start, end = prepared.reserved.start, prepared.reserved.end
    assert len(signed) == len(prepared.pdf)
    assert signed[: start + 1] == prepared.pdf[: start + 1]
    assert signed[end - 1 :] == prepared.pdf[end - 1 :]


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
    narrow = replace(prepared, reserved=replace(prepared.reserved, end=prepared.reserved.start + 402))
    with pytest.raises(ReservedRegionTooSmall):
        complete(narrow, value=software_signer().sign(prepared), token=None)


@pytest.mark.parametrize(
    "algorithm", [a for a in SignatureAlgorithm if a is not SignatureAlgorithm.ED25519], ids=lambda a: a.name
)
def test_openssl_verifies_the_container_over_the_byte_range(algorithm: SignatureAlgorithm, tmp_path: Path) -> None:
    signer = software_signer(algorithm)
    half = prepared_signature(signer)
    pdf = complete(half, value=signer.sign(half), token=None).pdf
    start, end = half.reserved.start, half.reserved.end
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
    half = prepared_signature(signer)
    pdf = complete(half, value=signer.sign(half), token=None).pdf
    signature = PdfFileReader(BytesIO(pdf)).embedded_signatures[0]
    anchors = ValidationContext(trust_roots=[Certificate.load(signer.certificate.der)], moment=NOW)
    status = validate_pdf_signature(signature, anchors)
    assert status.intact
    assert status.valid
    assert status.coverage is SignatureCoverageLevel.ENTIRE_FILE


def test_lint_accepts_what_prepare_made_and_nothing_else(prepared: PreparedSignature) -> None:
    base = prepared.pdf[: prepared.reserved.start - 2000]
    assert isinstance(lint(prepared, base=base), Linted)
    with pytest.raises(RevisionBroken):
        lint(prepared, base=b"%PDF-1.7 another file")
    with pytest.raises(LintFailed):
        lint(replace(prepared, document_digest=hashlib.sha256(b"another").digest()), base=base)
    with pytest.raises(LintFailed):
        lint(replace(prepared, signed_attributes=prepared.signed_attributes[:-1] + b"\0"), base=base)
    with pytest.raises(LintFailed):
        lint(prepared, base=prepared.pdf[:-1])
    swapped = prepared.pdf.replace(b"/SigSignatory", b"/SigSignatorx") + b" "
    with pytest.raises(LintFailed):
        lint(replace(prepared, pdf=swapped), base=swapped[:100])


def test_nobody_else_makes_a_linted_signature(prepared: PreparedSignature) -> None:
    with pytest.raises(RuntimeError):
        Linted(prepared=prepared, _key=object())


def test_a_field_is_signed_once(prepared: PreparedSignature) -> None:
    signed = complete(prepared, value=software_signer().sign(prepared), token=None).pdf
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
