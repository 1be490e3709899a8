"""Find the place of the personal signature in the text of the page: between the signer's title and the signer's name.

Decree 30/2020, Annex I, Part I, II.7.d and cell 7c. The last page that has both decides, and on it the name that stands
lowest below the title, since letters name their signer in the body as well.
"""

from __future__ import annotations

import unicodedata
from dataclasses import dataclass
from typing import TYPE_CHECKING

import pypdfium2
from pypdfium2 import raw

from signing.errors import DocumentUnfit, NoPlace
from signing.geometry import POINTS_PER_MM, Rectangle, as_seen
from signing.layout import Box

if TYPE_CHECKING:
    from collections.abc import Iterator

SIGNATURE_SIZE = (50.0, 22.0)
"""Millimetres at most: width and height of the picture where there is room."""

_LEAST_GAP = 8.0
_FARTHEST_ASIDE = 30.0
_MARGIN = 0.5
_CELL = "signature"


@dataclass(frozen=True, slots=True)
class _Letter:
    """A letter without accents' pieces or case, and where it stands on the page as a reader sees it, in points."""

    text: str
    place: Rectangle


def signature_box(pdf: bytes, *, title: str, signer: str) -> Box:
    """Cell 7c for this title (``CHỦ TỊCH``; line breaks do not matter) and this name.

    Raises :class:`signing.errors.NoPlace` where they do not stand one above the other with room between them, and
    :class:`signing.errors.DocumentUnfit`.
    """
    wanted = _plain(title), _plain(signer)
    if not all(wanted):
        raise NoPlace(cell=_CELL, reason="title and name of the signer are needed to find it")
    try:
        with pypdfium2.PdfDocument(pdf) as document:
            for index in reversed(range(len(document))):
                found = _between(document[index], *wanted)
                if found is not None:
                    return _centred(*found, page=index + 1)
    except pypdfium2.PdfiumError as error:
        raise DocumentUnfit(reasons=(f"the PDF is damaged: {error}",)) from error
    raise NoPlace(cell=_CELL, reason="no page has the title and, below it, the name of the signer")


def _between(page: pypdfium2.PdfPage, title: str, signer: str) -> tuple[Rectangle, Rectangle] | None:
    """The title and the name below it, in points from the page's top left corner."""
    text = page.get_textpage()
    plain = _plain(text.get_text_range())
    if title not in plain or signer not in plain:
        return None
    letters = list(_letters(page, text))
    names = sorted(_occurrences(letters, signer), key=lambda place: place.top, reverse=True)
    titles = sorted(_occurrences(letters, title), key=lambda place: place.bottom, reverse=True)
    pairs = ((above, below) for below in names for above in titles if _is_above(above, below))
    return next(pairs, None)


def _is_above(title: Rectangle, name: Rectangle) -> bool:
    return title.bottom <= name.top and abs(title.centre - name.centre) <= _FARTHEST_ASIDE * POINTS_PER_MM


def _centred(title: Rectangle, name: Rectangle, *, page: int) -> Box:
    gap = (name.top - title.bottom) / POINTS_PER_MM
    if gap < _LEAST_GAP:
        raise NoPlace(cell=_CELL, reason=f"only {gap:.0f} mm are free between the title and the name on page {page}")
    width, height = SIGNATURE_SIZE[0], min(SIGNATURE_SIZE[1], gap - 2 * _MARGIN)
    centre = (title.centre + name.centre) / 2 / POINTS_PER_MM
    top = (title.bottom + name.top) / 2 / POINTS_PER_MM - height / 2
    return Box(page=page, left=max(centre - width / 2, 0), top=top, width=width, height=height)


def _occurrences(letters: list[_Letter], wanted: str) -> Iterator[Rectangle]:
    text = "".join(letter.text for letter in letters)
    owners = [letter for letter in letters for _ in letter.text]
    at = text.find(wanted)
    while at >= 0:
        places = [letter.place for letter in owners[at : at + len(wanted)]]
        yield _around(places)
        at = text.find(wanted, at + 1)


def _letters(page: pypdfium2.PdfPage, text: pypdfium2.PdfTextPage) -> Iterator[_Letter]:
    area, rotation = _visible(page), page.get_rotation()
    pending, places = "", list[Rectangle]()
    for index in range(text.count_chars()):
        character = chr(raw.FPDFText_GetUnicode(text, index))
        if not character.split():
            continue
        if pending and not unicodedata.combining(character):
            yield _Letter(_plain(pending), _around(places))
            pending, places = "", []
        pending += character
        places.append(as_seen(text.get_charbox(index, loose=True), area=area, rotation=rotation))
    if pending:
        yield _Letter(_plain(pending), _around(places))


def _around(places: list[Rectangle]) -> Rectangle:
    return Rectangle(
        left=min(place.left for place in places),
        top=min(place.top for place in places),
        right=max(place.right for place in places),
        bottom=max(place.bottom for place in places),
    )


def _visible(page: pypdfium2.PdfPage) -> tuple[float, float, float, float]:
    """The crop box within the media box (14.11.2), also where the page inherits them."""
    left, bottom, right, top = page.get_bbox()
    return left, bottom, right, top


def _plain(text: str) -> str:
    """Composed letters without case and white space, by which texts are compared."""
    return unicodedata.normalize("NFC", "".join(text.split())).casefold()
