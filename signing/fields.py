"""Find the fields that this service signs and fills, refuse any that are missing or used, and add new ones."""

from __future__ import annotations

from typing import TYPE_CHECKING

from signing.errors import DocumentDamaged, FieldUnavailable
from signing.pdf.pages import add_annotation, page
from signing.pdf.values import Name, decoded_text, text_string

if TYPE_CHECKING:
    from collections.abc import Iterator

    from signing.pdf.document import Document, Node
    from signing.pdf.values import Dictionary, Ref, Value

_DEEPEST = 32
_SIGNATURES_EXIST, _APPEND_ONLY = 1, 2  # signature flags (ISO 32000-2, table 225)


def signature_fields(document: Document) -> Iterator[tuple[str, Node]]:
    """All signature fields, signed or not, with their fully qualified names (12.7.4.2)."""
    form = document.root.dictionary("/AcroForm")
    fields = form.array("/Fields") if form is not None else None
    if fields is not None:
        yield from _signature_fields(fields, above="", kind=None, seen=frozenset())


def _signature_fields(fields: Node, *, above: str, kind: Value, seen: frozenset[Ref]) -> Iterator[tuple[str, Node]]:
    """Those of an array and of its kids; ``kind`` is what they inherit (``/FT``)."""
    if len(seen) > _DEEPEST:
        raise DocumentDamaged(reason="form fields are nested too deeply")
    for field in fields.items():
        if field is None or field.ref == fields.ref or field.ref in seen or not isinstance(field.value, dict):
            raise DocumentDamaged(reason="a form field is not a dictionary of its own")
        partial, own = field.entry("/T"), field.entry("/FT")
        if partial is None or not isinstance(partial.value, bytes):
            continue  # a widget of the field above
        name = f"{above}.{decoded_text(partial.value)}" if above else decoded_text(partial.value)
        own_kind = own.value if own is not None else kind
        if own_kind == "/Sig":
            yield name, field
        kids = field.array("/Kids")
        if kids is not None:
            yield from _signature_fields(kids, above=name, kind=own_kind, seen=seen | {field.ref})


def signature_field(document: Document, field_name: str) -> Node | None:
    """The signature field of this name, signed or not, or None."""
    return next((field for name, field in signature_fields(document) if name == field_name), None)


def empty_signature_field(document: Document, field_name: str) -> Node:
    """The signature field of this name, not yet signed; raises :class:`FieldUnavailable`."""
    field = signature_field(document, field_name)
    if field is None:
        raise FieldUnavailable(field_name=field_name, reason="the file has no such signature field")
    if field.has("/V"):
        raise FieldUnavailable(field_name=field_name, reason="it is already signed")
    return field


def append_field(document: Document, field_name: str, *, page_index: int, entries: Dictionary) -> Node:
    """A new field merged with its widget (ISO 32000-2, 12.7.4.1, 12.5.6.19), on this page and in the form.

    Raises :class:`FieldUnavailable` where a field of any kind has the name: two could not be told apart later.
    """
    form = _interactive_form(document)
    fields = form.array("/Fields")
    if fields is not None and any(_is_named(one, field_name) for one in fields.items()):
        raise FieldUnavailable(field_name=field_name, reason="the file has a field of that name")
    shown_on = page(document, page_index)
    field = document.node(
        document.add(
            {
                "/Type": Name("/Annot"),
                "/Subtype": Name("/Widget"),
                "/P": shown_on.ref,
                "/T": text_string(field_name),
                **entries,
            }
        )
    )
    add_annotation(shown_on, field.ref)
    if fields is None:
        form.put("/Fields", [field.ref])
    else:
        fields.raw_items.append(field.ref)
        fields.touch()
    return field


def say_that_there_are_signatures(document: Document) -> None:
    """The form holds signatures and is to be appended to only; appearances are all there (ISO 32000-2, 12.7.3)."""
    form = _interactive_form(document)
    flags = form.entry("/SigFlags")
    if form.has("/NeedAppearances"):
        del form.dictionary_value["/NeedAppearances"]
        form.touch()
    if flags is None or flags.value != _SIGNATURES_EXIST | _APPEND_ONLY:
        form.put("/SigFlags", _SIGNATURES_EXIST | _APPEND_ONLY)


def _interactive_form(document: Document) -> Node:
    form = document.root.dictionary("/AcroForm")
    if form is not None:
        return form
    ref = document.add({"/Fields": []})
    document.root.put("/AcroForm", ref)
    return document.node(ref)


def empty_text_field(document: Document, field_name: str) -> Node:
    """The text field of this name, not yet filled; raises :class:`FieldUnavailable`."""
    form = document.root.dictionary("/AcroForm")
    fields = form.array("/Fields") if form is not None else None
    found = [field for field in (fields.items() if fields is not None else ()) if _is_named(field, field_name)]
    kind = found[0].entry("/FT") if len(found) == 1 and found[0] is not None else None
    if kind is None or kind.value != "/Tx" or found[0] is None:
        raise FieldUnavailable(field_name=field_name, reason="the file has no such text field")
    value = found[0].entry("/V")
    if value is not None and value.value:
        raise FieldUnavailable(field_name=field_name, reason="it is already filled")
    return found[0]


def _is_named(field: Node | None, field_name: str) -> bool:
    if field is None or not isinstance(field.value, dict):
        raise DocumentDamaged(reason="a form field is not a dictionary")
    partial = field.entry("/T")
    return partial is not None and isinstance(partial.value, bytes) and decoded_text(partial.value) == field_name


def field_rotation(field: Node) -> int:
    """The page rotation that :mod:`signing.compose` wrote into the widget's ``/MK``, in degrees."""
    characteristics = field.dictionary("/MK")
    return characteristics.integer("/R", default=0) if characteristics is not None else 0
