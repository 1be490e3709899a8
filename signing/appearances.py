"""What a field shows: one form XObject that keeps its box and matrix from the empty cell to the filled one.

A validator that compares revisions (EU DSS does) takes a changed ``/BBox`` for an undefined modification, even one of a
thousandth of a point; a changed content stream with its resources is what filling in and signing mean.
"""

from __future__ import annotations

from typing import TYPE_CHECKING

from signing.fields import field_rotation
from signing.geometry import upright_matrix
from signing.pdf.values import Name, Stream, numbers

if TYPE_CHECKING:
    from signing.pdf.document import Node
    from signing.pdf.values import Dictionary


def shown_size(field: Node) -> tuple[float, float]:
    """Width and height of the widget in points, as the reader of a rotated page sees them."""
    llx, lly, urx, ury = field.rectangle("/Rect")
    return (urx - llx, ury - lly) if field_rotation(field) in {0, 180} else (ury - lly, urx - llx)


def show(field: Node, *, content: bytes = b"", resources: Dictionary | None = None) -> None:
    """Give the widget its normal appearance (ISO 32000-2, 12.5.5): nothing, or a content stream with its resources."""
    form: Dictionary = {
        "/Type": Name("/XObject"),
        "/Subtype": Name("/Form"),
        "/BBox": numbers(0, 0, *shown_size(field)),
        "/Matrix": upright_matrix(field_rotation(field)),
        "/Resources": resources or {},
    }
    field.put("/AP", {"/N": field.document.add(Stream(form, content))})
