"""The JSON of copies: what the clerk orders, and what is told of what a copy was made from."""

from __future__ import annotations

from datetime import date
from enum import Enum
from uuid import UUID

from pydantic import BaseModel, ConfigDict, Field, SecretStr

from api.plain_text import Line, Name
from issuance.copies import CopyOrder
from issuance.documents import Original
from signing.copy_form import CopyForm


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
