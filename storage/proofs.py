"""Until when issued files are proven, as rows."""

from __future__ import annotations

from typing import TYPE_CHECKING

from sqlalchemy import bindparam, select

from issuance.proofs import Proof
from storage.companion_tables import proofs
from storage.open_transaction import OpenTransaction

if TYPE_CHECKING:
    from datetime import datetime
    from uuid import UUID

# Made once: to put a statement together costs as much as to carry it out.
_DOCUMENT = bindparam("document", type_=proofs.c.document_id.type)
_ADD = proofs.insert()
_SUPERSEDE = (
    proofs.update().where(proofs.c.document_id == _DOCUMENT, proofs.c.renew_at.is_not(None)).values(renew_at=None)
)
_ALL = (
    select(proofs.c.document_id, proofs.c.revision, proofs.c.at, proofs.c.ends_at)
    .where(proofs.c.document_id == _DOCUMENT)
    .order_by(proofs.c.at)
)


class ProofRows(OpenTransaction):
    """Reads and appends proofs."""

    def add_proof(self, proof: Proof) -> None:
        """Append; what the document had before need not be renewed any more."""
        self._connection.execute(_SUPERSEDE, {"document": proof.document_id})
        self._connection.execute(
            _ADD,
            {
                "document_id": proof.document_id,
                "revision": proof.revision,
                "at": proof.at,
                "ends_at": proof.ends_at,
                "renew_at": proof.renew_at,
            },
        )

    def proofs(self, document_id: UUID) -> list[Proof]:
        """Every proof of the document, oldest first."""
        return [Proof(*row) for row in self._connection.execute(_ALL, {"document": document_id})]

    def ending_proofs(self, *, due_by: datetime, made_before: datetime, limit: int) -> list[UUID]:
        """Documents whose newest proof is to be renewed by this moment and was made before that, most urgent first."""
        due = select(proofs.c.document_id).where(proofs.c.renew_at <= due_by, proofs.c.at < made_before)
        return list(self._connection.scalars(due.order_by(proofs.c.renew_at).limit(limit)))
