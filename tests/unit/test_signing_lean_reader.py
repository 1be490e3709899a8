"""The quick reader reads what is written by the book, and leaves everything else to others."""

from __future__ import annotations

import re
import zlib

import pytest
from hypothesis import given
from hypothesis import strategies as st

from signing.pdf.lean import LeanFile
from signing.pdf.streams import content
from signing.pdf.syntax import Irregular, parse
from signing.pdf.values import Name, Real, Ref, Stream, decoded_text, serialised, text_string

BODIES = {
    1: b"<< /Type /Catalog /Pages 2 0 R /Note (a \\(b\\) \\101) >>",
    2: b"<< /Type /Pages /Kids [3 0 R] /Count 1 >>",
    3: b"<< /Type /Page /Parent 2 0 R /MediaBox [0 0 595.5 842] /Contents 4 0 R >>",
    4: b"<< /Length 5 0 R >>\nstream\nq Q\n\nendstream",
    5: b"4",
}


def written(bodies: dict[int, bytes], *, trailer: bytes = b"/Size 6 /Root 1 0 R", rows: bytes = b"n") -> bytes:
    """A file with these objects and a table that is right."""
    pdf, offsets = b"%PDF-1.7\n", []
    for number, body in bodies.items():
        offsets.append(len(pdf))
        pdf += b"%d 0 obj\n%s\nendobj\n" % (number, body)
    at = len(pdf)
    pdf += b"xref\n0 %d\n0000000000 65535 f \n" % (len(bodies) + 1)
    pdf += b"".join(b"%010d 00000 %s \n" % (offset, rows) for offset in offsets)
    return pdf + b"trailer\n<< %s >>\nstartxref\n%d\n%%%%EOF\n" % (trailer, at)


def whole(pdf: bytes) -> list[object]:
    """Every object of the file."""
    file = LeanFile(pdf)
    return [file.get(Ref(number)) for number in range(1, 6)]


def test_a_file_by_the_book_is_read_to_the_last_digit() -> None:
    catalogue, _, page, stream, length = whole(written(BODIES))
    assert catalogue == {"/Type": "/Catalog", "/Pages": Ref(2), "/Note": b"a (b) A"}
    assert isinstance(page, dict)
    assert serialised(page["/MediaBox"]) == b"[0 0 595.5 842]"
    assert stream == Stream({}, b"q Q\n")
    assert length == 4


def _body(number: int, body: bytes) -> bytes:
    return written({**BODIES, number: body})


CARELESS: dict[str, bytes] = {
    "a comment within an object": _body(1, b"<< /Type /Catalog % here\n/Pages 2 0 R >>"),
    "a key that is there twice": _body(1, b"<< /Type /Catalog /Pages 2 0 R /Pages 3 0 R >>"),
    "a key that is no name": _body(1, b"<< /Type /Catalog 7 2 0 R >>"),
    "a key without a value": _body(1, b"<< /Type /Catalog /Pages >>"),
    "an array that ends as a dictionary": _body(2, b"<< /Kids [3 0 R >>"),
    "a name in an encoding of its own": _body(2, "<< /Kids [3 0 R] /Tên 1 >>".encode()),
    "a name with a number sign that means nothing": _body(2, b"<< /Kids [3 0 R] /A#G1 1 >>"),
    "an escape that is none": _body(5, b"(a\\q)"),
    "a reference in the place of an object": _body(5, b"4 0 R"),
    "something behind the object": _body(5, b"4 4"),
    "a stream longer than it says": _body(4, b"<< /Length 3 >>\nstream\nq Q Q Q\nendstream"),
    "a stream whose length is none": _body(4, b"<< /Length /Four >>\nstream\nq Q\n\nendstream"),
    "arrays within arrays without end": _body(5, b"[" * 99 + b"]" * 99),
    "octets in front of the header": b"\n" + written(BODIES),
    "many lines behind the end": written(BODIES) + b"\n" * 9,
    "no end": written(BODIES)[:-6],
    "encryption": written(BODIES, trailer=b"/Size 6 /Root 1 0 R /Encrypt 5 0 R"),
    "more objects than it says": written(BODIES, trailer=b"/Size 5 /Root 1 0 R"),
    "sections in a ring": re.sub(rb"startxref\n(\d+)", rb"startxref\n\1", written(BODIES)).replace(
        b"/Root 1 0 R >>", b"/Root 1 0 R /Prev %d >>" % written(BODIES).index(b"xref\n0")
    ),
    "freed numbers": written(BODIES, rows=b"f"),
    "a number taken anew": written(BODIES).replace(b" 00000 n", b" 00001 n"),
    "rows of another width": written(BODIES).replace(b" n \n", b" n\n"),
    "an offset that points beside": written(BODIES).replace(b"0000000009 ", b"0000000010 "),
}


@pytest.mark.parametrize("pdf", CARELESS.values(), ids=CARELESS.keys())
def test_what_is_written_in_another_way_is_left_to_others(pdf: bytes) -> None:
    with pytest.raises(Irregular):
        whole(pdf)


VALUES = st.recursive(
    st.none()
    | st.booleans()
    | st.integers(-(10**15), 10**15)
    | st.binary(max_size=30)
    | st.builds(Ref, st.integers(1, 10**9), st.integers(0, 65535))
    | st.from_regex(r"/[!-~\xa1-\xff]{1,12}", fullmatch=True).map(Name)
    | st.decimals(-(10**6), 10**6, places=3).map(lambda number: Real(f"{number:f}")),
    lambda inner: (
        st.lists(inner, max_size=4)
        | st.dictionaries(
            st.from_regex(r"/[A-Za-z# ()]{1,8}", fullmatch=True).map(Name),
            inner.filter(lambda value: value is not None),
            max_size=4,
        )
    ),
    max_leaves=20,
)


@given(VALUES)
def test_what_is_written_is_read_again(value: object) -> None:
    octets = serialised(value)  # type: ignore[arg-type]
    read, end = parse(octets + b" ", 0)
    assert (read, end) == (value, len(octets))
    assert serialised(read) == octets


@given(st.text(max_size=30).filter(lambda text: not any("\ud800" <= letter <= "\udfff" for letter in text)))
def test_text_comes_back_as_it_was(text: str) -> None:
    assert decoded_text(text_string(text)) == text


def test_rows_of_a_cross_reference_stream_are_told_from_the_rows_above() -> None:
    rows = bytes([2, 1, 0, 9, 2, 0, 1, 1, 2, 0, 0, 0])
    parameters = {"/Predictor": 12, "/Columns": 3}
    stream = Stream({"/Filter": Name("/FlateDecode"), "/DecodeParms": parameters}, zlib.compress(rows))  # type: ignore[dict-item]
    assert content(stream) == bytes([1, 0, 9, 1, 1, 10, 1, 1, 10])


def test_a_stream_that_swells_is_left_to_others() -> None:
    bomb = Stream({"/Filter": Name("/FlateDecode")}, zlib.compress(bytes(65_000_000)))
    with pytest.raises(Irregular):
        content(bomb)
