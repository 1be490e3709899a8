"""Form fields of other programs: text, choices and boxes that show what they store, and such as do not.

A field stores its value and, apart from it, the picture that people see (ISO 32000-2, 12.7.4.3 and 12.7.5). Where the two
differ, a person and a program read different things under one signature; the report says so (own check
``FIELDS_SHOWN``). Honest products differ in how they draw, and none of them may raise an alarm.
"""

from __future__ import annotations

from functools import partial
from typing import TYPE_CHECKING

from tests.vectors import paper
from tests.vectors.chamber import CHECKED_AT, SIGNATORY, SIGNED_AT
from tests.vectors.paper import FORM, PAGE, stream
from tests.vectors.vector import PASSED, Case, Expected, Vector

if TYPE_CHECKING:
    from collections.abc import Iterable, Mapping

    from tests.vectors.chamber import Chamber

_CLAUSE = "ISO 32000-2, 12.7.4.3 and 12.7.5; own check FIELDS_SHOWN"
_WARNED = PASSED.with_caution("field-not-shown")
_FIRST = 20  # objects below are the document's own
_WIDGET = b"/Type /Annot /Subtype /Widget /F 4 /P 3 0 R /Rect [72 500 272 520]"
_BOX = b"/Type /XObject /Subtype /Form /BBox [0 0 200 20] "
_FONT = b"/Resources << /Font << /F 5 0 R >> >>"
_TICK = stream(b"q 1 0 0 1 2 2 cm 0 0 m 8 8 l S Q", _BOX)
_EMPTY = stream(b"", _BOX)

Objects = dict[int, bytes]


def _drawn(content: bytes, resources: bytes = _FONT) -> bytes:
    return stream(content, _BOX + resources)


def _shows(text: bytes) -> bytes:
    """As most products draw (12.7.4.3): marked content, clipping, one text object."""
    return _drawn(b"/Tx BMC q 1 1 198 18 re W n BT /F 12 Tf 0 g 2 5 Td (%s) Tj ET Q EMC" % text)


def _field(entries: bytes, picture: bytes | None, more: Mapping[int, bytes] | None = None) -> Objects:
    """One field that is its own widget."""
    appearance = b"/AP << /N 21 0 R >>" if picture is not None else b""
    drawn = {21: picture} if picture is not None else {}
    return {20: b"<< %s %s %s >>" % (_WIDGET, entries, appearance), **drawn, **(more or {})}


def _text(
    value: bytes, picture: bytes | None, entries: bytes = b"", more: Mapping[int, bytes] | None = None
) -> Objects:
    return _field(b"/FT /Tx /T (Note) /V %s %s" % (value, entries), picture, more)


def _combo(value: bytes, shown: bytes) -> Objects:
    options = b"/Ff 131072 /Opt [[(A) (Approved)] [(R) (Refused)]]"
    return _field(b"/FT /Ch /T (Decision) /V (%s) %s" % (value, options), _shows(shown))


def _list(value: bytes) -> Objects:
    shown = _drawn(b"/Tx BMC q BT /F 12 Tf 2 14 Td (Approved) Tj 0 -12 Td (Refused) Tj ET Q EMC")
    return _field(b"/FT /Ch /T (Decision) /V %s /Opt [(Approved) (Refused)]" % value, shown)


def _check(value: bytes, state: bytes) -> Objects:
    entries = b"/FT /Btn /T (Agreed) %s %s" % (value, state)
    return {20: b"<< %s %s /AP << /N << /Yes 21 0 R /Off 22 0 R >> >> >>" % (_WIDGET, entries), 21: _TICK, 22: _EMPTY}


def _radio(value: bytes, *states: bytes) -> Objects:
    """A group of two buttons, whose pictures are named /One and /Two."""
    kids = {
        23 + place: b"<< %s /Parent 20 0 R /AS %s /AP << /N << %s 21 0 R /Off 22 0 R >> >> >>" % (_WIDGET, state, name)
        for place, (state, name) in enumerate(zip(states, (b"/One", b"/Two"), strict=True))
    }
    group = b"<< /FT /Btn /Ff 49152 /T (Way) /V %s /Kids [23 0 R 24 0 R] >>" % value
    return {20: group, 21: _TICK, 22: _EMPTY, **kids}


def _nested(shown: bytes) -> Objects:
    """A field below another, with two widgets that must show the same."""
    kids = {n: b"<< %s /Parent 21 0 R /AP << /N %d 0 R >> >>" % (_WIDGET, n + 10) for n in (22, 23)}
    return {
        20: b"<< /T (person) /FT /Tx /Kids [21 0 R] >>",
        21: b"<< /T (name) /Parent 20 0 R /V (Sample) /Kids [22 0 R 23 0 R] >>",
        **kids,
        32: _shows(b"Sample"),
        33: _shows(shown),
    }


_CMAP = stream(
    b"/CIDInit /ProcSet findresource begin 12 dict begin begincmap 1 begincodespacerange <0000> <FFFF> "
    b"endcodespacerange 3 beginbfchar <0001> <0110> <0002> <00E3> <0003> <006B> endbfchar endcmap end end"
)
_COMPOSITE = (
    b"<< /Type /Font /Subtype /Type0 /BaseFont /AAAAAA+Sample /Encoding /Identity-H /DescendantFonts [24 0 R] %s >>"
)
_DESCENDANT = (
    b"<< /Type /Font /Subtype /CIDFontType2 /BaseFont /AAAAAA+Sample /CIDSystemInfo << /Registry (Adobe) "
    b"/Ordering (Identity) /Supplement 0 >> /DW 600 >>"
)


def _vietnamese(value: bytes, *, mapped: bool) -> Objects:
    """Drawn with glyph numbers, which a table in the font turns into letters: Đã k."""
    shown = _drawn(b"/Tx BMC BT /G 12 Tf 2 5 Td <000100020003> Tj ET EMC", b"/Resources << /Font << /G 22 0 R >> >>")
    font = _COMPOSITE % (b"/ToUnicode 23 0 R" if mapped else b"")
    return _text(value, shown, more={22: font, 23: _CMAP, 24: _DESCENDANT})


_COMB = _drawn(
    b"/Tx BMC BT /F 12 Tf "
    + b"".join(b"1 0 0 1 %d 5 Tm (%c) Tj " % (9 * n, c) for n, c in enumerate(b"079123456"))
    + b"ET EMC"
)
_LINES = _drawn(b"/Tx BMC BT /F 9 Tf 10 TL 2 14 Td (A long remark that) Tj T* (takes two lines) Tj ET EMC")
_KERNED = _drawn(b"/Tx BMC BT /F 12 Tf 2 5 Td [(Sam) -20 (ple) 15 ( te) (xt)] TJ ET EMC")
_FRAMED = _drawn(b"1 g 0 0 200 20 re f 0 G 0.5 0.5 199 19 re S /Tx BMC BT /F 12 Tf 2 5 Td (Sample) Tj ET EMC")
_BARS = _drawn(b"".join(b"%d 0 1 20 re f " % (3 * n) for n in range(60)), b"")
_FORMATS = b'/AA << /F << /S /JavaScript /JS (AFNumber_Format\\(0, 0, 0, 0, "", true\\);) >> >>'

_HONEST: dict[str, tuple[str, Objects]] = {
    "text": ("A text field that shows its value.", _text(b"(Sample)", _shows(b"Sample"))),
    "text-utf16": ("The value is stored in UTF-16.", _text(b"<FEFF00530061006D0070006C0065>", _shows(b"Sample"))),
    "text-empty": ("An empty field that shows nothing.", _text(b"()", _shows(b""))),
    "text-never-filled": ("A field without value and picture.", {20: b"<< %s /FT /Tx /T (Note) >>" % _WIDGET}),
    "text-in-lines": ("A long text, broken into lines.", _text(b"(A long remark that takes two lines)", _LINES, b"/Ff 4096")),
    "text-cut-off": ("A long text of which the field shows the beginning.",
        _text(b"(A long remark that takes two lines and goes on where nobody sees it)", _LINES, b"/Ff 4096")),
    "text-comb": ("One letter in each box.", _text(b"(079123456)", _COMB, b"/Ff 16777216 /MaxLen 9")),
    "text-kerned": ("The letters are moved apart.", _text(b"(Sample text)", _KERNED)),
    "text-framed": ("The picture has a background and a frame.", _text(b"(Sample)", _FRAMED)),
    "text-vietnamese": ("Drawn by glyph numbers, with a table of letters.", _vietnamese(b"<FEFF011000E30020006B>", mapped=True)),
    "text-in-unknown-letters": ("Drawn by glyph numbers without a table: nobody can tell.", _vietnamese(b"(other)", mapped=False)),
    "text-in-a-poor-font": ("Letters that the font lacks are drawn as question marks.",
        _text(b"<FEFF004E0067007500791EC5006E>", _shows(b"Nguy?n"))),
    "text-as-bar-code": ("The picture is a bar code.", _text(b"(12345)", _BARS)),
    "text-formatted": ("A script writes the number with its separators.", _text(b"(1000)", _shows(b"1,000"), _FORMATS)),
    "text-hint": ("An empty field that shows its hint.", _text(b"()", _shows(b"Your name"), b"/MK << /CA (Your name) >>")),
    "text-default": ("An empty field that shows its default.", _text(b"()", _shows(b"None"), b"/DV (None)")),
    "text-password": ("A password is shown as stars.", _text(b"(secret)", _shows(b"******"), b"/Ff 8192")),
    "text-without-picture": ("A value without picture, which viewers draw.", _text(b"(Sample)", None)),
    "text-unseen": ("A field that is not seen stores what it calculated.",
        {20: _text(b"(42)", None)[20].replace(b"/F 4", b"/F 2")}),
    "text-nested": ("A field below another, shown in two places.", _nested(b"Sample")),
    "combo": ("A choice that shows what its value is called.", _combo(b"A", b"Approved")),
    "combo-by-export-value": ("A choice that shows its value itself.", _combo(b"A", b"A")),
    "list": ("A list that shows all there is to choose from.", _list(b"(Refused)")),
    "list-of-two": ("Two are chosen.", _list(b"[(Approved) (Refused)]")),
    "check-on": ("A box that is ticked.", _check(b"/V /Yes", b"/AS /Yes")),
    "check-off": ("A box that is not.", _check(b"/V /Off", b"/AS /Off")),
    "check-never-touched": ("A box that nobody touched.", _check(b"", b"/AS /Off")),
    "check-without-state": ("A box that leaves its state to viewers.", _check(b"/V /Yes", b"")),
    "radio": ("The second of two buttons.", _radio(b"/Two", b"/Off", b"/Two")),
    "radio-off": ("None of two buttons.", _radio(b"/Off", b"/Off", b"/Off")),
    "push-button": ("A button to press has a picture and no value.",
        _field(b"/FT /Btn /Ff 65536 /T (Print) /MK << /CA (Print) >>", _shows(b"Print"))),
}  # fmt: skip
_DIFFERENT: dict[str, tuple[str, Objects]] = {
    "text-differs": ("The field stores 1 and shows 9.", _text(b"(1 000)", _shows(b"9 000"))),
    "text-shows-more": ("The picture has a word more.", _text(b"(approved)", _shows(b"not approved"))),
    "text-shows-less": ("The picture lacks a word.", _text(b"(not approved)", _shows(b"approved"))),
    "text-questioned": ("A question mark stands for a letter that every font has.", _text(b"(1000)", _shows(b"?000"))),
    "text-shows-nothing": ("The picture is empty.", _text(b"(Sample)", _drawn(b"/Tx BMC EMC"))),
    "text-unstored": ("The picture shows what is not stored.", _text(b"()", _shows(b"approved"))),
    "text-short-beginning": ("A short beginning of a long value.", _text(b"(1000000)", _shows(b"1"), b"/Ff 4096")),
    "text-vietnamese-differs": ("Glyph numbers that mean other letters.", _vietnamese(b"<FEFF0043006800B0>", mapped=True)),
    "text-nested-differs": ("One of two places shows something else.", _nested(b"Simple")),
    "combo-differs": ("The value says approved, the picture refused.", _combo(b"A", b"Refused")),
    "list-differs": ("What is chosen is not in the list that is shown.", _list(b"(Deferred)")),
    "check-shown-not-stored": ("A tick is seen and not stored.", _check(b"/V /Off", b"/AS /Yes")),
    "check-stored-not-shown": ("A tick is stored and not seen.", _check(b"/V /Yes", b"/AS /Off")),
    "radio-differs": ("One button is stored, the other seen.", _radio(b"/One", b"/Off", b"/Two")),
    "radio-both": ("Both buttons are seen as pressed.", _radio(b"/One", b"/One", b"/Two")),
}  # fmt: skip


def _signed(chamber: Chamber, *, fields: Objects) -> Case:
    """The document with this field, then signed."""
    bodies = paper.objects()
    widgets = [number for number, body in fields.items() if b"/Widget" in body]
    annotations = b"".join(b"%d 0 R " % number for number in widgets)
    bodies[PAGE] = bodies[PAGE].replace(b"/Annots [", b"/Annots [" + annotations)
    bodies[FORM] = bodies[FORM].replace(b"/Fields [", b"/Fields [%d 0 R " % _FIRST)
    return Case(chamber.sign(paper.whole({**bodies, **fields}), SIGNATORY, at=SIGNED_AT), chamber.known)


def _vectors() -> Iterable[Vector]:
    tables: tuple[tuple[Expected, dict[str, tuple[str, Objects]]], ...] = ((PASSED, _HONEST), (_WARNED, _DIFFERENT))
    for expected, table in tables:
        for name, (about, fields) in table.items():
            yield Vector(
                name=f"form-fields/{name}",
                about=about,
                clause=_CLAUSE,
                expected=expected,
                at=CHECKED_AT,
                make=partial(_signed, fields=fields),
            )


VECTORS = tuple(_vectors())
