"""Until when the proof of an issued file holds: to the end of its newest document timestamp (EN 319 142-1, 5.5)."""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING

if TYPE_CHECKING:
    from datetime import datetime
    from uuid import UUID

    from issuance.documents import Document, Revision
    from issuance.ports import Repositories
    from verification.report import ValidationReport

_SPENT = 3 / 4


@dataclass(frozen=True, slots=True)
class Proof:
    """The proof that a document's ``revision``, or that of a file that goes out with it, carries: from when to when.

    ``archive_at`` says of a file at B-T when it is to be raised to B-LTA; None of one that was.
    """

    document_id: UUID
    revision: Revision
    at: datetime
    ends_at: datetime
    attachment_id: UUID | None = None
    archive_at: datetime | None = None

    @property
    def renew_at(self) -> datetime:
        """When three quarters of its time are over: a year is left of four, and a new one never is due at once."""
        if self.archive_at is not None:
            return self.archive_at
        return self.at + (self.ends_at - self.at) * _SPENT


def proof_end(report: ValidationReport) -> datetime:
    """When the first of the report's signatures lacks a proof."""
    ends = [one.renew_before for one in report.signatures if one.renew_before is not None]
    if not ends:
        msg = "a file that passed says until when its proof holds"
        raise RuntimeError(msg)
    return min(ends)


def was_issued(register: Repositories, document: Document, sha256: str) -> bool:
    """Whether the document was issued with these bytes, or had them after its proof was renewed."""
    return sha256 in {document.current.sha256, *(one.revision.sha256 for one in register.proofs(document.id))}
