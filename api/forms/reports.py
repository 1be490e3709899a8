"""The shape of a verification report in the description of the interface; the values come from ``verification``."""

from __future__ import annotations

from datetime import datetime
from typing import Literal

from pydantic import BaseModel, ConfigDict, Field

from issuance.documents import DocumentState
from verification.report import ChangeClass, Coverage, Indication, Level, ReadMode, SignatureKind, SubIndication


class TextForm(BaseModel):
    """A sentence in both languages."""

    vi: str
    en: str


class VerdictForm(BaseModel):
    """Indication, sub-indication and reason (ETSI EN 319 102-1, 5.1)."""

    indication: Indication
    sub_indication: SubIndication | None
    reason: TextForm


class SignerForm(BaseModel):
    """Who the certificate names."""

    subject: str
    common_name: str | None
    organization: str | None
    serial: str
    issuer: str
    certificate_sha256: str


class ChangesForm(BaseModel):
    """What happened to the file after the signature."""

    model_config = ConfigDict(populate_by_name=True)

    change_class: ChangeClass = Field(alias="class")
    page_difference: bool | None
    fields: list[str]


class AlgorithmsForm(BaseModel):
    """Digest, scheme and key size."""

    digest: str
    signature: str
    key_bits: int


class TimestampForm(VerdictForm):
    """A time-stamp token that protects a signature."""

    kind: Literal["signature", "document"]
    field: str | None
    time: datetime
    authority: str | None


class ClaimsForm(BaseModel):
    """What the signer says of the signature: to what it commits, and in which roles; their word alone."""

    commitment: str | None
    roles: list[str]


class SignatureForm(VerdictForm):
    """One filled signature field."""

    field: str
    kind: SignatureKind
    sub_filter: str | None
    level: Level
    intact: bool | None
    valid: bool | None
    coverage: Coverage
    changes_after: ChangesForm
    signer: SignerForm | None
    claimed_signing_time: datetime | None
    best_signature_time: datetime | None
    timestamps: list[TimestampForm]
    algorithms: AlgorithmsForm | None
    renew_before: datetime | None
    claims: ClaimsForm | None


class CautionForm(TextForm):
    """Something a reader should know."""

    code: str
    weight: Literal["warn", "info"]


class EventForm(BaseModel):
    """What happened to a document after it was issued, when, why and through which other document."""

    state: DocumentState
    at: datetime
    reason: str | None
    by_number: str | None
    by_code: str | None


class CopyForm(BaseModel):
    """Of a copy: its form, what it was made from, and what became of that where it is known here."""

    form: str
    original: str
    original_state: DocumentState | None
    original_code: str | None


class RegisterForm(BaseModel):
    """What the register knows of these bytes, or of the document whose code was given with them."""

    known: bool
    state: DocumentState | None
    lookup_code: str | None
    number: str | None
    same_bytes: bool | None
    attachment: int | None = Field(description="the place of the file that goes out with the document, if it is one")
    copy_of: CopyForm | None
    in_force: bool | None
    events: list[EventForm]


class ReportForm(VerdictForm):
    """The verification report of one file."""

    file: str
    sha256: str
    bytes: int
    pages: int
    read: ReadMode
    validated_at: datetime
    policy: str
    signatures: list[SignatureForm]
    warnings: list[CautionForm]
    register_part: RegisterForm = Field(alias="register")
