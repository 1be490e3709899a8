"""What types and several signatories change on the way of a document, with real signatures from end to end."""

from __future__ import annotations

from io import BytesIO
from typing import TYPE_CHECKING

import pypdf
import pytest

from api.types.toml_form import read_types
from issuance.documents import DocumentState
from issuance.number_first import request_number
from issuance.type_decisions import decide_types
from signing.layout import DATE_FIELD, NUMBER_FIELD
from tests.integration.certs_servers import demonstration
from tests.small_agency import AGENCY, SmallAgency

if TYPE_CHECKING:
    from collections.abc import Iterator

    from issuance.documents import Document
    from tests.integration.certs_servers import Demonstration
    from verification.workshop import Workshop


@pytest.fixture(scope="module")
def authority(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Demonstration]:
    with demonstration(tmp_path_factory.mktemp("authority") / "pki") as running:
        yield running


@pytest.fixture
def agency(authority: Demonstration, workshop: Workshop) -> SmallAgency:
    return SmallAgency(authority, workshop)


def lay_down(agency: SmallAgency, text: str) -> None:
    decide_types(
        uow=agency.register,
        clock=agency.clock,
        operator="kyso",
        agency=AGENCY,
        decisions=[form.decision(agency=AGENCY, abbreviation="UBND") for form in read_types(text)],
        year=agency.clock.now().year,
    )


def filled_cells(agency: SmallAgency, document: Document) -> tuple[str, str]:
    """Number and date as the current revision holds them."""
    fields = pypdf.PdfReader(BytesIO(agency.blobs.get(document.current.sha256))).get_fields() or {}
    return str(fields[NUMBER_FIELD].value or ""), str(fields[DATE_FIELD].value or "")


def test_a_number_given_first_is_under_the_officials_own_signature(agency: SmallAgency) -> None:
    lay_down(agency, '[[type]]\nname="Giấy phép"\nseries="GP"\nsymbol="GP-{agency}"\norder="number_first"\nretention=5')
    document = agency.submitted(document_type="Giấy phép", series="")
    request_number(uow=agency.register, clock=agency.clock, actor=agency.clerk, document_id=document.id, issued_on=None)
    agency.ask_for_signature(document)
    signed = agency.advance(document)
    assert signed.state is DocumentState.SIGNED
    number, day = filled_cells(agency, signed)
    assert number == "01"
    assert day.startswith("ngày ")
    agency.ask_for_issue(document)
    issued = agency.advance(document)
    assert (issued.state, str(issued.number)) == (DocumentState.ISSUED, "01/GP-UBND")
    assert filled_cells(agency, issued) == (number, day)
    years = (agency.blobs.retained[issued.current.sha256] - agency.clock.now()).days / 365.25
    assert years == pytest.approx(5, abs=0.01)


def test_a_number_given_last_is_not_under_it(agency: SmallAgency) -> None:
    document = agency.submitted()
    agency.ask_for_signature(document)
    assert filled_cells(agency, agency.advance(document)) == ("", "")
