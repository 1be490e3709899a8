"""The two pictures that signatures show: a handwritten signature, blue, and the agency's seal, red.

Decree 30/2020, Annex I, Part I, II.7.d and II.8.a: PNG with a transparent ground, the seal at its real size. Both are
drawn here and belong to nobody. A picture of one colour is kept as a palette of opacities: a tenth of the size of RGBA.
"""

from __future__ import annotations

import math
from dataclasses import dataclass
from io import BytesIO
from itertools import pairwise
from pathlib import Path

import typst
from PIL import Image, ImageDraw

from signing.typeface import Style, demand_vietnamese, font_folder

SEAL_DIAMETER = 36.0
"""Millimetres."""

_DOTS_PER_INCH = 450
_DOTS_PER_MM = _DOTS_PER_INCH / 25.4
_SEAL_RED = (214, 17, 30)
_INK_BLUE = (22, 48, 158)
_SIGNATURE_SIZE = (50.0, 22.0)
_FINENESS = 4


@dataclass(frozen=True, slots=True)
class _Pen:
    """A point on a stroke in millimetres from the picture's top left corner, and how thick the line is there."""

    x: float
    y: float
    width: float


# One stroke after another; the pen runs smoothly through the points of each.
_STROKES: tuple[tuple[_Pen, ...], ...] = (
    (
        _Pen(5.5, 12.5, 0.35),
        _Pen(4.2, 9.5, 0.45),
        _Pen(7.2, 4.6, 0.55),
        _Pen(11.6, 2.6, 0.6),
        _Pen(12.6, 6.2, 0.75),
        _Pen(9.4, 13.2, 0.85),
        _Pen(6.9, 18.2, 0.7),
        _Pen(8.2, 18.9, 0.5),
        _Pen(12.4, 11.4, 0.4),
        _Pen(16.0, 5.0, 0.45),
        _Pen(17.1, 7.0, 0.65),
        _Pen(15.4, 13.6, 0.75),
        _Pen(16.3, 15.6, 0.55),
        _Pen(18.8, 12.4, 0.4),
        _Pen(20.6, 10.6, 0.45),
        _Pen(20.5, 13.4, 0.6),
        _Pen(22.0, 14.3, 0.5),
        _Pen(24.2, 11.0, 0.4),
        _Pen(25.0, 13.4, 0.55),
        _Pen(26.5, 13.9, 0.45),
        _Pen(28.2, 11.4, 0.4),
        _Pen(29.2, 13.4, 0.5),
        _Pen(31.0, 12.8, 0.4),
        _Pen(34.6, 7.8, 0.35),
        _Pen(37.6, 2.6, 0.4),
        _Pen(38.3, 1.8, 0.5),
        _Pen(37.2, 5.4, 0.7),
        _Pen(34.2, 13.0, 0.8),
        _Pen(33.4, 17.4, 0.65),
        _Pen(35.2, 17.0, 0.45),
        _Pen(39.6, 11.8, 0.35),
        _Pen(45.8, 7.2, 0.2),
    ),
    (
        _Pen(46.4, 14.2, 0.2),
        _Pen(38.0, 17.0, 0.45),
        _Pen(24.0, 18.6, 0.6),
        _Pen(13.4, 20.3, 0.55),
        _Pen(11.2, 20.9, 0.4),
        _Pen(16.0, 20.6, 0.4),
        _Pen(30.0, 19.2, 0.5),
        _Pen(41.0, 18.4, 0.18),
    ),
    (
        _Pen(22.6, 8.0, 0.3),
        _Pen(24.6, 6.4, 0.5),
        _Pen(26.8, 7.4, 0.3),
    ),
)


def seal_image(*, agency: str) -> bytes:
    """The seal with the agency's name around it: 36 mm square at 450 dots an inch, PNG.

    Raises :class:`signing.typeface.TypefaceMissing` where the font cannot write the name.
    """
    demand_vietnamese(Style.BOLD)
    folder = Path(__file__).parent
    picture = typst.compile(
        folder / "seal.typ",
        root=folder,
        format="png",
        ppi=_DOTS_PER_INCH,
        font_paths=typst.Fonts(include_system_fonts=False, include_embedded_fonts=False, font_paths=[font_folder()]),
        sys_inputs={"agency": agency, "mark": "Bản mẫu"},
    )
    return _of_one_colour(Image.open(BytesIO(picture)).getchannel("A"), colour=_SEAL_RED)


def signature_image() -> bytes:
    """A signature in ink, 50 × 22 mm at 450 dots an inch, PNG."""
    scale = _DOTS_PER_MM * _FINENESS
    width, height = (round(length * _DOTS_PER_MM) for length in _SIGNATURE_SIZE)
    ink = Image.new("L", (width * _FINENESS, height * _FINENESS), 0)
    canvas = ImageDraw.Draw(ink)
    for stroke in _STROKES:
        for pen in _smooth(stroke):
            x, y, radius = pen.x * scale, pen.y * scale, pen.width * scale / 2
            canvas.ellipse((x - radius, y - radius, x + radius, y + radius), fill=255)
    return _of_one_colour(ink.resize((width, height), Image.Resampling.LANCZOS), colour=_INK_BLUE)


def _smooth(stroke: tuple[_Pen, ...]) -> list[_Pen]:
    """Points close together on the Catmull–Rom curve through the stroke's points."""
    padded = (stroke[0], *stroke, stroke[-1])
    dense: list[_Pen] = []
    for before, (start, end), after in zip(padded, pairwise(stroke), padded[3:], strict=False):
        steps = max(2, math.ceil(math.hypot(end.x - start.x, end.y - start.y) * 40))
        dense += [_between(before, start, end, after, at=step / steps) for step in range(steps + 1)]
    return dense


def _between(before: _Pen, start: _Pen, end: _Pen, after: _Pen, *, at: float) -> _Pen:
    def curve(p0: float, p1: float, p2: float, p3: float) -> float:
        return p1 + at / 2 * (p2 - p0 + at * (2 * p0 - 5 * p1 + 4 * p2 - p3 + at * (3 * (p1 - p2) + p3 - p0)))

    return _Pen(
        x=curve(before.x, start.x, end.x, after.x),
        y=curve(before.y, start.y, end.y, after.y),
        width=start.width + at * (end.width - start.width),
    )


def _of_one_colour(opacity: Image.Image, *, colour: tuple[int, int, int]) -> bytes:
    """A PNG whose palette holds one colour in 16 opacities, which is as smooth as print and screens can show here."""
    picture = opacity.point([round(level / 17) for level in range(256)])
    picture.putpalette(colour * 16)
    output = BytesIO()
    resolution = (_DOTS_PER_INCH, _DOTS_PER_INCH)
    picture.save(output, format="PNG", bits=4, optimize=True, transparency=bytes(range(0, 256, 17)), dpi=resolution)
    return output.getvalue()
