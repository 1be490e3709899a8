"""Levels, algorithms and kinds of input: whatever is signed passes our validator and everybody else's.

In ``make test`` each two of the three meet at least once (140 cells). ``make test-nightly`` has all 560, and
shows every kind and every algorithm to EU DSS where Java is there.
"""

from __future__ import annotations

import asyncio
import hashlib
import io
import shutil
from dataclasses import dataclass
from enum import Enum
from functools import cache
from typing import TYPE_CHECKING

import pypdf
import pytest
from cryptography.hazmat.primitives.asymmetric import ec, ed25519, rsa
from cryptography.hazmat.primitives.serialization import Encoding

from bench.dss import build, judge
from certs.algorithms import SignatureAlgorithm, SignatureScheme
from certs.certificate import SigningCertificate
from certs.revocation import EMPTY, RevocationInfo
from certs.timestamps import TimeStampToken
from signing.augment import embed_validation_data
from signing.complete import complete, complete_document_timestamp
from signing.compose import compose
from signing.layout import SIGNATORY_FIELD, Box, Layout, OpenCells, layout_with_seal
from signing.linted import lint, lint_timestamp
from signing.new_field import add_signature_field
from signing.prepare import prepare, prepare_document_timestamp
from signing.profiles import Appearance, Certification, SignatureLevel, SignatureProfile
from tests.input_kinds import EARLIER, InputKind, draft
from tests.material import SoftwareSigner, picture
from tests.notary import ARCHIVED_AT, CHECKED_AT, GATHERED_AT, SIGNED_AT, Notary, fresh_keys, pki_with
from tests.scale import scaled
from tests.second_opinion import openssl_accepts_signature, pdfsig_verdicts, qpdf_complains, signatures_in
from verification.report import Indication
from verification.validate import validate

if TYPE_CHECKING:
    from pathlib import Path

    from tests.notary import Key


class Credential(Enum):
    """A kind of key with an algorithm that fits it."""

    RSA_2048 = ("rsa2048", SignatureAlgorithm.RSA_SHA256)
    RSA_3072 = ("rsa3072", SignatureAlgorithm.RSA_SHA384)
    RSA_4096 = ("rsa4096", SignatureAlgorithm.RSA_SHA512)
    PSS_2048 = ("rsa2048", SignatureAlgorithm.RSA_PSS_SHA256)
    PSS_3072 = ("rsa3072", SignatureAlgorithm.RSA_PSS_SHA384)
    PSS_4096 = ("rsa4096", SignatureAlgorithm.RSA_PSS_SHA512)
    P_256 = ("p256", SignatureAlgorithm.ECDSA_SHA256)
    P_384 = ("p384", SignatureAlgorithm.ECDSA_SHA384)
    P_521 = ("p521", SignatureAlgorithm.ECDSA_SHA512)
    ED25519 = ("ed25519", SignatureAlgorithm.ED25519)


@dataclass(frozen=True, slots=True)
class Cell:
    level: SignatureLevel
    credential: Credential
    kind: InputKind

    @property
    def name(self) -> str:
        return f"{self.kind.name}-{self.credential.name}-{self.level.name}"


ALL = [Cell(level, credential, kind) for kind in InputKind for credential in Credential for level in SignatureLevel]
LEVELS = list(SignatureLevel)
PAIRS = [
    Cell(LEVELS[(i + j) % len(LEVELS)], credential, kind)
    for i, kind in enumerate(InputKind)
    for j, credential in enumerate(Credential)
]
CELLS = PAIRS if scaled(0, nightly=1) == 0 else ALL
FOR_DSS = [
    Cell(SignatureLevel.B_LT if i % 2 else SignatureLevel.B_LTA, list(Credential)[i % len(Credential)], kind)
    for i, kind in enumerate(InputKind)
]
"""Every kind and every algorithm once: DSS begins anew for each file, which takes far longer than the rest."""
LOW = OpenCells(
    number=Box(page=1, left=40, top=30, width=12, height=6),
    date=Box(page=1, left=110, top=30, width=60, height=6),
    signature=Box(page=1, left=110, top=120, width=50, height=22),
    code=Box(page=1, left=30, top=170, width=90, height=18),
)
LABELS = ("rsa2048", "rsa3072", "rsa4096", "p256", "p384", "p521", "ed25519", EARLIER.label)


class Office:
    """Signs every kind of draft with every kind of key, and has a timestamp authority and revocation data."""

    def __init__(self, directory: Path) -> None:
        keys: dict[str, Key] = {
            **{f"rsa{bits}": rsa.generate_private_key(65537, bits) for bits in (2048, 3072, 4096)},
            "p256": ec.generate_private_key(ec.SECP256R1()),
            "p384": ec.generate_private_key(ec.SECP384R1()),
            "p521": ec.generate_private_key(ec.SECP521R1()),
            "ed25519": ed25519.Ed25519PrivateKey.generate(),
            EARLIER.label: ec.generate_private_key(ec.SECP256R1()),
        }
        self.notary = Notary(directory, pki=pki_with(*LABELS), keys=fresh_keys() | keys)
        self.anchors = directory / "anchors.pem"
        root = SigningCertificate(self.notary.certificate("root").dump())
        self.anchors.write_bytes(root.x509.public_bytes(Encoding.PEM))
        self.known = cache(self._known)
        self.composed = cache(self._composed)

    def signed(self, cell: Cell) -> bytes:
        base = self.composed(cell.kind)
        label, algorithm = cell.credential.value
        chain = (self.notary.certificate("interm").dump(),)
        certificate = SigningCertificate(self.notary.certificate(label).dump(), chain=chain)
        signer = SoftwareSigner(self.notary.keys[label], certificate, algorithm)
        profile = SignatureProfile(
            field_name=SIGNATORY_FIELD,
            algorithm=algorithm,
            certification=Certification.NONE if cell.kind is InputKind.SIGNED else Certification.FILL_FORMS,
            appearance=Appearance(picture("blue")),
            claimed_signing_time=SIGNED_AT,
        )
        half = lint(prepare(base, profile=profile, certificate=certificate), base=base).prepared
        value = signer.sign(half)
        token = None if cell.level is SignatureLevel.B_B else self._token(hashlib.sha256(value.octets).digest())
        pdf = complete(half, value=value, token=token).onto(base)
        if cell.level is SignatureLevel.B_LT:
            return embed_validation_data(pdf, revocation=self.known(label))
        return self._archived(pdf, label) if cell.level is SignatureLevel.B_LTA else pdf

    def _archived(self, pdf: bytes, label: str) -> bytes:
        last = lint_timestamp(
            prepare_document_timestamp(pdf, field_name="Archive1", revocation=self.known(label)), base=pdf
        )
        stamp = self._token(last.document_digest, archive=True)
        return complete_document_timestamp(last, token=stamp).onto(pdf)

    def _token(self, digest: bytes, *, archive: bool = False) -> TimeStampToken:
        authority = self.notary.authority(ARCHIVED_AT if archive else SIGNED_AT)
        return TimeStampToken(asyncio.run(authority.async_timestamp(digest, "sha256")).dump())

    def _known(self, label: str) -> RevocationInfo:
        return self.notary.revocation(label, EARLIER.label, at=GATHERED_AT)

    def _composed(self, kind: InputKind) -> bytes:
        pdf = draft(kind, notary=self.notary)
        if kind is InputKind.SIGNED:
            return add_signature_field(pdf, field_name=SIGNATORY_FIELD, box=LOW.signature)
        layout: Layout = layout_with_seal(LOW, seal_diameter=36)
        return compose(pdf, layout=layout, lookup_code="0123-4567", lookup_url="http://127.0.0.1:8000/d/01234567")


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


@pytest.mark.nightly
@pytest.mark.skipif(not scaled(0, nightly=1), reason="only in make test-nightly")
@pytest.mark.skipif(not (shutil.which("java") and shutil.which("mvn")), reason="needs Java 17 and Maven")
@pytest.mark.parametrize("cell", FOR_DSS, ids=lambda cell: cell.name)
def test_eu_dss_sees_the_level_that_we_claim(cell: Cell, office: Office, tmp_path: Path) -> None:
    build()
    path = tmp_path / "signed.pdf"
    path.write_bytes(office.signed(cell))
    trust = tmp_path / "trust"
    (trust / "tsa").mkdir(parents=True)
    for folder in (trust, trust / "tsa"):
        shutil.copy(office.anchors, folder / "root.crt")
    verdict = next(each for each in judge(path, trust=trust) if each.field == SIGNATORY_FIELD)
    assert verdict.level == f"PAdES-BASELINE-{cell.level.name.removeprefix('B_')}", verdict
    assert verdict.undefined_changes == ()
    if cell.credential is Credential.ED25519:  # read and right, but its default policy wants none
        assert "not authorised" in verdict.remarks[0], verdict
    else:
        assert verdict.indication == "TOTAL_PASSED", verdict
