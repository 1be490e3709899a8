"""Give a file one field for one signature, where no register has composed a draft with its cells.

The field is an increment of its own, so that the file as it came stays a byte prefix of everything that follows.
"""

from __future__ import annotations

from dataclasses import dataclass

from signing.errors import FieldUnavailable
from signing.fields import signature_fields
from signing.layout import Box
from signing.new_field import add_signature_field
from signing.pdf.pages import page_count
from signing.revision import Change, Revising, building_on


@dataclass(frozen=True, slots=True)
class FieldPlace:
    """Where a visible signature goes, in millimetres as :class:`signing.layout.Box`; ``page`` None is the last one."""

    page: int | None
    left: float
    top: float
    width: float
    height: float

    def __post_init__(self) -> None:
        self.on(pages=1)

    def on(self, *, pages: int) -> Box:
        """The box on a file of so many pages; raises ``ValueError`` for one that can lie on no page."""
        page = pages if self.page is None else self.page
        return Box(page=page, left=self.left, top=self.top, width=self.width, height=self.height)


@Revising
def append_field(pdf: bytes, *, field_name: str, where: FieldPlace | None) -> Change:
    """Add an empty signature field, visible at its place or without one on no page at all.

    Raises :class:`signing.errors.FieldUnavailable` for a file that has signature fields already,
    :class:`signing.errors.NoPlace` and :class:`signing.errors.DocumentUnfit`.
    """
    has_fields, pages = building_on(pdf, lambda document: (any(signature_fields(document)), page_count(document)))
    if has_fields:
        raise FieldUnavailable(field_name=field_name, reason="the file already has signature fields")
    box = None if where is None else where.on(pages=pages)
    return add_signature_field.plan(pdf, field_name=field_name, box=box)
