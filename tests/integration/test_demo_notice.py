"""The sample notice is held to the layout rules of Decree 30/2020, Annex I, Part I, by measuring the finished page."""

from __future__ import annotations

import json
import math
import unicodedata
from dataclasses import dataclass
from datetime import UTC, datetime
from io import BytesIO
from pathlib import Path

import pypdf
import pypdfium2
import pytest
from fontTools.ttLib import TTFont

import api.demo
from api.demo.notice import Notice, notice_text, typeset_notice
from signing.layout import Box, layout_with_seal
from signing.typeface import VIETNAMESE_LETTERS, Style, TypefaceMissing, font_folder, typeface

MM = 25.4 / 72
WRITTEN_AT = datetime(2026, 11, 23, tzinfo=UTC)
PAGE_NUMBER_ZONE = 20.0
FOOTER_ZONE = 275.0


@dataclass(frozen=True, slots=True)
class Letter:
    """A visible character with its ink, in millimetres from the top left corner of its page."""

    page: int
    character: str
    left: float
    top: float
    right: float
    bottom: float


@pytest.fixture(scope="module")
def notice() -> Notice:
    return typeset_notice(created_at=WRITTEN_AT)


@pytest.fixture(scope="module")
def letters(notice: Notice) -> list[Letter]:
    return [letter for page in (1, 2) for letter in _letters(notice.pdf, page)]


def _letters(pdf: bytes, page_number: int) -> list[Letter]:
    page = pypdfium2.PdfDocument(pdf)[page_number - 1]
    height, text = page.get_height(), page.get_textpage()
    found = []
    for index in range(text.count_chars()):
        character = text.get_text_range(index, 1)
        left, bottom, right, top = text.get_charbox(index)
        if character.strip() and right > left:
            found.append(
                Letter(page_number, character, left * MM, (height - top) * MM, right * MM, (height - bottom) * MM)
            )
    return found


def _plain(text: str) -> str:
    return unicodedata.normalize("NFC", " ".join(text.split()))


def _page_text(pdf: bytes, page: int) -> str:
    return _plain(pypdfium2.PdfDocument(pdf)[page - 1].get_textpage().get_text_range().replace("\ufffe", "-"))


def _touched(box: Box, letters: list[Letter]) -> str:
    return "".join(
        letter.character
        for letter in letters
        if letter.page == box.page
        and letter.right > box.left
        and letter.left < box.left + box.width
        and letter.bottom > box.top
        and letter.top < box.top + box.height
    )


def test_the_notice_is_two_pages_of_a4(notice: Notice) -> None:
    pages = pypdf.PdfReader(BytesIO(notice.pdf)).pages
    sizes = [(float(page.mediabox.width) * MM, float(page.mediabox.height) * MM) for page in pages]
    assert [(round(width), round(height)) for width, height in sizes] == [(210, 297), (210, 297)]


def test_text_keeps_the_margins_of_the_decree(letters: list[Letter]) -> None:
    body = [letter for letter in letters if PAGE_NUMBER_ZONE < letter.top < FOOTER_ZONE]
    assert min(letter.left for letter in body) == pytest.approx(30, abs=0.1)
    assert max(letter.right for letter in body) == pytest.approx(195, abs=0.1)
    for page in (1, 2):
        assert 20 <= min(letter.top for letter in body if letter.page == page) < 25
        assert max(letter.bottom for letter in body if letter.page == page) <= 272


def test_the_page_number_stands_alone_in_the_top_margin_of_page_2(letters: list[Letter]) -> None:
    above = [letter for letter in letters if letter.bottom < PAGE_NUMBER_ZONE]
    assert [(letter.page, letter.character) for letter in above] == [(2, "2")]
    assert (above[0].left + above[0].right) / 2 == pytest.approx((30 + 195) / 2, abs=0.5)


def test_every_sentence_of_the_notice_is_on_its_pages(notice: Notice) -> None:
    source = json.loads((Path(api.demo.__file__).parent / "thong-bao.json").read_text(encoding="utf-8"))
    first, second = _page_text(notice.pdf, 1), _page_text(notice.pdf, 2).removeprefix("2 ")
    for paragraph in [*source["body"], *source["subject"], *source["authority"], source["signer"]]:
        assert _plain(paragraph) in first or _plain(paragraph) in second, paragraph
    for line in source["recipients"]:
        assert _plain(f"- {line}") in second


def test_both_pages_say_that_they_are_a_demonstration_copy(notice: Notice) -> None:
    for page in (1, 2):
        assert _page_text(notice.pdf, page).count("BẢN MẪU – không có giá trị pháp lý") == 1


def test_all_fonts_are_embedded_cuts_of_one_times_metric_family(notice: Notice) -> None:
    names = set()
    for page in pypdf.PdfReader(BytesIO(notice.pdf)).pages:
        for font in page["/Resources"]["/Font"].values():  # type: ignore[index]
            descendant = font["/DescendantFonts"][0]
            assert "/FontFile2" in descendant["/FontDescriptor"]
            assert "/ToUnicode" in font
            names.add(str(font["/BaseFont"]).partition("+")[2])
    assert names == {"LiberationSerif" + cut for cut in ("", "-Bold", "-Italic", "-BoldItalic")}


@pytest.mark.parametrize("style", Style)
def test_every_vietnamese_letter_has_a_glyph_with_ink(style: Style) -> None:
    font = TTFont(font_folder() / style.value)
    glyphs, outlines = font.getBestCmap(), font["glyf"]
    assert len(set(VIETNAMESE_LETTERS)) == 146
    for letter in VIETNAMESE_LETTERS:
        assert outlines[glyphs[ord(letter)]].numberOfContours != 0, letter


def test_a_missing_font_says_which_package_to_install(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("KYSO_FONT_DIR", str(tmp_path))
    with pytest.raises(TypefaceMissing, match="fonts-liberation2"):
        typeset_notice(created_at=WRITTEN_AT)


def test_open_cells_lie_on_free_space(notice: Notice, letters: list[Letter]) -> None:
    cells = notice.cells
    for box in (cells.number, cells.date, cells.signature, cells.code):
        assert _touched(box, letters) == ""


def test_the_round_seal_touches_no_letter(notice: Notice, letters: list[Letter]) -> None:
    seal = layout_with_seal(notice.cells, seal_diameter=36).seal
    radius = seal.width / 2
    x, y = seal.left + radius, seal.top + radius
    for letter in letters:
        if letter.page == seal.page:
            nearest = (min(max(x, letter.left), letter.right), min(max(y, letter.top), letter.bottom))
            assert math.dist((x, y), nearest) > radius, letter


def test_the_seal_covers_a_third_of_the_signature_to_its_left(notice: Notice) -> None:
    layout = layout_with_seal(notice.cells, seal_diameter=36)
    signature, seal = layout.signature, layout.seal
    assert seal.left + seal.width - signature.left == pytest.approx(signature.width / 3)
    assert seal.left < signature.left
    assert (seal.width, seal.height) == (36, 36)


def test_number_and_date_cells_are_within_their_lines(notice: Notice, letters: list[Letter]) -> None:
    number, date = notice.cells.number, notice.cells.date
    line = [letter for letter in letters if letter.page == 1 and date.top < letter.bottom < date.top + date.height]
    words = "".join(letter.character for letter in sorted(line, key=lambda letter: letter.left))
    assert words == "Số:/TB-UBNDTỉnhMẫu,"
    assert number.top == date.top
    assert typeface(Style.UPRIGHT, "8").width("8888", size=13) * MM < number.width
    widest = "ngày 20 tháng 10 năm 2026"
    assert typeface(Style.ITALIC, widest).width(widest, size=13) * MM < date.width
    comma = max(letter.right for letter in line if letter.right <= date.left + 0.5)
    slash = min(letter.left for letter in line if letter.character == "/")
    assert 0 < date.left - comma < 2
    assert 0 <= slash - (number.left + number.width) < 0.5


def test_the_code_lies_in_the_bottom_margin_of_page_1(notice: Notice, letters: list[Letter]) -> None:
    code = notice.cells.code
    assert (code.page, code.left) == (1, 30)
    assert code.top + code.height <= 297 - 5
    text_above = max(letter.bottom for letter in letters if letter.page == 1 and letter.bottom < FOOTER_ZONE)
    assert code.top - text_above > 2


def test_the_same_second_gives_the_same_bytes(notice: Notice) -> None:
    assert typeset_notice(created_at=WRITTEN_AT.replace(microsecond=123_456)).pdf == notice.pdf


def test_the_file_is_tagged_titled_and_in_vietnamese(notice: Notice) -> None:
    reader = pypdf.PdfReader(BytesIO(notice.pdf))
    assert reader.metadata is not None
    assert str(reader.metadata.title).startswith("THÔNG BÁO: Kết luận")
    assert reader.root_object["/MarkInfo"]["/Marked"].value is True  # type: ignore[index]
    assert str(reader.root_object["/Lang"]).startswith("vi")


def test_the_register_gets_the_notice_in_its_own_words() -> None:
    text = notice_text()
    assert text.document_type == "Thông báo"
    assert text.symbol == "TB-UBND"
    assert text.recipients[-1].startswith("Lưu: VT")
