"""Office documents through the interface: converted, and told so, where LibreOffice is; elsewhere told what to do."""

from __future__ import annotations

from io import BytesIO
from typing import TYPE_CHECKING

import psycopg
import pypdf
import pytest

from api.client import Refused
from storage.database import conninfo
from tests.office import docx, package
from tests.service import Service, running_service
from verification.office import installed_libreoffice

if TYPE_CHECKING:
    from collections.abc import Iterator

    from api.forms.documents import MetadataForm
    from tests.parts import Bucket

TEXT = "Ủy ban nhân dân tỉnh thông báo"
needs_libreoffice = pytest.mark.skipif(
    installed_libreoffice() is None, reason="LibreOffice is not installed (apt-get install libreoffice-writer-nogui)"
)


@pytest.fixture(scope="module")
def service(
    tmp_path_factory: pytest.TempPathFactory, module_database_url: str, module_bucket: Bucket
) -> Iterator[Service]:
    with running_service(tmp_path_factory.mktemp("s"), database_url=module_database_url, bucket=module_bucket) as one:
        yield one


def described(service: Service) -> MetadataForm:
    """All cells on the one page that there is."""
    metadata = service.metadata()
    layout = metadata.layout
    return metadata.model_copy(
        update={"layout": layout.model_copy(update={"signature": layout.signature.model_copy(update={"page": 1})})}
    )


@needs_libreoffice
def test_a_docx_becomes_a_draft_and_the_submitter_sees_that_it_was_converted(
    service: Service, module_database_url: str
) -> None:
    client = service.submitter()
    created = client.create_document(docx(TEXT), described(service), name="thông báo.docx")
    assert "converted" in {finding.code for finding in created.findings}
    pdf = client.file(created.id)
    assert TEXT in pypdf.PdfReader(BytesIO(pdf)).pages[0].extract_text()

    revised = client.revise(created.id, docx(f"{TEXT} (2)"), name="2.docx")
    assert "converted" in {finding.code for finding in revised.findings}
    with psycopg.connect(conninfo(module_database_url)) as connection:
        rows = connection.execute("SELECT facts FROM audit WHERE document_id = %s", (created.id,)).fetchall()
    assert len([facts for (facts,) in rows if facts.get("converted_from") not in {None, facts["sha256"]}]) == 2
    assert client.submit(created.id).state.value == "submitted"


@needs_libreoffice
def test_a_docx_goes_out_with_a_document_as_a_pdf(service: Service) -> None:
    client = service.submitter()
    document = client.create_document(service.notice.pdf, service.metadata())
    attached = client.attach(document.id, docx(TEXT), title="Phụ lục")
    assert "converted" in {finding.code for finding in attached.findings}
    pdf = client.attachment_file(document.id, attached.id)
    assert TEXT in pypdf.PdfReader(BytesIO(pdf)).pages[0].extract_text()


@needs_libreoffice
def test_what_libreoffice_cannot_read_is_refused_with_what_to_do(service: Service) -> None:
    with pytest.raises(Refused) as refused:
        service.submitter().create_document(package({"xl/workbook.xml": "<a/>"}), service.metadata())
    assert (refused.value.status, refused.value.code) == (422, "office-unreadable")


def test_without_libreoffice_the_submitter_is_told_to_export_a_pdf(service: Service) -> None:
    service.stop("server")
    service.environment["KYSO_LIBREOFFICE"] = "off"
    service.start("server")
    service.await_ready()
    with pytest.raises(Refused) as refused:
        service.submitter().create_document(docx(TEXT), service.metadata())
    assert (refused.value.status, refused.value.code) == (422, "draft-refused")
    assert "xuất ra PDF" in str(refused.value.problem)
