"""Whether the letters of a field's picture can be read back, and how two texts are compared that two programs drew."""

from __future__ import annotations

import re
import unicodedata
from typing import TYPE_CHECKING

from pypdf.generic import DictionaryObject, NameObject

if TYPE_CHECKING:
    from pypdf.generic import StreamObject

_NAMED_ENCODINGS = frozenset({"/WinAnsiEncoding", "/MacRomanEncoding", "/StandardEncoding", "/PDFDocEncoding"})
_WITHOUT_LETTERS = frozenset({"/Symbol", "/ZapfDingbats"})
_TEXT_FONTS = re.compile(r"/(Helvetica|Times|Courier)(-\w+)?|/Helv|/Arial\w*")
_FONT_CHOICE = re.compile(rb"/([^\s/<>\[\]()]+)\s+-?[\d.]+\s+Tf\b")
_OBJECTS_AND_IMAGES = re.compile(rb"(?<![^\s])(Do|BI|sh)(?![^\s])")
_LINES = re.compile(rb"(?<![^\s])(l|c|v|y|re)(?![^\s])")
_A_DRAWING = 30
"""More lines and curves than a frame and a background have: a bar code, or letters that are drawn."""
_RIGHT_TO_LEFT = frozenset({"R", "AL"})


def comparable(text: str) -> str:
    """Composed letters without ligatures, nor the spaces and breaks that drawing and reading add or lose."""
    kept = "".join(unicodedata.normalize("NFKC", text).split())
    return "".join(letter for letter in kept if unicodedata.category(letter) not in {"Cc", "Cf"})


def are_alike(seen: str, stored: str) -> bool:
    """Whether a picture shows the stored text, both comparable.

    Products draw a question mark for letters that the usual fonts lack, as most Vietnamese ones.
    """
    return seen == stored or (
        len(seen) == len(stored)
        and all(one == other or (one == "?" and _is_unusual(other)) for one, other in zip(seen, stored, strict=True))
    )


def _is_unusual(letter: str) -> bool:
    try:
        letter.encode("cp1252")
    except UnicodeEncodeError:
        return True
    return False


def is_legible(stream: StreamObject) -> bool:
    """Whether every font that the picture chooses says which letters its codes stand for (9.10.2)."""
    content = stream.get_data()
    resources = _entry(stream, "/Resources")
    fonts = _entry(resources, "/Font") if isinstance(resources, DictionaryObject) else None
    for choice in _FONT_CHOICE.finditer(content):
        name = f"/{choice[1].decode('latin-1')}"
        font = _entry(fonts, name) if isinstance(fonts, DictionaryObject) else None
        if not isinstance(font, DictionaryObject) or not _says_letters(font):
            return False
    return True


def reads_from_the_right(text: str) -> bool:
    """Whether some of it is written from right to left, where drawing and reading order differ."""
    return any(unicodedata.bidirectional(letter) in _RIGHT_TO_LEFT for letter in text)


def paints_pictures(stream: StreamObject) -> bool:
    """Whether there is more than a frame: then no letters do not mean that nothing is shown."""
    content = stream.get_data()
    return bool(_OBJECTS_AND_IMAGES.search(content)) or len(_LINES.findall(content)) > _A_DRAWING


def _says_letters(font: DictionaryObject) -> bool:
    if "/ToUnicode" in font:
        return True
    if str(_entry(font, "/Subtype")) in {"/Type0", "/Type3"} or str(_entry(font, "/BaseFont")) in _WITHOUT_LETTERS:
        return False
    encoding = _entry(font, "/Encoding")
    if isinstance(encoding, NameObject):
        return str(encoding) in _NAMED_ENCODINGS
    if isinstance(encoding, DictionaryObject):
        return True
    return _TEXT_FONTS.fullmatch(str(_entry(font, "/BaseFont"))) is not None


def _entry(dictionary: DictionaryObject, key: str) -> object:
    return dictionary[key] if key in dictionary else None  # noqa: SIM401 - `get` does not follow references
