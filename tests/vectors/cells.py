"""Number and date: the stored value, the picture of it, and everything else that may make the two differ.

Form filling is allowed between the signatory's signature and the seal, and no standard asks that a field shows its
value. The seal covers all of it, so that nothing but the comparison of value and picture is left to notice a number that
programs read and people do not see (own rule, ``Check.VALUE_SHOWN``; ISO 32000-2, 12.7.4.3).
"""

from __future__ import annotations

from functools import partial
from typing import TYPE_CHECKING

from tests.notary import Cell, fill
from tests.vectors import paper
from tests.vectors.chamber import CHECKED_AT, SEAL, SEALED_AT, SIGNATORY, SIGNED_AT, Base
from tests.vectors.paper import DATE, FORM, NUMBER, PAGE, appended, current, edited, size_of, stream
from tests.vectors.steps import attack, edit, extend, put, then
from tests.vectors.vector import FORMAT, PASSED, Case, Vector

if TYPE_CHECKING:
    from collections.abc import Iterable

    from tests.vectors.chamber import Chamber
    from tests.vectors.steps import Step

_CLAUSE = "ISO 32000-2, 12.7.4.3; own rule: the page shows what the field says"
_BEHIND_SEAL = "ISO 32000-2, 12.8.2.2 and 12.8.2.4"
_SHOWN = b"/Type /XObject /Subtype /Form /BBox [0 0 80 20] /Resources << /Font << /F 5 0 R >> >>"


def _picture(pdf: bytes, field: int) -> int:
    """The number of the field's appearance stream."""
    return int(current(pdf, field).split(b"/N ")[1].split()[0])


def _draw(field: int, content: bytes, entries: bytes = _SHOWN) -> Step:
    """The field's picture drawn anew."""
    return lambda pdf: appended(pdf, {_picture(pdf, field): stream(content, entries)})


def _text_over_the_page(pdf: bytes) -> bytes:
    number = size_of(pdf)
    page = edited(pdf, PAGE, b"/Contents 4 0 R", b"/Contents [4 0 R %d 0 R]" % number)
    text = stream(b"1 g 72 760 80 20 re f 0 g BT /F 12 Tf 74 764 Td (999) Tj ET")
    return appended(pdf, {PAGE: page, number: text})


def _swapped(pdf: bytes) -> bytes:
    """Number and date exchange their places on the page."""
    first, second = b"/Rect [ 72 760 152 780 ]", b"/Rect [ 300 760 380 780 ]"
    return appended(pdf, {NUMBER: edited(pdf, NUMBER, first, second), DATE: edited(pdf, DATE, second, first)})


def _second_field(pdf: bytes) -> bytes:
    """A second field over the number's place, of another name."""
    number = size_of(pdf)
    reference = b" %d 0 R " % number
    widget = current(pdf, NUMBER).replace(b"(DocNumber)", b"(DocNumber2)").replace(b"(123)", b"(999)")
    return appended(
        pdf,
        {
            PAGE: edited(pdf, PAGE, b"/Annots [", b"/Annots [" + reference),
            FORM: edited(pdf, FORM, b"/Fields [", b"/Fields [" + reference),
            number: widget,
        },
    )


def _sealed(chamber: Chamber, *, number: Cell, date: Cell, step: Step | None = None, locked: bool = True) -> Case:
    """Signed, filled in like this, changed like this, and then sealed."""
    lock = paper.LOCK_ALL_BUT_CELLS if locked else b""
    draft = paper.draft(lock=lock, seal_lock=paper.LOCK_NOTHING_MORE)
    pdf = fill(fill(chamber.sign(draft, SIGNATORY, at=SIGNED_AT, certify=True), number), date)
    return Case(chamber.sign(step(pdf) if step else pdf, SEAL, at=SEALED_AT), chamber.known)


_NUMBER, _DATE = Cell("DocNumber", "123", "123"), Cell("DocDate", "03", "03")
_FILLED: dict[str, tuple[str, Cell, Cell, Step | None]] = {
    "number-differs": ("The number's value is 123, its picture 999.", Cell("DocNumber", "123", "999"), _DATE, None),
    "date-differs": ("The date's value is 03, its picture 30.", _NUMBER, Cell("DocDate", "03", "30"), None),
    "number-shows-more": ("The number's picture has one digit more.", Cell("DocNumber", "123", "1234"), _DATE, None),
    "number-shows-nothing": ("The number's picture is empty.", Cell("DocNumber", "123", ""), _DATE, None),
    "number-without-value": ("The number has a picture and an empty value.", Cell("DocNumber", "", "123"), _DATE, None),
    "cells-exchanged": ("The date stands in the number's picture and the other way round.",
        Cell("DocNumber", "123", "03"), Cell("DocDate", "03", "123"), None),
    "number-without-picture": ("The number has no picture.", _NUMBER, _DATE,
        lambda pdf: appended(pdf, {NUMBER: current(pdf, NUMBER).replace(b"/AP", b"/NoAP")})),
    "two-texts-in-the-picture": ("The number's picture shows a second text.", _NUMBER, _DATE,
        _draw(NUMBER, b"/Tx BMC q BT /F 12 Tf 2 4 Td (123) Tj ET BT /F 12 Tf 2 4 Td (999) Tj ET Q EMC")),
    "picture-outside-its-box": ("The number's picture shows the value outside of its box and another within.",
        _NUMBER, _DATE,
        _draw(NUMBER, b"BT /F 12 Tf 2 900 Td (123) Tj ET BT /F 12 Tf 2 4 Td (999) Tj ET")),
    "value-is-a-name": ("The number's value is a name.", _NUMBER, _DATE, edit(NUMBER, b"/V (123)", b"/V /999")),
    "value-is-a-stream": ("The number's value is a stream.", _NUMBER, _DATE,
        lambda pdf: appended(pdf, {NUMBER: edited(pdf, NUMBER, b"/V (123)", b"/V %d 0 R" % size_of(pdf)),
            size_of(pdf): stream(b"999")})),
}  # fmt: skip
"""Everything is allowed by the locks and covered by the seal."""

_FORBIDDEN: dict[str, tuple[str, Step]] = {
    "number-moved-before-seal": ("Number and date exchange their places before the seal.", _swapped),
    "second-number-before-seal": ("A second field lies over the number before the seal.", _second_field),
    "text-over-number-before-seal": ("A second text lies over the number before the seal.", _text_over_the_page),
    "number-hidden-before-seal": ("The number's field is hidden before the seal.", edit(NUMBER, b"/F 4", b"/F 2")),
    "drawn-anew-before-seal": ("Viewers are told to draw fields anew before the seal.",
        extend(FORM, b"/NeedAppearances true")),
}  # fmt: skip
"""Covered by the seal, but not allowed by the signatory's signature."""

_AFTER: dict[str, tuple[str, Step]] = {
    "number-swapped-after-seal": ("Value and picture of the number swapped behind the seal.",
        then(edit(NUMBER, b"/V (123)", b"/V (999)"), _draw(NUMBER, b"BT /F 12 Tf 2 4 Td (999) Tj ET"))),
    "picture-swapped-after-seal": ("The number's picture swapped behind the seal.",
        _draw(NUMBER, b"BT /F 12 Tf 2 4 Td (999) Tj ET")),
    "value-swapped-after-seal": ("The number's value swapped behind the seal.",
        edit(NUMBER, b"/V (123)", b"/V (999)")),
    "field-swapped-after-seal": ("Another field takes the number's place in the form behind the seal.",
        then(edit(FORM, b"9 0 R", b"17 0 R"), put({17: b"<< /FT /Tx /T (DocNumber) /V (999) >>"}))),
    "text-over-page-after-seal": ("A second text lies over the number behind the seal.", _text_over_the_page),
    "cells-moved-after-seal": ("Number and date exchange their places behind the seal.", _swapped),
    "second-number-after-seal": ("A second field lies over the number behind the seal.", _second_field),
    "cells-emptied-after-seal": ("The number is emptied behind the seal.",
        edit(NUMBER, b"/V (123)", b"/V ()")),
    "drawn-anew-after-seal": ("Viewers are told to draw fields anew behind the seal.",
        extend(FORM, b"/NeedAppearances true")),
}  # fmt: skip


def _vectors() -> Iterable[Vector]:
    vector = partial(Vector, at=CHECKED_AT)
    for name, (about, number, date, step) in _FILLED.items():
        make = partial(_sealed, number=number, date=date, step=step)
        yield vector(name=f"cells/{name}", about=about, clause=_CLAUSE, expected=FORMAT, make=make)
    for name, (about, step) in _FORBIDDEN.items():
        make = partial(_sealed, number=_NUMBER, date=_DATE, step=step)
        yield vector(name=f"cells/{name}", about=about, clause=_BEHIND_SEAL, expected=FORMAT, make=make)
    for name, (about, step) in _AFTER.items():
        yield attack(f"cells/{name}", about, step, clause=_BEHIND_SEAL, base=Base.SEALED)
    yield vector(
        name="cells/right-number-and-date",
        about="Number and date as they should be: this one passes.",
        clause=_CLAUSE,
        expected=PASSED,
        make=partial(_sealed, number=_NUMBER, date=_DATE),
    )


VECTORS = tuple(_vectors())
