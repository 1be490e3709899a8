"""Cells as we write them, read without the second reader, which takes a tenth of a verdict.

Our own strict reader looks where each cell's picture is. It tells what a cell shows only where there is no picture,
one without a single operator, or one text in one font, as :mod:`signing.fill` draws it, whose codes stand for letters
as :mod:`signing.typeface` says. Whatever else stands there, and any file of another form, is left to pypdf.
"""

from __future__ import annotations

import re
from typing import TYPE_CHECKING

from signing.pdf.lean import LeanFile
from signing.pdf.syntax import Irregular
from signing.pdf.values import Ref, Stream, decoded_text

if TYPE_CHECKING:
    from collections.abc import Collection

    from signing.pdf.values import Dictionary, Value

UNSEEN = 1 << 1 | 1 << 5  # the flags Hidden and NoView (ISO 32000-2, Table 167)
_CODE, _WIDTH = rb"[0-9A-F]{4}", 4
_TEXT = re.compile(
    rb"/Tx BMC q BT 0 g /F \d{1,2}\.\d\d Tf \d{1,4}\.\d{3} \d{1,4}\.\d{3} Td <(?P<codes>(?:%b)++)> Tj ET Q EMC" % _CODE
)
_MAP = re.compile(
    rb"/CIDInit /ProcSet findresource begin\n12 dict begin\nbegincmap\n"
    rb"/CIDSystemInfo << /Registry \(Adobe\) /Ordering \(UCS\) /Supplement 0 >> def\n"
    rb"/CMapName /Adobe-Identity-UCS def\n/CMapType 2 def\n"
    rb"1 begincodespacerange\n<0000> <FFFF>\nendcodespacerange\n"
    rb"(?P<blocks>(?:\d{1,3} beginbfchar\n(?:<%b> <(?:%b)++>\n)++endbfchar\n)++)"
    rb"endcmap\nCMapName currentdict /CMap defineresource pop\nend\nend\n" % (_CODE, _CODE)
)
_LETTER = re.compile(rb"<(%b)> <([0-9A-F]++)>" % _CODE)
_OTHERWISE = "a cell that is written in another way"


def shown_in_cells(pdf: bytes, names: Collection[str]) -> dict[str, str] | None:
    """What each field of these names certainly shows; None where that is for the second reader to say."""
    try:
        return dict(_shown_cells(LeanFile(pdf), names))
    except (Irregular, KeyError, UnicodeDecodeError):
        return None


def _shown_cells(file: LeanFile, names: Collection[str]) -> list[tuple[str, str]]:
    form = _dictionary(file, _dictionary(file, file.trailer.get("/Root")).get("/AcroForm"))
    listed = _followed(file, form.get("/Fields"))
    if not isinstance(listed, list):
        raise Irregular(_OTHERWISE)
    fields = [_dictionary(file, entry) for entry in listed]
    cells = [(title, field) for field in fields if (title := _title(file, field)) in names]
    if len(cells) != len({title for title, _ in cells}):
        raise Irregular(_OTHERWISE)
    return [(title, _shown(file, field)) for title, field in cells]


def _shown(file: LeanFile, field: Dictionary) -> str:
    if field.get("/AP") is None:
        return ""
    picture = _stream(file, _dictionary(file, field["/AP"]).get("/N"))
    content = file.content(picture)
    return _text(file, field, picture, content) if content.strip() else ""


def _text(file: LeanFile, field: Dictionary, picture: Stream, content: bytes) -> str:
    """The one text of a picture; a code without a letter is a ``KeyError``."""
    text, flags = _TEXT.fullmatch(content), field.get("/F", 0)
    if text is None or type(flags) is not int or flags & UNSEEN:
        raise Irregular(_OTHERWISE)
    fonts = _dictionary(file, _dictionary(file, picture.entries.get("/Resources")).get("/Font"))
    letters = _letters(file, _dictionary(file, fonts.get("/F")))
    codes = text["codes"]
    return "".join(letters[codes[at : at + _WIDTH]] for at in range(0, len(codes), _WIDTH))


def _letters(file: LeanFile, font: Dictionary) -> dict[bytes, str]:
    """The letters of a font by their codes (ISO 32000-2, 9.10.3)."""
    said = _MAP.fullmatch(file.content(_stream(file, font.get("/ToUnicode"))))
    if said is None or (font.get("/Subtype"), font.get("/Encoding")) != ("/Type0", "/Identity-H"):
        raise Irregular(_OTHERWISE)
    pairs = _LETTER.findall(said["blocks"])
    letters = {code: bytes.fromhex(letter.decode()).decode("utf-16-be") for code, letter in pairs}
    if len(letters) != len(pairs):
        raise Irregular(_OTHERWISE)
    return letters


def _title(file: LeanFile, field: Dictionary) -> str:
    """The name of a field, empty where it has none."""
    title = _followed(file, field.get("/T"))
    return decoded_text(title) if isinstance(title, bytes) else ""


def _stream(file: LeanFile, value: Value) -> Stream:
    followed = _followed(file, value)
    if not isinstance(followed, Stream):
        raise Irregular(_OTHERWISE)
    return followed


def _dictionary(file: LeanFile, value: Value) -> Dictionary:
    followed = _followed(file, value)
    if not isinstance(followed, dict):
        raise Irregular(_OTHERWISE)
    return followed


def _followed(file: LeanFile, value: Value) -> Value:
    return file.get(value) if isinstance(value, Ref) else value
