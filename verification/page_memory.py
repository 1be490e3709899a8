"""What a child remembers of the pages it has just seen, so that each revision of a document is drawn and read once.

A document is validated after each step of its way, and every revision holds all earlier ones: what was drawn as the
file of one step is the signed revision of the next. Nothing is remembered under a name that a file could choose: the
key is the SHA-256 of everything that the remembered value was made from.
"""

from __future__ import annotations

import hashlib
from collections import Counter, OrderedDict
from typing import TYPE_CHECKING

from pypdf.generic import ArrayObject, DictionaryObject, FloatObject, IndirectObject, NumberObject, StreamObject

if TYPE_CHECKING:
    from collections.abc import Callable

    from PIL import Image
    from pypdf import PageObject

_MOST_PIXELS = 24 << 20  # one byte each
_MOST_PAGES_READ, _MOST_LETTERS = 64, 4096
_MOST_OBJECTS = 20_000  # below one page; larger ones are read anew each time
_PLAIN = frozenset({NumberObject, FloatObject})
_NOT_READ = frozenset({"/Parent", "/Annots"})  # of a page, by its text


class PageMemory:
    """The newest pictures and letters; the oldest go first."""

    def __init__(self) -> None:
        self._pictures: OrderedDict[tuple[bytes, int], Image.Image | None] = OrderedDict()
        self._pixels = 0
        self._letters: OrderedDict[bytes, Counter[str]] = OrderedDict()

    def picture(self, digest: bytes, number: int) -> tuple[Image.Image | None] | None:
        """The picture of this page of the file with this digest, or that there can be none; None where not known."""
        key = digest, number
        if key not in self._pictures:
            return None
        self._pictures.move_to_end(key)
        return (self._pictures[key],)

    def keep_picture(self, digest: bytes, number: int, picture: Image.Image | None) -> None:
        """Remember it."""
        self._pictures[digest, number] = picture
        self._pixels += _pixels(picture)
        while self._pixels > _MOST_PIXELS:
            self._pixels -= _pixels(self._pictures.popitem(last=False)[1])

    def letters_of(self, page: PageObject, read: Callable[[PageObject], Counter[str]]) -> Counter[str]:
        """What ``read`` finds on the page; it is asked anew only if something is new that the text is made from."""
        key = _sources(page)
        return read(page) if key is None else self.letters(key, lambda: read(page))

    def letters(self, key: bytes, read: Callable[[], Counter[str]]) -> Counter[str]:
        """What ``read`` finds; ``key`` is the SHA-256 of everything that it is found in."""
        if key not in self._letters:
            found = read()
            if len(found) > _MOST_LETTERS:
                return found
            self._letters[key] = found
            if len(self._letters) > _MOST_PAGES_READ:
                self._letters.popitem(last=False)
        self._letters.move_to_end(key)
        return self._letters[key]


def _pixels(picture: Image.Image | None) -> int:
    return picture.width * picture.height if picture is not None else 0


def _sources(page: PageObject) -> bytes | None:
    """The digest of all objects that the page's text can depend on: itself, its contents and resources, whole."""
    digest = hashlib.sha256()
    seen: dict[tuple[int, int], int] = {}
    own = {key: value for key, value in page.items() if key not in _NOT_READ}
    waiting: list[object] = [DictionaryObject(own), page.get_inherited("/Resources", default=None)]
    visited = 0
    while waiting:
        visited += 1
        if visited > _MOST_OBJECTS:
            return None
        item = waiting.pop()
        if isinstance(item, IndirectObject):
            key = item.idnum, item.generation
            if key in seen:
                digest.update(b"seen %d;" % seen[key])
                continue
            seen[key] = len(seen)
            item = item.get_object()
        waiting.extend(_parts(item, digest.update))
    return digest.digest()


def _parts(item: object, tell: Callable[[bytes], None]) -> list[object]:
    """Tell what kind of object this is and what it says itself; answers what it consists of."""
    parts: list[object] = []
    if isinstance(item, DictionaryObject):
        names = sorted(item)
        tell(b"dictionary %d;" % len(names) + b"".join(_framed(name) for name in names))
        parts = [item.raw_get(name) for name in names]
    elif isinstance(item, ArrayObject):
        whole = _PLAIN.issuperset(map(type, item))  # such as the widths of a font's thousand letters
        tell(b"array %d;" % len(item) + (_framed(repr(item)) if whole else b""))
        parts = [] if whole else list(item)
    else:
        tell(type(item).__name__.encode() + _framed(repr(item)))
    if isinstance(item, StreamObject):
        tell(b"stream" + len(item._data).to_bytes(8) + item._data)  # noqa: SLF001 - the only way to the bytes as stored
    return parts


def _framed(text: str) -> bytes:
    octets = text.encode("utf-8", "surrogatepass")
    return len(octets).to_bytes(4) + octets
