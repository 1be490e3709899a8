"""From millimetres on the page a reader sees to PDF user space: crop box, offsets, rotation (ISO 32000-2, 8.3)."""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING

from signing.errors import NoPlace
from signing.pdf.pages import holder, page_count
from signing.pdf.pages import page as page_at
from signing.pdf.values import numbers

if TYPE_CHECKING:
    from signing.layout import Box
    from signing.pdf.document import Document, Node
    from signing.pdf.values import Value

POINTS_PER_MM = 72 / 25.4

_MATRICES = {0: (1, 0, 0, 1), 90: (0, 1, -1, 0), 180: (-1, 0, 0, -1), 270: (0, -1, 1, 0)}


@dataclass(frozen=True, slots=True)
class PlacedBox:
    """A box in user space: ``rect`` is (llx, lly, urx, ury) in points; the sides are as the reader sees them."""

    page_index: int
    rect: tuple[float, float, float, float]
    width: float
    height: float
    rotation: int

    @property
    def placement(self) -> tuple[float, float, float, float, float, float]:
        """The ``cm`` operands that map (0, 0)–(width, height), as the reader sees it, onto the rectangle."""
        llx, lly, urx, ury = self.rect
        corner = {0: (llx, lly), 90: (urx, lly), 180: (urx, ury), 270: (llx, ury)}[self.rotation]
        return (*_MATRICES[self.rotation], *corner)


@dataclass(frozen=True, slots=True)
class Rectangle:
    """A rectangle on the page as a reader sees it, in points from the top left corner."""

    left: float
    top: float
    right: float
    bottom: float

    @property
    def centre(self) -> float:
        """Halfway between left and right."""
        return (self.left + self.right) / 2


def as_seen(
    rect: tuple[float, float, float, float], *, area: tuple[float, float, float, float], rotation: int
) -> Rectangle:
    """A rectangle of user space as the reader of a turned and cropped page sees it; the way back of :func:`place`."""
    (llx, lly, urx, ury), (x0, y0, x1, y1) = rect, area
    left, top, right, bottom = {
        0: (llx - x0, y1 - ury, urx - x0, y1 - lly),
        90: (lly - y0, llx - x0, ury - y0, urx - x0),
        180: (x1 - urx, lly - y0, x1 - llx, ury - y0),
        270: (y1 - ury, x1 - urx, y1 - lly, x1 - llx),
    }[rotation]
    return Rectangle(left=left, top=top, right=right, bottom=bottom)


def upright_matrix(rotation: int) -> list[Value]:
    """The form XObject ``/Matrix`` that makes an appearance stand upright on a page rotated so (12.5.5)."""
    return numbers(*_MATRICES[rotation], 0, 0)


def place(document: Document, box: Box, *, cell: str) -> PlacedBox:
    """Find the box on its page; raises :class:`NoPlace` where the page is missing or the box leaves it."""
    area, rotation = _page(document, page=box.page, cell=cell)
    return _placed(box, area, rotation=rotation, cell=cell)


def seen_size(document: Document, *, page: int, cell: str) -> tuple[float, float]:
    """Width and height of a page in points, as a reader sees it; raises :class:`NoPlace`."""
    (x0, y0, x1, y1), rotation = _page(document, page=page, cell=cell)
    return (x1 - x0, y1 - y0) if rotation in {0, 180} else (y1 - y0, x1 - x0)


def _page(document: Document, *, page: int, cell: str) -> tuple[tuple[float, float, float, float], int]:
    """The visible area of a page in user space, and how far the page is turned for the reader."""
    pages = page_count(document)
    if not 1 <= page <= pages:
        raise NoPlace(cell=cell, reason=f"the document has {pages} page(s), not {page}")
    found = page_at(document, page - 1)
    rotation = (holder(found, "/Rotate") or found).integer("/Rotate", default=0) % 360
    if rotation not in _MATRICES:
        raise NoPlace(cell=cell, reason=f"page {page} is rotated by {rotation} degrees")
    return _visible_area(found, cell=cell), rotation


def _placed(box: Box, area: tuple[float, float, float, float], *, rotation: int, cell: str) -> PlacedBox:
    x0, y0, x1, y1 = area
    seen_width, seen_height = (x1 - x0, y1 - y0) if rotation in {0, 180} else (y1 - y0, x1 - x0)
    left, top = box.left * POINTS_PER_MM, box.top * POINTS_PER_MM
    width, height = box.width * POINTS_PER_MM, box.height * POINTS_PER_MM
    if left + width > seen_width + 0.5 or top + height > seen_height + 0.5:
        size = f"{seen_width / POINTS_PER_MM:.0f} × {seen_height / POINTS_PER_MM:.0f} mm"
        raise NoPlace(cell=cell, reason=f"the box leaves page {box.page}, which is {size}")
    right, bottom = seen_width - left - width, seen_height - top - height
    rect = {
        0: (x0 + left, y0 + bottom, x1 - right, y1 - top),
        90: (x0 + top, y0 + left, x1 - bottom, y1 - right),
        180: (x0 + right, y0 + top, x1 - left, y1 - bottom),
        270: (x0 + bottom, y0 + right, x1 - top, y1 - left),
    }[rotation]
    # Rounded here, once: what is written, read back and measured again must stay the same to the last digit.
    x, y, right_x, top_y = (round(side, 3) for side in rect)
    return PlacedBox(
        page_index=box.page - 1, rect=(x, y, right_x, top_y), width=width, height=height, rotation=rotation
    )


def _visible_area(page: Node, *, cell: str) -> tuple[float, float, float, float]:
    """The crop box within the media box (14.11.2)."""
    media = holder(page, "/MediaBox")
    if media is None:
        raise NoPlace(cell=cell, reason="the page has no media box")
    x0, y0, x1, y1 = media.rectangle("/MediaBox")
    cropped = holder(page, "/CropBox")
    if cropped is not None:
        c0, d0, c1, d1 = cropped.rectangle("/CropBox")
        x0, y0, x1, y1 = max(x0, c0), max(y0, d0), min(x1, c1), min(y1, d1)
    return x0, y0, x1, y1
