"""Find the fields that this service signs and fills, refuse any that are missing or used, and add new ones."""

from __future__ import annotations

from typing import TYPE_CHECKING

from signing._pyhanko import (
    ArrayObject,
    DictionaryObject,
    TextStringObject,
    dictionary,
    dictionary_at,
    entry,
    enumerate_sig_fields,
    integer_at,
    name,
    reading,
)
from signing.errors import DocumentUnfit, FieldUnavailable

if TYPE_CHECKING:
    from signing._pyhanko import PdfObject, Writer


def signature_field(writer: Writer, field_name: str) -> DictionaryObject | None:
    """The signature field of this name, signed or not, or None."""
    with reading():
        found = (reference for each, _, reference in enumerate_sig_fields(writer) if each == field_name)
        reference = next(found, None)
    return None if reference is None else _dictionary(reference.get_object())


def empty_signature_field(writer: Writer, field_name: str) -> DictionaryObject:
    """The signature field of this name, not yet signed; raises :class:`FieldUnavailable`."""
    field = signature_field(writer, field_name)
    if field is None:
        raise FieldUnavailable(field_name=field_name, reason="the file has no such signature field")
    if "/V" in field:
        raise FieldUnavailable(field_name=field_name, reason="it is already signed")
    return field


def append_field(
    writer: Writer, field_name: str, *, page_index: int, entries: dict[str, PdfObject]
) -> DictionaryObject:
    """A new field merged with its widget (ISO 32000-2, 12.7.4.1, 12.5.6.19), on this page and in the form."""
    with reading():
        page = writer.find_page_for_modification(page_index)[0]
        widget: dict[str, PdfObject] = {"/Type": name("/Annot"), "/Subtype": name("/Widget"), "/P": page}
        field = dictionary({**widget, "/T": TextStringObject(field_name), **entries})
        reference = writer.add_object(field)
        writer.register_annotation(page, reference)
        form = _interactive_form(writer)
        if "/Fields" not in form:
            form["/Fields"] = ArrayObject()
            writer.update_container(form)
        form["/Fields"].append(reference)
        writer.update_container(form["/Fields"])
    return field


def _interactive_form(writer: Writer) -> DictionaryObject:
    form = dictionary_at(writer.root, "/AcroForm")
    if form is None:
        form = dictionary({"/Fields": ArrayObject()})
        writer.root["/AcroForm"] = writer.add_object(form)
        writer.update_root()
    return form


def empty_text_field(writer: Writer, field_name: str) -> DictionaryObject:
    """The text field of this name, not yet filled; raises :class:`FieldUnavailable`."""
    form = dictionary_at(writer.root, "/AcroForm")
    with reading():
        references = list(form["/Fields"]) if form is not None else []
        fields = [_dictionary(reference.get_object()) for reference in references]
    found = [field for field in fields if str(entry(field, "/T")) == field_name]
    if len(found) != 1 or str(entry(found[0], "/FT")) != "/Tx":
        raise FieldUnavailable(field_name=field_name, reason="the file has no such text field")
    if entry(found[0], "/V"):
        raise FieldUnavailable(field_name=field_name, reason="it is already filled")
    return found[0]


def field_rotation(field: DictionaryObject) -> int:
    """The page rotation that :mod:`signing.compose` wrote into the widget's ``/MK``, in degrees."""
    characteristics = dictionary_at(field, "/MK")
    return integer_at(characteristics, "/R", default=0) if characteristics is not None else 0


def _dictionary(value: object) -> DictionaryObject:
    if not isinstance(value, DictionaryObject):
        raise DocumentUnfit(reasons=("a form field is not a dictionary",))
    return value
