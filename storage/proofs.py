"""Until when issued files are proven, as rows."""

from __future__ import annotations

from typing import TYPE_CHECKING

from sqlalchemy import bindparam, select

from issuance.documents import Revision
from issuance.proofs import Proof
from storage.companion_tables import proofs
from storage.open_transaction import OpenTransaction

if TYPE_CHECKING:
    from datetime import datetime
    from uuid import UUID

    from sqlalchemy import MappingResult

# Made once: to put a statement together costs as much as to carry it out.
_ADD = proofs.insert()
_SUPERSEDE = proofs.update().where(proofs.c.sha256 == bindparam("superseded")).values(renew_at=None)
_COLUMNS = select(
    proofs.c.document_id,
    proofs.c.sha256,
    proofs.c.length,
    proofs.c.predecessor,
    proofs.c.at,
    proofs.c.ends_at,
    proofs.c.attachment_id,
    proofs.c.archive_at,
)
_OF_FILE = _COLUMNS.where(
    proofs.c.document_id == bindparam("document", type_=proofs.c.document_id.type),
    proofs.c.attachment_id.is_not_distinct_from(bindparam("attachment", type_=proofs.c.attachment_id.type)),
).order_by(proofs.c.at)


class ProofRows(OpenTransaction):
    """Reads and appends proofs."""

    def add_proof(self, proof: Proof) -> None:
        """Append; what the file had before need not be renewed any more."""
        self._connection.execute(_SUPERSEDE, {"superseded": proof.revision.predecessor})
        self._connection.execute(
            _ADD,
            {
                "sha256": proof.revision.sha256,
                "length": proof.revision.length,
                "predecessor": proof.revision.predecessor,
                "document_id": proof.document_id,
                "attachment_id": proof.attachment_id,
                "at": proof.at,
                "ends_at": proof.ends_at,
                "renew_at": proof.renew_at,
                "archive_at": proof.archive_at,
            },
        )

    def proofs(self, document_id: UUID, *, attachment_id: UUID | None = None) -> list[Proof]:
        """Every proof of the document's own file, or of one that goes out with it, oldest first."""
        file = {"document": document_id, "attachment": attachment_id}
        return _read(self._connection.execute(_OF_FILE, file).mappings())

    def ending_proofs(self, *, due_by: datetime, made_before: datetime, limit: int) -> list[Proof]:
        """Of all files, the newest proofs that are to be renewed by this moment, the most urgent first.

        Those are left out that were made at ``made_before`` or later.
        """
        due = _COLUMNS.where(proofs.c.renew_at <= due_by, proofs.c.at < made_before)
        first = due.order_by(proofs.c.renew_at, proofs.c.sha256).limit(limit)
        return _read(self._connection.execute(first).mappings())


def _read(rows: MappingResult) -> list[Proof]:
    return [
        Proof(
            row["document_id"],
            Revision(row["sha256"], row["length"], row["predecessor"]),
            at=row["at"],
            ends_at=row["ends_at"],
            attachment_id=row["attachment_id"],
            archive_at=row["archive_at"],
        )
        for row in rows
    ]
