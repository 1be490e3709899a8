"""A document of two pages written by hand, object by object, and incremental updates of it in every wrong way.

Attacks are told in terms of these object numbers; nothing here knows of signatures, and nothing checks anything, since
most of what is written is meant to be wrong (ISO 32000-2, 7.5).
"""

from __future__ import annotations

import re
from enum import Enum
from typing import TYPE_CHECKING

if TYPE_CHECKING:
    from collections.abc import Mapping

CATALOG, PAGES, PAGE, CONTENT, FONT, FORM, SIGNATORY, SEAL, NUMBER, DATE = range(1, 11)
SECOND_PAGE, SECOND_CONTENT, LAYER, SUM, LINK, INFO, OTHER_FONT = range(11, 18)

LOCK_ALL_BUT_CELLS = (
    b"/Lock << /Type /SigFieldLock /Action /Exclude /Fields [(DocNumber) (DocDate) (SigSeal) (Archive1) (Archive2) "
    b"(Archive3) (Archive4)] >>"
)
LOCK_NOTHING_MORE = b"/Lock << /Type /SigFieldLock /Action /Include /Fields [] /P 1 >>"

_HEADER = b"%PDF-1.7\n%\xe2\xe3\xcf\xd3\n"


class Section(Enum):
    """What follows the objects of an update; all but ``TABLE`` lack something that a reader needs."""

    TABLE = "xref table, trailer, startxref"
    STREAM = "cross-reference stream"
    NO_XREF = "trailer and startxref only"
    NO_TRAILER = "xref table and startxref only"
    NO_STARTXREF = "xref table and trailer only"
    NO_EOF = "everything but the end mark"
    NOTHING = "nothing"


def stream(content: bytes, entries: bytes = b"") -> bytes:
    """A stream object without filters."""
    return b"<< /Length %d %s >>\nstream\n%s\nendstream" % (len(content), entries, content)


def objects(*, lock: bytes = b"", seal_lock: bytes = b"") -> dict[int, bytes]:
    """The document: number and body of each object. ``lock`` entries go into the two signature fields."""
    widget = b"/Type /Annot /Subtype /Widget /F 4 /P 3 0 R"
    return {
        CATALOG: b"<< /Type /Catalog /Pages 2 0 R /AcroForm 6 0 R /OCProperties << /OCGs [13 0 R] "
        b"/D << /ON [13 0 R] /OFF [] /Order [13 0 R] >> >> >>",
        PAGES: b"<< /Type /Pages /Kids [3 0 R 11 0 R] /Count 2 >>",
        PAGE: b"<< /Type /Page /Parent 2 0 R /MediaBox [0 0 595 842] /Contents 4 0 R /Resources << /Font << /F 5 0 R >> "
        b"/XObject << /Sum 14 0 R >> /Properties << /Layer 13 0 R >> >> "
        b"/Annots [7 0 R 8 0 R 9 0 R 10 0 R 15 0 R] >>",
        CONTENT: stream(
            b"BT /F 12 Tf 72 720 Td (Sample notice: the sum is) Tj ET q 1 0 0 1 230 720 cm /Sum Do Q "
            b"/OC /Layer BDC BT /F 12 Tf 72 690 Td (Not valid for travel) Tj ET EMC"
        ),
        FONT: b"<< /Type /Font /Subtype /Type1 /BaseFont /Helvetica /Encoding /WinAnsiEncoding >>",
        FORM: b"<< /Fields [7 0 R 8 0 R 9 0 R 10 0 R] /SigFlags 3 /DA (/F 12 Tf 0 g) "
        b"/DR << /Font << /F 5 0 R >> >> >>",
        SIGNATORY: b"<< %s /FT /Sig /T (SigSignatory) /Rect [300 100 400 150] %s >>" % (widget, lock),
        SEAL: b"<< %s /FT /Sig /T (SigSeal) /Rect [250 100 330 180] %s >>" % (widget, seal_lock),
        NUMBER: b"<< %s /FT /Tx /T (DocNumber) /Rect [72 760 152 780] >>" % widget,
        DATE: b"<< %s /FT /Tx /T (DocDate) /Rect [300 760 380 780] >>" % widget,
        SECOND_PAGE: b"<< /Type /Page /Parent 2 0 R /MediaBox [0 0 595 842] /Contents 12 0 R "
        b"/Resources << /Font << /F 5 0 R >> >> >>",
        SECOND_CONTENT: stream(b"BT /F 12 Tf 72 720 Td (Second page) Tj ET"),
        LAYER: b"<< /Type /OCG /Name (Restrictions) >>",
        SUM: stream(b"BT /F 12 Tf (1 000) Tj ET", b"/Type /XObject /Subtype /Form /BBox [0 -5 200 20] "
                    b"/Resources << /Font << /F 5 0 R >> >>"),
        LINK: b"<< /Type /Annot /Subtype /Link /Rect [72 60 172 80] /F 4 /Border [0 0 0] "
        b"/A << /S /URI /URI (https://agency.example/) >> >>",
        INFO: b"<< /Title (Sample notice) >>",
        OTHER_FONT: b"<< /Type /Font /Subtype /Type1 /BaseFont /Symbol >>",
    }  # fmt: skip


def draft(*, lock: bytes = b"", seal_lock: bytes = b"") -> bytes:
    """The document as a file, ready to be signed."""
    return whole(objects(lock=lock, seal_lock=seal_lock))


def whole(bodies: Mapping[int, bytes], *, header: bytes = _HEADER) -> bytes:
    """A file of one revision with a plain cross-reference table."""
    body, offsets = _written(bodies, start=len(header))
    table = b"xref\n0 %d\n" % (max(bodies) + 1)
    rows = [
        b"%010d 00000 n \n" % offsets[n] if n in offsets else b"0000000000 65535 f \n" for n in range(max(bodies) + 1)
    ]
    trailer = b"trailer\n<< /Size %d /Root 1 0 R /Info 16 0 R >>\n" % (max(bodies) + 1)
    start = len(header) + len(body)
    return header + body + table + b"".join(rows) + trailer + b"startxref\n%d\n%%%%EOF\n" % start


def appended(
    pdf: bytes,
    bodies: Mapping[int, bytes],
    *,
    section: Section = Section.TABLE,
    trailer: bytes = b"",
    root: bytes = b"1 0 R",
    freed: tuple[int, ...] = (),
) -> bytes:
    """The file with an incremental update (7.5.6): new bodies for objects, some of them freed.

    ``trailer`` is written behind the usual entries of the trailer, ``root`` in place of the catalogue's reference.
    """
    start = len(pdf) + 1
    body, offsets = _written(bodies, start=start)
    size = max(size_of(pdf), *(n + 1 for n in bodies)) if bodies else size_of(pdf)
    entries = b"/Size %d /Root %s /Info 16 0 R /Prev %d %s" % (size, root, last_xref(pdf), trailer)
    at = start + len(body)
    if section is Section.STREAM:
        return pdf + b"\n" + body + _xref_stream(offsets, at=at, number=size, entries=entries)
    rows = {number: b"%010d 00000 n \n" % offset for number, offset in offsets.items()}
    rows |= dict.fromkeys(freed, b"0000000000 00001 f \n")
    table = b"xref\n" + (b"".join(b"%d 1\n%s" % row for row in sorted(rows.items())) or b"0 0\n")
    parts = {
        "table": table,
        "trailer": b"trailer\n<< %s >>\n" % entries,
        "startxref": b"startxref\n%d\n" % at,
        "eof": b"%%EOF\n",
    }
    missing: dict[Section, set[str]] = {
        Section.NO_XREF: {"table"},
        Section.NO_TRAILER: {"trailer"},
        Section.NO_STARTXREF: {"startxref"},
        Section.NO_EOF: {"eof"},
        Section.NOTHING: set(parts),
    }
    left_out = missing.get(section, set())
    return pdf + b"\n" + body + b"".join(part for name, part in parts.items() if name not in left_out)


def relinked(pdf: bytes, *numbers: int) -> bytes:
    """The file with an xref table and nothing else, which leads to the last place where the numbers are written."""
    start = len(pdf) + 1
    rows = (b"%d 1\n%010d 00000 n \n" % (n, pdf.rindex(b"\n%d 0 obj" % n) + 1) for n in sorted(numbers))
    trailer = b"trailer\n<< /Size %d /Root 1 0 R /Prev %d >>\n" % (size_of(pdf), last_xref(pdf))
    return pdf + b"\nxref\n" + b"".join(rows) + trailer + b"startxref\n%d\n%%%%EOF\n" % start


def packed(pdf: bytes, bodies: Mapping[int, bytes]) -> bytes:
    """The file with an update whose objects lie in an object stream (7.5.7)."""
    number = max(size_of(pdf), *(n + 1 for n in bodies))
    texts = [body + b" " for _, body in sorted(bodies.items())]
    heads, place = [], 0
    for n, text in zip(sorted(bodies), texts, strict=True):
        heads.append(b"%d %d" % (n, place))
        place += len(text)
    head = b" ".join(heads) + b" "
    holder = stream(head + b"".join(texts), b"/Type /ObjStm /N %d /First %d" % (len(texts), len(head)))
    body, offsets = _written({number: holder}, start=len(pdf) + 1)
    entries = b"/Size %d /Root 1 0 R /Info 16 0 R /Prev %d" % (number + 1, last_xref(pdf))
    places = {n: (number, index) for index, n in enumerate(sorted(bodies))}
    at = len(pdf) + 1 + len(body)
    return pdf + b"\n" + body + _xref_stream(offsets, at=at, number=number + 1, entries=entries, places=places)


def current(pdf: bytes, number: int) -> bytes:
    """The newest body of an object, as the bytes have it."""
    found = re.findall(rb"(?<!\d)%d 0 obj\s+(.*?)\s+endobj" % number, pdf, re.DOTALL)
    body: bytes = found[-1]
    return body


def edited(pdf: bytes, number: int, old: bytes, new: bytes) -> bytes:
    """An object's newest body with one piece replaced; ``KeyError`` where the piece is not there."""
    body = current(pdf, number)
    if old not in body:
        raise KeyError(old)
    return body.replace(old, new)


def value_of(pdf: bytes, field: int) -> int:
    """The number of the signature object that a field points to."""
    found = re.search(rb"/V (\d+) 0 R", current(pdf, field))
    if found is None:
        raise KeyError(field)
    return int(found[1])


def size_of(pdf: bytes) -> int:
    """The next free object number."""
    return int(re.findall(rb"/Size (\d+)", pdf)[-1])


def last_xref(pdf: bytes) -> int:
    """Where the newest cross-reference section says it is."""
    return int(re.findall(rb"startxref\s+(\d+)", pdf)[-1])


def _written(bodies: Mapping[int, bytes], *, start: int) -> tuple[bytes, dict[int, int]]:
    """The objects one after the other, and the offset of each."""
    parts, offsets = [], {}
    for number, body in sorted(bodies.items()):
        offsets[number] = start
        parts.append(b"%d 0 obj\n%s\nendobj\n" % (number, body))
        start += len(parts[-1])
    return b"".join(parts), offsets


def _xref_stream(
    offsets: Mapping[int, int],
    *,
    at: int,
    number: int,
    entries: bytes,
    places: Mapping[int, tuple[int, int]] | None = None,
) -> bytes:
    """A cross-reference stream; ``places`` are objects in object streams: the stream's number and the index in it."""
    rows = {n: b"\x01" + offset.to_bytes(4, "big") + b"\x00" for n, offset in {**offsets, number: at}.items()}
    rows |= {n: b"\x02" + holder.to_bytes(4, "big") + bytes([index]) for n, (holder, index) in (places or {}).items()}
    listed = sorted(rows)
    entries = entries.replace(b"/Size %d" % number, b"/Size %d" % (number + 1))
    index = b" ".join(b"%d 1" % n for n in listed)
    body = stream(b"".join(rows[n] for n in listed), b"/Type /XRef /W [1 4 1] /Index [%s] %s" % (index, entries))
    return b"%d 0 obj\n%s\nendobj\nstartxref\n%d\n%%%%EOF\n" % (number, body, at)
