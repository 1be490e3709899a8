"""The JSON of the register."""

from __future__ import annotations

from dataclasses import asdict
from datetime import date, datetime
from uuid import UUID

from pydantic import BaseModel, ConfigDict, Field

from api.forms.plain_text import Line, Name
from issuance.entries import EntryKind, Registered, RegisterEntry
from issuance.numbers import DocumentNumber
from issuance.register_book import RegisterBook


class _Form(BaseModel):
    model_config = ConfigDict(extra="forbid", frozen=True)


class PaperForm(_Form):
    """A paper document that needs a number: the columns of Decree 30/2020, Annex IV."""

    type: Name = Field(examples=["Quyết định"])
    subject: Line
    signer: Name
    recipients: tuple[Line, ...] = Field(default=(), max_length=500)
    copy_keeper: Name | None = None
    copies: int | None = Field(default=None, ge=0, le=1_000_000)
    sent_on: date | None = None
    note: Line | None = None

    def registered(self) -> Registered:
        """The columns as the core knows them."""
        return Registered(
            document_type=self.type,
            subject=self.subject,
            signer=self.signer,
            recipients=self.recipients,
            copy_keeper=self.copy_keeper,
            copies=self.copies,
            sent_on=self.sent_on,
            note=self.note,
        )


class PaperOrder(PaperForm):
    """Take a number; without a series as the agency numbers this type, without a day today."""

    series: Name | None = None
    issued_on: date | None = None


class ImportedForm(PaperForm):
    """A number that was given elsewhere; `id` makes a repeated import harmless."""

    id: UUID
    series: Name
    number: str = Field(examples=["125/QĐ-UBND"], pattern=r"^\d{1,11}/[^\s/][^\s]{0,29}$")
    issued_on: date

    def entry(self, *, agency: str, at: datetime, actor: str) -> RegisterEntry:
        """The entry as the core knows it."""
        return RegisterEntry(
            id=self.id,
            agency=agency,
            series=self.series,
            number=DocumentNumber.parse(self.number),
            issued_on=self.issued_on,
            kind=EntryKind.IMPORTED,
            registered=self.registered(),
            taken_at=at,
            taken_by=actor,
        )


class ImportOrder(_Form):
    """Numbers of one year that were given elsewhere; all are taken over, or none."""

    entries: tuple[ImportedForm, ...] = Field(min_length=1, max_length=10_000)


class ImportAnswer(BaseModel):
    """How many were new."""

    imported: int


class EntryAnswer(BaseModel):
    """A number that was taken."""

    id: UUID
    number: str = Field(examples=["05/QĐ-UBND"])
    series: str
    issued_on: date
    taken_at: datetime

    @classmethod
    def of(cls, entry: RegisterEntry) -> EntryAnswer:
        """The entry as it is answered."""
        return cls(
            id=entry.id,
            number=str(entry.number),
            series=entry.series,
            issued_on=entry.issued_on,
            taken_at=entry.taken_at,
        )


class LineAnswer(BaseModel):
    """One number with the columns of Annex IV; `void_reason` where it was given up."""

    number: str
    issued_on: date
    title: str
    signer: str
    recipients: tuple[str, ...]
    copy_keeper: str | None
    copies: int | None
    sent_on: date | None
    note: str
    id: UUID
    series: str
    kind: EntryKind
    state: str | None
    void_reason: str | None


class GapAnswer(BaseModel):
    """Numbers of a series that are missing, both ends included."""

    series: str
    first: int
    last: int


class BookAnswer(BaseModel):
    """A year of the register as it stood at a moment, with what is missing or double in it."""

    agency: str
    agency_name: str
    year: int
    as_of: datetime
    voided: int
    gaps: tuple[GapAnswer, ...]
    duplicates: tuple[str, ...]
    lines: tuple[LineAnswer, ...]

    @classmethod
    def of(cls, book: RegisterBook) -> BookAnswer:
        """The book as it is answered."""
        return cls.model_validate(asdict(book) | {"voided": book.voided})
