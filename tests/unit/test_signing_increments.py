"""What increments do to what is there: boxes stay to the last digit, metadata is left alone, empty pages do."""

from __future__ import annotations

from datetime import date
from io import BytesIO

import pypdf
import pytest
from pyhanko.pdf_utils.reader import PdfFileReader

from signing.complete import complete
from signing.compose import compose
from signing.fill import fill_cells
from signing.layout import DATE_FIELD, NUMBER_FIELD, SEAL_FIELD, SIGNATORY_FIELD, Box, OpenCells, layout_with_seal
from signing.prepare import prepare
from signing.profiles import Appearance, Certification, SignatureProfile
from tests.material import NOW, blank_pdf, picture, software_signer

# Millimetres that are no round number of points, as a typesetter reports them.
CELLS = OpenCells(
    number=Box(page=1, left=48.3, top=29.87, width=11.01, height=5.08),
    date=Box(page=1, left=127.59, top=29.87, width=52.08, height=5.08),
    signature=Box(page=1, left=83.51, top=90.13, width=50.01, height=22.03),
    code=Box(page=1, left=30.02, top=180.01, width=90.03, height=18.04),
)


def signed(pdf: bytes, *, field: str, colour: str, certification: Certification) -> bytes:
    signer = software_signer()
    profile = SignatureProfile(
        field_name=field,
        certification=certification,
        appearance=Appearance(picture(colour)),
        claimed_signing_time=NOW,
    )
    prepared = prepare(pdf, profile=profile, certificate=signer.certificate)
    return complete(prepared, value=signer.sign(prepared), token=None).onto(pdf)


def draft(*, rotation: int = 0) -> bytes:
    layout = layout_with_seal(CELLS, seal_diameter=36)
    return compose(blank_pdf(rotation=rotation), layout=layout, lookup_code="A", lookup_url="http://a/d/A")


def sealed(composed: bytes) -> bytes:
    first = signed(composed, field=SIGNATORY_FIELD, colour="blue", certification=Certification.FILL_FORMS)
    filled = fill_cells(first, number="05", issued_on=date(2026, 11, 23))
    return signed(filled, field=SEAL_FIELD, colour="red", certification=Certification.NONE)


def shapes(pdf: bytes) -> dict[str, tuple[list[float], list[float]]]:
    fields = PdfFileReader(BytesIO(pdf)).root["/AcroForm"]["/Fields"]
    forms = {str(field["/T"]): field["/AP"]["/N"] for field in (reference.get_object() for reference in fields)}
    return {name: (list(form["/BBox"]), list(form["/Matrix"])) for name, form in forms.items()}


@pytest.mark.parametrize("rotation", [0, 90, 180, 270])
def test_an_appearance_keeps_the_box_of_its_empty_cell(rotation: int) -> None:
    composed = draft(rotation=rotation)
    before = shapes(composed)
    assert set(before) == {NUMBER_FIELD, DATE_FIELD, SIGNATORY_FIELD, SEAL_FIELD}
    assert shapes(sealed(composed)) == before


def test_no_revision_writes_the_metadata_anew() -> None:
    composed = draft()
    increment = sealed(composed)[len(composed) :]
    assert b"/Metadata" not in increment
    assert b"/ModDate" not in increment


def test_a_page_without_content_gets_its_code_printed() -> None:
    empty = pypdf.PdfWriter()
    empty.add_blank_page(width=595.28, height=841.89)
    upload = BytesIO()
    empty.write(upload)
    layout = layout_with_seal(CELLS, seal_diameter=36)
    composed = compose(upload.getvalue(), layout=layout, lookup_code="0123-4567", lookup_url="http://a/d/A")
    assert "0123-4567" in pypdf.PdfReader(BytesIO(composed)).pages[0].extract_text()
