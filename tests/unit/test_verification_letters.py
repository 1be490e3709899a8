"""Letters that are found without laying the text out are those that pypdf finds."""

from __future__ import annotations

from collections import Counter
from io import BytesIO

import pytest
from pypdf import PageObject, PdfReader, PdfWriter
from pypdf.errors import PyPdfError
from pypdf.generic import DecodedStreamObject, DictionaryObject, NameObject

from api.demo.notice import typeset_notice
from tests.register_material import NOW
from verification.letters import OutOfTheOrdinary, letters_of
from verification.plain_pages import PlainPages

HELVETICA = {"/Type": "/Font", "/Subtype": "/Type1", "/BaseFont": "/Helvetica", "/Encoding": "/WinAnsiEncoding"}


def file(contents: bytes, *, drawn: bytes | None = None) -> bytes:
    """A page with one font, /F, and where it is given a form, /X, of these contents."""
    writer = PdfWriter()
    blank = writer.add_blank_page(200, 200)
    font = writer._add_object(DictionaryObject({NameObject(key): NameObject(HELVETICA[key]) for key in HELVETICA}))
    fonts = DictionaryObject({NameObject("/F"): font})
    resources = DictionaryObject({NameObject("/Font"): fonts})
    if drawn is not None:
        form = DecodedStreamObject()
        form.set_data(drawn)
        form.update({NameObject("/Type"): NameObject("/XObject"), NameObject("/Subtype"): NameObject("/Form")})
        form[NameObject("/Resources")] = DictionaryObject({NameObject("/Font"): fonts})
        resources[NameObject("/XObject")] = DictionaryObject({NameObject("/X"): writer._add_object(form)})
    blank[NameObject("/Resources")] = resources
    stream = DecodedStreamObject()
    stream.set_data(contents)
    blank[NameObject("/Contents")] = writer._add_object(stream)
    out = BytesIO()
    writer.write(out)
    return out.getvalue()


def page(contents: bytes, *, drawn: bytes | None = None) -> PageObject:
    """The same page as pypdf has it."""
    return PdfReader(BytesIO(file(contents, drawn=drawn))).pages[0]


def counted(text: str) -> Counter[str]:
    return Counter(letter for letter in text if letter.isalnum())


@pytest.mark.parametrize(
    ("contents", "letters"),
    [
        (b"BT /F 12 Tf (abc) Tj ET", "abc"),
        (b"BT/F 12 Tf(a(b(c)d)e)Tj ET", "abcde"),
        (b"BT /F 12 Tf (a(b(c(d)e)f)g) Tj ET", "abcdefg"),
        (
            rb"BT /F 12 Tf (a\(b\\c\)\144\145 \
f) Tj ET",
            "abcdef",
        ),
        (b"BT /F 12 Tf <61 6\n2 63 7> Tj ET", "abcp"),
        (b"BT /F 12 Tf [(a) -300 (b)20<63>] TJ ET", "abc"),
        (b"BT /F 12 Tf (a) ' 1 2 (b) \" T* (c) Tj ET", "abc"),
        (b"BT /F 12 Tf % (no) Tj\n(yes) Tj ET", "yes"),
        (b"/Span << /ActualText (no) /D << /E (no) >> >> BDC BT /F 12 Tf (yes) Tj ET EMC", "yes"),
        (b"BT (none) Tj /F 12 Tf (some) Tj ET", "nonesome"),
        (b"q BT /F 12 Tf (a) Tj ET Q BT (b) Tj ET", "ab"),
        (b"BT /Absent 12 Tf (a) Tj ET", ""),
        (b"BT /F 12 Tf (a) Tj ET q 10 0 0 10 0 0 cm BI /W 1 /H 1 /BPC 8 /CS /G ID x EI Q BT /F 12 Tf (b) Tj ET", "ab"),
        (b"BT /F 12 Tf (Tj Tf q Q) Tj ET", "TjTfqQ"),
        (b"", ""),
    ],
)
def test_letters_are_those_that_are_shown(contents: bytes, letters: str) -> None:
    seen = page(contents)
    assert counted(letters_of(seen)) == counted(letters) == counted(seen.extract_text())


@pytest.mark.parametrize(
    ("contents", "letters"),
    [
        (b"BT /F 12 Tf [(a) -300 (b)20<63>] TJ ET", "abc"),
        (b"/Span << /ActualText (no) >> BDC BT /F 12 Tf (yes) Tj ET EMC", "yes"),
        (b"", ""),
    ],
)
def test_our_own_reader_finds_the_same_letters(contents: bytes, letters: str) -> None:
    pages = PlainPages.of(file(contents, drawn=b"0 0 10 10 re f"))
    assert len(pages) == 1
    assert pages[0].letters() == letters


@pytest.mark.parametrize(
    ("contents", "drawn"),
    [
        (b"BT /Absent 12 Tf (a) Tj ET", None),
        (b"BT /F 12 Tf (abc Tj ET", None),
        (b"/X Do", b"BT /F 12 Tf (form) Tj ET"),
        (b"/Y Do", b"0 0 10 10 re f"),
    ],
)
def test_our_own_reader_leaves_to_pypdf_what_is_out_of_the_ordinary(contents: bytes, drawn: bytes | None) -> None:
    with pytest.raises(OutOfTheOrdinary):
        PlainPages.of(file(contents, drawn=drawn))[0].letters()


@pytest.mark.parametrize("damaged", [b"", b"%PDF-1.7\n", file(b"BT /F 12 Tf (a) Tj ET")[:-40]])
def test_our_own_reader_leaves_a_file_in_another_form_to_pypdf(damaged: bytes) -> None:
    with pytest.raises(OutOfTheOrdinary):
        PlainPages.of(damaged)


@pytest.mark.parametrize("change", [(b"(a)", b"(b)"), (b"/WinAnsiEncoding", b"/MacRomanEncoding"), (b"re f", b"re S")])
def test_whatever_letters_depend_on_is_in_the_digest(change: tuple[bytes, bytes]) -> None:
    one = file(b"BT /F 12 Tf (a) Tj ET", drawn=b"0 0 10 10 re f")
    again, other = PlainPages.of(one)[0], PlainPages.of(_rewritten(one, *change))[0]
    assert again.digest == PlainPages.of(one)[0].digest != other.digest


def _rewritten(pdf: bytes, old: bytes, new: bytes) -> bytes:
    """The file with other words in it, and offsets to match."""
    assert pdf.count(old) == 1
    out = BytesIO()
    PdfWriter(BytesIO(pdf.replace(old, new))).write(out)
    return out.getvalue()


@pytest.mark.parametrize("drawn", [b"BT /F 12 Tf (form) Tj ET", b"0 0 10 10 re f"])
def test_a_form_is_read_where_it_shows_text(drawn: bytes) -> None:
    seen = page(b"BT /F 12 Tf (page) Tj ET /X Do", drawn=drawn)
    assert counted(letters_of(seen)) == counted(seen.extract_text())
    assert "page" in letters_of(seen)


@pytest.mark.parametrize("contents", [b"(" * 5000, b"/F" * 5000, b"<" * 5000])
def test_what_is_out_of_the_ordinary_is_left_to_pypdf(contents: bytes) -> None:
    seen = page(contents)
    assert counted(letters_of(seen)) == counted(seen.extract_text())


@pytest.mark.parametrize("contents", [b"BT /F 12 Tf (abc Tj ET", b"BT /F 12 Tf <ab Tj ET"])
def test_what_pypdf_refuses_is_refused(contents: bytes) -> None:
    with pytest.raises(PyPdfError):
        letters_of(page(contents))


def test_the_notice_has_the_same_letters_to_both() -> None:
    notice = typeset_notice(created_at=NOW).pdf
    pages, plain = PdfReader(BytesIO(notice)).pages, PlainPages.of(notice)
    for number in range(2):
        assert counted(letters_of(pages[number])) == counted(pages[number].extract_text())
        assert counted(letters_of(pages[number])) == counted(plain[number].letters())
        assert counted(letters_of(pages[number])).total() > 1000
