"""Does each form field of any program's file show what it stores? A person and a program must read the same.

A field has a value (``/V``) and, apart from it, a picture (``/AP``, ISO 32000-2, 12.7.4.3 and 12.7.5). Here text,
choices and boxes are compared as far as the picture can be read back: in fonts that say which letters they draw,
without a script that formats, and not where a viewer is told to draw the field itself. What cannot be read is no
finding. Our own number and date cells are held to more (:mod:`verification.cells`).
"""

from __future__ import annotations

from contextlib import suppress
from io import BytesIO
from itertools import islice
from typing import TYPE_CHECKING, cast

import pypdf
from pypdf.generic import ArrayObject, DictionaryObject, NullObject, PdfObject, StreamObject

from verification.field_letters import are_alike, comparable, is_legible, paints_pictures, reads_from_the_right
from verification.field_tree import Field, fields_of
from verification.foreign_text import well_formed
from verification.plain_cells import UNSEEN
from verification.second_reader import SECOND_READER_ERRORS

if TYPE_CHECKING:
    from collections.abc import Collection, Iterator

    from pypdf.generic import EncodedStreamObject

_MOST_FIELDS = 2000
_PASSWORD, _MULTILINE, _FILE, _RICH = 1 << 13, 1 << 12, 1 << 20, 1 << 25  # ISO 32000-2, Table 231
_PUSH_BUTTON, _COMBO = 1 << 16, 1 << 17  # Tables 229 and 233
_OFF = "/Off"
_LEAST_SEEN = 20
"""Letters of a long text that must be seen where a field is too small to show all of it."""


def fields_in_disagreement(pdf: bytes, *, but: Collection[str]) -> tuple[str, ...]:
    """The names of those fields whose picture is not their value, in the order of the form; ``but`` are left out."""
    with suppress(*SECOND_READER_ERRORS):
        reader = pypdf.PdfReader(BytesIO(pdf), strict=False)
        root = reader.root_object
        form = _entry(root, "/AcroForm")
        if isinstance(form, DictionaryObject):
            draws_itself = "/NeedAppearances" in form and bool(form["/NeedAppearances"])
            found = islice(fields_of(form), _MOST_FIELDS)
            return tuple(
                well_formed(field.name)
                for field in found
                if field.name not in but and _disagrees(field, reader, draws_itself=draws_itself)
            )
    return ()


def _disagrees(field: Field, reader: pypdf.PdfReader, *, draws_itself: bool) -> bool:
    with suppress(*SECOND_READER_ERRORS):
        match field.kind:
            case "/Tx" if not field.flags & (_PASSWORD | _FILE | _RICH) and not field.is_formatted:
                return _text_disagrees(field, reader, draws_itself=draws_itself)
            case "/Ch" if not field.is_formatted:
                return _choice_disagrees(field, reader, draws_itself=draws_itself)
            case "/Btn" if not field.flags & _PUSH_BUTTON:
                return _button_disagrees(field)
    return False


def _text_disagrees(field: Field, reader: pypdf.PdfReader, *, draws_itself: bool) -> bool:
    value = comparable(_text(field.value))
    if reads_from_the_right(value):
        return False
    hints = {comparable(_text(each)) for each in (field.default, *field.captions)}
    for shown in _pictures(field, reader):
        seen = comparable(shown)
        if are_alike(seen, value) or (not seen and draws_itself) or (not value and seen in hints):
            continue
        # What does not fit into the field is not drawn by every product.
        if field.flags & _MULTILINE and len(seen) >= _LEAST_SEEN and value.startswith(seen):
            continue
        return True
    return False


def _choice_disagrees(field: Field, reader: pypdf.PdfReader, *, draws_itself: bool) -> bool:
    chosen = [{comparable(text) for text in texts} for texts in _chosen(field)]
    is_empty = chosen == [{""}]
    for shown in _pictures(field, reader):
        seen = comparable(shown)
        if not seen and (draws_itself or is_empty):
            continue
        if field.flags & _COMBO:
            hint = {comparable(_text(field.default))} if is_empty else set()
            if not any(are_alike(seen, text) for texts in (*chosen, hint) for text in texts):
                return True
        elif not all(any(text in seen for text in texts) for texts in chosen):  # a list shows the others as well
            return True
    return False


def _button_disagrees(field: Field) -> bool:
    """A box that is ticked has its state's name as value; of radio buttons one is on (12.7.5.2.3 and 12.7.5.2.4)."""
    value = _name(field.value)
    states = [_name(_entry(widget, "/AS")) for widget in field.widgets if "/AS" in widget]
    on = [state for state in states if state != _OFF]
    if value == _OFF:
        return bool(on)
    return bool(states) and (any(state != value for state in on) or not on)


def _name(value: object) -> str:
    text = "" if value is None or isinstance(value, NullObject) else str(value)
    return f"/{text.removeprefix('/')}" if text else _OFF


def _chosen(field: Field) -> Iterator[tuple[str, str]]:
    """What the options call each value, and the value itself, which some products draw (12.7.5.4, Table 234)."""
    texts = {_text(_item(each, 0)): _text(_item(each, 1)) for each in field.options}
    values = field.value if isinstance(field.value, ArrayObject) else [field.value]
    for value in values:
        text = _text(value.get_object() if isinstance(value, PdfObject) else None)
        yield (texts.get(text, text), text)


def _item(option: object, index: int) -> object:
    return option[index].get_object() if isinstance(option, ArrayObject) else option


def _pictures(field: Field, reader: pypdf.PdfReader) -> Iterator[str]:
    """What each widget that is seen shows, as far as that can be read; none where there is no picture at all."""
    for widget in field.widgets:
        flags = _entry(widget, "/F")
        if isinstance(flags, int) and flags & UNSEEN:
            continue
        appearance = _entry(widget, "/AP")
        stream = _entry(appearance, "/N") if isinstance(appearance, DictionaryObject) else None
        if not isinstance(stream, StreamObject) or not is_legible(stream):
            continue
        # pypdf reads streams that are not compressed just as well, whatever the annotation says.
        shown = reader.pages[0].extract_xform_text(cast("EncodedStreamObject", stream))
        if shown.strip() or not paints_pictures(stream):
            yield shown


def _entry(dictionary: DictionaryObject, key: str) -> object:
    return dictionary[key] if key in dictionary else None  # noqa: SIM401 - `get` does not follow references


def _text(value: object) -> str:
    """Text strings as they are, long ones from their stream (12.7.5.3), everything else as nothing."""
    if value is None or isinstance(value, NullObject | ArrayObject):
        return ""
    if isinstance(value, StreamObject):
        return value.get_data().decode("utf-8", errors="replace")
    return str(value)
