"""Levels, algorithms and kinds of input: whatever is signed passes our validator and everybody else's.

In ``make test`` each two of the three meet at least once (140 cells). ``make test-nightly`` has all 560, and
``make interop`` shows the cells to EU DSS.
"""

from __future__ import annotations

import io
from typing import TYPE_CHECKING

import pypdf
import pytest

from certs.algorithms import SignatureScheme
from certs.revocation import EMPTY
from signing.layout import SIGNATORY_FIELD
from signing.profiles import SignatureLevel
from tests.input_kinds import InputKind, draft
from tests.notary import CHECKED_AT
from tests.scale import scaled
from tests.second_opinion import openssl_accepts_signature, pdfsig_verdicts, qpdf_complains, signatures_in
from tests.signing_matrix import ALL, PAIRS, Cell, Credential, Office
from verification.report import Indication
from verification.validate import validate

if TYPE_CHECKING:
    from pathlib import Path

CELLS = PAIRS if scaled(0, nightly=1) == 0 else ALL


@pytest.fixture(scope="module")
def office(tmp_path_factory: pytest.TempPathFactory) -> Office:
    return Office(tmp_path_factory.mktemp("office"))


@pytest.mark.nightly
@pytest.mark.parametrize("cell", CELLS, ids=lambda cell: cell.name)
def test_every_cell_passes_every_reader(cell: Cell, office: Office, tmp_path: Path) -> None:
    pdf = office.signed(cell)
    assert pdf.startswith(office.composed(cell.kind))
    path = tmp_path / "signed.pdf"
    path.write_bytes(pdf)
    _passes_our_validator(pdf, cell, office)
    assert qpdf_complains(path) is None
    ours = next(each for each in signatures_in(pdf) if each.field_name == SIGNATORY_FIELD)
    scheme = cell.credential.value[1].scheme
    if scheme is not SignatureScheme.ED25519:  # the CMS of OpenSSL 3.0 does not know RFC 8419
        assert openssl_accepts_signature(ours, anchors=office.anchors, folder=tmp_path) is None
    if scheme in {SignatureScheme.RSA_PKCS1, SignatureScheme.ECDSA}:  # all that poppler knows
        assert "Signature is Valid." in pdfsig_verdicts(path)[: 2 if cell.kind is InputKind.SIGNED else 1]


def _passes_our_validator(pdf: bytes, cell: Cell, office: Office) -> None:
    known = office.known(cell.credential.value[0])
    needed = EMPTY if cell.level in {SignatureLevel.B_LT, SignatureLevel.B_LTA} else known
    report = validate(pdf, anchors=office.notary.anchors, known=needed, at=CHECKED_AT)
    told = [(each.field, each.level.name, each.verdict.reason.en) for each in report.signatures]
    assert report.indication is Indication.TOTAL_PASSED, told
    level = next(each.level.name for each in report.signatures if each.field == SIGNATORY_FIELD)
    assert level == cell.level.name


@pytest.mark.parametrize("kind", [InputKind.PDFA_1B, InputKind.PDFA_2B, InputKind.PDFA_3B], ids=lambda kind: kind.name)
def test_the_result_keeps_its_part_of_pdf_a(kind: InputKind, office: Office) -> None:
    pdf = office.signed(Cell(SignatureLevel.B_LTA, Credential.P_256, kind))
    before, after = (pypdf.PdfReader(io.BytesIO(content)) for content in (draft(kind, notary=office.notary), pdf))
    assert after.xmp_metadata is not None
    assert before.xmp_metadata is not None
    assert after.xmp_metadata.stream.get_data() == before.xmp_metadata.stream.get_data()
    assert b"pdfaid:part>%s<" % kind.name[5].encode() in after.xmp_metadata.stream.get_data()
    if kind is InputKind.PDFA_1B:  # ISO 19005-1, 6.4: no soft masks
        assert b"/SMask" not in pdf[len(office.composed(kind)) :]
