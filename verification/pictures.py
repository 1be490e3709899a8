"""Changes by picture: the pages that were signed beside the pages that are shown now, drawn by another program.

The difference analysis reads objects and can be led astray by a file that means different things to different readers.
So PDFium draws every page of the signed revision and of the file as it is, and the pictures must be the same but where
the signature allows a change: in the boxes of fields that were filled or signed since (ISO 32000-2, 12.8.2.2). It also
counts the pages and reads the letters, which a second parser does as well.

Only for the sandbox: what PDFium asks of memory and time is up to the file.
"""

from __future__ import annotations

import ctypes
import hashlib
from functools import lru_cache
from itertools import chain
from typing import TYPE_CHECKING

from PIL import Image, ImageChops
from pypdfium2 import PdfDocument, PdfiumError, PdfPosConv

from verification._pdfium_fields import Sides, places_of
from verification.facts import Comparison, SignedRevision
from verification.page_memory import PageMemory
from verification.second_reader import SECOND_READER_ERRORS
from verification.second_reading import SecondReading, counted

if TYPE_CHECKING:
    from collections import Counter
    from collections.abc import Iterator

    from pypdfium2 import PdfPage

_MOST_PICTURES = 60  # drawn for one file
_MOST_READ = 2  # pages whose letters are compared
_MOST_OPEN = 2  # pages of one document at a time
_LONGEST_SIDE = 900  # points of a picture; a page of A4 is drawn at 72 dpi
_LARGEST_PAGE = 20_000  # PDF units; what is larger is not drawn
_ALIKE = 0.9  # the share of letters that two parsers must agree on
_MOST_PAGES_READ, _LARGEST_READ = 200, 16 << 20  # the second parser looks through all pages before it reads one


def compare_pages(
    pdf: bytes, *, revisions: tuple[SignedRevision, ...], letters: bool = True, memory: PageMemory | None = None
) -> Comparison:
    """Draw the file and its signed revisions and compare them; never raises for bad bytes.

    The ``letters`` of two parsers are compared as well. What a memory holds is neither drawn nor read again.
    """
    known = memory or PageMemory()
    try:
        with opened(pdf, length=len(pdf)) as document:
            pages = _Pages(document, memoryview(pdf))
            drawn = _Drawn(pages, memory=known)
            differs = tuple(_differs(drawn, pdf, revision) for revision in revisions)
            agree = _letters_agree(pdf, pages, known) if letters else None
            return Comparison(pages.count, differs, letters_agree=agree)
    except PdfiumError:
        return Comparison(0, (None,) * len(revisions), letters_agree=None)


def opened(pdf: bytes, *, length: int) -> PdfDocument:
    """The file of the first ``length`` bytes, whose fields are drawn as well; pages may be asked for only after that.

    A revision is not copied, since it may be large: whoever opens it keeps the ``pdf`` until it is closed.
    """
    octets = ctypes.cast(ctypes.c_char_p(pdf), ctypes.POINTER(ctypes.c_char * min(length, len(pdf)))).contents
    document = PdfDocument(octets)
    document.init_forms()
    return document


Pixels = tuple[int, int, int, int]
"""Left, top, right and bottom in points of a picture."""


class _Pages:
    """The pages of a document, the newest of them held open, since to open one is to read all that it draws."""

    def __init__(self, document: PdfDocument, octets: memoryview) -> None:
        self.digest = hashlib.sha256(octets).digest()
        self.open = lru_cache(maxsize=_MOST_OPEN)(document.get_page)
        self.count = len(document)


class _Drawn:
    """The pages of the file as it is; ``left`` is how many pictures may still be made."""

    def __init__(self, pages: _Pages, *, memory: PageMemory) -> None:
        self.pages = pages
        self.left = _MOST_PICTURES
        self._memory = memory
        self._pictures: dict[int, Image.Image | None] = {}

    def picture(self, number: int) -> Image.Image | None:
        """The page as it is now; None where it cannot be drawn."""
        if number not in self._pictures:
            self._pictures[number] = self.picture_in(self.pages, number)
        return self._pictures[number]

    def picture_in(self, pages: _Pages, number: int) -> Image.Image | None:
        """The page of any document."""
        self.left -= 1  # remembered or not: the same file has the same answer tomorrow
        known = self._memory.picture(pages.digest, number)
        if known is not None:
            return known[0]
        picture = picture_of(pages.open(number))
        self._memory.keep_picture(pages.digest, number, picture)
        return picture


def picture_of(page: PdfPage) -> Image.Image | None:
    """The page in shades of grey; None where it is too large to be drawn."""
    width, height = page.get_size()
    if not (0 < width <= _LARGEST_PAGE and 0 < height <= _LARGEST_PAGE):
        return None
    scale = min(1.0, _LONGEST_SIDE / max(width, height))
    image: Image.Image = page.render(scale=scale, grayscale=True).to_pil()
    return image


def difference(
    signed: PdfPage, now: PdfPage, fields: tuple[str, ...], *, before: Image.Image, after: Image.Image
) -> Pixels | None:
    """The box of all points that differ outside of these fields' places; None if none do.

    Fields that were there when it was signed keep the places they had then.
    """
    if before.size != after.size:
        return (0, 0, *after.size)
    if before.tobytes() == after.tobytes():
        return None
    changed = ImageChops.difference(before, after)
    known = places_of(signed, fields)
    new = {name: boxes for name, boxes in places_of(now, fields).items() if name not in known}
    for box in chain(*known.values(), *new.values()):
        changed.paste(0, _pixels(signed, box, before.size))
    return changed.getbbox()


def _pixels(page: PdfPage, box: Sides, size: tuple[int, int]) -> Pixels:
    """A box of the page in its picture, a little wider on each side, since lines are drawn softly."""
    converter = PdfPosConv(page, (0, 0, *size, 0))
    corners = converter.to_bitmap(box[0], box[1]), converter.to_bitmap(box[2], box[3])
    (left, right), (top, bottom) = (sorted(map(round, sides)) for sides in zip(*corners, strict=True))
    return max(0, left - 1), max(0, top - 1), min(size[0], right + 2), min(size[1], bottom + 2)


def _differs(drawn: _Drawn, pdf: bytes, revision: SignedRevision) -> bool | None:
    try:
        with opened(pdf, length=revision.end) as document:
            signed = _Pages(document, memoryview(pdf)[: revision.end])
            if signed.count != drawn.pages.count:
                return True
            return _any(_page_differs(drawn, signed, number, revision.fields) for number in range(signed.count))
    except PdfiumError:
        return None


def _any(answers: Iterator[bool | None]) -> bool | None:
    """True if a page differs; None if none is known to, but not all could be compared."""
    given = set[bool | None]()
    for answer in answers:
        if answer:
            return True
        given.add(answer)
    return None if None in given else False


def _page_differs(drawn: _Drawn, signed: _Pages, number: int, fields: tuple[str, ...]) -> bool | None:
    if drawn.left <= 0:
        return None
    after = drawn.picture(number)
    before = drawn.picture_in(signed, number)
    if before is None or after is None:
        return None
    if before == after:
        return False  # without having opened the page
    then, now = signed.open(number), drawn.pages.open(number)
    return difference(then, now, fields, before=before, after=after) is not None


def _letters_agree(pdf: bytes, first: _Pages, memory: PageMemory) -> bool | None:
    """Whether another parser reads the same letters as PDFium, in whatever order, on the first pages."""
    if first.count > _MOST_PAGES_READ or len(pdf) > _LARGEST_READ:
        return None
    try:
        second = SecondReading(pdf, memory)
        wanted = min(_MOST_READ, first.count, len(second))
        return wanted > 0 and all(_alike(_letters(first.open(n)), second.letters(n)) for n in range(wanted))
    except SECOND_READER_ERRORS:
        return None


def _letters(page: PdfPage) -> Counter[str]:
    return counted(page.get_textpage().get_text_range())


def _alike(one: Counter[str], other: Counter[str]) -> bool:
    most = max(one.total(), other.total())
    return most == 0 or (one & other).total() >= _ALIKE * most
