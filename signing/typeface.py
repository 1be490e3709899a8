"""The typeface of filled cells and stamps: Liberation Serif (the metrics of Times New Roman), embedded as a subset.

Decree 30/2020 asks for Times New Roman in Unicode; every Vietnamese letter must be there, since a missing glyph shows
as an empty box and nobody is told. pyHanko's own font embedding writes glyph widths unscaled for a font of 2048 units
an em, so the few lines that a static subset needs are ours.
"""

from __future__ import annotations

import logging
import os
import unicodedata
import zlib
from dataclasses import dataclass
from enum import Enum
from functools import lru_cache
from io import BytesIO
from pathlib import Path
from typing import TYPE_CHECKING

from fontTools import subset
from fontTools.ttLib import TTFont

from signing.pdf.values import Name, Real, Stream, deflated, numbers

if TYPE_CHECKING:
    from signing.pdf.document import Document
    from signing.pdf.values import Dictionary, Ref, Value

logging.getLogger("fontTools").setLevel(logging.WARNING)

_FOLDER = "/usr/share/fonts/truetype/liberation2"

VIETNAMESE_LETTERS = (
    "".join(
        unicodedata.normalize("NFC", base + tone)
        for base in "aăâeêioôơuưyAĂÂEÊIOÔƠUƯY"
        for tone in ("", "\u0300", "\u0301", "\u0303", "\u0309", "\u0323")
    )
    + "đĐ"
)


class Style(Enum):
    """The cuts that cells are set in; the value is the font file's name."""

    UPRIGHT = "LiberationSerif-Regular.ttf"
    ITALIC = "LiberationSerif-Italic.ttf"
    BOLD = "LiberationSerif-Bold.ttf"
    BOLD_ITALIC = "LiberationSerif-BoldItalic.ttf"


class TypefaceMissing(RuntimeError):
    """The font is not installed or lacks Vietnamese letters."""

    def __init__(self, *, reason: str) -> None:
        super().__init__(f"{reason}; install the package fonts-liberation2 or set KYSO_FONT_DIR to its folder")


@dataclass(frozen=True, slots=True)
class Typeface:
    """A subset for a fixed set of characters; lengths are in thousandths of the font size."""

    postscript_name: str
    program: bytes
    program_length: int
    glyphs: dict[str, int]
    widths: dict[str, int]
    ascent: int
    descent: int
    italic_angle: float
    bounding_box: tuple[int, int, int, int]
    to_unicode: Stream

    def width(self, text: str, *, size: float) -> float:
        """How wide the text is, in points."""
        return sum(self.widths[character] for character in text) * size / 1000

    def hexadecimal(self, text: str) -> bytes:
        """The text as a hexadecimal string operand, two bytes a glyph (Identity-H)."""
        return b"<" + "".join(f"{self.glyphs[character]:04X}" for character in text).encode() + b">"


def typeface(style: Style, characters: str) -> Typeface:
    """The subset of a cut for these characters (NFC); raises :class:`TypefaceMissing`."""
    return _subset(font_folder() / style.value, style, characters)


@lru_cache(maxsize=64)
def _subset(path: Path, style: Style, characters: str) -> Typeface:
    font = _read(path)
    available = font.getBestCmap()
    missing = sorted(c for c in set(characters) if ord(c) not in available)
    if missing:
        raise TypefaceMissing(reason=f"{style.value} has no glyph for {' '.join(missing)}")
    options = subset.Options(layout_features=[], notdef_outline=True, hinting=False, glyph_names=False)
    options.drop_tables += ["GPOS", "GSUB", "GDEF", "FFTM", "OS/2", "name", "post"]
    tailor = subset.Subsetter(options)
    tailor.populate(text=characters)
    scale = 1000 / font["head"].unitsPerEm
    head, hhea, italic_angle = font["head"], font["hhea"], float(font["post"].italicAngle)
    x0, y0, x1, y1 = (round(v * scale) for v in (head.xMin, head.yMin, head.xMax, head.yMax))
    tailor.subset(font)
    cmap, order = font.getBestCmap(), font.getReverseGlyphMap()
    glyphs = {c: order[cmap[ord(c)]] for c in set(characters)}
    widths = {c: round(font["hmtx"][cmap[ord(c)]][0] * scale) for c in set(characters)}
    output = BytesIO()
    font.save(output)
    program = output.getvalue()
    tag = f"{zlib.crc32(characters.encode()):08X}".translate(str.maketrans("0123456789", "GHIJKLMNOP"))[:6]
    return Typeface(
        postscript_name=f"{tag}+{style.value.removesuffix('.ttf')}",
        program=zlib.compress(program, 9),
        program_length=len(program),
        glyphs=glyphs,
        widths=widths,
        ascent=round(hhea.ascent * scale),
        descent=round(-hhea.descent * scale),
        italic_angle=italic_angle,
        bounding_box=(x0, y0, x1, y1),
        to_unicode=deflated({}, _to_unicode(glyphs)),
    )


def font_folder() -> Path:
    """Where the cuts lie: the folder of Debian's ``fonts-liberation2`` unless ``KYSO_FONT_DIR`` names another."""
    return Path(os.environ.get("KYSO_FONT_DIR", _FOLDER))


def demand_vietnamese(style: Style) -> None:
    """Raise :class:`TypefaceMissing` unless the cut has every Vietnamese letter."""
    typeface(style, VIETNAMESE_LETTERS)


def embed(document: Document, face: Typeface) -> Ref:
    """Write the subset as a composite font (ISO 32000-2, 9.7) with its ``/ToUnicode`` map; answers its reference."""
    font_name = Name("/" + face.postscript_name)
    program = Stream({"/Length1": face.program_length, "/Filter": Name("/FlateDecode")}, face.program)
    descriptor: Dictionary = {
        "/Type": Name("/FontDescriptor"),
        "/FontName": font_name,
        "/Flags": 4 | (64 if face.italic_angle else 0),
        "/FontBBox": numbers(*face.bounding_box),
        "/ItalicAngle": Real(f"{face.italic_angle:.1f}"),
        "/Ascent": face.ascent,
        "/Descent": -face.descent,
        "/CapHeight": 660,
        "/StemV": 80,
        "/FontFile2": document.add(program),
    }
    descendant: Dictionary = {
        "/Type": Name("/Font"),
        "/Subtype": Name("/CIDFontType2"),
        "/BaseFont": font_name,
        "/CIDSystemInfo": {"/Registry": b"Adobe", "/Ordering": b"Identity", "/Supplement": 0},
        "/FontDescriptor": document.add(descriptor),
        "/DW": 1000,
        "/W": _advances(face),
        "/CIDToGIDMap": Name("/Identity"),
    }
    return document.add(
        {
            "/Type": Name("/Font"),
            "/Subtype": Name("/Type0"),
            "/BaseFont": font_name,
            "/Encoding": Name("/Identity-H"),
            "/DescendantFonts": [document.add(descendant)],
            "/ToUnicode": document.add(face.to_unicode),
        }
    )


def _advances(face: Typeface) -> list[Value]:
    """The widths by glyph (9.7.4.3)."""
    advances: list[Value] = []
    for character, glyph in sorted(face.glyphs.items(), key=lambda item: item[1]):
        advances += [glyph, [face.widths[character]]]
    return advances


def _read(path: Path) -> TTFont:
    try:
        return TTFont(path, lazy=True)
    except OSError as error:
        raise TypefaceMissing(reason=f"the font {path} cannot be read") from error


def _to_unicode(glyphs: dict[str, int]) -> bytes:
    """Write the CMap that gives the text back when it is copied or checked (ISO 32000-2, 9.10.3)."""
    pairs = [f"<{glyph:04X}> <{character.encode('utf-16-be').hex().upper()}>" for character, glyph in glyphs.items()]
    blocks = [pairs[i : i + 100] for i in range(0, len(pairs), 100)]
    body = "\n".join(f"{len(block)} beginbfchar\n" + "\n".join(sorted(block)) + "\nendbfchar" for block in blocks)
    return (
        "/CIDInit /ProcSet findresource begin\n12 dict begin\nbegincmap\n"
        "/CIDSystemInfo << /Registry (Adobe) /Ordering (UCS) /Supplement 0 >> def\n"
        "/CMapName /Adobe-Identity-UCS def\n/CMapType 2 def\n"
        "1 begincodespacerange\n<0000> <FFFF>\nendcodespacerange\n"
        f"{body}\nendcmap\nCMapName currentdict /CMap defineresource pop\nend\nend\n"
    ).encode()
