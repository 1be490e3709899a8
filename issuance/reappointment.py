"""Put the return of a result off, once, with an apology that is signed and issued like any document (NĐ 118/2025).

The due date that the citizen was first told stays the one by which punctuality is counted; the new one is what is told
from now on. An apology that ended without being issued counts as none.
"""

from __future__ import annotations

from dataclasses import dataclass
from datetime import timedelta
from typing import TYPE_CHECKING

from issuance.competence import demand_role, own_document
from issuance.documents import PUBLISHED
from issuance.errors import MetadataInvalid, WrongState
from issuance.ports import AuditEvent, Role
from issuance.statistics import ENDED

if TYPE_CHECKING:
    from datetime import datetime
    from uuid import UUID

    from issuance.documents import Document
    from issuance.ports import Account, Clock, Repositories, UnitOfWork

_MAKING = timedelta(minutes=10)
"""How long an apology may take from its record until it is there; one that is not by then was given up."""


@dataclass(frozen=True, slots=True)
class Reappointment:
    """Until when the result of ``document_id`` was put off, and why; ``slip`` is the apology."""

    document_id: UUID
    slip: UUID
    new_due_at: datetime
    reason: str
    at: datetime
    by: str


def reappoint(
    *, uow: UnitOfWork, clock: Clock, actor: Account, document_id: UUID, slip: UUID, new_due_at: datetime, reason: str
) -> Document:
    """Record the new date before the apology is made; repeating the call with the same ``slip`` changes nothing.

    Answers the late document. Raises :class:`MetadataInvalid` where it has no due date, was put off before, or the new
    date is no later; :class:`WrongState` where its result is there or will never be.
    """
    demand_role(actor, Role.SUBMITTER)
    now = clock.now()
    with uow() as register:
        document = own_document(register, document_id, actor=actor)
        found = register.reappointment(document_id)
        if found is not None and found.slip == slip:
            return document
        if document.state in PUBLISHED | ENDED:
            raise WrongState(state=document.state.value, step="apology")
        due = document.draft.due_at
        if due is None or new_due_at <= max(due, now):
            raise MetadataInvalid(problems={"new_due_at": "must be later than now and than the first due date"})
        if found is not None and (stands(register, found) or _is_being_made(register, found, now)):
            raise MetadataInvalid(problems={"new_due_at": "was put off before; the rules allow that once"})
        register.save_reappointment(
            Reappointment(document_id=document_id, slip=slip, new_due_at=new_due_at, reason=reason, at=now, by=actor.id)
        )
        facts = {"slip": str(slip), "new_due_at": new_due_at.isoformat()}
        register.append_audit(AuditEvent(now, actor.id, "document.reappointed", document_id, facts))
    return document


def stands(register: Repositories, reappointment: Reappointment) -> bool:
    """Whether its apology exists and has not ended without being issued."""
    slip = register.document(reappointment.slip)
    return slip is not None and slip.state not in ENDED


def _is_being_made(register: Repositories, reappointment: Reappointment, now: datetime) -> bool:
    """Whether somebody may just be typesetting its apology."""
    return register.document(reappointment.slip) is None and now - reappointment.at < _MAKING


def reappointed_to(register: Repositories, document: Document) -> datetime | None:
    """The date that the citizen was told last; None where the first one stands, or there never was one."""
    if document.draft.due_at is None:
        return None
    found = register.reappointment(document.id)
    return found.new_due_at if found is not None and stands(register, found) else None
