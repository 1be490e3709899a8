"""The outgoing register: one entry for every number that was ever taken (Decree 30/2020, art. 15, 16, Annex IV).

Paper documents, documents of this system and imported ones share it, because they share the series. An entry keeps what
the register prints in the words of the day when the number was taken, so that any past day can be printed again.
"""

from __future__ import annotations

from dataclasses import dataclass
from enum import Enum
from typing import TYPE_CHECKING

if TYPE_CHECKING:
    from datetime import date, datetime
    from uuid import UUID

    from issuance.documents import DocumentState
    from issuance.numbers import DocumentNumber


class EntryKind(Enum):
    """What the number was taken for."""

    DOCUMENT = "document"
    PAPER = "paper"
    IMPORTED = "imported"


@dataclass(frozen=True, slots=True)
class Registered:
    """What the register prints of a document besides its number and date."""

    document_type: str
    subject: str
    signer: str
    recipients: tuple[str, ...] = ()
    copy_keeper: str | None = None
    copies: int | None = None
    sent_on: date | None = None
    note: str | None = None


@dataclass(frozen=True, slots=True)
class RegisterEntry:
    """A number that was taken; ``id`` is the document's where there is one, else chosen by the caller."""

    id: UUID
    agency: str
    series: str
    number: DocumentNumber
    issued_on: date
    kind: EntryKind
    registered: Registered
    taken_at: datetime
    taken_by: str


@dataclass(frozen=True, slots=True)
class EntryThen:
    """An entry as it stood at some moment; ``state`` is that of its document, ``void_reason`` says why it was void.

    ``change`` is what happened to the document last after it was issued, with its reason.
    """

    entry: RegisterEntry
    state: DocumentState | None
    change: DocumentState | None
    change_reason: str | None
    sent_on: date | None
    void_reason: str | None
