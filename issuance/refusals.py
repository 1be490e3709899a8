"""Ways in which a document leaves the path before it is issued: returned, rejected, withdrawn, its number voided.

Each has its actor, and all but the sender's own withdrawal need a reason, which the timeline keeps. Repeating a call
changes nothing.
"""

from __future__ import annotations

from typing import TYPE_CHECKING

from issuance.competence import demand_role, demand_turn, own_document
from issuance.documents import DocumentState
from issuance.outcome import take_step
from issuance.ports import Role

if TYPE_CHECKING:
    from uuid import UUID

    from issuance.documents import Document
    from issuance.ports import Account, Clock, Repositories, UnitOfWork


def return_for_correction(*, uow: UnitOfWork, clock: Clock, actor: Account, document_id: UUID, reason: str) -> Document:
    """The signatory sends the document back; the sender puts a better file in, or withdraws it."""
    with uow() as register:
        document = own_document(register, document_id, actor=actor)
        _demand_signatory(document, actor)
        return take_step(register, document, DocumentState.RETURNED, clock=clock, actor=actor.id, reason=reason)


def reject(*, uow: UnitOfWork, clock: Clock, actor: Account, document_id: UUID, reason: str) -> Document:
    """The signatory refuses to sign, or the clerk refuses to issue what was signed (Decree 30/2020, art. 14, 32)."""
    with uow() as register:
        document = own_document(register, document_id, actor=actor)
        if document.state is DocumentState.SIGNED:
            demand_role(actor, Role.CLERK)
        elif document.state is not DocumentState.REJECTED or Role.CLERK not in actor.roles:
            _demand_signatory(document, actor)
        return _ended(register, document, DocumentState.REJECTED, clock=clock, actor=actor, reason=reason)


def withdraw(*, uow: UnitOfWork, clock: Clock, actor: Account, document_id: UUID, reason: str | None) -> Document:
    """The sender takes the document back before the signatory has signed it."""
    with uow() as register:
        document = own_document(register, document_id, actor=actor)
        demand_role(actor, Role.SUBMITTER)
        return _ended(register, document, DocumentState.WITHDRAWN, clock=clock, actor=actor, reason=reason)


def void_number(*, uow: UnitOfWork, clock: Clock, actor: Account, document_id: UUID, reason: str) -> Document:
    """The clerk gives a numbered document up. Its number stays in the register, void, with the reason.

    No number is ever given twice (Decree 30/2020, art. 15), so that a gap without a reason means something is missing.
    """
    with uow() as register:
        document = own_document(register, document_id, actor=actor)
        demand_role(actor, Role.CLERK)
        return _ended(register, document, DocumentState.VOIDED, clock=clock, actor=actor, reason=reason)


def _ended(
    register: Repositories,
    document: Document,
    state: DocumentState,
    *,
    clock: Clock,
    actor: Account,
    reason: str | None,
) -> Document:
    """The document at its end without a result; a number that it had is void from now on, and never comes back."""
    ended = take_step(register, document, state, clock=clock, actor=actor.id, reason=reason)
    if document.number is not None and document.state is not state:
        register.void_entry(document.id, at=clock.now(), reason=reason or "Văn bản được rút lại trước khi ký")
    return ended


def _demand_signatory(document: Document, actor: Account) -> None:
    demand_role(actor, Role.SIGNATORY)
    demand_turn(document, actor=actor)
