"""A PNG with transparency as a PDF image, made once for each picture (signature images and seals repeat)."""

from __future__ import annotations

import zlib
from dataclasses import dataclass
from functools import lru_cache
from io import BytesIO
from typing import TYPE_CHECKING, Self

from PIL import Image, UnidentifiedImageError

from signing.archival import pdfa_part
from signing.errors import AppearanceUnfit
from signing.pdf.values import Name, Stream

if TYPE_CHECKING:
    from signing.pdf.document import Document
    from signing.pdf.values import Dictionary, Ref

_MOST_PIXELS = 6_000_000


@dataclass(frozen=True, slots=True)
class _Samples:
    """Points of a picture, row by row, compressed."""

    size: tuple[int, int]
    octets: bytes

    @classmethod
    def of(cls, picture: Image.Image) -> Self:
        return cls(picture.size, zlib.compress(picture.tobytes(), 9))


@dataclass(frozen=True, slots=True)
class _Pixels:
    """What is seen, how much of it, and for readers without transparency what is not seen at all."""

    colour: _Samples
    alpha: _Samples
    hidden: _Samples


def embed_png(document: Document, png: bytes) -> tuple[Ref, float]:
    """Write the picture with its soft mask (ISO 32000-2, 11.6.5.2); answers its reference and width ÷ height.

    PDF/A-1 knows no transparency (ISO 19005-1, 6.4): there each point is shown or not (8.9.6.3).
    Raises :class:`signing.errors.AppearanceUnfit` for anything but a PNG of a sensible size.
    """
    pixels = _pixels(png)
    image = _image(pixels.colour, {"/ColorSpace": Name("/DeviceRGB"), "/BitsPerComponent": 8})
    if pdfa_part(document) == 1:
        image.entries["/Mask"] = document.add(_image(pixels.hidden, {"/ImageMask": True, "/BitsPerComponent": 1}))
    else:
        grey: Dictionary = {"/ColorSpace": Name("/DeviceGray"), "/BitsPerComponent": 8}
        image.entries["/SMask"] = document.add(_image(pixels.alpha, grey))
    width, height = pixels.alpha.size
    return document.add(image), width / height


def demand_transparent(png: bytes) -> None:
    """Raise :class:`signing.errors.AppearanceUnfit` unless the picture can be embedded and hides no text under it.

    Signatures and seals are PNG pictures on a transparent ground (Decree 30/2020, Annex I, II.7.d and II.8).
    """
    least, most = _rgba(png).getchannel("A").getextrema()
    if least == most:
        seen = "nothing in it is seen" if not most else "its ground is not transparent"
        raise AppearanceUnfit(reason=seen)


def _rgba(png: bytes) -> Image.Image:
    try:
        with Image.open(BytesIO(png), formats=("PNG",)) as picture:
            if picture.width * picture.height > _MOST_PIXELS:
                raise AppearanceUnfit(reason=f"{picture.width} × {picture.height} pixels are too many")
            return picture.convert("RGBA")
    except (UnidentifiedImageError, Image.DecompressionBombError, OSError, SyntaxError) as error:
        raise AppearanceUnfit(reason="not a readable PNG") from error


@lru_cache(maxsize=64)
def _pixels(png: bytes) -> _Pixels:
    rgba = _rgba(png)
    alpha = rgba.getchannel("A")
    return _Pixels(_Samples.of(_colours(rgba)), _Samples.of(alpha), _Samples.of(_bits(alpha)))


def _colours(rgba: Image.Image) -> Image.Image:
    """The picture without its transparency: one point where it has one colour, as ink and seals have.

    An image and its mask need not have the same resolution (ISO 32000-2, 8.9.6.3 and 11.6.5.2), and every reader has
    to spread out and scale what it is given.
    """
    colours = rgba.convert("RGB")
    has_one = colours.getcolors(maxcolors=1) is not None
    return colours.crop((0, 0, 1, 1)) if has_one else colours


def _bits(alpha: Image.Image) -> Image.Image:
    """One bit a point, set where less than half is opaque; rows begin on a byte."""
    return alpha.point([255] * 128 + [0] * 128).convert("1", dither=Image.Dither.NONE)


def _image(samples: _Samples, kind: Dictionary) -> Stream:
    width, height = samples.size
    described: Dictionary = {
        "/Type": Name("/XObject"),
        "/Subtype": Name("/Image"),
        "/Width": width,
        "/Height": height,
        "/Filter": Name("/FlateDecode"),
    }
    return Stream({**described, **kind}, samples.octets)
