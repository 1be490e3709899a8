"""What a signature claims, read back by other people's programs: pyHanko and OpenSSL."""

from __future__ import annotations

from dataclasses import replace
from io import BytesIO
from typing import TYPE_CHECKING

import pytest
from asn1crypto import cms
from cryptography.hazmat.primitives.serialization import Encoding
from pyhanko.pdf_utils.reader import PdfFileReader
from pyhanko.sign.general import find_unique_cms_attribute
from pyhanko.sign.validation import validate_pdf_signature
from pyhanko_certvalidator import ValidationContext

from certs.algorithms import SignatureAlgorithm
from certs.anchors import TrustAnchors
from certs.revocation import EMPTY
from signing.claims import NO_CLAIMS, Claims, CommitmentType
from signing.complete import complete
from signing.compose import compose
from signing.errors import LintFailed
from signing.layout import SIGNATORY_FIELD
from signing.linted import lint
from signing.prepare import prepare
from signing.profiles import SignatureProfile
from tests.material import NOW, blank_pdf, layout, software_signer
from tests.second_opinion import openssl_accepts_signature, signatures_in
from verification.report import SignerClaims
from verification.summary import summary
from verification.validate import validate

if TYPE_CHECKING:
    from pathlib import Path

    from signing.prepared import PreparedSignature

SIGNER = software_signer(SignatureAlgorithm.ECDSA_SHA256)
DEPUTY = Claims(CommitmentType.APPROVAL, ("KT.", "PHÓ CHỦ TỊCH ỦY BAN NHÂN DÂN"))


@pytest.fixture(scope="module")
def draft() -> bytes:
    return compose(blank_pdf(), layout=layout(), lookup_code="A", lookup_url="http://a/d/A")


def prepared(draft: bytes, claims: Claims) -> PreparedSignature:
    profile = SignatureProfile(
        field_name=SIGNATORY_FIELD, algorithm=SIGNER.algorithm, claimed_signing_time=NOW, claims=claims
    )
    return prepare(draft, profile=profile, certificate=SIGNER.certificate)


def signed(draft: bytes, claims: Claims) -> bytes:
    ready = lint(prepared(draft, claims), base=draft).prepared
    return complete(ready, value=SIGNER.sign(ready), token=None).onto(draft)


@pytest.mark.parametrize(
    "claims", [DEPUTY, Claims(CommitmentType.ORIGIN), Claims(roles=("Q. CỤC TRƯỞNG",)), NO_CLAIMS], ids=str
)
def test_other_programs_read_what_is_claimed(draft: bytes, claims: Claims, tmp_path: Path) -> None:
    pdf = signed(draft, claims)
    (found,) = signatures_in(pdf)
    attributes = cms.ContentInfo.load(found.container)["content"]["signer_infos"][0]["signed_attrs"]
    kinds = [attribute["type"].native for attribute in attributes]
    assert len(kinds) == len(set(kinds)) == 4 + len(claims.attributes)
    if claims.commitment is not None:
        committed = find_unique_cms_attribute(attributes, "commitment_type")["commitment_type_id"]
        assert committed.dotted == claims.commitment.value
    (signature,) = PdfFileReader(BytesIO(pdf)).embedded_signatures
    trust = ValidationContext(trust_roots=[signature.signer_cert])
    status = validate_pdf_signature(signature, trust, skip_diff=True)
    assert status.intact
    assert status.valid
    said = status.cades_signer_attrs
    roles = [value.native for value in said.claimed_attrs["2.5.4.12"].attr_values] if said else []
    assert tuple(roles) == claims.roles
    anchor = tmp_path / "anchor.pem"
    anchor.write_bytes(SIGNER.certificate.x509.public_bytes(Encoding.PEM))
    assert openssl_accepts_signature(found, anchors=anchor, folder=tmp_path) is None


def test_a_reason_and_a_commitment_type_exclude_each_other() -> None:
    with pytest.raises(ValueError, match="exclude"):
        SignatureProfile(field_name="A", reason="Phê duyệt", claims=Claims(CommitmentType.APPROVAL))
    SignatureProfile(field_name="A", reason="Phê duyệt", claims=Claims(roles=("KT.",)))


def test_nothing_is_signed_that_claims_something_else(draft: bytes) -> None:
    ready = prepared(draft, DEPUTY)
    for others in (NO_CLAIMS, Claims(CommitmentType.ORIGIN, DEPUTY.roles), Claims(DEPUTY.commitment, ("TM.",))):
        with pytest.raises(LintFailed):
            lint(replace(ready, claims=others), base=draft)


@pytest.mark.parametrize("claims", [DEPUTY, Claims(CommitmentType.ORIGIN), NO_CLAIMS], ids=str)
def test_our_own_report_tells_what_is_claimed(draft: bytes, claims: Claims) -> None:
    report = validate(signed(draft, claims), anchors=TrustAnchors((), ()), known=EMPTY, at=NOW)
    told = report.signatures[0].claims
    if claims is NO_CLAIMS:
        assert told is None
    else:
        assert claims.commitment is not None
        assert told == SignerClaims(claims.commitment.name.lower(), claims.roles)
    lines = summary(report)
    assert ("Ký với tư cách KT. PHÓ CHỦ TỊCH ỦY BAN NHÂN DÂN (người ký khai)" in lines) == (claims is DEPUTY)


@pytest.mark.parametrize("roles", [("",), ("A" * 257,), ("A",) * 9], ids=["empty", "long", "many"])
def test_roles_are_short_and_few(roles: tuple[str, ...]) -> None:
    with pytest.raises(ValueError, match="roles"):
        Claims(roles=roles)
