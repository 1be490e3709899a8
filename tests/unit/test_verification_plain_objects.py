"""Plain objects read token by token: the same values and refusals as pyHanko's own reader, octet by octet."""

from __future__ import annotations

import gc
import weakref
from io import BytesIO
from itertools import product
from random import Random

from pyhanko.pdf_utils.generic import ArrayObject, DictionaryObject, NullObject, PdfObject, Reference, StreamObject
from pyhanko.pdf_utils.reader import PdfFileReader

from verification._pyhanko_errors import READ_ERRORS
from verification._pyhanko_plain_object import plain_object
from verification._pyhanko_reader import Reader

SEED, MADE = 7, 1200
PLAIN = (
    *(
        b"/Type",
        b"/Page",
        b"/",
        b"/A.b-c_d*",
        b"12 0 R",
        b"1 65535 R",
        b"0",
        b"-7",
        b"+3",
        b"00012",
        b"1.5",
        b"-.5",
        b"4.",
        b"[1 2.5 -.5 4. 00012]",
        b"[\n0 \t1 0\r]",
        b"[[7 8]9[.5]]",
    ),
    *(b"true", b"false", b"null", b"<< >>", b"[ ]", b"[1 2 0 R/X]", b"<</K<</L[[3 0 R]]>>>>", b"123456789012345678"),
    *(b"(text)", b"()", b"(a\r\nb % /c <d>)", b"(\xfe\xff\x1e\xa0)", b"(\xef\xbb\xbf\xc4\x91)", b"(\x81\x9f)"),
    *(b"<41>", b"<>", b"<4>", b"<FEff 1E a\n0>", b"<9f81>", b"<</K<41>>>"),
)
ODD = (
    *(
        b"(te(x)t)",
        b"(te\\)xt)",
        b"(te\\170t)",
        b"(",
        b")",
        b"<4G>",
        b"<41",
        b"<\x0041\x0c>",
        b"% comment\n",
        b"/N#41me",
        b"/N#4",
        b"0 0 R",
        b"01 0 R",
        b"1  0 R",
        b"1\n0\nR",
        b"1 0 RG",
        b"[1 2 3",
        b"[1 2.3.4]",
        b"[1,2]",
        b"[1 2%\n]",
        b"[1 1234567890123456789]",
    ),
    *(b"1 -1 R", b"123456789 0 R", b"1.2.3", b"--1", b"1,2", b"trues", b"nul", b">>", b"]", b"<<", b"[", b"endobj"),
    *(b"stream\n", b"\x00", b"\xff", b"{", b"R", b".", b"+", b"1e5", b"/Type /Again"),
)
STREAMS = (
    *(
        b"stream\nq Q\nendstream",
        b"stream\r\nq Q\r\nendstream",
        b"\nstream\nq Qendstream",
        b" stream\nq Q \t\nendstream",
    ),
    *(b"stream\rq Q\nendstream", b"stream q Q\nendstream", b"streamq Q\nendstream", b"stream \nq Q\nendstream"),
    *(
        b"stream\nq Q\nendstrea",
        b"stream\nq Q",
        b"stream\nq QQendstream",
        b"stream\nq\nendstream",
        b"Stream\nq Q\nendstream",
    ),
    b"stream\nq Q\nendstream\nstream\nq Q\nendstream",
)
LENGTHS = (
    b"3",
    b"+3",
    b"2",
    b"4",
    b"-1",
    b"3.0",
    b"/3",
    b"(3)",
    b"4 0 R",
    b"9 0 R",
    b"99999999",
    b"null",
    b"3 /Length 3",
)
SPACES = (b" ", b"\n", b"\r\n", b"\t", b"", b"\x0c", b"  ")


def file_with(body: bytes) -> bytes:
    objects = [b"<< /Type /Catalog /Pages 2 0 R >>", b"<< /Type /Pages /Kids [] /Count 0 >>", body, b"3"]
    pieces, offsets = [b"%PDF-1.7\n"], []
    for number, content in enumerate(objects, start=1):
        offsets.append(sum(map(len, pieces)))
        pieces.append(b"%d 0 obj\n%s\nendobj\n" % (number, content))
    start = sum(map(len, pieces))
    table = b"".join(b"%010d 00000 n \n" % offset for offset in offsets)
    trailer = b"trailer\n<< /Size 5 /Root 1 0 R >>\nstartxref\n%d\n%%%%EOF\n" % start
    return b"".join([*pieces, b"xref\n0 5\n0000000000 65535 f \n", table, trailer])


def bodies() -> list[bytes]:
    chance = Random(SEED)
    made = [b"<< /Deep " + b"[" * n + b"]" * n + b" >>" for n in (1, 15, 25)]
    for _ in range(MADE):
        parts = []
        for index in range(chance.randrange(6)):
            parts += [b"/Key%d" % (index if chance.random() < 0.95 else 0), chance.choice(SPACES)]
            parts += [chance.choice(PLAIN if chance.random() < 0.8 else ODD), chance.choice(SPACES)]
        made.append(b"<<" + b"".join(parts) + chance.choice((b">>", b" >>", b">> ", b"> >", b"")))
    made += [b"<< /Length %b >>%b" % pair for pair in product(LENGTHS, STREAMS)]
    made += [b"[%b]" % b" ".join(PLAIN), b"[ ]", b"[1", b"[1]]", b"(text)", b"12", b"/Name", b"<< >> stream\nendstream"]
    return made


def said(reader: PdfFileReader) -> object:
    try:
        found = reader.get_object(Reference(3, 0, reader))
    except READ_ERRORS as error:
        return type(error)
    return told(found)


def told(value: PdfObject) -> object:
    """The value with all types, and whose it is."""
    owner = value.container_ref
    inside: object = None if isinstance(value, NullObject) else value
    if isinstance(value, DictionaryObject):
        inside = [(type(key), str(key), told(value.raw_get(key))) for key in value]
    elif isinstance(value, list):
        inside = [told(each) for each in list.__iter__(value)]
    content = value.encoded_data if isinstance(value, StreamObject) else None
    return type(value), repr(inside), content, owner


def test_token_by_token_says_what_octet_by_octet_says() -> None:
    for body, strict in product(bodies(), (True, False)):
        pdf = file_with(body)
        ours, stock = (kind(BytesIO(pdf), strict=strict) for kind in (Reader, PdfFileReader))
        assert said(ours) == said(stock), body


def test_what_is_plain_is_read_as_plain() -> None:
    read = [plain_object(pdf, pdf.index(b"3 0 obj"), Reference(3, 0)) for pdf in map(file_with, bodies())]
    assert sum(isinstance(each, DictionaryObject) for each in read) > MADE / 6
    assert sum(isinstance(each, StreamObject) for each in read) >= 4
    assert sum(isinstance(each, ArrayObject) for each in read) >= 2


def test_another_number_is_another_object() -> None:
    pdf = file_with(b"<< /A 1 >>")
    at = pdf.index(b"3 0 obj")
    found = plain_object(pdf, at, Reference(3, 0))
    assert isinstance(found, DictionaryObject)
    assert found == {"/A": 1}
    assert plain_object(pdf, at, Reference(3, 1)) is None
    assert plain_object(pdf, at + 1, Reference(3, 0)) is None


def test_the_objects_of_a_closed_reader_need_no_collector() -> None:
    reader = Reader(BytesIO(file_with(b"<< /A [<< /B 1 0 R >>] >>")), strict=True)
    held = [
        weakref.ref(view.get_object(Reference(number, 0)))
        for view in (reader, reader.get_historical_resolver(0))
        for number in (1, 2, 3)
    ]
    gc.disable()
    try:
        assert all(each() is not None for each in held)
        reader.close()
        assert [each() for each in held] == [None] * len(held)
    finally:
        gc.enable()
