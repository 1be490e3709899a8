"""The JSON of copies: what the clerk orders, and what is told of what a copy was made from."""

from __future__ import annotations

from datetime import date
from enum import Enum
from typing import TYPE_CHECKING
from uuid import UUID

from pydantic import BaseModel, ConfigDict, Field, SecretStr

from api.forms.plain_text import Line, Name
from issuance.copies import CopyOrder
from issuance.documents import Original
from issuance.paper_copies import PaperCopyOrder
from signing.copy_form import CopyForm

if TYPE_CHECKING:
    from issuance.paper_copies import PaperCopy


class CopyKind(Enum):
    """The forms of Decree 30/2020, art. 25, by their names in requests."""

    TRUE_COPY = "true_copy"
    RECOPY = "recopy"
    EXTRACT = "extract"


class OriginalForm(BaseModel):
    """A paper that others issued, or that is in no register here."""

    model_config = ConfigDict(extra="forbid", frozen=True)

    type: Name = Field(examples=["Quyết định"])
    number: Name = Field(examples=["12/QĐ-TTg"])
    issued_on: date
    agency: Line = Field(examples=["Thủ tướng Chính phủ"])

    def original(self) -> Original:
        """The original as the core knows it."""
        return Original(document_type=self.type, number=self.number, issued_on=self.issued_on, agency=self.agency)


class CopyMetadata(BaseModel):
    """What the clerk says of a copy; ``signatory`` is who decided on it (Decree 30/2020, art. 26)."""

    model_config = ConfigDict(extra="forbid", frozen=True)

    form: CopyKind
    signatory: Name
    credential: Name = Field(description="the agency's seal")
    activation: SecretStr | None = Field(default=None, min_length=1, max_length=200)
    recipients: tuple[Line, ...] = Field(default=(), max_length=500)
    issued_on: date | None = Field(default=None, description="today in Vietnam by default")
    external_id: Name | None = None

    def order(self, original: UUID | Original) -> CopyOrder:
        """The order as the core knows it."""
        return CopyOrder(
            form=CopyForm[self.form.name],
            original=original,
            signatory=self.signatory,
            recipients=self.recipients,
            issued_on=self.issued_on,
            external_id=self.external_id,
        )


class OutsideCopyMetadata(CopyMetadata):
    """The same with the original in words."""

    original: OriginalForm


class OriginalAnswer(BaseModel):
    """What a copy was made from; ``entry`` is the document or paper entry of the agency's own register."""

    type: str
    number: str
    issued_on: date
    agency: str
    entry: UUID | None


class CopyAnswer(BaseModel):
    """Form and original of a copy."""

    form: CopyKind
    original: OriginalAnswer


class PaperCopyForm(BaseModel):
    """A paper copy of an electronic document; `authority` is what stands above the signature, line by line."""

    model_config = ConfigDict(extra="forbid", frozen=True)

    form: CopyKind
    signatory: Name
    authority: tuple[Line, ...] = Field(default=(), max_length=4, description="the signatory's position by default")
    recipients: tuple[Line, ...] = Field(default=(), max_length=100)
    count: int | None = Field(default=None, ge=1, le=100_000, description="how many are printed")
    issued_on: date | None = None

    def order(self) -> PaperCopyOrder:
        """The order as the core knows it."""
        return PaperCopyOrder(
            form=CopyForm[self.form.name],
            signatory=self.signatory,
            authority=self.authority,
            recipients=self.recipients,
            count=self.count,
            issued_on=self.issued_on,
        )


class PaperCopyAnswer(BaseModel):
    """A paper copy and its number."""

    id: UUID
    form: CopyKind
    number: str
    issued_on: date
    original: str

    @classmethod
    def of(cls, copy: PaperCopy) -> PaperCopyAnswer:
        """The copy as it is answered."""
        return cls(
            id=copy.id,
            form=CopyKind[copy.form.name],
            number=str(copy.number),
            issued_on=copy.issued_on,
            original=str(copy.original),
        )
