"""Files that are large: 98 MB of scanned pages, thousands of pages."""

from __future__ import annotations

import random
from typing import TYPE_CHECKING

from signing.compose import compose
from signing.layout import Box, OpenCells, layout_with_seal

if TYPE_CHECKING:
    from collections.abc import Sequence

_A4 = "595.28 841.89"
_SCANS = 25
_WIDTH, _HEIGHT = 1654, 2339  # A4 at 200 dots an inch; in eight-bit grey one page is 3.9 MB

_CELLS = OpenCells(
    number=Box(page=1, left=40, top=30, width=12, height=6),
    date=Box(page=1, left=110, top=30, width=60, height=6),
    signature=Box(page=1, left=110, top=200, width=50, height=22),
)


def scanned_draft() -> bytes:
    """A draft of 98 MB: pages of grey noise, uncompressed, since no compression would make noise smaller."""
    noise = random.Random(1)  # noqa: S311 - only its size matters
    image = (
        f"<< /Type /XObject /Subtype /Image /Width {_WIDTH} /Height {_HEIGHT} /ColorSpace /DeviceGray "
        f"/BitsPerComponent 8 /Length {_WIDTH * _HEIGHT} >>\nstream\n"
    ).encode()
    content = b"q 595.28 0 0 841.89 0 0 cm /Scan Do Q"
    pages = []
    for index in range(_SCANS):
        first = 3 + 3 * index
        pages += [
            _page(f"/Contents {first + 1} 0 R /Resources << /XObject << /Scan {first + 2} 0 R >> >>"),
            b"<< /Length %d >>\nstream\n%s\nendstream" % (len(content), content),
            image + noise.randbytes(_WIDTH * _HEIGHT) + b"\nendstream",
        ]
    return _draft(_pdf(pages, kids=range(3, 3 + 3 * _SCANS, 3)))


def long_draft(pages: int) -> bytes:
    """A draft of so many empty pages."""
    empty = b"<< /Length 0 >>\nstream\n\nendstream"
    return _draft(_pdf([empty, *[_page("/Contents 3 0 R")] * pages], kids=range(4, 4 + pages)))


def _draft(pdf: bytes) -> bytes:
    layout = layout_with_seal(_CELLS, seal_diameter=36)
    return compose(pdf, layout=layout, lookup_code="0123-4567-89AB-CDEF-G", lookup_url="http://127.0.0.1:8000/d/0")


def _page(entries: str) -> bytes:
    return f"<< /Type /Page /Parent 2 0 R /MediaBox [0 0 {_A4}] {entries} >>".encode()


def _pdf(objects: Sequence[bytes], *, kids: range) -> bytes:
    """A file of these objects, numbered from 3, behind the catalogue and the page tree."""
    references = " ".join(f"{number} 0 R" for number in kids)
    tree = f"<< /Type /Pages /Count {len(kids)} /Kids [{references}] >>".encode()
    numbered = enumerate((b"<< /Type /Catalog /Pages 2 0 R >>", tree, *objects), start=1)
    pieces, offsets, at = [b"%PDF-1.7\n"], [], 9
    for number, content in numbered:
        offsets.append(at)
        pieces.append(b"%d 0 obj\n%s\nendobj\n" % (number, content))
        at += len(pieces[-1])
    size = len(offsets) + 1
    pieces.append(b"xref\n0 %d\n0000000000 65535 f \n" % size)
    pieces += [b"%010d 00000 n \n" % offset for offset in offsets]
    pieces.append(b"trailer\n<< /Size %d /Root 1 0 R >>\nstartxref\n%d\n%%%%EOF\n" % (size, at))
    return b"".join(pieces)
