"""The signature and seal pictures are what Decree 30/2020, Annex I, II.7.d and II.8.a ask for."""

from __future__ import annotations

from io import BytesIO

import pytest
from PIL import Image

from api.demo.images import SEAL_DIAMETER, seal_image, signature_image

AGENCY = "Ủy ban nhân dân tỉnh Mẫu"


def _opened(png: bytes) -> Image.Image:
    picture = Image.open(BytesIO(png))
    assert picture.format == "PNG"
    return picture


@pytest.fixture(scope="module")
def seal() -> Image.Image:
    return _opened(seal_image(agency=AGENCY))


@pytest.fixture(scope="module")
def signature() -> Image.Image:
    return _opened(signature_image())


def test_the_seal_is_crisp_at_its_real_size(seal: Image.Image) -> None:
    assert seal.width == seal.height
    assert seal.width / SEAL_DIAMETER * 25.4 >= 400


def test_the_signature_has_the_shape_of_its_cell(signature: Image.Image) -> None:
    assert signature.width / signature.height == pytest.approx(50 / 22, rel=0.01)
    assert signature.width / 50 * 25.4 >= 400


def test_pictures_are_small() -> None:
    assert len(seal_image(agency=AGENCY)) < 40_000
    assert len(signature_image()) < 20_000


def _ink(picture: Image.Image) -> set[tuple[int, int, int]]:
    pixels = picture.convert("RGBA").getcolors(maxcolors=1 << 24) or []
    return {(red, green, blue) for _, (red, green, blue, alpha) in pixels if alpha}  # type: ignore[misc]


def test_the_seal_is_red_and_nothing_else(seal: Image.Image) -> None:
    ((red, green, blue),) = _ink(seal)
    assert red > 180
    assert max(green, blue) < 60


def test_the_signature_is_blue_and_nothing_else(signature: Image.Image) -> None:
    ((red, green, blue),) = _ink(signature)
    assert blue > 120
    assert max(red, green) < 80


def test_the_ground_is_transparent(seal: Image.Image, signature: Image.Image) -> None:
    for picture in (seal, signature):
        opacity = picture.convert("RGBA").getchannel("A")
        share = sum(opacity.histogram()[128:]) / (picture.width * picture.height)
        assert opacity.getpixel((0, 0)) == 0
        assert 0.02 < share < 0.4


def test_the_seal_fills_its_circle_and_leaves_the_corners_free(seal: Image.Image) -> None:
    opacity = seal.convert("RGBA").getchannel("A")
    box = opacity.point([0] * 128 + [255] * 128).getbbox()
    assert box is not None
    assert min(box[2] - box[0], box[3] - box[1]) >= seal.width - 4


def test_the_same_seal_is_drawn_twice_alike() -> None:
    assert seal_image(agency=AGENCY) == seal_image(agency=AGENCY)
