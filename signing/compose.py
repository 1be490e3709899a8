"""Make a draft ready for everything that will happen to it, before the first signature.

The cells of :class:`signing.layout.Layout` become form fields, and the lookup code with its QR is printed on the page,
so that afterwards nothing but form filling and signing happens and every later revision is one that ISO 32000-2, 12.8.2
allows. The upload stays a byte prefix of the result.
"""

from __future__ import annotations

from typing import TYPE_CHECKING

import segno

from signing._pyhanko import (
    FieldMDPAction,
    FieldMDPSpec,
    MDPPerm,
    NumberObject,
    SigFieldSpec,
    StreamObject,
    TextStringObject,
    Writer,
    append_signature_field,
    dictionary,
    ensure_sig_flags,
    enumerate_sig_fields,
    increment,
    name,
    numbers,
    reading,
    written,
)
from signing.appearances import show
from signing.errors import FieldUnavailable
from signing.fields import append_field, empty_signature_field
from signing.geometry import PlacedBox, place
from signing.layout import DATE_FIELD, NUMBER_FIELD, SEAL_FIELD, SIGNATORY_FIELD, Box, Layout, cosigner_field
from signing.typeface import Style, embed, typeface

if TYPE_CHECKING:
    from signing._pyhanko import PdfObject

ARCHIVE_FIELDS = tuple(f"Archive{n}" for n in range(1, 25))
"""Names for the document timestamps of a century: one at signing, then one every four years or so.

The signatory's lock must exclude them by name: a field that it does not exclude may not be added later
(FieldMDP, ISO 32000-2, 12.8.2.4), and EU DSS warns on honest archive timestamps otherwise.
"""

_CAPTION = "Mã tra cứu: "
_CODE_CHARACTERS = "".join(sorted(set(_CAPTION + "0123456789ABCDEFGHJKMNPQRSTVWXYZ-")))


def compose(pdf: bytes, *, layout: Layout, lookup_code: str, lookup_url: str) -> bytes:
    """Add the four fields and the printed lookup code.

    ``lookup_code`` is printed as given (grouped for people); ``lookup_url`` goes into the QR.
    Raises :class:`signing.errors.NoPlace`, :class:`signing.errors.FieldUnavailable` or
    :class:`signing.errors.DocumentUnfit`.
    """
    writer = increment(pdf)
    with reading():
        if list(enumerate_sig_fields(writer)):
            raise FieldUnavailable(field_name=SIGNATORY_FIELD, reason="the file already has signature fields")
    # The signature fields come first, so that whoever looks for them need not read the others.
    _append_signature_fields(writer, layout)
    for field_name, label, box, cell in (
        (NUMBER_FIELD, "Số", layout.number, "number"),
        (DATE_FIELD, "Ngày, tháng, năm ban hành", layout.date, "date"),
    ):
        _append_text_field(writer, field_name=field_name, label=label, box=place(writer, box, cell=cell))
    _print_code(writer, layout.code, lookup_code=lookup_code, lookup_url=lookup_url)
    return written(writer, onto=pdf)


def signatory_lock(*, cosigners: int = 0) -> FieldMDPSpec:
    """What an official's signature locks: every field but number, date, seal, the archive timestamps and colleagues'.

    Fields that colleagues have signed are not named either, for the reason given at :func:`seal_lock`.
    """
    colleagues = [SIGNATORY_FIELD, *map(cosigner_field, range(cosigners))] if cosigners else []
    return FieldMDPSpec(FieldMDPAction.EXCLUDE, [NUMBER_FIELD, DATE_FIELD, SEAL_FIELD, *ARCHIVE_FIELDS, *colleagues])


def seal_lock() -> FieldMDPSpec:
    """The carrier of the seal's ``/P 1``; it names no field, since a lock on filled ones makes stock readers object."""
    return FieldMDPSpec(FieldMDPAction.INCLUDE, [])


def _append_signature_fields(writer: Writer, layout: Layout) -> None:
    lock = signatory_lock(cosigners=len(layout.cosigners))
    specs = (
        *(
            (cosigner_field(turn), "Chữ ký của người cùng ký hoặc ký nháy", box, lock, MDPPerm.FILL_FORMS)
            for turn, box in enumerate(layout.cosigners)
        ),
        (SIGNATORY_FIELD, "Chữ ký của người có thẩm quyền", layout.signature, lock, MDPPerm.FILL_FORMS),
        (SEAL_FIELD, "Dấu, chữ ký số của cơ quan", layout.seal, seal_lock(), MDPPerm.NO_CHANGES),
    )
    for field_name, label, box, field_lock, permission in specs:
        if box is None:
            _append_unseen_field(writer, field_name, label=label, lock=field_lock)
            continue
        placed = place(writer, box, cell=label)
        append_signature_field(
            writer,
            SigFieldSpec(
                sig_field_name=field_name,
                on_page=placed.page_index,
                box=placed.rect,  # type: ignore[arg-type]  # floats are written as they are
                field_mdp_spec=field_lock,
                doc_mdp_update_value=permission,
                readable_field_name=label,
            ),
        )
        field = empty_signature_field(writer, field_name)
        field["/MK"] = dictionary({"/R": NumberObject(placed.rotation)})
        show(writer, field)
    # Said now, since whoever signs later may change nothing but the signature (ISO 32000-2, table 225).
    ensure_sig_flags(writer, lock_sig_flags=True)


def _append_unseen_field(writer: Writer, field_name: str, *, label: str, lock: FieldMDPSpec) -> None:
    """A signature field without a place on the page (ISO 32000-2, 12.7.5.5: a rectangle of no size)."""
    append_signature_field(
        writer,
        SigFieldSpec(
            sig_field_name=field_name,
            field_mdp_spec=lock,
            doc_mdp_update_value=MDPPerm.FILL_FORMS,
            readable_field_name=label,
        ),
    )


def _append_text_field(writer: Writer, *, field_name: str, label: str, box: PlacedBox) -> None:
    """An empty, read-only text field (12.7.5.3); :mod:`signing.fill` gives it its value."""
    entries: dict[str, PdfObject] = {
        "/FT": name("/Tx"),
        "/TU": TextStringObject(label),
        "/Ff": NumberObject(1),
        "/F": NumberObject(4),
        "/Rect": numbers(*box.rect),
        "/MK": dictionary({"/R": NumberObject(box.rotation)}),
    }
    show(writer, append_field(writer, field_name, page_index=box.page_index, entries=entries))


def _print_code(writer: Writer, box: Box, *, lookup_code: str, lookup_url: str) -> None:
    """Print the QR and the code beside it, as an artifact outside the document's structure (14.8.2.2)."""
    placed = place(writer, box, cell="code")
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
    resources = dictionary({"/Font": dictionary({"/KySoCode": embed(writer, face)})})
    page = writer.find_page_for_modification(placed.page_index)[0].get_object()
    if "/Contents" not in page:  # it is optional (7.7.3.3); such a page is empty
        page["/Contents"] = writer.add_object(StreamObject(stream_data=b""))
    # The page's own content may leave the graphics state changed: it is wrapped in q … Q.
    writer.add_stream_to_page(placed.page_index, writer.add_object(StreamObject(stream_data=b"q\n")), prepend=True)
    stamp = StreamObject(stream_data=content)
    stamp.compress()
    writer.add_stream_to_page(placed.page_index, writer.add_object(stamp), resources=resources)
