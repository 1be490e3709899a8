"""What a file holds that may not be signed, or that is told: a walk over every object that it can reach.

A file that is written as the standard says is walked with our own strict reader, any other with pypdf.
"""

from __future__ import annotations

from io import BytesIO
from typing import TYPE_CHECKING

import pypdf
from pypdf.generic import ArrayObject, DictionaryObject, IndirectObject

from signing.errors import DocumentUnfit
from signing.hidden import has_unreached, is_content
from signing.pdf.lean import LeanFile
from signing.pdf.syntax import Irregular
from signing.pdf.values import Ref, Stream

if TYPE_CHECKING:
    from collections.abc import Callable, Iterator

    from signing.pdf.values import Dictionary, Value

_MOST_OBJECTS = 2_000_000
_TOO_MANY = "it has too many objects to be looked through"
_DANGEROUS_ACTIONS = {
    "/JavaScript": "javascript",
    "/Launch": "action",
    "/SubmitForm": "action",
    "/ImportData": "action",
    "/ResetForm": "action",
    "/Hide": "action",
    "/SetOCGState": "action",
    "/GoToR": "action",
    "/GoToE": "action",
    "/Movie": "media",
    "/Sound": "media",
    "/Rendition": "media",
    "/RichMediaExecute": "media",
}
_FILLABLE = {"/Tx", "/Btn", "/Ch"}
_MEDIA_ANNOTATIONS = {"/Movie", "/Sound", "/Screen", "/3D", "/RichMedia"}
_HARMLESS_ANNOTATIONS = {"/Link", "/Widget", "/Popup"}
_DANGEROUS_KEYS = {
    "/JS": "javascript",
    "/JavaScript": "javascript",
    "/XFA": "xfa",
    "/OCProperties": "layers",
    "/EmbeddedFiles": "attachments",
}


def dangers(pdf: bytes) -> set[str]:
    """The codes of all that was found; raises :class:`DocumentUnfit`, and what pypdf raises."""
    try:
        return set(_by_lean_reader(LeanFile(pdf)))
    except Irregular:
        return set(_by_pypdf(pdf))


def _by_lean_reader(file: LeanFile) -> Iterator[str]:
    seen: set[int] = set()
    waiting: list[Value] = [file.trailer]
    visited = 0
    while waiting:
        visited += 1
        if visited > _MOST_OBJECTS:
            raise DocumentUnfit(reasons=(_TOO_MANY,))
        item = waiting.pop()
        if isinstance(item, Ref):
            if item.number not in seen:
                seen.add(item.number)
                waiting.append(file.get(item))
        elif isinstance(item, list):
            waiting.extend(item)
        elif isinstance(item, dict | Stream):
            entries = item.entries if isinstance(item, Stream) else item
            yield from _dangers_of(_entry_of(file, entries))
            waiting.extend(entries.values())
    if any(is_content(file.get(Ref(number))) for number in file.numbers() if number not in seen):
        yield "unreached"


def _entry_of(file: LeanFile, entries: Dictionary) -> Callable[[str], object]:
    """A dictionary's entry under a key, its reference followed."""

    def entry(key: str) -> object:
        value = entries.get(key)
        return file.get(value) if isinstance(value, Ref) else value

    return entry


def _by_pypdf(pdf: bytes) -> Iterator[str]:
    reader = pypdf.PdfReader(BytesIO(pdf), strict=False)
    seen: set[tuple[int, int]] = set()
    waiting: list[object] = [reader.trailer]
    visited = 0
    while waiting:
        visited += 1
        if visited > _MOST_OBJECTS:
            raise DocumentUnfit(reasons=(_TOO_MANY,))
        item = waiting.pop()
        if isinstance(item, IndirectObject):
            key = (item.idnum, item.generation)
            if key not in seen:
                seen.add(key)
                waiting.append(item.get_object())
        elif isinstance(item, DictionaryObject):
            yield from _dangers_of(item.get)
            waiting.extend(item.values())
        elif isinstance(item, ArrayObject):
            waiting.extend(item)
    if has_unreached(reader, seen):
        yield "unreached"


def _dangers_of(entry: Callable[[str], object]) -> Iterator[str]:
    """The codes of one dictionary, of which the entry under a key is given, or None."""
    action, kind, subtype = entry("/S"), entry("/FT"), entry("/Subtype")
    if isinstance(action, str) and action in _DANGEROUS_ACTIONS:
        yield _DANGEROUS_ACTIONS[action]
    for key, code in _DANGEROUS_KEYS.items():
        if entry(key) is not None:
            yield code
    if isinstance(kind, str) and kind in _FILLABLE:
        yield "form-fields"
    if entry("/Rect") is not None and isinstance(subtype, str):
        if subtype in _MEDIA_ANNOTATIONS:
            yield "media"
        elif subtype not in _HARMLESS_ANNOTATIONS:
            yield "annotations"
