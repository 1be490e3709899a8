"""What the register remembers of an agency's own rules: a part of :class:`issuance.ports.Repositories`."""

from __future__ import annotations

from typing import TYPE_CHECKING, Protocol

if TYPE_CHECKING:
    from collections.abc import Sequence
    from datetime import date, datetime
    from uuid import UUID

    from issuance.delegations import Delegation
    from issuance.document_types import DocumentType
    from issuance.reappointment import Reappointment
    from issuance.working_days import CalendarDay


class Rulebook(Protocol):
    """Rules of agencies, in the open transaction."""

    def save_document_type(self, document_type: DocumentType) -> None:
        """Insert or replace."""
        ...

    def document_type(self, *, agency: str, name: str) -> DocumentType | None:
        """The agency's type of this name, or None."""
        ...

    def document_types(self, agency: str) -> list[DocumentType]:
        """All types of the agency, by name."""
        ...

    def add_delegation(self, delegation: Delegation) -> None:
        """Append."""
        ...

    def revoke_delegation(self, delegation_id: UUID, *, at: datetime, reason: str) -> None:
        """Mark as revoked, once."""
        ...

    def delegations(self, agency: str) -> list[Delegation]:
        """Every authorisation of the agency, the newest first."""
        ...

    def calendar_days(self, *, agency: str, first: date, last: date) -> list[CalendarDay]:
        """The agency's exceptions between these days, both included, by day."""
        ...

    def replace_calendar_days(self, *, agency: str, year: int, days: Sequence[CalendarDay]) -> None:
        """Make these the year's only exceptions."""
        ...

    def save_reappointment(self, reappointment: Reappointment) -> None:
        """Insert or replace; a document has one at most."""
        ...

    def reappointment(self, document_id: UUID) -> Reappointment | None:
        """Until when the document's result was put off, or None."""
        ...
