"""Find the fields that this service signs and fills, and refuse any that are missing or already used."""

from __future__ import annotations

from typing import TYPE_CHECKING

from signing._pyhanko import entry, enumerate_sig_fields, reading
from signing.errors import FieldUnavailable

if TYPE_CHECKING:
    from signing._pyhanko import DictionaryObject, IncrementalPdfFileWriter


def empty_signature_field(writer: IncrementalPdfFileWriter, field_name: str) -> DictionaryObject:
    """The signature field of this name, not yet signed; raises :class:`FieldUnavailable`."""
    with reading():
        found = [(value, ref.get_object()) for fq, value, ref in enumerate_sig_fields(writer) if fq == field_name]
    if not found:
        raise FieldUnavailable(field_name=field_name, reason="the file has no such signature field")
    value, field = found[0]
    if value is not None:
        raise FieldUnavailable(field_name=field_name, reason="it is already signed")
    return field


def empty_text_field(writer: IncrementalPdfFileWriter, field_name: str) -> DictionaryObject:
    """The text field of this name, not yet filled; raises :class:`FieldUnavailable`."""
    with reading():
        fields = writer.root["/AcroForm"]["/Fields"] if "/AcroForm" in writer.root else []
        found = [field.get_object() for field in fields if entry(field.get_object(), "/T") == field_name]
    if len(found) != 1 or entry(found[0], "/FT") != "/Tx":
        raise FieldUnavailable(field_name=field_name, reason="the file has no such text field")
    if entry(found[0], "/V"):
        raise FieldUnavailable(field_name=field_name, reason="it is already filled")
    return found[0]


def field_rotation(field: DictionaryObject) -> int:
    """The page rotation that :mod:`signing.compose` wrote into the widget's ``/MK``, in degrees."""
    characteristics = entry(field, "/MK")
    return int(characteristics["/R"]) if characteristics is not None and "/R" in characteristics else 0
