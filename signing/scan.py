"""Whether a scanned paper may become an electronic copy: PDF 1.4 or later, in colour, at 200 dpi or more, whole pages.

Decree 30/2020, Annex I, Part II, I.2. What a scanner saw is a picture over the whole page; text that recognition laid
over or under it does not matter. That the picture has the size of the paper (100 %) no program can see.
"""

from __future__ import annotations

import math
from collections import defaultdict
from dataclasses import dataclass
from typing import TYPE_CHECKING

import pypdfium2
from pypdfium2 import raw

from signing.errors import DocumentUnfit
from signing.lint import Finding, Severity

if TYPE_CHECKING:
    from collections.abc import Iterator, Mapping

LEAST_VERSION, LEAST_DPI = 14, 200
_LEAST_COVERED = 0.8
"""Of the page: scanners cut margins, but a picture beside typed text is no scan."""
_LEAST_SHARE = 0.02
"""Of the page: smaller pictures (a logo of the scanner's program) are not what was scanned."""
_MOST_DEPTH = 4
_COLOURED = frozenset(
    {
        raw.FPDF_COLORSPACE_DEVICERGB,
        raw.FPDF_COLORSPACE_DEVICECMYK,
        raw.FPDF_COLORSPACE_CALRGB,
        raw.FPDF_COLORSPACE_LAB,
        raw.FPDF_COLORSPACE_INDEXED,
    }
)
_COLOURED_BITS = 24


@dataclass(frozen=True, slots=True)
class _Picture:
    """One picture of a page: the share of the page that it covers, its lower resolution, whether it has colours."""

    share: float
    dpi: float
    coloured: bool


def inspect_scan(pdf: bytes) -> tuple[Finding, ...]:
    """Everything that speaks against the file, each with its pages; nothing for a good scan.

    Raises :class:`signing.errors.DocumentUnfit` for a file that cannot be read.
    """
    faults: dict[str, list[int]] = defaultdict(list)
    lowest = math.inf
    try:
        with pypdfium2.PdfDocument(pdf) as document:
            version = document.get_version() or 0
            for number in range(1, len(document) + 1):
                pictures = list(_pictures(document[number - 1]))
                for fault in _faults(pictures):
                    faults[fault].append(number)
                lowest = min([lowest, *(picture.dpi for picture in pictures)])
    except pypdfium2.PdfiumError as error:
        raise DocumentUnfit(reasons=(f"the PDF is damaged: {error}",)) from error
    return tuple(_findings(version, faults, lowest=lowest))


def _faults(pictures: list[_Picture]) -> Iterator[str]:
    if sum(picture.share for picture in pictures) < _LEAST_COVERED:
        yield "scan-picture"
        return
    if any(round(picture.dpi) < LEAST_DPI for picture in pictures):
        yield "scan-resolution"
    if not all(picture.coloured for picture in pictures):
        yield "scan-colour"


def _pictures(page: pypdfium2.PdfPage) -> Iterator[_Picture]:
    width, height = page.get_size()
    for found in page.get_objects(filter=[raw.FPDF_PAGEOBJ_IMAGE], max_depth=_MOST_DEPTH):
        if not isinstance(found, pypdfium2.PdfImage):
            continue
        a, b, c, d, _, _ = _placement(found).get()
        across, along = math.hypot(a, b), math.hypot(c, d)
        share = abs(a * d - b * c) / (width * height)
        if share < _LEAST_SHARE:
            continue
        pixels_across, pixels_along = found.get_px_size()
        facts = found.get_metadata()
        coloured = facts.colorspace in _COLOURED or facts.bits_per_pixel >= _COLOURED_BITS
        yield _Picture(share, 72 * min(pixels_across / across, pixels_along / along), coloured)


def _placement(picture: pypdfium2.PdfImage) -> pypdfium2.PdfMatrix:
    """From the picture's unit square to the page, through the forms that it lies in."""
    matrix = picture.get_matrix()
    holder = picture.container
    while holder is not None:
        matrix = matrix.multiply(holder.get_matrix())
        holder = holder.container
    return matrix


def _findings(version: int, faults: Mapping[str, list[int]], *, lowest: float) -> Iterator[Finding]:
    if version < LEAST_VERSION:
        written = f"{version // 10}.{version % 10}"
        yield Finding(
            "scan-version",
            Severity.REFUSE,
            f"Tệp là PDF phiên bản {written}; bản quét phải là PDF 1.4 trở lên. Hãy quét lại và lưu bản mới hơn.",
            f"The file is PDF {written}; a scan must be PDF 1.4 or later.",
        )
    for code, pages in faults.items():
        where = ", ".join(map(str, pages[:20])) + (", …" if len(pages) > 20 else "")  # noqa: PLR2004 - enough to see
        vi, en = _SENTENCES[code]
        named = {"where": where, "dpi": f"{lowest:.0f}"}
        yield Finding(code, Severity.REFUSE, vi.format(**named), en.format(**named))


_SENTENCES = {
    "scan-picture": (
        "Trang {where} không phải là ảnh quét nguyên trang; bản sao từ giấy phải quét toàn bộ trang, tỷ lệ 100 %.",
        "Page {where} is not a picture of the whole page; a copy of a paper is a scan of all of it, at 100 %.",
    ),
    "scan-resolution": (
        "Trang {where} có độ phân giải thấp (thấp nhất {dpi} dpi); yêu cầu tối thiểu 200 dpi. Hãy quét lại.",
        "Page {where} was scanned too coarsely (at {dpi} dpi or so); at least 200 dpi are asked for.",
    ),
    "scan-colour": (
        "Trang {where} là ảnh đen trắng hoặc xám; bản quét phải là ảnh màu. Hãy quét lại ở chế độ màu.",
        "Page {where} is black and white or grey; a scan must be in colour.",
    ),
}
