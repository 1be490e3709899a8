"""The signatory's decision: commit the intent to sign and leave the rest to a worker."""

from __future__ import annotations

from dataclasses import replace
from typing import TYPE_CHECKING

from issuance.calendar import vietnam_date
from issuance.competence import own_document, signatory_credential
from issuance.delegations import demand_authority
from issuance.document_types import NumberingOrder
from issuance.documents import PUBLISHED, Document, DocumentState, Intent, Purpose
from issuance.errors import KeyElsewhere, WrongState
from issuance.ports import AuditEvent, TimelineStep

if TYPE_CHECKING:
    from uuid import UUID

    from issuance.ports import Account, Clock, UnitOfWork

WAITING = frozenset({DocumentState.SUBMITTED, DocumentState.PARTLY_SIGNED})
"""The states in which a document waits for the next official."""
_UNDER_WAY = {DocumentState.SIGNING, DocumentState.AWAITING_TIMESTAMP}
_DONE = PUBLISHED | {DocumentState.SIGNED, DocumentState.NUMBERED, DocumentState.SEALED}


def request_signature(*, uow: UnitOfWork, clock: Clock, actor: Account, document_id: UUID, credential: str) -> Document:
    """Record who signs with which credential, and ask a worker to do it.

    Repeating the call goes on where the last attempt stopped, or answers the signed document.
    """
    now = clock.now()
    with uow() as register:
        document = own_document(register, document_id, actor=actor)
        if document.cosigned_by(actor.id):
            return document
        chosen = signatory_credential(register, credential, actor=actor, document=document)
        if document.state in _DONE:
            return document
        demand_numbered(document)
        if chosen.key is None:
            raise KeyElsewhere
        demand_authority(register, document, actor=actor, on=vietnam_date(now))
        chosen.certificate.demand_fit_to_sign(at=now)
        intent = Intent(purpose=Purpose.SIGNATURE, actor=actor.id, credential=chosen.name, at=now)
        if document.state in WAITING:
            document = replace(document.step_to(DocumentState.SIGNING), intent=intent)
            register.add_timeline_step(document.id, TimelineStep(document.state, now, actor.id))
        elif document.state in _UNDER_WAY:
            document = replace(document, intent=intent, obstacle=None)
        else:
            raise WrongState(state=document.state.value, step="signature")
        register.save_document(document)
        register.append_audit(AuditEvent(now, actor.id, "signature.intended", document.id, {"credential": chosen.name}))
        register.enqueue_advance(document.id)
    return document


def demand_numbered(document: Document) -> None:
    """Raise :class:`WrongState` where the type wants the number before the signature and there is none yet."""
    if document.draft.order is NumberingOrder.NUMBER_FIRST and document.number is None:
        raise WrongState(state=document.state.value, step="signature before its number")
