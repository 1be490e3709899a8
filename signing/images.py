"""A PNG with transparency as a PDF image, made once for each picture (signature images and seals repeat)."""

from __future__ import annotations

import zlib
from dataclasses import dataclass
from functools import lru_cache
from io import BytesIO
from typing import TYPE_CHECKING

from PIL import Image, UnidentifiedImageError

from signing.archival import pdfa_part
from signing.errors import AppearanceUnfit
from signing.pdf.values import Name, Stream

if TYPE_CHECKING:
    from signing.pdf.document import Document
    from signing.pdf.values import Dictionary, Ref

_MOST_PIXELS = 6_000_000


@dataclass(frozen=True, slots=True)
class _Pixels:
    width: int
    height: int
    colour: bytes
    alpha: bytes
    hidden: bytes


def embed_png(document: Document, png: bytes) -> tuple[Ref, float]:
    """Write the picture with its soft mask (ISO 32000-2, 11.6.5.2); answers its reference and width ÷ height.

    PDF/A-1 knows no transparency (ISO 19005-1, 6.4): there each point is shown or not (8.9.6.3).
    Raises :class:`signing.errors.AppearanceUnfit` for anything but a PNG of a sensible size.
    """
    pixels = _pixels(png)
    image = _image(pixels, samples=pixels.colour, colours="/DeviceRGB")
    if pdfa_part(document) == 1:
        image.entries["/Mask"] = document.add(_stencil(pixels))
    else:
        image.entries["/SMask"] = document.add(_image(pixels, samples=pixels.alpha, colours="/DeviceGray"))
    return document.add(image), pixels.width / pixels.height


@lru_cache(maxsize=64)
def _pixels(png: bytes) -> _Pixels:
    try:
        with Image.open(BytesIO(png), formats=("PNG",)) as picture:
            if picture.width * picture.height > _MOST_PIXELS:
                raise AppearanceUnfit(reason=f"{picture.width} × {picture.height} pixels are too many")
            rgba = picture.convert("RGBA")
    except (UnidentifiedImageError, OSError, SyntaxError) as error:
        raise AppearanceUnfit(reason="not a readable PNG") from error
    return _Pixels(
        width=rgba.width,
        height=rgba.height,
        colour=zlib.compress(rgba.convert("RGB").tobytes(), 9),
        alpha=zlib.compress(rgba.getchannel("A").tobytes(), 9),
        hidden=zlib.compress(_bits(rgba.getchannel("A")), 9),
    )


def _bits(alpha: Image.Image) -> bytes:
    """One bit a point, set where less than half is opaque; rows begin on a byte."""
    return alpha.point([255] * 128 + [0] * 128).convert("1", dither=Image.Dither.NONE).tobytes()


def _image(pixels: _Pixels, *, samples: bytes, colours: str) -> Stream:
    return Stream({**_described(pixels), "/ColorSpace": Name(colours), "/BitsPerComponent": 8}, samples)


def _stencil(pixels: _Pixels) -> Stream:
    return Stream({**_described(pixels), "/ImageMask": True, "/BitsPerComponent": 1}, pixels.hidden)


def _described(pixels: _Pixels) -> Dictionary:
    return {
        "/Type": Name("/XObject"),
        "/Subtype": Name("/Image"),
        "/Width": pixels.width,
        "/Height": pixels.height,
        "/Filter": Name("/FlateDecode"),
    }
