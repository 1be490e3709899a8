"""What opens foreign bytes for signing does so in the sandbox, with the same answers and refusals."""

from __future__ import annotations

from typing import TYPE_CHECKING

import pytest

from certs.algorithms import SignatureAlgorithm
from certs.revocation import EMPTY
from signing.compose import compose
from signing.display_rules import corner_box
from signing.errors import NoPlace, ReturnedUnfit, RevisionBroken
from signing.layout import SIGNATORY_FIELD
from signing.placement import signature_box
from signing.profiles import SignatureProfile
from tests.integration.test_signing_appearance import SIGNER, TITLE, letter
from tests.integration.test_signing_returned import container, signed_by_program
from tests.material import NOW, blank_pdf, layout, software_signer
from verification.sandbox import Sandbox, SandboxLimits
from verification.workshop import Workshop

if TYPE_CHECKING:
    from collections.abc import Iterator


@pytest.fixture(scope="module")
def workshop() -> Iterator[Workshop]:
    with Workshop(Sandbox(SandboxLimits(children=1))) as workshop:
        yield workshop


def test_places_are_found_in_the_sandbox_as_outside(workshop: Workshop) -> None:
    pdf = letter()
    assert workshop.signature_box(pdf, title=TITLE, signer=SIGNER) == signature_box(pdf, title=TITLE, signer=SIGNER)
    assert workshop.corner_box(pdf) == corner_box(pdf)
    with pytest.raises(NoPlace):
        workshop.signature_box(pdf, title=TITLE, signer="Trần Thị Bình")
    assert workshop.add_signature_field(pdf, field_name="Copy", box=corner_box(pdf)).startswith(pdf)


def test_what_comes_back_from_outside_is_read_in_the_sandbox(workshop: Workshop) -> None:
    signer = software_signer(SignatureAlgorithm.ECDSA_SHA256)
    draft = compose(blank_pdf(), layout=layout(), lookup_code="A", lookup_url="http://a/d/A")
    profile = SignatureProfile(field_name=SIGNATORY_FIELD, algorithm=signer.algorithm, claimed_signing_time=NOW)
    prepared = workshop.prepare(draft, profile=profile, certificate=signer.certificate)
    assert prepared.placeholder.increment.base_length == len(draft)
    right = container(prepared.document_digest).dump()
    assert workshop.complete_with_container(prepared, container=right) == prepared.placeholder.filled(right)
    with pytest.raises(ReturnedUnfit):
        workshop.complete_with_container(prepared, container=container(bytes(32)).dump())
    returned = signed_by_program(draft)

    def accepted(pdf: bytes) -> bytes:
        signature = workshop.accept_signed_pdf(
            pdf, base=draft, field_name=SIGNATORY_FIELD, certificate=signer.certificate, algorithm=signer.algorithm
        )
        return signature.placeholder.filled(signature.container).onto(draft)

    assert accepted(returned).lower() == returned.lower()
    with pytest.raises(RevisionBroken):
        accepted(b"%PDF-1.7" + returned)
    with pytest.raises(ReturnedUnfit):
        accepted(returned + b"\n")


def test_validation_data_that_is_there_already_adds_nothing(workshop: Workshop) -> None:
    pdf = blank_pdf()
    once = workshop.embed_validation_data(pdf, revocation=EMPTY)
    assert workshop.embed_validation_data(once, revocation=EMPTY) == once
