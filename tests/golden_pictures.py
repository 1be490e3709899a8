"""Pictures of what signatures look like, looked at by people once and kept in ``tests/golden``.

``KYSO_REDRAW=1`` draws them anew; then look at every one before it is committed. Drawing programs differ by a shade at
the edges, so that only points count which differ strongly, and only many of them.
"""

from __future__ import annotations

import os
from pathlib import Path
from typing import TYPE_CHECKING

from PIL import Image, ImageChops

from tests.second_opinion import page_picture

if TYPE_CHECKING:
    from signing.layout import Box

_FOLDER = Path(__file__).with_name("golden")
_RESOLUTION = 80
_AROUND = 6.0
_STRONGLY, _MANY = 96, 0.02


def share_that_differs(pdf: bytes, name: str, *, box: Box, folder: Path) -> float:
    """How much of the picture of this box with what is around it differs from the golden one; above 0.02 is wrong."""
    path = folder / f"{name}.pdf"
    path.write_bytes(pdf)
    with Image.open(page_picture(path, page=box.page, folder=folder, resolution=_RESOLUTION)) as page:
        dots = _RESOLUTION / 25.4
        left, top = max(box.left - _AROUND, 0) * dots, max(box.top - _AROUND, 0) * dots
        right, bottom = (box.left + box.width + _AROUND) * dots, (box.top + box.height + _AROUND) * dots
        seen = page.convert("RGB").crop((round(left), round(top), round(right), round(bottom)))
    golden = _FOLDER / f"{name}.png"
    if os.environ.get("KYSO_REDRAW"):
        seen.quantize(32).save(golden, optimize=True)
    with Image.open(golden) as expected:
        difference = ImageChops.difference(seen, expected.convert("RGB")).convert("L")
    return sum(difference.histogram()[_STRONGLY:]) / (seen.width * seen.height)


def looks_as_it_should(pdf: bytes, name: str, *, box: Box, folder: Path) -> bool:
    """Whether it agrees with the golden picture."""
    return share_that_differs(pdf, name, box=box, folder=folder) <= _MANY
