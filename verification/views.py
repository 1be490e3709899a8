"""What was signed, to be looked at: the pages of each signed revision and of the file as it is, differences marked.

For people who are told that a page differs and want to see where. Only for the sandbox, like all that draws.
"""

from __future__ import annotations

from dataclasses import dataclass
from io import BytesIO
from typing import TYPE_CHECKING

from PIL import ImageDraw
from pypdfium2 import PdfDocument, PdfiumError

from verification.pictures import difference, opened, picture_of

if TYPE_CHECKING:
    from PIL import Image
    from pypdfium2 import PdfPage

    from verification.facts import SignedRevision
    from verification.pictures import Pixels

_MOST_PAGES = 20  # of one revision
_FINER = 2  # than the pictures that are compared
_RED, _WIDTH = (208, 0, 0), 3


@dataclass(frozen=True, slots=True)
class PageView:
    """One page as PNG: as it was in a signed revision (counted from 1), or with ``revision`` 0 as it is now.

    ``differs`` says that a red frame marks what differs between the two.
    """

    revision: int
    page: int
    png: bytes
    differs: bool


def draw_revisions(pdf: bytes, *, revisions: tuple[SignedRevision, ...]) -> tuple[PageView, ...]:
    """The first pages of each signed revision, and of the file where they differ; nothing where PDFium cannot read."""
    views: dict[tuple[int, int], PageView] = {}
    try:
        with opened(pdf, length=len(pdf)) as now:
            for number, revision in enumerate(revisions, start=1):
                with opened(pdf, length=revision.end) as signed:
                    for view in _views(number, signed, now, revision.fields):
                        views[view.revision, view.page] = view
    except PdfiumError:
        return ()
    return tuple(views[key] for key in sorted(views))


def _views(number: int, signed: PdfDocument, now: PdfDocument, fields: tuple[str, ...]) -> list[PageView]:
    views = []
    for page in range(min(len(signed), _MOST_PAGES)):
        frame = _frame(signed[page], now[page], fields) if page < len(now) else None
        views.append(_view(number, page, signed[page], frame))
        if frame is not None:
            views.append(_view(0, page, now[page], frame))
    return views


def _frame(signed: PdfPage, now: PdfPage, fields: tuple[str, ...]) -> Pixels | None:
    before, after = picture_of(signed), picture_of(now)
    return None if before is None or after is None else difference(signed, now, fields, before=before, after=after)


def _view(revision: int, number: int, page: PdfPage, frame: Pixels | None) -> PageView:
    small = picture_of(page)
    width = small.width * _FINER if small else 1
    image: Image.Image = page.render(scale=width / max(1.0, page.get_width())).to_pil().convert("RGB")
    if frame is not None:
        sides = [side * _FINER for side in frame]
        ImageDraw.Draw(image).rectangle(sides, outline=_RED, width=_WIDTH)
    out = BytesIO()
    image.save(out, "PNG")
    return PageView(revision, number + 1, out.getvalue(), differs=frame is not None)
