"""The large pale words behind a demonstration's text, as outlines.

They are drawn, not written: words in a font would be mixed into the notice whenever its text is copied, searched or
read aloud.
"""

from __future__ import annotations

from fontTools.pens.svgPathPen import SVGPathPen
from fontTools.pens.transformPen import TransformPen
from fontTools.ttLib import TTFont

from signing.typeface import Style, font_folder

_PAGE = (210.0, 297.0)
_HEIGHT = 26.0
_TILT = -52
_TINT = "#efefef"


def watermark(words: str) -> str:
    """An SVG of one A4 page (user unit: millimetre) with the words across it, rising to the right."""
    font = TTFont(font_folder() / Style.BOLD.value, lazy=True)
    glyphs, letters = font.getGlyphSet(), font.getBestCmap()
    pen = SVGPathPen(glyphs)
    advance = 0.0
    for letter in words:
        glyph = glyphs[letters[ord(letter)]]
        glyph.draw(TransformPen(pen, (1, 0, 0, 1, advance, 0)))
        advance += glyph.width
    width, height = _PAGE
    scale = _HEIGHT / font["OS/2"].sCapHeight
    middle = f"translate({width / 2} {height / 2}) rotate({_TILT}) scale({scale:.6f} {-scale:.6f})"
    centred = f"translate({-advance / 2:.0f} {-font['OS/2'].sCapHeight / 2:.0f})"
    return (
        f'<svg xmlns="http://www.w3.org/2000/svg" viewBox="0 0 {width} {height}" width="{width}mm" height="{height}mm">'
        f'<path transform="{middle} {centred}" fill="{_TINT}" d="{pen.getCommands()}"/></svg>'
    )
