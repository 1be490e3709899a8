"""What is refused before anyone can sign it."""

from __future__ import annotations

from io import BytesIO
from typing import TYPE_CHECKING

import pypdf
import pytest
from pypdf.generic import ArrayObject, DictionaryObject, NameObject, TextStringObject

from signing.compose import compose
from signing.errors import NoPlace
from signing.layout import Box, Layout
from signing.lint import Severity, inspect
from tests.material import blank_pdf, layout

if TYPE_CHECKING:
    from collections.abc import Callable


def _rewritten(change: Callable[[pypdf.PdfWriter], object]) -> bytes:
    writer = pypdf.PdfWriter(clone_from=BytesIO(blank_pdf()))
    change(writer)
    output = BytesIO()
    writer.write(output)
    return output.getvalue()


def _codes(pdf: bytes, severity: Severity) -> set[str]:
    return {finding.code for finding in inspect(pdf) if finding.severity is severity}


def test_an_ordinary_office_document_has_no_findings() -> None:
    assert inspect(blank_pdf(pages=3)) == ()


@pytest.mark.parametrize("content", [b"", b"hello", b"PK", b"\n%PDF-1.7\n"])
def test_what_is_no_pdf_is_refused(content: bytes) -> None:
    assert _codes(content, Severity.REFUSE) == {"not-a-pdf"}


@pytest.mark.parametrize("cut", [20, 200, -200, -20])
def test_a_damaged_file_is_refused(cut: int) -> None:
    assert _codes(blank_pdf()[:cut], Severity.REFUSE) == {"damaged"}


def test_an_encrypted_file_is_refused() -> None:
    assert _codes(_rewritten(lambda writer: writer.encrypt("secret")), Severity.REFUSE) == {"encrypted"}


def test_scripts_are_refused_wherever_they_hide() -> None:
    def when_opened(writer: pypdf.PdfWriter) -> None:
        action = DictionaryObject(
            {NameObject("/S"): NameObject("/JavaScript"), NameObject("/JS"): TextStringObject("1")}
        )
        writer.root_object[NameObject("/OpenAction")] = action

    def on_a_page(writer: pypdf.PdfWriter) -> None:
        action = DictionaryObject(
            {NameObject("/S"): NameObject("/JavaScript"), NameObject("/JS"): TextStringObject("1")}
        )
        writer.pages[0][NameObject("/AA")] = DictionaryObject({NameObject("/O"): action})

    def in_the_name_tree(writer: pypdf.PdfWriter) -> None:
        names = DictionaryObject({NameObject("/Names"): ArrayObject()})
        writer.root_object[NameObject("/Names")] = DictionaryObject({NameObject("/JavaScript"): names})

    for hiding_place in (when_opened, on_a_page, in_the_name_tree):
        assert "javascript" in _codes(_rewritten(hiding_place), Severity.REFUSE)


def test_forms_of_the_xfa_kind_are_refused() -> None:
    def with_xfa(writer: pypdf.PdfWriter) -> None:
        writer.root_object[NameObject("/AcroForm")] = DictionaryObject(
            {NameObject("/Fields"): ArrayObject(), NameObject("/XFA"): TextStringObject("<xdp/>")}
        )

    assert "xfa" in _codes(_rewritten(with_xfa), Severity.REFUSE)


def test_programs_started_by_a_link_are_refused() -> None:
    def with_launch(writer: pypdf.PdfWriter) -> None:
        writer.root_object[NameObject("/OpenAction")] = DictionaryObject(
            {NameObject("/S"): NameObject("/Launch"), NameObject("/F"): TextStringObject("calc.exe")}
        )

    assert "action" in _codes(_rewritten(with_launch), Severity.REFUSE)


def test_a_file_that_already_has_signature_fields_is_refused() -> None:
    draft = compose(blank_pdf(), layout=layout(), lookup_code="A", lookup_url="http://a/d/A")
    assert "already-signed" in _codes(draft, Severity.REFUSE)


@pytest.mark.parametrize(
    ("cell", "box"),
    [
        ("signature", Box(page=2, left=110, top=200, width=50, height=22)),
        ("signature", Box(page=1, left=190, top=200, width=50, height=22)),
        ("number", Box(page=1, left=40, top=295, width=12, height=6)),
    ],
)
def test_a_cell_off_the_page_is_refused(cell: str, box: Box) -> None:
    usual = layout()
    boxes = {name: getattr(usual, name) for name in ("number", "date", "signature", "seal", "code")}
    with pytest.raises(NoPlace, match="page"):
        compose(blank_pdf(), layout=Layout(**(boxes | {cell: box})), lookup_code="A", lookup_url="http://a/d/A")


@pytest.mark.parametrize("content", [b"PK\x03\x04 word/document.xml", b"\xd0\xcf\x11\xe0\xa1\xb1\x1a\xe1 WordDocument"])
def test_an_office_document_is_told_what_to_do(content: bytes) -> None:
    (finding,) = inspect(content)
    assert (finding.code, finding.severity) == ("office-document", Severity.REFUSE)
    assert "xuất ra PDF" in finding.vi
