"""What a draft holds but does not show: text beneath a cover, and objects that nothing leads to.

Shadow attacks prepare both before anyone signs, and bring them to light afterwards: a cover is taken away, a second
page or font takes the place of the first. What is not there when it is signed cannot be uncovered later.
"""

from __future__ import annotations

from typing import TYPE_CHECKING

from pypdf.generic import DictionaryObject, IndirectObject, StreamObject
from pypdfium2 import PdfDocument, PdfPosConv

from signing.pdf.values import Stream

if TYPE_CHECKING:
    import pypdf
    from pypdfium2 import PdfPage

    from signing.pdf.values import Value

_MOST_PAGES, _MOST_LINES = 10, 500
_LARGEST_PAGE = 5000  # PDF units
_FINER = 1.5  # points of the picture for one of the page
_SMALLEST = 3  # points; of smaller letters nothing can be said
_TYPES = frozenset({"/Catalog", "/Pages", "/Page", "/Font", "/Annot", "/XObject"})
_HOUSEKEEPING = frozenset({"/XRef", "/ObjStm"})


def has_text_beneath(pdf: bytes) -> bool:
    """Whether there are letters, on the first pages, in whose place the picture shows nothing but one shade."""
    with PdfDocument(pdf) as document:
        document.init_forms()
        return any(_is_beneath(document[number]) for number in range(min(len(document), _MOST_PAGES)))


def _is_beneath(page: PdfPage) -> bool:
    width, height = page.get_size()
    if not (0 < width <= _LARGEST_PAGE and 0 < height <= _LARGEST_PAGE):
        return False
    text = page.get_textpage()
    lines = [text.get_rect(number) for number in range(min(text.count_rects(), _MOST_LINES))]
    if not lines:
        return False  # a scan: drawing it would only cost
    picture = page.render(scale=_FINER, grayscale=True).to_pil()
    converter = PdfPosConv(page, (0, 0, *picture.size, 0))
    for line in lines:
        left, bottom, right, top = line
        (x1, x2), (y1, y2) = (
            sorted(map(round, sides))
            for sides in zip(converter.to_bitmap(left, bottom), converter.to_bitmap(right, top), strict=True)
        )
        box = max(0, x1), max(0, y1), min(picture.width, x2), min(picture.height, y2)
        if box[2] - box[0] < _SMALLEST or box[3] - box[1] < _SMALLEST:
            continue
        darkest, lightest = picture.crop(box).getextrema()
        # Asked last: pdfium looks through all letters of the page for it. White space shows nothing and hides nothing.
        if darkest == lightest and text.get_text_bounded(*line).strip():
            return True
    return False


def has_unreached(reader: pypdf.PdfReader, reached: set[tuple[int, int]]) -> bool:
    """Whether the file holds pages, fonts, pictures or content that its trailer does not lead to."""
    known = {(number, generation) for generation, numbers in reader.xref.items() for number in numbers if number}
    known |= {(number, 0) for number in reader.xref_objStm}
    return any(_is_content(reader, *key) for key in known - reached)


def is_content(value: Value) -> bool:
    """Whether an object of the strict reader's is a page, a font, a picture or content."""
    entries = value.entries if isinstance(value, Stream) else value
    if not isinstance(entries, dict):
        return False
    if isinstance(value, Stream):
        return _could_be_shown(entries.get("/Type"), hint=entries.get("/S"))
    return entries.get("/Type") in _TYPES


def _is_content(reader: pypdf.PdfReader, number: int, generation: int) -> bool:
    thing = reader.get_object(IndirectObject(number, generation, reader))
    if not isinstance(thing, DictionaryObject):
        return False
    kind = thing.get("/Type")
    if isinstance(thing, StreamObject):
        return _could_be_shown(kind, hint=thing.get("/S"))
    return kind in _TYPES


def _could_be_shown(kind: object, *, hint: object) -> bool:
    """Of a stream. The hints of a linearized file (ISO 32000-2, Annex F) are one that nothing leads to."""
    return kind not in _HOUSEKEEPING and not isinstance(hint, int)
