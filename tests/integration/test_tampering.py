"""Nobody changes an issued document: one bit, another number, a text over the page."""

from __future__ import annotations

from datetime import UTC, datetime
from io import BytesIO
from typing import TYPE_CHECKING

import pytest
from hypothesis import HealthCheck, example, given, settings
from hypothesis import strategies as st
from pyhanko.pdf_utils.generic import (
    ArrayObject,
    DictionaryObject,
    FloatObject,
    NameObject,
    StreamObject,
    TextStringObject,
)
from pyhanko.pdf_utils.incremental_writer import IncrementalPdfFileWriter

from certs.revocation import EMPTY
from tests.integration.certs_servers import demonstration
from tests.second_opinion import signatures_in
from tests.small_agency import SmallAgency
from verification.report import Indication, Level
from verification.validate import validate

if TYPE_CHECKING:
    from collections.abc import Callable, Iterator

    from certs.anchors import TrustAnchors
    from verification.report import ValidationReport
    from verification.workshop import Workshop


class Issued:
    """An issued document and whom to trust."""

    def __init__(self, pdf: bytes, anchors: TrustAnchors) -> None:
        self.pdf = pdf
        self._anchors = anchors

    def judge(self, pdf: bytes) -> ValidationReport:
        """What our validator says, with nothing but what the file carries."""
        return validate(pdf, anchors=self._anchors, known=EMPTY, at=datetime.now(UTC))


@pytest.fixture(scope="module")
def issued(workshop: Workshop, tmp_path_factory: pytest.TempPathFactory) -> Iterator[Issued]:
    with demonstration(tmp_path_factory.mktemp("authority") / "pki") as authority:
        agency = SmallAgency(authority, workshop)
        document = agency.submitted()
        agency.ask_for_signature(document)
        agency.advance(document)
        agency.ask_for_issue(document)
        document = agency.advance(document)
        yield Issued(agency.blobs.get(document.current.sha256), authority.anchors)


def test_the_untouched_document_passes(issued: Issued) -> None:
    assert issued.judge(issued.pdf).indication is Indication.TOTAL_PASSED


@settings(max_examples=60, suppress_health_check=[HealthCheck.function_scoped_fixture])
@given(where=st.floats(0, 1, exclude_max=True), bit=st.integers(0, 7))
@example(where=0.0, bit=0)
@example(where=0.999999, bit=3)
def test_one_flipped_bit_in_the_signed_ranges_is_found(issued: Issued, where: float, bit: int) -> None:
    signed = _signed_positions(issued.pdf)
    position = signed[int(where * len(signed))]
    flipped = bytearray(issued.pdf)
    flipped[position] ^= 1 << bit
    assert issued.judge(bytes(flipped)).indication is not Indication.TOTAL_PASSED


def _signed_positions(pdf: bytes) -> range:
    """Every position that some signature covers: the document timestamp covers all but its own content."""
    archive = signatures_in(pdf)[-1]
    gap = len(pdf) - len(archive.covered)
    start = pdf.rindex(b"/Contents <") + len(b"/Contents ")
    assert pdf[start + gap - 1 : start + gap] == b">"
    return range(start)


def _fields(writer: IncrementalPdfFileWriter) -> dict[str, DictionaryObject]:
    references = writer.root["/AcroForm"]["/Fields"]
    return {str(reference.get_object()["/T"]): reference.get_object() for reference in references}


def _another_number(writer: IncrementalPdfFileWriter) -> None:
    field = _fields(writer)["DocNumber"]
    field["/V"] = TextStringObject("99")
    writer.update_container(field)


def _another_date_shown(writer: IncrementalPdfFileWriter) -> None:
    fields = _fields(writer)
    fields["DocDate"]["/AP"] = fields["DocNumber"]["/AP"]
    writer.update_container(fields["DocDate"])


def _text_over_the_page(writer: IncrementalPdfFileWriter) -> None:
    cover = StreamObject(stream_data=b"q 1 1 1 rg 0 400 600 200 re f Q BT /F1 20 Tf 100 500 Td (khac) Tj ET")
    writer.add_stream_to_page(0, writer.add_object(cover))


def _note_over_the_page(writer: IncrementalPdfFileWriter) -> None:
    page = writer.find_page_for_modification(0)[0]
    note = DictionaryObject(
        {
            NameObject("/Type"): NameObject("/Annot"),
            NameObject("/Subtype"): NameObject("/FreeText"),
            NameObject("/Rect"): ArrayObject(FloatObject(value) for value in (100, 400, 500, 600)),
            NameObject("/Contents"): TextStringObject("khác"),
        }
    )
    writer.register_annotation(page, writer.add_object(note))


def _another_seal_picture(writer: IncrementalPdfFileWriter) -> None:
    fields = _fields(writer)
    fields["SigSeal"]["/AP"] = fields["SigSignatory"]["/AP"]
    writer.update_container(fields["SigSeal"])


@pytest.mark.parametrize(
    "change", [_another_number, _another_date_shown, _text_over_the_page, _note_over_the_page, _another_seal_picture]
)
def test_a_change_after_issuing_is_found(issued: Issued, change: Callable[[IncrementalPdfFileWriter], None]) -> None:
    writer = IncrementalPdfFileWriter(BytesIO(issued.pdf))
    change(writer)
    output = BytesIO()
    writer.write(output)
    assert issued.judge(output.getvalue()).indication is Indication.TOTAL_FAILED


@pytest.mark.parametrize(
    ("cut", "indication", "level"),
    [(1, Indication.INDETERMINATE, Level.B_T), (2, Indication.TOTAL_FAILED, Level.B_T)],
    ids=["without its validation data and archive timestamp", "numbered but not sealed"],
)
def test_an_earlier_revision_says_what_it_lacks(issued: Issued, cut: int, indication: Indication, level: Level) -> None:
    """Cutting increments off leaves what was true before; the register then says that these are other bytes."""
    ends = [index + 6 for index in range(len(issued.pdf)) if issued.pdf.startswith(b"%%EOF\n", index)]
    report = issued.judge(issued.pdf[: ends[-1 - cut]])
    assert report.indication is indication
    assert {signature.level for signature in report.signatures} == {level}
