"""Drafts of every kind that offices upload: each is a small PDF made by a program that really writes that kind.

Typst sets the text and writes tagged PDF and PDF/A, qpdf and pyHanko rewrite the file's structure, pypdf turns and
crops its pages; the hybrid file is written by hand, since only old word processors make such.
"""

from __future__ import annotations

import subprocess
import tempfile
from datetime import timedelta
from enum import Enum
from functools import lru_cache
from io import BytesIO
from pathlib import Path
from typing import TYPE_CHECKING, Literal

import pypdf
import typst
from pyhanko.pdf_utils.reader import PdfFileReader
from pyhanko.pdf_utils.writer import copy_into_new_writer
from pypdf.generic import ArrayObject, DictionaryObject, NameObject, NumberObject, RectangleObject, TextStringObject

from tests.notary import SIGNED_AT, Person

if TYPE_CHECKING:
    from collections.abc import Callable

    from tests.notary import Notary

Standard = Literal["1.7", "a-1b", "a-2b", "a-3b"]
EARLIER = Person("earlier", "SigEarlier")


class InputKind(Enum):
    """How a draft is written, or what is on its pages."""

    CLASSIC = "cross-reference table"
    XREF_STREAM = "cross-reference stream, no object streams"
    OBJECT_STREAMS = "object streams"
    HYBRID = "cross-reference table with a stream for newer readers"
    ACROFORM = "a form that is there already"
    SIGNED = "signed before by somebody else"
    ROTATED = "pages turned by 90 degrees"
    CROPPED = "crop box smaller than the media box"
    OFFSET = "media box that does not begin at zero"
    PDFA_1B = "PDF/A-1b"
    PDFA_2B = "PDF/A-2b"
    PDFA_3B = "PDF/A-3b"
    TAGGED = "tagged"
    MANY_PAGES = "many pages"


def draft(kind: InputKind, *, notary: Notary) -> bytes:
    """An A4 document of this kind; ``notary`` has signed the one that was signed before, the day before."""
    if kind is InputKind.SIGNED:
        return notary.sign(rewritten(typeset("1.7")), EARLIER, at=SIGNED_AT - timedelta(days=1))
    return _MAKERS[kind]()


@lru_cache(maxsize=8)
def typeset(standard: Standard) -> bytes:
    """One page of text by Typst, tagged where the standard lets it; ``standard`` as in its own words."""
    source = b"""
#set document(title: "Th\xc3\xb4ng b\xc3\xa1o", date: datetime(year: 2025, month: 3, day: 1))
#set page(paper: "a4")
#set text(lang: "vi")
= Th\xc3\xb4ng b\xc3\xa1o
K\xc3\xadnh g\xe1\xbb\xadi c\xc3\xa1c c\xc6\xa1 quan, \xc4\x91\xc6\xa1n v\xe1\xbb\x8b.
"""
    return bytes(typst.compile(source, format="pdf", pdf_standards=standard))


def hybrid() -> bytes:
    """Two objects are known to readers of cross-reference streams only (ISO 32000-2, 7.5.8.4)."""
    content = b"0 0 1 rg 60 60 40 40 re f"
    info = b"<< /Title (Notice) >>"
    hidden = b"6 0 7 %d %s %s" % (len(info) + 1, info, b"<< /Kept (yes) >>")
    first = hidden.index(b"<<")
    bodies = {
        1: b"<< /Type /Catalog /Pages 2 0 R /PieceInfo 7 0 R >>",
        2: b"<< /Type /Pages /Kids [3 0 R] /Count 1 >>",
        3: b"<< /Type /Page /Parent 2 0 R /MediaBox [0 0 595 842] /Resources << >> /Contents 4 0 R >>",
        4: b"<< /Length %d >>\nstream\n%s\nendstream" % (len(content), content),
        5: b"<< /Type /ObjStm /N 2 /First %d /Length %d >>\nstream\n%s\nendstream" % (first, len(hidden), hidden),
    }
    pdf, offsets = b"%PDF-1.5\n%\xe2\xe3\xcf\xd3\n", {}
    for number, body in bodies.items():
        offsets[number] = len(pdf)
        pdf += b"%d 0 obj\n%s\nendobj\n" % (number, body)
    rows = bytes([2, 0, 5, 0, 2, 0, 5, 1])
    stream_at = len(pdf)
    pdf += b"8 0 obj\n<< /Type /XRef /Size 9 /W [1 2 1] /Index [6 2] /Root 1 0 R /Length %d >>\nstream\n" % len(rows)
    pdf += rows + b"\nendstream\nendobj\n"
    table_at = len(pdf)
    pdf += b"xref\n0 9\n0000000006 65535 f \n" + b"".join(b"%010d 00000 n \n" % offsets[n] for n in range(1, 6))
    pdf += b"0000000007 65535 f \n0000000000 65535 f \n%010d 00000 n \n" % stream_at
    trailer = b"trailer\n<< /Size 9 /Root 1 0 R /XRefStm %d >>\nstartxref\n%d\n%%%%EOF\n"
    return pdf + trailer % (stream_at, table_at)


def rewritten(pdf: bytes, *, object_streams: str = "disable") -> bytes:
    """The same written anew by qpdf, with or without object streams (``generate``)."""
    with tempfile.TemporaryDirectory() as folder:
        before, after = Path(folder, "before.pdf"), Path(folder, "after.pdf")
        before.write_bytes(pdf)
        subprocess.run(["qpdf", f"--object-streams={object_streams}", before, after], check=True, capture_output=True)
        return after.read_bytes()


def _with_xref_stream() -> bytes:
    writer = copy_into_new_writer(PdfFileReader(BytesIO(rewritten(typeset("1.7")))), {"stream_xrefs": True})
    output = BytesIO()
    writer.write(output)
    return output.getvalue()


def _by_pypdf(change: Callable[[pypdf.PageObject], object], *, pages: int = 1) -> bytes:
    writer = pypdf.PdfWriter()
    page = pypdf.PdfReader(BytesIO(typeset("1.7"))).pages[0]
    for _ in range(pages):
        change(writer.add_page(page))
    output = BytesIO()
    writer.write(output)
    return output.getvalue()


def _crop(page: pypdf.PageObject) -> None:
    page.cropbox = RectangleObject((20, 15, 580, 830))


def _offset(page: pypdf.PageObject) -> None:
    page.mediabox = RectangleObject((-100, -200, 495.28, 641.89))
    page.cropbox = page.mediabox


def _with_form() -> bytes:
    """One text field of somebody else's, filled in, with its form given in the catalogue itself."""
    writer = pypdf.PdfWriter(clone_from=BytesIO(typeset("1.7")))
    field = writer._add_object(
        DictionaryObject(
            {
                NameObject("/Type"): NameObject("/Annot"),
                NameObject("/Subtype"): NameObject("/Widget"),
                NameObject("/FT"): NameObject("/Tx"),
                NameObject("/T"): TextStringObject("Remark"),
                NameObject("/V"): TextStringObject(""),
                NameObject("/F"): NumberObject(4),
                NameObject("/Rect"): RectangleObject((50, 50, 150, 70)),
            }
        )
    )
    writer.pages[0][NameObject("/Annots")] = ArrayObject([field])
    writer.root_object[NameObject("/AcroForm")] = DictionaryObject({NameObject("/Fields"): ArrayObject([field])})
    output = BytesIO()
    writer.write(output)
    return output.getvalue()


_MAKERS: dict[InputKind, Callable[[], bytes]] = {
    InputKind.CLASSIC: lambda: rewritten(typeset("1.7")),
    InputKind.XREF_STREAM: _with_xref_stream,
    InputKind.OBJECT_STREAMS: lambda: rewritten(typeset("1.7"), object_streams="generate"),
    InputKind.HYBRID: hybrid,
    InputKind.ACROFORM: _with_form,
    InputKind.ROTATED: lambda: _by_pypdf(lambda page: page.rotate(90)),
    InputKind.CROPPED: lambda: _by_pypdf(_crop),
    InputKind.OFFSET: lambda: _by_pypdf(_offset),
    InputKind.PDFA_1B: lambda: typeset("a-1b"),
    InputKind.PDFA_2B: lambda: typeset("a-2b"),
    InputKind.PDFA_3B: lambda: typeset("a-3b"),
    InputKind.TAGGED: lambda: typeset("1.7"),
    InputKind.MANY_PAGES: lambda: _by_pypdf(lambda page: page, pages=300),
}
