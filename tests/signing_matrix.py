"""Levels, algorithms and kinds of input: the cells of the signing matrix, and the office that signs them."""

from __future__ import annotations

import asyncio
import hashlib
from dataclasses import dataclass
from enum import Enum
from functools import cache
from typing import TYPE_CHECKING

from cryptography.hazmat.primitives.asymmetric import ec, ed25519, rsa
from cryptography.hazmat.primitives.serialization import Encoding

from certs.algorithms import SignatureAlgorithm
from certs.certificate import SigningCertificate
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
from tests.notary import ARCHIVED_AT, GATHERED_AT, SIGNED_AT, Notary, fresh_keys, pki_with

if TYPE_CHECKING:
    from pathlib import Path

    from certs.revocation import RevocationInfo
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
