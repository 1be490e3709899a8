"""What signatures show and where: beside golden pictures, on pages of every orientation."""

from __future__ import annotations

from functools import lru_cache
from io import BytesIO
from typing import TYPE_CHECKING

import pypdf
import pytest
import typst

from certs.algorithms import SignatureAlgorithm
from signing.copy_form import CopyForm
from signing.display_rules import attachment_text, copy_text, corner_box
from signing.errors import AppearanceUnfit, NoPlace
from signing.layout import Box
from signing.new_field import add_signature_field
from signing.placement import signature_box
from signing.prepare import prepare
from signing.profiles import Appearance, SignatureProfile
from signing.stamps import TEXT_SIZE
from tests.golden_pictures import looks_as_it_should, share_that_differs
from tests.input_kinds import typeset
from tests.material import NOW, picture, software_signer

if TYPE_CHECKING:
    from pathlib import Path

TITLE, SIGNER = "TM. Ủy ban nhân dân Chủ tịch", "Nguyễn Văn An"
TEXTS = {
    "attachment": attachment_text(number="125/QĐ-UBND", at=NOW),
    "copy": copy_text(CopyForm.TRUE_COPY, agency="Sở Tư pháp tỉnh Thừa Thiên Huế", at=NOW),
}
_LETTER = """
#set page(paper: "a4", margin: 25mm)
#set text(lang: "vi", font: "Liberation Serif", size: 13pt)
Kính gửi: Nguyễn Văn An, Chủ tịch.
#v(80mm)
#grid(columns: (1fr, 1fr), [*Nơi nhận:*],
  align(center)[*TM. ỦY BAN NHÂN DÂN\\ CHỦ TỊCH* #v(GAP) *Nguyễn Văn An*])
AFTER
"""


@lru_cache(maxsize=8)
def letter(*, gap: str = "24mm", after: str = "") -> bytes:
    source = _LETTER.replace("GAP", gap).replace("AFTER", after).encode()
    return bytes(typst.compile(source, format="pdf"))


def turned(pdf: bytes, angle: int) -> bytes:
    """The same to the eye, on a sheet that lies turned in the file."""
    writer = pypdf.PdfWriter()
    page = writer.add_page(pypdf.PdfReader(BytesIO(pdf)).pages[0])
    page.rotate(-angle)
    page.transfer_rotation_to_content()
    page.rotate(angle)
    output = BytesIO()
    writer.write(output)
    return output.getvalue()


def shown(pdf: bytes, appearance: Appearance, *, box: Box) -> bytes:
    """The document with a field in this place and what its signature shows."""
    signer = software_signer(SignatureAlgorithm.ECDSA_SHA256)
    base = add_signature_field(pdf, field_name="Shown", box=box)
    profile = SignatureProfile(field_name="Shown", algorithm=signer.algorithm, appearance=appearance)
    return prepare(base, profile=profile, certificate=signer.certificate).placeholder.increment.onto(base)


@pytest.mark.parametrize("angle", [0, 90, 180, 270])
def test_the_signature_goes_between_title_and_name_however_the_sheet_lies(angle: int, tmp_path: Path) -> None:
    pdf = turned(letter(), angle)
    box = signature_box(pdf, title=TITLE, signer=SIGNER)
    assert (round(box.left), round(box.top), box.width, box.height) == (120, 126, 50.0, 22.0)
    signed = shown(pdf, Appearance(png=picture("blue")), box=box)
    assert looks_as_it_should(signed, "between-title-and-name", box=box, folder=tmp_path)


@pytest.mark.parametrize("angle", [0, 90])
def test_a_page_that_inherits_its_size_has_the_signature_in_the_same_place(angle: int) -> None:
    writer = pypdf.PdfWriter(clone_from=BytesIO(turned(letter(), angle)))
    page = writer.pages[0]
    above = page["/Parent"].get_object()
    assert isinstance(above, pypdf.generic.DictionaryObject)
    for name in ("/MediaBox", "/CropBox"):
        if name in page:
            above[pypdf.generic.NameObject(name)] = page.raw_get(name)
            del page[name]
    output = BytesIO()
    writer.write(output)
    inherited = signature_box(output.getvalue(), title=TITLE, signer=SIGNER)
    assert inherited == signature_box(turned(letter(), angle), title=TITLE, signer=SIGNER)


@pytest.mark.parametrize("angle", [0, 90, 180, 270])
@pytest.mark.parametrize("kind", TEXTS)
def test_attachments_and_copies_say_it_at_the_top_right_of_page_one(kind: str, angle: int, tmp_path: Path) -> None:
    pdf = turned(letter(), angle)
    box = corner_box(pdf)
    signed = shown(pdf, Appearance(text=TEXTS[kind]), box=box)
    assert looks_as_it_should(signed, f"corner-{kind}", box=box, folder=tmp_path)


def test_a_golden_picture_tells_what_is_missing(tmp_path: Path) -> None:
    box = signature_box(letter(), title=TITLE, signer=SIGNER)
    assert share_that_differs(letter(), "between-title-and-name", box=box, folder=tmp_path) > 0.03
    assert share_that_differs(letter(), "corner-copy", box=corner_box(letter()), folder=tmp_path) > 0.02


def test_the_texts_are_worded_as_the_decree_shows_them() -> None:
    assert TEXTS["attachment"] == "Số: 125/QĐ-UBND; 2026-11-23T09:15:42+07:00"
    assert TEXTS["copy"] == "Sao y; Sở Tư pháp tỉnh Thừa Thiên Huế; 2026-11-23T09:15:42+07:00"


def test_the_text_can_be_read_back_and_keeps_its_size() -> None:
    signed = shown(letter(), Appearance(text=TEXTS["copy"]), box=corner_box(letter()))
    annotation = pypdf.PdfReader(BytesIO(signed)).pages[0]["/Annots"][0].get_object()  # type: ignore[index]
    form = annotation["/AP"]["/N"]
    assert f"/F {TEXT_SIZE:.0f} Tf".encode() in form.get_data()
    page = pypdf.PageObject.create_blank_page(width=300, height=50)
    page[pypdf.generic.NameObject("/Resources")] = form["/Resources"]
    page[pypdf.generic.NameObject("/Contents")] = form
    assert " ".join(page.extract_text().split()) == TEXTS["copy"]


def test_a_text_is_refused_rather_than_made_small() -> None:
    narrow = Box(page=1, left=20, top=20, width=10, height=10)
    low = Box(page=1, left=20, top=20, width=60, height=5)
    for box in (narrow, low):
        with pytest.raises(AppearanceUnfit):
            shown(letter(), Appearance(text=TEXTS["copy"]), box=box)
    with pytest.raises(AppearanceUnfit, match="no glyph"):
        shown(letter(), Appearance(text="印"), box=corner_box(letter()))


@pytest.mark.parametrize(
    ("pdf", "title", "signer", "reason"),
    [
        (letter(), TITLE, "Trần Thị Bình", "no page has"),
        (letter(), "KT. Chủ tịch", SIGNER, "no page has"),
        (letter(), "", SIGNER, "are needed"),
        (letter(gap="2mm"), TITLE, SIGNER, "mm are free"),
        (typeset("1.7"), TITLE, SIGNER, "no page has"),
    ],
)
def test_no_place_is_guessed(pdf: bytes, title: str, signer: str, reason: str) -> None:
    with pytest.raises(NoPlace, match=reason):
        signature_box(pdf, title=title, signer=signer)


def test_the_last_page_with_both_decides() -> None:
    pdf = letter(
        after="#pagebreak()\n#v(100mm)\n#align(center)[*TM. ỦY BAN NHÂN DÂN\\\nCHỦ TỊCH*\n#v(24mm)\n*Nguyễn Văn An*]"
    )
    assert signature_box(pdf, title=TITLE, signer=SIGNER).page == 2


def test_a_field_can_be_opened_on_any_page_in_millimetres() -> None:
    pdf = letter(after="#pagebreak()\nTrang hai")
    box = Box(page=2, left=30, top=40, width=50, height=22)
    opened = add_signature_field(pdf, field_name="Second", box=box)
    annotation = pypdf.PdfReader(BytesIO(opened)).pages[1]["/Annots"][0].get_object()  # type: ignore[index]
    llx, lly, urx, ury = (float(side) / 72 * 25.4 for side in annotation["/Rect"])
    assert [round(side) for side in (llx, lly, urx - llx, ury - lly)] == [30, 297 - 40 - 22, 50, 22]
    with pytest.raises(NoPlace):
        add_signature_field(pdf, field_name="Third", box=Box(page=3, left=30, top=40, width=50, height=22))
