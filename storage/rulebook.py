"""The rules of agencies as rows: the types of documents that they issue, who signs for whom, when they work."""

from __future__ import annotations

from dataclasses import asdict
from datetime import date
from typing import TYPE_CHECKING

from sqlalchemy import bindparam, select

from issuance.capacity import Capacity
from issuance.delegations import Delegation
from issuance.document_types import DocumentType, NumberingOrder, Publication
from issuance.reappointment import Reappointment
from issuance.working_days import CalendarDay, DayKind
from storage.open_transaction import OpenTransaction
from storage.rule_tables import calendar_days, delegations, document_types, reappointments

if TYPE_CHECKING:
    from collections.abc import Sequence
    from datetime import datetime
    from uuid import UUID

    from sqlalchemy import RowMapping

# Made once: to put a statement together costs as much as to carry it out.
_TYPE = select(document_types).where(
    document_types.c.agency == bindparam("of_agency"), document_types.c.name == bindparam("named")
)
_DELEGATIONS = (
    select(delegations)
    .where(delegations.c.agency == bindparam("of_agency"))
    .order_by(delegations.c.registered_at.desc(), delegations.c.id)
)
_DAYS = (
    select(calendar_days)
    .where(
        calendar_days.c.agency == bindparam("of_agency"),
        calendar_days.c.day.between(bindparam("first"), bindparam("last")),
    )
    .order_by(calendar_days.c.day)
)
_REAPPOINTMENT = select(reappointments).where(reappointments.c.document_id == bindparam("document"))


class RulebookRows(OpenTransaction):
    """Implements :class:`issuance.rulebook.Rulebook`."""

    def save_document_type(self, document_type: DocumentType) -> None:
        """Insert or replace."""
        row = asdict(document_type) | {
            "signers": list(document_type.signers),
            "capacities": sorted(one.value for one in document_type.capacities),
            "publication": document_type.publication.value,
            "order": document_type.order.value,
        }
        self._insert_or_replace(document_types, row)

    def document_type(self, *, agency: str, name: str) -> DocumentType | None:
        """The agency's type of this name, or None."""
        row = self._connection.execute(_TYPE, {"of_agency": agency, "named": name}).mappings().one_or_none()
        return _type(row) if row is not None else None

    def document_types(self, agency: str) -> list[DocumentType]:
        """All types of the agency, by name."""
        query = select(document_types).where(document_types.c.agency == agency).order_by(document_types.c.name)
        return [_type(row) for row in self._connection.execute(query).mappings()]

    def add_delegation(self, delegation: Delegation) -> None:
        """Append."""
        row = asdict(delegation) | {"document_types": list(delegation.document_types)}
        self._connection.execute(delegations.insert(), row)

    def revoke_delegation(self, delegation_id: UUID, *, at: datetime, reason: str) -> None:
        """Mark as revoked, once."""
        standing = delegations.update().where(delegations.c.id == delegation_id, delegations.c.revoked_at.is_(None))
        self._connection.execute(standing.values(revoked_at=at, revoke_reason=reason))

    def delegations(self, agency: str) -> list[Delegation]:
        """Every authorisation of the agency, the newest first."""
        rows = self._connection.execute(_DELEGATIONS, {"of_agency": agency}).mappings()
        return [Delegation(**{**row, "document_types": tuple(row["document_types"])}) for row in rows]

    def calendar_days(self, *, agency: str, first: date, last: date) -> list[CalendarDay]:
        """The agency's exceptions between these days, both included, by day."""
        rows = self._connection.execute(_DAYS, {"of_agency": agency, "first": first, "last": last}).mappings()
        return [CalendarDay(day=row["day"], kind=DayKind(row["kind"]), name=row["name"]) for row in rows]

    def replace_calendar_days(self, *, agency: str, year: int, days: Sequence[CalendarDay]) -> None:
        """Make these the year's only exceptions."""
        of_year = calendar_days.c.day.between(date(year, 1, 1), date(year, 12, 31))
        self._connection.execute(calendar_days.delete().where(calendar_days.c.agency == agency, of_year))
        rows = [{"agency": agency, "day": one.day, "kind": one.kind.value, "name": one.name} for one in days]
        if rows:
            self._connection.execute(calendar_days.insert(), rows)

    def save_reappointment(self, reappointment: Reappointment) -> None:
        """Insert or replace; a document has one at most."""
        self._insert_or_replace(reappointments, asdict(reappointment))

    def reappointment(self, document_id: UUID) -> Reappointment | None:
        """Until when the document's result was put off, or None."""
        row = self._connection.execute(_REAPPOINTMENT, {"document": document_id}).mappings().one_or_none()
        return Reappointment(**row) if row is not None else None


def _type(row: RowMapping) -> DocumentType:
    return DocumentType(
        agency=row["agency"],
        name=row["name"],
        template=row["template"],
        signers=tuple(row["signers"]),
        capacities=frozenset(Capacity(one) for one in row["capacities"]),
        retention_years=row["retention_years"],
        publication=Publication(row["publication"]),
        order=NumberingOrder(row["order"]),
    )
