"""Text under signatures that came later: does one of them stand on what was signed before it.

An approval signature lets others sign after it, in new fields, with any picture, anywhere on the page. Two officials
sign side by side like that; a forger puts a sentence of his own over one that was signed, and signs it with a
certificate that is as good as any ("sneaky signature attack"). The places of fields that were there from the start are
the first signer's will.
"""

from __future__ import annotations

from dataclasses import dataclass
from io import BytesIO
from typing import TYPE_CHECKING

import pypdf

from verification.second_reader import SECOND_READER_ERRORS

if TYPE_CHECKING:
    from collections.abc import Iterator, Sequence

_MEAN_WIDTH = 0.5  # of a letter, in units of the font size; enough to tell whether a line reaches under a picture


@dataclass(frozen=True, slots=True)
class Box:
    """A rectangle on a page in PDF units, origin at the lower left."""

    left: float
    bottom: float
    right: float
    top: float

    @property
    def is_empty(self) -> bool:
        """Whether nothing can be seen in it."""
        return self.right <= self.left or self.top <= self.bottom

    def meets(self, other: Box) -> bool:
        """Whether the two share more than an edge."""
        across = self.left < other.right and other.left < self.right
        return across and self.bottom < other.top and other.bottom < self.top


EVERYWHERE = Box(-1e9, -1e9, 1e9, 1e9)


@dataclass(frozen=True, slots=True)
class Placement:
    """Where a signature shows itself: the field, the page counted from 0, and the box."""

    field: str
    page: int
    box: Box


def placements_over_text(pdf: bytes, signed: int, placements: Sequence[Placement]) -> tuple[str, ...]:
    """The names of the fields on text of the first ``signed`` bytes; all of them where these cannot be read."""
    if not placements:
        return ()
    try:
        pages = pypdf.PdfReader(BytesIO(pdf[:signed]), strict=False).pages
        return tuple(
            place.field for place in placements if any(place.box.meets(line) for line in _lines(pages[place.page]))
        )
    except SECOND_READER_ERRORS:
        return tuple(place.field for place in placements)


def _lines(page: pypdf.PageObject) -> Iterator[Box]:
    """The boxes of all pieces of text, widths estimated."""
    found: list[Box] = []

    def note(text: str, cm: list[float], tm: list[float], _font: object, size: float) -> None:
        if text.strip():
            left = tm[4] * cm[0] + tm[5] * cm[2] + cm[4]
            base = tm[4] * cm[1] + tm[5] * cm[3] + cm[5]
            height = abs(size * (tm[3] or tm[1] or 1) * (cm[3] or cm[1] or 1))
            width = _MEAN_WIDTH * height * len(text.strip())
            found.append(Box(left, base, left + width, base + height))

    page.extract_text(visitor_text=note)
    return iter(found)
