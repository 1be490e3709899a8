"""Cells read by the strict reader: as we write them and nothing else, never otherwise than the second reader."""

from __future__ import annotations

from datetime import date
from io import BytesIO

import pypdf
import pytest

from signing.compose import compose
from signing.fill import fill_cells
from signing.layout import DATE_FIELD, NUMBER_FIELD
from tests.material import blank_pdf, layout
from tests.vectors.paper import NUMBER, appended, draft, edited, size_of, stream
from verification import cells
from verification.plain_cells import shown_in_cells

NAMES = {NUMBER_FIELD: "", DATE_FIELD: ""}
CODE = "0000-0000-0000-0000-0"
DAYS = [date(2026, 11, 26), date(2027, 1, 5), date(2030, 2, 10)]
TEXT = b"/Tx BMC q BT 0 g /F 13.00 Tf 18.181 2.813 Td %b Tj ET Q EMC"
FORM = b"/Type /XObject /Subtype /Form /BBox [0 0 80 20]"
FONT = b"/Type /Font /Subtype /Type0 /BaseFont /N /Encoding /Identity-H"
MAP = b"".join(
    (
        b"/CIDInit /ProcSet findresource begin\n12 dict begin\nbegincmap\n",
        b"/CIDSystemInfo << /Registry (Adobe) /Ordering (UCS) /Supplement 0 >> def\n",
        b"/CMapName /Adobe-Identity-UCS def\n/CMapType 2 def\n",
        b"1 begincodespacerange\n<0000> <FFFF>\nendcodespacerange\n",
        b"2 beginbfchar\n<0001> <0030>\n<0006> <0035>\nendbfchar\n",
        b"endcmap\nCMapName currentdict /CMap defineresource pop\nend\nend\n",
    )
)


@pytest.fixture(scope="module")
def composed() -> bytes:
    return compose(blank_pdf(), layout=layout(), lookup_code=CODE, lookup_url=f"http://localhost/d/{CODE}")


def cell(
    content: bytes = TEXT % b"<00010006>",
    *,
    letters: bytes = MAP,
    font: bytes = FONT,
    fonts: bytes = b"/F %d 0 R",
    entries: bytes = b"/AP << /N %d 0 R >>",
    flags: bytes = b"4",
) -> bytes:
    """The draft with a picture in its number cell."""
    pdf = draft()
    picture, field = size_of(pdf), edited(pdf, NUMBER, b"/F 4", b"/F " + flags)
    descendant = b"<< /Type /Font /Subtype /CIDFontType2 /BaseFont /N /DW 500 >>"
    return appended(
        pdf,
        {
            NUMBER: field.replace(b"/FT /Tx", b"/FT /Tx " + (entries % picture if b"%" in entries else entries)),
            picture: stream(content, FORM + b"/Resources << /Font << " + fonts % (picture + 1) + b" >> >>"),
            picture + 1: b"<< %b /DescendantFonts [%s] /ToUnicode %d 0 R >>" % (font, descendant, picture + 2),
            picture + 2: stream(letters),
        },
    )


def by_the_second_reader(pdf: bytes) -> dict[str, str]:
    return dict(cells._shown_cells(pypdf.PdfReader(BytesIO(pdf)), NAMES))


def test_cells_that_wait_for_number_and_date_show_nothing(composed: bytes) -> None:
    assert shown_in_cells(composed, NAMES) == NAMES


def test_a_file_without_these_cells_has_none_that_shows_anything() -> None:
    assert shown_in_cells(draft(), {"another"}) == {}


@pytest.mark.parametrize("day", DAYS)
def test_what_is_filled_in_is_read_as_the_second_reader_reads_it(composed: bytes, day: date) -> None:
    filled = fill_cells(composed, number="0459", issued_on=day)
    shown = shown_in_cells(filled, NAMES)
    assert shown is not None
    assert shown[NUMBER_FIELD] == "0459"
    assert set(shown[DATE_FIELD]) > set("ngày tháng năm")
    assert {name: text.split() for name, text in by_the_second_reader(filled).items()} == {
        name: text.split() for name, text in shown.items()
    }


def test_a_filled_cell_is_in_agreement_without_the_second_reader(
    composed: bytes, monkeypatch: pytest.MonkeyPatch
) -> None:
    filled = fill_cells(composed, number="05", issued_on=DAYS[0])
    values = shown_in_cells(filled, NAMES)
    assert values is not None
    monkeypatch.setattr(pypdf, "PdfReader", None)
    assert cells.cells_in_disagreement(filled, values) == ()


def test_another_value_is_in_disagreement(composed: bytes) -> None:
    filled = fill_cells(composed, number="05", issued_on=DAYS[0])
    values = {**by_the_second_reader(filled), NUMBER_FIELD: "06"}
    assert cells.cells_in_disagreement(filled, values) == (NUMBER_FIELD,)


def test_the_cell_that_is_damaged_below_is_read_where_it_is_whole() -> None:
    assert shown_in_cells(cell(), NAMES) == {**by_the_second_reader(cell()), NUMBER_FIELD: "05"}
    assert shown_in_cells(cell(b" "), NAMES) is not None


@pytest.mark.parametrize(
    "pdf",
    [
        *(cell(content) for content in (b"BT ET", b"0 0 1 1 re f", b"/Fm Do", TEXT % b"<0001>" + b" q Q")),
        *(cell(TEXT % b"<00010006>" + b"\n" + TEXT % b"<0001>"), cell(TEXT % b"<00010006> Tj <0001>")),
        *(cell(TEXT % b"<000100>"), cell(TEXT % b"<00010007>"), cell(TEXT % b"(\x00\x01)"), cell(TEXT % b"<>")),
        *(cell(TEXT % b"<0001> Tj 3 Tr <0006>"), cell(b"%" + TEXT % b"<0001>"), cell(TEXT % b"<0001>" + b"\nBT ET")),
        cell(letters=MAP.replace(b"<0006> <0035>", b"<0001> <0035>")),
        cell(letters=MAP.replace(b"<0006> <0035>", b"<0006> <D800>")),
        cell(letters=MAP.replace(b"<0006> <0035>", b"<0006> <003>")),
        cell(letters=MAP.replace(b"endbfchar", b"endbfchar\n1 beginbfrange\n<0006> <0006> <0039>\nendbfrange")),
        cell(letters=MAP.replace(b"<FFFF>", b"<00FF>")),
        cell(letters=MAP + b"1 beginbfchar\n<0006> <0039>\nendbfchar\n"),
        cell(font=FONT.replace(b"Identity-H", b"Identity-V")),
        cell(font=FONT.replace(b"Type0", b"Type3")),
        *(cell(fonts=b"/G %d 0 R"), cell(fonts=b"/F (%d)")),
        *(cell(entries=b"/AP << /N << /On %d 0 R >> >>"), cell(entries=b"/AP [%d 0 R]"), cell(entries=b"/AP 9999 0 R")),
        *(cell(flags=flags) for flags in (b"2", b"32", b"(4)", b"4.0")),
    ],
)
def test_whatever_else_stands_there_is_left_to_the_second_reader(pdf: bytes) -> None:
    assert shown_in_cells(pdf, NAMES) is None


def test_two_cells_of_one_name_are_left_to_the_second_reader(composed: bytes) -> None:
    twice = composed.replace(b"(%s)" % DATE_FIELD.encode(), b"(%s)" % NUMBER_FIELD.encode())
    assert shown_in_cells(twice, NAMES) is None


@pytest.mark.parametrize("cut", [2, 30, 400])
def test_a_damaged_file_is_left_to_the_second_reader(composed: bytes, cut: int) -> None:
    assert shown_in_cells(composed[:-cut], NAMES) is None


def test_a_form_of_another_shape_is_left_to_the_second_reader(composed: bytes) -> None:
    assert shown_in_cells(composed.replace(b"/Fields", b"/Fjelds"), NAMES) is None
