"""Objects that are written again after a signature: as they were, which is no change, and almost as they were.

PDFBox, and with it EU DSS, writes the empty fields of a form anew with each of its updates, in its own spelling, and
gives the invisible field of a document timestamp an appearance that draws nothing. An update appends what has changed
(ISO 32000-2, 7.5.6), and a dictionary is what its entries are, in any order and spelling (7.3.4, 7.3.7): what says the
same is no change, whatever is locked. What says anything else is judged as that.
"""

from __future__ import annotations

from functools import partial
from io import BytesIO
from typing import TYPE_CHECKING

from pyhanko.pdf_utils.generic import (
    ArrayObject,
    DictionaryObject,
    IndirectObject,
    NumberObject,
    StreamObject,
    pdf_name,
)
from pyhanko.pdf_utils.incremental_writer import IncrementalPdfFileWriter
from pyhanko.sign import PdfTimeStamper
from pyhanko.sign.fields import SigFieldSpec, append_signature_field

from tests.vectors.chamber import ARCHIVED_AT, CHECKED_AT, Base
from tests.vectors.paper import CATALOG, CONTENT, DATE, FORM, INFO, PAGE, SIGNATORY, appended, current, edited, size_of
from tests.vectors.paper import stream as stream_of
from tests.vectors.steps import attack, edit, extend, put
from tests.vectors.vector import FORMAT, PASSED, Case, Vector

if TYPE_CHECKING:
    from collections.abc import Iterable, Mapping

    from tests.vectors.chamber import Chamber
    from tests.vectors.steps import Step

_CLAUSE = "ISO 32000-2, 7.5.6, 7.3.4 and 7.3.7"
_DOCMDP = "ISO 32000-2, 12.8.2.2, Table 257"
_NAMES = {
    Base.APPROVED: "unlocked",
    Base.LOCKED: "locked",
    Base.P1: "p1",
    Base.P2_LOCKED: "p2-locked",
    Base.ISSUED: "issued",
}
_INVISIBLE = b"<< /Type /Annot /Subtype /Widget /F 132 /FT /Sig /T (Archive4) /P 3 0 R /Rect [0 0 0 0] %s >>"
_NOTHING = stream_of(b"", b"/Type /XObject /Subtype /Form /BBox [0 0 0 0]")
_WORDS = b"/Type /XObject /Subtype /Form /BBox [0 0 340 40] /Resources << /Font << /F 5 0 R >> >>"
_LIE = stream_of(b"BT /F 12 Tf (9 000) Tj ET", _WORDS)


def _again(*numbers: int) -> Step:
    """An update that writes these objects as they are."""
    return lambda pdf: appended(pdf, {number: current(pdf, number) for number in numbers})


def _spelled_otherwise(pdf: bytes) -> bytes:
    """The date's field with an entry in another place, its name in hexadecimal digits, and more line ends."""
    entries = edited(pdf, DATE, b"(DocDate)", b"<446f 63446174 65>").removeprefix(b"<<").removesuffix(b">>")
    return appended(pdf, {DATE: b"<<\n" + entries.replace(b"/FT /Tx", b"") + b"\n/FT/Tx\n>>"})


def _moved_to_a_copy(pdf: bytes) -> bytes:
    """Form and page lead to a new object, which says what the field says."""
    number = size_of(pdf)
    old, new = b" %d 0 R" % DATE, b" %d 0 R" % number
    return appended(
        pdf,
        {FORM: edited(pdf, FORM, old, new), PAGE: edited(pdf, PAGE, old, new), number: current(pdf, DATE)},
    )


def _invisible(appearance: bytes, also: Mapping[int, bytes]) -> Step:
    """A new signature field without a size; %d in the appearance is the first of the new objects beside it."""

    def step(pdf: bytes) -> bytes:
        number = size_of(pdf)
        widget = _INVISIBLE % (appearance % (number + 1) if b"%d" in appearance else appearance)
        beside = {number + at: body.replace(b"%d", b"%d" % (number + at + 1)) for at, body in also.items()}
        reference = b" %d 0 R " % number
        holders = {
            PAGE: edited(pdf, PAGE, b"/Annots [", b"/Annots [" + reference),
            FORM: edited(pdf, FORM, b"/Fields [", b"/Fields [" + reference),
        }
        return appended(pdf, {**holders, number: widget, **beside})

    return step


def _archived(chamber: Chamber, *, base: Base) -> Case:
    """One update, as EU DSS makes it: fields as they were, a field with an empty appearance, its document timestamp."""
    writer = IncrementalPdfFileWriter(BytesIO(chamber.honest(base)))
    append_signature_field(writer, SigFieldSpec("Archive4", box=None))
    fields = writer.root["/AcroForm"]["/Fields"]
    for field in fields:
        writer.mark_update(field.reference if isinstance(field, IndirectObject) else field)
    entries = {pdf_name("/Subtype"): pdf_name("/Form"), pdf_name("/BBox"): ArrayObject([NumberObject(0)] * 4)}
    nothing = StreamObject(entries, stream_data=b"\n")
    appearance = DictionaryObject({pdf_name("/N"): writer.add_object(nothing)})
    fields[-1][pdf_name("/AP")] = writer.add_object(appearance)
    stamper = PdfTimeStamper(chamber.authority(ARCHIVED_AT, label="tsa"), field_name="Archive4")
    archived = stamper.timestamp_pdf(writer, "sha256", None, bytes_reserved=16384)
    return Case(bytes(archived.getvalue()), chamber.known)


def _honest() -> Iterable[Vector]:
    same: dict[str, tuple[str, Step]] = {
        "field": ("An empty field is written again as it was.", _again(DATE)),
        "spelling": ("An empty field is written again in another spelling.", _spelled_otherwise),
        "filled-field": ("The field of the signature is written again as it was.", _again(SIGNATORY)),
        "page": ("A page and its content are written again as they were.", _again(PAGE, CONTENT)),
        "catalogue": ("Catalogue, form and metadata are written again as they were.", _again(CATALOG, FORM, INFO)),
    }
    for kind, (about, step) in same.items():
        for base, name in _NAMES.items():
            yield attack(f"rewriting/{kind}-{name}", about, step, clause=_CLAUSE, base=base, expected=PASSED)
    about = "A new invisible field that is still empty has an appearance that draws nothing."
    for kind, step in {
        "": _invisible(b"/AP %d 0 R", {1: b"<< /N %d 0 R >>", 2: _NOTHING}),
        "-direct": _invisible(b"/AP << /N %d 0 R >>", {1: _NOTHING}),
    }.items():
        yield attack(f"rewriting/nothing-drawn{kind}", about, step, clause=_CLAUSE, expected=PASSED)
    for base, name in _NAMES.items():
        yield Vector(
            name=f"rewriting/archived-{name}",
            about=f"A document timestamp whose field has an empty appearance, and all fields written again [{base.value}]",
            clause=_CLAUSE,
            expected=PASSED,
            at=CHECKED_AT,
            make=partial(_archived, base=base),
        )


def _almost() -> Iterable[Vector]:
    odd: dict[str, tuple[str, Step]] = {
        "flags": ("The field is now read-only.", extend(DATE, b" /Ff 1 ")),
        "place": ("The field has moved.", edit(DATE, b"[300 760", b"[300 700")),
        "script": (
            "The field has a script.",
            extend(DATE, b" /AA << /F << /S /JavaScript /JS (app.alert\\(1\\)) >> >> "),
        ),
        "action": ("The field has an action.", extend(DATE, b" /A << /S /URI /URI (https://evil.example/) >> ")),
        "name": ("The field has another name.", edit(DATE, b"(DocDate)", b"(DocDatf)")),
        "copy": ("The form leads to a copy of the field.", _moved_to_a_copy),
        "page-turned": ("A page is written again, turned.", extend(PAGE, b" /Rotate 90 ")),
        "page-content": (
            "A page's content is written again with a digit more.",
            put({CONTENT: stream_of(b"BT /F 12 Tf 72 720 Td (Sample notice: the sum is 1) Tj ET")}),
        ),
    }
    for kind, (about, step) in odd.items():
        for base in (Base.APPROVED, Base.P2_LOCKED):
            name = f"rewriting/not-as-it-was-{kind}-{_NAMES[base]}"
            yield attack(name, about, step, clause=_DOCMDP, base=base, expected=FORMAT)
    drawn: dict[str, tuple[str, Step]] = {
        "words": (
            "The appearance of a new field without a size has words in it.",
            _invisible(b"/AP << /N %d 0 R >>", {1: _LIE}),
        ),
        "resources": (
            "The appearance draws nothing and has a font.",
            _invisible(
                b"/AP << /N %d 0 R >>",
                {
                    1: stream_of(
                        b"", b"/Type /XObject /Subtype /Form /BBox [0 0 0 0] /Resources << /Font << /F 5 0 R >> >>"
                    )
                },
            ),
        ),
        "pressed": (
            "There is another appearance for when it is pressed.",
            _invisible(b"/AP %d 0 R", {1: b"<< /N %d 0 R /D %d 0 R >>", 2: _NOTHING}),
        ),
    }
    for kind, (about, step) in drawn.items():
        name = f"rewriting/something-drawn-{kind}"
        yield attack(name, about, step, clause=_DOCMDP, base=Base.APPROVED, expected=FORMAT)
        yield attack(f"{name}-locked", about, step, clause="ISO 32000-2, 12.8.2.4", base=Base.LOCKED, expected=FORMAT)


VECTORS: tuple[Vector, ...] = (*_honest(), *_almost())
