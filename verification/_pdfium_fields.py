"""The door to PDFium's form fields: where on a page the fields of some names show themselves."""

from __future__ import annotations

import ctypes
from typing import TYPE_CHECKING

from pypdfium2 import raw

if TYPE_CHECKING:
    from collections.abc import Iterable

    from pypdfium2 import PdfPage

Sides = tuple[float, float, float, float]
"""Left, bottom, right and top in PDF units."""
_MOST_ANNOTATIONS = 2000
_LONGEST_NAME = 4096


def places_of(page: PdfPage, names: Iterable[str]) -> dict[str, list[Sides]]:
    """The boxes of the named fields' widgets on this page."""
    wanted, found = set(names), dict[str, list[Sides]]()
    form = page.formenv
    if not wanted or form is None:
        return found
    for number in range(min(_MOST_ANNOTATIONS, raw.FPDFPage_GetAnnotCount(page))):
        annotation = raw.FPDFPage_GetAnnot(page, number)
        if not annotation:
            continue
        name = _name(form.raw, annotation)
        sides = raw.FS_RECTF()
        if name in wanted and raw.FPDFAnnot_GetRect(annotation, sides):
            found.setdefault(name, []).append((sides.left, sides.bottom, sides.right, sides.top))
        raw.FPDFPage_CloseAnnot(annotation)
    return found


def _name(form: object, annotation: object) -> str:
    length = raw.FPDFAnnot_GetFormFieldName(form, annotation, None, 0)
    if not 0 < length <= _LONGEST_NAME:
        return ""
    buffer = ctypes.create_string_buffer(length)
    raw.FPDFAnnot_GetFormFieldName(form, annotation, ctypes.cast(buffer, ctypes.POINTER(raw.FPDF_WCHAR)), length)
    return buffer.raw.decode("utf-16-le", errors="replace").rstrip("\0")
