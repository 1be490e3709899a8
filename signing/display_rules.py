"""What the signatures on attachments and electronic copies say, in the words of Decree 30/2020, Annex I.

They show no picture, but a text of ten points at the top right of the first page: an attachment in a file of its own
the number and symbol of its document and the signing time (Part I, II.8.b), a copy its form, the agency that copies and
the signing time (Part II, I.3).
"""

from __future__ import annotations

from datetime import datetime, timedelta, timezone
from typing import TYPE_CHECKING

from signing.errors import NoPlace
from signing.geometry import POINTS_PER_MM, seen_size
from signing.layout import Box
from signing.revision import building_on

if TYPE_CHECKING:
    from signing.copy_form import CopyForm
    from signing.source import Source

_VIETNAM = timezone(timedelta(hours=7))
_WIDTH, _HEIGHT = 85.0, 13.0
_FROM_RIGHT, _FROM_TOP = 15.0, 6.0
_FROM_LEFT, _GAP, _CODE_WIDTH = 15.0, 5.0, 75.0
_CELL = "corner"


def attachment_text(*, number: str, at: datetime) -> str:
    """``Số: 125/QĐ-UBND; 2026-11-23T09:15:42+07:00``; ``number`` is the printed number with its symbol."""
    return f"Số: {number}; {signing_time(at)}"


def copy_text(form: CopyForm, *, agency: str, at: datetime) -> str:
    """``Sao y; Sở Tư pháp tỉnh X; 2026-11-23T09:15:42+07:00``."""
    return f"{form.value}; {agency}; {signing_time(at)}"


def signing_time(at: datetime) -> str:
    """Date, hour, minute and second in Vietnam's zone (ISO 8601)."""
    return at.astimezone(_VIETNAM).isoformat(timespec="seconds")


def corner_box(base: bytes | Source) -> Box:
    """Cell 14: the top right of the first page, within its margins, whatever its size and rotation.

    Raises :class:`signing.errors.DocumentUnfit`, and :class:`signing.errors.NoPlace` for a page that is too small: the
    longest symbol that a number can have must stand on one line.
    """
    size = building_on(base, lambda document: seen_size(document, page=1, cell=_CELL))
    width, height = (side / POINTS_PER_MM for side in size)
    if width < _FROM_RIGHT + _WIDTH or height < _FROM_TOP + _HEIGHT:
        raise NoPlace(cell=_CELL, reason=f"page 1 is only {width:.0f} mm wide and {height:.0f} mm high")
    return Box(page=1, left=width - _FROM_RIGHT - _WIDTH, top=_FROM_TOP, width=_WIDTH, height=_HEIGHT)


def code_box(base: bytes | Source) -> Box:
    """Where a copy's lookup code stands: beside cell 14, at the top left; on a narrow page at its foot."""
    size = building_on(base, lambda document: seen_size(document, page=1, cell=_CELL))
    width, height = (side / POINTS_PER_MM for side in size)
    free = width - _FROM_RIGHT - _WIDTH - _FROM_LEFT - _GAP
    if free >= _CODE_WIDTH:
        return Box(page=1, left=_FROM_LEFT, top=_FROM_TOP, width=_CODE_WIDTH, height=_HEIGHT)
    return Box(page=1, left=_FROM_LEFT, top=height - _FROM_TOP - _HEIGHT, width=_CODE_WIDTH, height=_HEIGHT)
