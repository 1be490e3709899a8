"""What a scan must be before it becomes an electronic copy (Decree 30/2020, Annex I, Part II, I.2)."""

from __future__ import annotations

from io import BytesIO

import pypdf
import pytest

from signing.errors import DocumentUnfit
from signing.scan import inspect_scan
from tests.material import blank_pdf
from tests.scans import saved, scan, wrapped_scan


def codes(pdf: bytes) -> list[str]:
    return [finding.code for finding in inspect_scan(pdf)]


@pytest.mark.parametrize("dpi", [200, 300])
@pytest.mark.parametrize("mode", ["RGB", "CMYK", "P"])
def test_a_scan_in_colour_at_200_dpi_or_more_is_taken(dpi: int, mode: str) -> None:
    assert codes(scan(dpi=dpi, mode=mode, pages=2)) == []


def test_a_picture_inside_a_form_is_measured_as_it_lies_on_the_page() -> None:
    assert codes(wrapped_scan()) == []
    assert codes(wrapped_scan(dpi=150)) == ["scan-resolution"]


@pytest.mark.parametrize("dpi", [72, 150, 199])
def test_one_that_is_too_coarse_is_named_with_its_resolution(dpi: int) -> None:
    (finding,) = inspect_scan(scan(dpi=dpi))
    assert (finding.code, str(dpi) in finding.vi, str(dpi) in finding.en) == ("scan-resolution", True, True)
    assert "Trang 1" in finding.vi


@pytest.mark.parametrize("mode", ["L", "1"])
def test_one_without_colours_is_refused(mode: str) -> None:
    assert codes(scan(mode=mode)) == ["scan-colour"]


def test_every_fault_is_told_at_once() -> None:
    assert codes(scan(dpi=100, mode="L", version="1.3")) == ["scan-version", "scan-resolution", "scan-colour"]


@pytest.mark.parametrize(("version", "taken"), [("1.3", False), ("1.4", True), ("1.7", True), ("2.0", True)])
def test_the_version_of_pdf_counts(version: str, taken: bool) -> None:  # noqa: FBT001 - the answer that is expected
    assert (codes(scan(version=version)) == []) is taken


def test_a_typed_page_is_no_scan_and_the_page_is_named() -> None:
    writer = pypdf.PdfWriter(clone_from=BytesIO(scan(pages=2)))
    writer.append(BytesIO(blank_pdf()))
    (finding,) = inspect_scan(saved(writer))
    assert (finding.code, "Trang 3 " in finding.vi) == ("scan-picture", True)


def test_a_picture_that_fills_half_of_the_page_is_no_scan_of_it() -> None:
    writer = pypdf.PdfWriter(clone_from=BytesIO(scan()))
    writer.pages[0].mediabox = pypdf.generic.RectangleObject((0, 0, 1200, 842))
    writer.pages[0].cropbox = pypdf.generic.RectangleObject((0, 0, 1200, 842))
    assert codes(saved(writer)) == ["scan-picture"]


def test_what_is_no_pdf_is_refused() -> None:
    with pytest.raises(DocumentUnfit):
        inspect_scan(b"no PDF")
