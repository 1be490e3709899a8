"""Encrypted and damaged files are refused by every step that opens one, each with its reason."""

from __future__ import annotations

from datetime import date
from functools import lru_cache
from io import BytesIO
from typing import TYPE_CHECKING

import pypdf
import pytest

from certs.algorithms import SignatureAlgorithm
from certs.revocation import RevocationInfo
from signing.augment import embed_validation_data
from signing.compose import compose
from signing.display_rules import corner_box
from signing.errors import DocumentUnfit
from signing.fill import fill_cells
from signing.layout import SIGNATORY_FIELD
from signing.new_field import add_signature_field
from signing.placement import signature_box
from signing.prepare import prepare, prepare_document_timestamp
from signing.profiles import SignatureProfile
from tests.material import blank_pdf, layout, software_signer

if TYPE_CHECKING:
    from collections.abc import Callable


def _prepared(pdf: bytes) -> object:
    signer = software_signer(SignatureAlgorithm.ECDSA_SHA256)
    profile = SignatureProfile(field_name=SIGNATORY_FIELD, algorithm=signer.algorithm)
    return prepare(pdf, profile=profile, certificate=signer.certificate)


STEPS: dict[str, Callable[[bytes], object]] = {
    "compose": lambda pdf: compose(pdf, layout=layout(), lookup_code="A", lookup_url="http://a/d/A"),
    "fill": lambda pdf: fill_cells(pdf, number="05", issued_on=date(2026, 11, 23)),
    "open a field": lambda pdf: add_signature_field(pdf, field_name="More", box=None),
    "find the corner": corner_box,
    "prepare": _prepared,
    "timestamp": lambda pdf: prepare_document_timestamp(pdf, field_name="Archive1"),
    "augment": lambda pdf: embed_validation_data(pdf, revocation=RevocationInfo()),
}


@lru_cache(maxsize=4)
def encrypted(user: str, algorithm: str) -> bytes:
    writer = pypdf.PdfWriter(clone_from=BytesIO(blank_pdf()))
    writer.encrypt(user, "owner", algorithm=algorithm)
    output = BytesIO()
    writer.write(output)
    return output.getvalue()


@pytest.mark.parametrize("step", STEPS)
@pytest.mark.parametrize("user", ["", "secret"])
@pytest.mark.parametrize("algorithm", ["RC4-128", "AES-256"])
def test_an_encrypted_file_is_refused_as_such(step: str, user: str, algorithm: str) -> None:
    with pytest.raises(DocumentUnfit, match="encrypted"):
        STEPS[step](encrypted(user, algorithm))


def _without_catalog(pdf: bytes) -> bytes:
    return pdf.replace(b"/Root", b"/Boot")


def _xref_elsewhere(pdf: bytes) -> bytes:
    at = pdf.rindex(b"startxref")
    return pdf[:at] + b"startxref\n7\n%%EOF\n"


@pytest.mark.parametrize("step", STEPS)
@pytest.mark.parametrize(
    "damage",
    [
        lambda pdf: pdf[:200],
        lambda pdf: pdf[:-200],
        lambda pdf: pdf[200:],
        _without_catalog,
        _xref_elsewhere,
        lambda pdf: pdf[:0],
        lambda pdf: b"PK\x03\x04" + pdf[200:],
    ],
    ids=["beginning", "without its end", "without its beginning", "no catalogue", "wrong xref", "empty", "no PDF"],
)
def test_a_damaged_file_is_refused_as_such(step: str, damage: Callable[[bytes], bytes]) -> None:
    with pytest.raises(DocumentUnfit, match="damaged"):
        STEPS[step](damage(blank_pdf()))


@pytest.mark.parametrize("damaged", [b"", b"%PDF-1.7\n", blank_pdf()[:200], encrypted("secret", "AES-256")])
def test_no_place_is_looked_for_in_a_file_that_cannot_be_read(damaged: bytes) -> None:
    with pytest.raises(DocumentUnfit):
        signature_box(damaged, title="Chủ tịch", signer="Nguyễn Văn An")
