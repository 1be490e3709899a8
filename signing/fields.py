"""Find the fields that this service signs and fills, and refuse any that are missing or already used."""

from __future__ import annotations

from typing import TYPE_CHECKING

from signing._pyhanko import DictionaryObject, dictionary_at, entry, enumerate_sig_fields, integer_at, reading
from signing.errors import DocumentUnfit, FieldUnavailable

if TYPE_CHECKING:
    from signing._pyhanko import Writer


def empty_signature_field(writer: Writer, field_name: str) -> DictionaryObject:
    """The signature field of this name, not yet signed; raises :class:`FieldUnavailable`."""
    with reading():
        fields = ((value, reference) for name, value, reference in enumerate_sig_fields(writer) if name == field_name)
        found = next(fields, None)
    if found is None:
        raise FieldUnavailable(field_name=field_name, reason="the file has no such signature field")
    value, reference = found
    if value is not None:
        raise FieldUnavailable(field_name=field_name, reason="it is already signed")
    return _dictionary(reference.get_object())


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
