"""The rules of agencies as rows: the types of documents that they issue, and who signs for whom."""

from __future__ import annotations

from dataclasses import asdict
from typing import TYPE_CHECKING

from sqlalchemy import select

from issuance.capacity import Capacity
from issuance.delegations import Delegation
from issuance.document_types import DocumentType, NumberingOrder, Publication
from storage.open_transaction import OpenTransaction
from storage.schema import delegations, document_types

if TYPE_CHECKING:
    from datetime import datetime
    from uuid import UUID

    from sqlalchemy import RowMapping


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
        query = select(document_types).where(document_types.c.agency == agency, document_types.c.name == name)
        row = self._connection.execute(query).mappings().one_or_none()
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
        query = select(delegations).where(delegations.c.agency == agency)
        ordered = query.order_by(delegations.c.registered_at.desc(), delegations.c.id)
        rows = self._connection.execute(ordered).mappings()
        return [Delegation(**{**row, "document_types": tuple(row["document_types"])}) for row in rows]


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
