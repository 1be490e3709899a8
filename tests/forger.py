"""What a forger does to a signed PDF: each function takes an honest file and answers one that must not pass."""

from __future__ import annotations

import re
from io import BytesIO
from typing import TYPE_CHECKING

from pyhanko.pdf_utils import generic
from pyhanko.pdf_utils.generic import pdf_name, pdf_string
from pyhanko.pdf_utils.incremental_writer import IncrementalPdfFileWriter

from tests.notary import increment_of

if TYPE_CHECKING:
    from pyhanko.pdf_utils.generic import IndirectObject

_FORGED = b"BT /F 30 Tf 72 400 Td (another amount) Tj ET"


def with_other_value(pdf: bytes) -> bytes:
    """The number's stored value replaced, its picture left."""
    writer = _writer(pdf)
    field = _field(writer, "DocNumber")
    field.get_object()["/V"] = pdf_string("999")
    writer.mark_update(field)
    return increment_of(writer)


def with_other_picture(pdf: bytes) -> bytes:
    """The number's picture replaced in place, its stored value left."""
    writer = _writer(pdf)
    reference = _field(writer, "DocNumber").get_object()["/AP"].raw_get("/N")
    shown = b"/Tx BMC q BT /F 12 Tf 2 4 Td (999) Tj ET Q EMC"
    picture = generic.StreamObject(dict(reference.get_object()), stream_data=shown)
    writer.objects[(reference.generation, reference.idnum)] = picture
    return increment_of(writer)


def with_text_over_the_page(pdf: bytes) -> bytes:
    """A second content stream on the first page."""
    writer = _writer(pdf)
    page = _first_page(writer)
    more = writer.add_object(generic.StreamObject(stream_data=_FORGED))
    page.get_object()["/Contents"] = generic.ArrayObject([page.get_object().raw_get("/Contents"), more])
    writer.mark_update(page)
    return increment_of(writer)


def with_content_replaced(pdf: bytes) -> bytes:
    """The first page's content stream overwritten."""
    writer = _writer(pdf)
    contents = _first_page(writer).get_object().raw_get("/Contents")
    writer.objects[(contents.generation, contents.idnum)] = generic.StreamObject(stream_data=_FORGED)
    return increment_of(writer)


def with_annotation(pdf: bytes) -> bytes:
    """A free text annotation laid over the page."""
    writer = _writer(pdf)
    page = _first_page(writer)
    note = generic.DictionaryObject(
        {
            pdf_name("/Type"): pdf_name("/Annot"),
            pdf_name("/Subtype"): pdf_name("/FreeText"),
            pdf_name("/Rect"): generic.ArrayObject(map(generic.NumberObject, (60, 380, 400, 440))),
            pdf_name("/Contents"): pdf_string("another amount"),
            pdf_name("/DA"): pdf_string("/Helv 12 Tf 0 g"),
        }
    )
    page.get_object()["/Annots"].append(writer.add_object(note))
    writer.mark_update(page)
    writer.update_container(page.get_object()["/Annots"])
    return increment_of(writer)


def with_seal_moved(pdf: bytes) -> bytes:
    """The seal's widget put somewhere else on the page."""
    writer = _writer(pdf)
    field = _field(writer, "SigSeal")
    field.get_object()["/Rect"] = generic.ArrayObject(map(generic.NumberObject, (10, 10, 90, 90)))
    writer.mark_update(field)
    return increment_of(writer)


def with_signature_in_another_field(pdf: bytes) -> bytes:
    """A new field that shows the signatory's signature a second time."""
    writer = _writer(pdf)
    fields = writer.root["/AcroForm"]["/Fields"]
    copy = generic.DictionaryObject(
        {
            pdf_name("/FT"): pdf_name("/Sig"),
            pdf_name("/T"): pdf_string("Copy"),
            pdf_name("/V"): _field(writer, "SigSignatory").get_object().raw_get("/V"),
        }
    )
    fields.append(writer.add_object(copy))
    writer.update_container(fields)
    return increment_of(writer)


def with_archive_field_forgotten(pdf: bytes) -> bytes:
    """The document timestamp taken out of the form in place, by a reference to something that is no field."""
    last_form = pdf.rindex(b"/Fields [")
    end = pdf.index(b"]", last_form)
    number = re.search(rb"(\d+) 0 R\s*$", pdf[last_form:end])
    if number is None:
        raise ValueError
    place = last_form + number.start(1)
    return pdf[:place] + b"1".rjust(len(number[1]), b"0") + pdf[place + len(number[1]) :]


def with_byte_range_moved(pdf: bytes) -> bytes:
    """The gap of the last signature one byte longer than its contents."""
    start = pdf.rindex(b"/ByteRange [") + len(b"/ByteRange [")
    end = pdf.index(b"]", start)
    zero, before, resumed, after = pdf[start:end].split()
    moved = b"%s %s %d %d" % (zero, before, int(resumed) + 1, int(after) - 1)
    return pdf[:start] + moved.ljust(end - start) + pdf[end:]


def _writer(pdf: bytes) -> IncrementalPdfFileWriter:
    return IncrementalPdfFileWriter(BytesIO(pdf))


def _field(writer: IncrementalPdfFileWriter, name: str) -> IndirectObject:
    found: IndirectObject = next(
        ref for ref in writer.root["/AcroForm"]["/Fields"] if str(ref.get_object()["/T"]) == name
    )
    return found


def _first_page(writer: IncrementalPdfFileWriter) -> IndirectObject:
    page: IndirectObject = writer.root["/Pages"]["/Kids"].raw_get(0)
    return page
