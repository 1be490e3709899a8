"""Make a draft ready for everything that will happen to it, before the first signature.

The cells of :class:`signing.layout.Layout` become form fields, and the lookup code with its QR is printed on the page,
so that afterwards nothing but form filling and signing happens and every later revision is one that ISO 32000-2, 12.8.2
allows. The upload stays a byte prefix of the result.
"""

from __future__ import annotations

from typing import TYPE_CHECKING

import segno

from signing.appearances import show
from signing.display_rules import code_box, corner_box
from signing.errors import FieldUnavailable
from signing.fields import append_field, say_that_there_are_signatures, signature_fields
from signing.geometry import PlacedBox, place
from signing.layout import DATE_FIELD, NUMBER_FIELD, SEAL_FIELD, SIGNATORY_FIELD, Box, Layout, cosigner_field
from signing.new_field import open_field
from signing.pdf.pages import add_resource, page, wrap_content
from signing.pdf.values import Name, Stream, deflated, numbers, text_string
from signing.protection import FieldLock, Locked, Permission, lock_dictionary
from signing.revision import Change, Revising
from signing.typeface import Style, embed, typeface

if TYPE_CHECKING:
    from signing.pdf.document import Document
    from signing.pdf.values import Dictionary

ARCHIVE_FIELDS = tuple(f"Archive{n}" for n in range(1, 25))
"""Names for the document timestamps of a century: one at signing, then one every four years or so.

The signatory's lock must exclude them by name: a field that it does not exclude may not be added later
(FieldMDP, ISO 32000-2, 12.8.2.4), and EU DSS warns on honest archive timestamps otherwise.
"""

_PRINTED, _LOCKED_IN_PLACE = 4, 128  # annotation flags (ISO 32000-2, table 167)
_CAPTION = "Mã tra cứu: "
_CODE_CHARACTERS = "".join(sorted(set(_CAPTION + "0123456789ABCDEFGHJKMNPQRSTVWXYZ-")))


@Revising
def compose(_pdf: bytes, *, layout: Layout, lookup_code: str, lookup_url: str) -> Change:
    """Add the four fields and the printed lookup code.

    ``lookup_code`` is printed as given (grouped for people); ``lookup_url`` goes into the QR.
    Raises :class:`signing.errors.NoPlace`, :class:`signing.errors.FieldUnavailable` or
    :class:`signing.errors.DocumentUnfit`.
    """

    def add(document: Document) -> None:
        if any(signature_fields(document)):
            raise FieldUnavailable(field_name=SIGNATORY_FIELD, reason="the file already has signature fields")
        # The signature fields come first, so that whoever looks for them need not read the others.
        _append_signature_fields(document, layout)
        for field_name, label, box, cell in (
            (NUMBER_FIELD, "Số", layout.number, "number"),
            (DATE_FIELD, "Ngày, tháng, năm ban hành", layout.date, "date"),
        ):
            _append_text_field(document, field_name=field_name, label=label, box=place(document, box, cell=cell))
        _print_code(document, layout.code, lookup_code=lookup_code, lookup_url=lookup_url)

    return add


@Revising
def compose_copy(pdf: bytes, *, lookup_code: str, lookup_url: str) -> Change:
    """Make a copy ready for its seal: one field, cell 14 (Decree 30/2020, Annex I, Part II), and the lookup code.

    Raises as :func:`compose`.
    """
    corner, code = corner_box(pdf), code_box(pdf)

    def add(document: Document) -> None:
        if any(signature_fields(document)):
            raise FieldUnavailable(field_name=SEAL_FIELD, reason="the file already has signature fields")
        show(open_field(document, SEAL_FIELD, box=corner))
        say_that_there_are_signatures(document)
        _print_code(document, code, lookup_code=lookup_code, lookup_url=lookup_url)

    return add


def signatory_lock(*, cosigners: int = 0) -> FieldLock:
    """What an official's signature locks: every field but number, date, seal, the archive timestamps and colleagues'.

    Fields that colleagues have signed are not named either, for the reason given at :func:`seal_lock`.
    """
    colleagues = [SIGNATORY_FIELD, *map(cosigner_field, range(cosigners))] if cosigners else []
    free = (NUMBER_FIELD, DATE_FIELD, SEAL_FIELD, *ARCHIVE_FIELDS, *colleagues)
    return FieldLock(Locked.ALL_BUT, free, Permission.FILL_FORMS)


def seal_lock() -> FieldLock:
    """The carrier of the seal's ``/P 1``; it names no field, since a lock on filled ones makes stock readers object."""
    return FieldLock(Locked.THESE, (), Permission.NO_CHANGES)


def _append_signature_fields(document: Document, layout: Layout) -> None:
    lock = signatory_lock(cosigners=len(layout.cosigners))
    specs = (
        *(
            (cosigner_field(turn), "Chữ ký của người cùng ký hoặc ký nháy", box, lock)
            for turn, box in enumerate(layout.cosigners)
        ),
        (SIGNATORY_FIELD, "Chữ ký của người có thẩm quyền", layout.signature, lock),
        (SEAL_FIELD, "Dấu, chữ ký số của cơ quan", layout.seal, seal_lock()),
    )
    for field_name, label, box, field_lock in specs:
        entries: Dictionary = {
            "/FT": Name("/Sig"),
            "/TU": text_string(label),
            "/F": _PRINTED | _LOCKED_IN_PLACE,
            "/Lock": document.add(lock_dictionary(field_lock)),
        }
        if box is None:  # a field without a place on the page (ISO 32000-2, 12.7.5.5: a rectangle of no size)
            append_field(document, field_name, page_index=0, entries={**entries, "/Rect": numbers(0, 0, 0, 0)})
            continue
        placed = place(document, box, cell=label)
        visible: Dictionary = {"/Rect": numbers(*placed.rect), "/MK": {"/R": placed.rotation}}
        show(append_field(document, field_name, page_index=placed.page_index, entries={**entries, **visible}))
    # Said now, since whoever signs later may change nothing but the signature (ISO 32000-2, table 225).
    say_that_there_are_signatures(document)


def _append_text_field(document: Document, *, field_name: str, label: str, box: PlacedBox) -> None:
    """An empty, read-only text field (12.7.5.3); :mod:`signing.fill` gives it its value."""
    entries: Dictionary = {
        "/FT": Name("/Tx"),
        "/TU": text_string(label),
        "/Ff": 1,
        "/F": _PRINTED,
        "/Rect": numbers(*box.rect),
        "/MK": {"/R": box.rotation},
    }
    show(append_field(document, field_name, page_index=box.page_index, entries=entries))


def _print_code(document: Document, box: Box, *, lookup_code: str, lookup_url: str) -> None:
    """Print the QR and the code beside it, as an artifact outside the document's structure (14.8.2.2)."""
    placed = place(document, box, cell="code")
    face = typeface(Style.UPRIGHT, _CODE_CHARACTERS)
    symbol = segno.make(lookup_url, error="m", micro=False)
    side = placed.height
    module = side / (symbol.symbol_size(border=0)[0])
    squares = "".join(
        f"{column * module:.3f} {side - (row + 1) * module:.3f} {module + 0.02:.3f} {module + 0.02:.3f} re\n"
        for row, bits in enumerate(symbol.matrix)
        for column, bit in enumerate(bits)
        if bit
    )
    text_left = side + 6
    size = min(9.0, 9.0 * max(placed.width - text_left, 1) / face.width(_CAPTION + lookup_code, size=9.0))
    matrix = " ".join(f"{value:.3f}" for value in placed.placement)
    content = (
        f"Q\n/Artifact BMC\nq {matrix} cm 0 g\n{squares}f\nBT /KySoCode {size:.2f} Tf {text_left:.2f} 2 Td ".encode()
        + face.hexadecimal(_CAPTION + lookup_code)
        + b" Tj ET\nQ\nEMC\n"
    )
    # The page's own content may leave the graphics state changed: it is wrapped in q … Q.
    shown_on = page(document, placed.page_index)
    wrap_content(shown_on, before=document.add(Stream({}, b"q\n")), after=document.add(deflated({}, content)))
    add_resource(shown_on, kind="/Font", name="/KySoCode", value=embed(document, face))
