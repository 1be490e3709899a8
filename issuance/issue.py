"""The clerk's act: take the number and the date, commit the intent to seal, and leave the rest to a worker.

Decree 30/2020, art. 14, 15 and 32: number and date first, then the agency's signature, only by the clerk, and only on
a document that already carries the competent person's signature.
"""

from __future__ import annotations

from dataclasses import replace
from typing import TYPE_CHECKING

from issuance.calendar import vietnam_date
from issuance.competence import own_document, seal_credential
from issuance.deadlines import lateness
from issuance.documents import BEING_ISSUED, PUBLISHED, Document, DocumentState, Intent, Purpose
from issuance.errors import DateInvalid, WrongState
from issuance.number_first import number_of
from issuance.ports import AuditEvent, TimelineStep

if TYPE_CHECKING:
    from datetime import date, datetime
    from uuid import UUID

    from issuance.ports import Account, Clock, Repositories, UnitOfWork


def request_issue(
    *, uow: UnitOfWork, clock: Clock, actor: Account, document_id: UUID, credential: str, issued_on: date | None
) -> Document:
    """Number the document, record who seals it with which credential, and ask a worker to do it.

    The number is taken once: repeating the call goes on with the same number and date, or answers the issued document.
    """
    now = clock.now()
    with uow() as register:
        document = own_document(register, document_id, actor=actor)
        chosen = seal_credential(register, credential, actor=actor)
        if document.state in PUBLISHED:
            return document
        chosen.certificate.demand_fit_to_sign(at=now)
        intent = Intent(purpose=Purpose.SEAL, actor=actor.id, credential=chosen.name, at=now)
        if document.state is DocumentState.SIGNED:
            timeline = register.timeline(document.id)
            day = issued_on or vietnam_date(now)
            document = _numbered(register, document, timeline, issued_on=day, at=now, actor=actor.id)
            late = lateness(register, agency=actor.agency, timeline=timeline, on=vietnam_date(now))
            register.add_timeline_step(document.id, TimelineStep(document.state, now, actor.id, reason=late))
        elif document.state not in BEING_ISSUED:
            raise WrongState(state=document.state.value, step="issue")
        document = replace(document, intent=intent, obstacle=None)
        register.save_document(document)
        register.append_audit(
            AuditEvent(
                now, actor.id, "seal.intended", document.id, {"credential": chosen.name, "number": str(document.number)}
            )
        )
        register.enqueue_advance(document.id)
    return document


def _numbered(
    register: Repositories,
    document: Document,
    timeline: list[TimelineStep],
    *,
    issued_on: date,
    at: datetime,
    actor: str,
) -> Document:
    """The document with the next number of its series, or with the one that it was given before its signature."""
    if document.number is not None:
        return document.step_to(DocumentState.NUMBERED)
    signed_at = [step.at for step in timeline if step.state is DocumentState.SIGNED]
    if signed_at and issued_on < vietnam_date(signed_at[-1]):
        raise DateInvalid(reason="the date of issue lies before the signature")
    number = number_of(register, document, issued_on=issued_on, at=at, actor=actor)
    return replace(document.step_to(DocumentState.NUMBERED), number=number, issued_on=issued_on)
