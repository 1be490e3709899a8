"""Shadow attacks: what is signed looks harmless and holds something else, which an update brings to light.

The attacker writes the document, has it signed, and then takes a cover away (hide), gives a name another meaning
(replace) or changes to a second document that was in the first all along (hide and replace). What must be noticed is
the update; all of these documents are one approval signature old.
"""

from __future__ import annotations

from functools import partial
from typing import TYPE_CHECKING

from tests.vectors.chamber import CHECKED_AT, SIGNATORY, SIGNED_AT
from tests.vectors.paper import (
    CATALOG,
    CONTENT,
    DATE,
    FONT,
    FORM,
    LAYER,
    NUMBER,
    PAGE,
    PAGES,
    SUM,
    appended,
    edited,
    objects,
    relinked,
    stream,
    whole,
)
from tests.vectors.steps import edit, free, put
from tests.vectors.vector import FORMAT, Case, Vector

if TYPE_CHECKING:
    from collections.abc import Iterable, Mapping

    from tests.vectors.chamber import Chamber
    from tests.vectors.steps import Step

_CLAUSE = "ISO 32000-2, 12.8.2.2.2; EN 319 102-1, 5.2.2"
_COVER, _SHADOW, _SECOND = 30, 31, 32
_FORM = b"/Type /XObject /Subtype /Form /BBox [0 0 595 842] /Resources << /Font << /F 5 0 R >> >>"
_WHITE = stream(b"1 g 0 0 595 842 re f", _FORM)
_EVIL = stream(b"BT /F 12 Tf 72 720 Td (You are dismissed) Tj ET")
_HONEST = stream(b"BT /F 12 Tf 72 720 Td (Congratulations) Tj ET")
_NOTE = b"/Type /Annot /F 4 /P 3 0 R /Rect [0 0 595 842]"


def _signed(chamber: Chamber, *, bodies: Mapping[int, bytes], step: Step) -> Case:
    """The prepared document, signed and then changed."""
    return Case(step(chamber.sign(whole({**objects(), **bodies}), SIGNATORY, at=SIGNED_AT)), chamber.known)


def _prepared(number: int, old: bytes, new: bytes) -> bytes:
    """An object of the honest document with something prepared in it."""
    body = objects()[number]
    assert old in body
    return body.replace(old, new)


_COVERED_PAGE = {
    CONTENT: stream(b"BT /F 12 Tf 72 720 Td (You are dismissed) Tj ET /Cover Do BT /F 12 Tf 72 600 Td (Thanks) Tj ET"),
    PAGE: _prepared(PAGE, b"/Sum 14 0 R", b"/Sum 14 0 R /Cover 30 0 R"),
    _COVER: _WHITE,
}
_COVERED_BY_NOTE = {
    PAGE: _prepared(PAGE, b"15 0 R]", b"15 0 R 30 0 R]"),
    _COVER: b"<< %s /Subtype /Square /IC [1 1 1] /AP << /N 31 0 R >> >>" % _NOTE,
    _SHADOW: _WHITE,
}
_COVERED_BY_LAYER = {
    CONTENT: stream(b"BT /F 12 Tf 72 720 Td (You are dismissed) Tj ET /OC /Layer BDC 1 g 0 0 595 842 re f EMC"),
}
_COVERED_BY_FIELD = {
    PAGE: _prepared(PAGE, b"15 0 R]", b"15 0 R 30 0 R]"),
    FORM: _prepared(FORM, b"10 0 R]", b"10 0 R 30 0 R]"),
    _COVER: b"<< %s /Subtype /Widget /FT /Tx /T (Cover) /V (x) /AP << /N 31 0 R >> >>" % _NOTE,
    _SHADOW: _WHITE,
}
_BUTTON = {
    PAGE: _prepared(PAGE, b"15 0 R]", b"15 0 R 30 0 R]"),
    FORM: _prepared(FORM, b"10 0 R]", b"10 0 R 30 0 R]"),
    _COVER: b"<< %s /Subtype /Widget /FT /Btn /T (State) /V /Honest /AS /Honest /AP << /N << /Honest 31 0 R "
    b"/Evil 32 0 R >> >> >>" % _NOTE,
    _SHADOW: stream(b"BT /F 12 Tf 72 720 Td (Congratulations) Tj ET", _FORM),
    _SECOND: stream(b"BT /F 12 Tf 72 720 Td (You are dismissed) Tj ET", _FORM),
}
_SECOND_FONT = {_COVER: b"<< /Type /Font /Subtype /Type1 /BaseFont /ZapfDingbats >>"}
_SECOND_PAGES = {
    CONTENT: _HONEST,
    _COVER: b"<< /Type /Pages /Kids [31 0 R] /Count 1 >>",
    _SHADOW: b"<< /Type /Page /Parent 30 0 R /MediaBox [0 0 595 842] /Contents 32 0 R "
    b"/Resources << /Font << /F 5 0 R >> >> /Annots [7 0 R] >>",
    _SECOND: _EVIL,
}
_SECOND_CATALOGUE = {
    **_SECOND_PAGES,
    33: b"<< /Type /Catalog /Pages 30 0 R /AcroForm 6 0 R >>",
}
_INCREMENTS: dict[str, tuple[str, Mapping[int, bytes], Step]] = {
    "hide-cover-freed": ("Hide: a white cover over the text is freed.", _COVERED_PAGE, free(_COVER)),
    "hide-cover-emptied": ("Hide: a white cover over the text is emptied.", _COVERED_PAGE,
        put({_COVER: stream(b"", _FORM)})),
    "hide-cover-moved": ("Hide: a white cover over the text is moved off the page.", _COVERED_PAGE,
        edit(_COVER, b"/BBox [0 0 595 842]", b"/BBox [0 0 1 1]")),
    "hide-cover-of-another-type": ("Hide: a white cover becomes an object of another type.", _COVERED_PAGE,
        put({_COVER: b"<< /Type /XObject /Subtype /PS >>"})),
    "hide-note-freed": ("Hide: an annotation that covers the page is freed.", _COVERED_BY_NOTE, free(_COVER)),
    "hide-note-hidden": ("Hide: an annotation that covers the page is hidden.", _COVERED_BY_NOTE,
        edit(_COVER, b"/F 4", b"/F 2")),
    "hide-note-taken-off": ("Hide: an annotation that covers the page is taken off it.", _COVERED_BY_NOTE,
        edit(PAGE, b"30 0 R", b"")),
    "hide-layer-off": ("Hide: a layer that covers the page is switched off.", _COVERED_BY_LAYER,
        edit(CATALOG, b"/OFF [ ]", b"/OFF [13 0 R]")),
    "hide-layer-for-print": ("Hide: a layer that covers the page is switched off for printing.", _COVERED_BY_LAYER,
        put({LAYER: b"<< /Type /OCG /Name (Restrictions) /Usage << /Print << /PrintState /OFF >> >> >>"})),
    "hide-field-emptied": ("Hide: a text field that covers the page is filled with nothing.", _COVERED_BY_FIELD,
        put({_SHADOW: stream(b"", _FORM)})),
    "hide-field-without-picture": ("Hide: a text field that covers the page loses its picture.", _COVERED_BY_FIELD,
        edit(_COVER, b"/AP << /N 31 0 R >>", b"")),
    "replace-field-picture": ("Replace: a text field that covers the page gets another picture.", _COVERED_BY_FIELD,
        put({_SHADOW: stream(b"BT /F 12 Tf 72 720 Td (You are dismissed) Tj ET", _FORM)})),
    "replace-button-state": ("Replace: a button that covers the page changes to its second, prepared state.", _BUTTON,
        edit(_COVER, b"/V /Honest /AS /Honest", b"/V /Evil /AS /Evil")),
    "replace-font": ("Replace: a prepared font takes the place of the page's.", _SECOND_FONT,
        edit(PAGE, b"/F 5 0 R", b"/F 30 0 R")),
    "replace-font-object": ("Replace: the page's font object is written anew.", _SECOND_FONT,
        put({FONT: b"<< /Type /Font /Subtype /Type1 /BaseFont /Symbol >>"})),
    "replace-value-not-picture": ("Replace: a field's value changes and its picture does not.", _COVERED_BY_FIELD,
        edit(_COVER, b"/V (x)", b"/V (dismissed)")),
    "replace-default-value": ("Replace: a field is emptied in favour of a default.",
        {NUMBER: _prepared(NUMBER, b"/T (DocNumber)", b"/T (DocNumber) /DV (999)")},
        edit(NUMBER, b"/DV (999)", b"/DV (999) /V (999)")),
    "replace-cells": ("Replace: number and date change names.", {},
        lambda pdf: appended(pdf, {NUMBER: edited(pdf, NUMBER, b"(DocNumber)", b"(DocDate)"),
            DATE: edited(pdf, DATE, b"(DocDate)", b"(DocNumber)")})),
    "change-pages": ("Hide and replace: the catalogue leads to a second, prepared page tree.", _SECOND_PAGES,
        edit(CATALOG, b"/Pages 2 0 R", b"/Pages 30 0 R")),
    "change-page": ("Hide and replace: the page tree leads to a second, prepared page.", _SECOND_PAGES,
        edit(PAGES, b"3 0 R", b"31 0 R")),
    "change-content": ("Hide and replace: the page leads to a second, prepared content stream.", _SECOND_PAGES,
        edit(PAGE, b"/Contents 4 0 R", b"/Contents 32 0 R")),
    "change-catalogue": ("Hide and replace: the trailer leads to a second, prepared catalogue.", _SECOND_CATALOGUE,
        lambda pdf: appended(pdf, {}, root=b"33 0 R")),
    "change-content-by-xref": ("Hide and replace: an xref table alone leads to a content stream in another stream.",
        {_COVER: stream(b"\n4 0 obj\n" + _EVIL + b"\nendobj\n")}, lambda pdf: relinked(pdf, CONTENT)),
    "change-form-by-xref": ("Hide and replace: an xref table alone leads to a form XObject in another stream.",
        {_COVER: stream(b"\n14 0 obj\n" + _WHITE + b"\nendobj\n")}, lambda pdf: relinked(pdf, SUM)),
}  # fmt: skip


def _vectors() -> Iterable[Vector]:
    for name, (about, bodies, step) in _INCREMENTS.items():
        make = partial(_signed, bodies=bodies, step=step)
        yield Vector(name=f"shadow/{name}", about=about, clause=_CLAUSE, expected=FORMAT, at=CHECKED_AT, make=make)


VECTORS = tuple(_vectors())
