"""Draw what a signature field shows: a picture as large as its box allows, or a few lines of text at their set size."""

from __future__ import annotations

import unicodedata
from typing import TYPE_CHECKING

from signing.appearances import show, shown_size
from signing.errors import AppearanceUnfit
from signing.images import embed_png
from signing.typeface import Style, Typeface, TypefaceMissing, embed, typeface

if TYPE_CHECKING:
    from signing.pdf.document import Node
    from signing.profiles import Appearance

TEXT_SIZE = 10.0
"""Points: Decree 30/2020, Annex I, Part I, II.8.b and Part II, I.3; upright, black, Times New Roman."""

_LEADING = 1.2
_OFTEN = "0123456789-T:+;"  # in every such text, so that the next one finds its font made already


def show_appearance(field: Node, appearance: Appearance) -> None:
    """Give the field its picture or text; raises :class:`signing.errors.AppearanceUnfit`."""
    if appearance.png is not None:
        _show_picture(field, appearance.png)
    if appearance.text is not None:
        _show_text(field, unicodedata.normalize("NFC", appearance.text))


def _show_picture(field: Node, png: bytes) -> None:
    """Centre the picture in the field's box, as large as its proportions allow."""
    width, height = shown_size(field)
    image, proportion = embed_png(field.document, png)
    shown_width = min(width, height * proportion)
    shown_height = shown_width / proportion
    left, bottom = (width - shown_width) / 2, (height - shown_height) / 2
    content = f"q {shown_width:.3f} 0 0 {shown_height:.3f} {left:.3f} {bottom:.3f} cm /Picture Do Q"
    show(field, content=content.encode(), resources={"/XObject": {"/Picture": image}})


def _show_text(field: Node, text: str) -> None:
    """Set the text from the top, against the right edge of the box; it is never made smaller than prescribed."""
    width, height = shown_size(field)
    try:
        face = typeface(Style.UPRIGHT, "".join(sorted({*text, *_OFTEN, " "} - {"\n"})))
    except TypefaceMissing as error:
        raise AppearanceUnfit(reason=str(error)) from error
    lines = [line for paragraph in text.split("\n") for line in _broken(paragraph, face, width=width)]
    if len(lines) * TEXT_SIZE * _LEADING > height:
        raise AppearanceUnfit(reason=f"{len(lines)} lines of text do not fit into the box")
    content = f"BT 0 g /F {TEXT_SIZE:.0f} Tf\n".encode()
    top = height - face.ascent * TEXT_SIZE / 1000
    for index, line in enumerate(lines):
        left = width - face.width(line, size=TEXT_SIZE)
        content += f"1 0 0 1 {left:.3f} {top - index * TEXT_SIZE * _LEADING:.3f} Tm ".encode()
        content += face.hexadecimal(line) + b" Tj\n"
    show(field, content=content + b"ET", resources={"/Font": {"/F": embed(field.document, face)}})


def _broken(paragraph: str, face: Typeface, *, width: float) -> list[str]:
    """The paragraph in lines that fit the width; raises :class:`AppearanceUnfit` where a single word does not."""
    lines: list[str] = []
    for word in paragraph.split():
        if face.width(word, size=TEXT_SIZE) > width:
            raise AppearanceUnfit(reason="a word of the text is wider than the box")
        if lines and face.width(longer := f"{lines[-1]} {word}", size=TEXT_SIZE) <= width:
            lines[-1] = longer
        else:
            lines.append(word)
    return lines
