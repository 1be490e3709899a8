"""What may happen to an issued document: a notice corrects it, another document replaces it, the agency recalls it.

The file and every fact of its making stay as they are and stay provable (Decree 30/2020, art. 18.3, 18.4 and Annex VI,
III.8): only the state changes, and the lookup says what happened, when, why and through which document. ``reason`` is
told to the public, so it must not name people.
"""

from __future__ import annotations

from typing import TYPE_CHECKING

from issuance.competence import demand_role, own_document
from issuance.documents import IN_FORCE, DocumentState
from issuance.errors import MetadataInvalid
from issuance.outcome import take_step
from issuance.ports import Role

if TYPE_CHECKING:
    from uuid import UUID

    from issuance.documents import Document
    from issuance.ports import Account, Clock, Repositories, UnitOfWork


def correct(*, uow: UnitOfWork, clock: Clock, actor: Account, document_id: UUID, reason: str, by: UUID) -> Document:
    """A mistake of form was put right by the issued notice ``by``; the document stays in force (art. 18.3)."""
    return _changed(
        DocumentState.CORRECTED, uow=uow, clock=clock, actor=actor, document_id=document_id, reason=reason, by=by
    )


def replace(*, uow: UnitOfWork, clock: Clock, actor: Account, document_id: UUID, reason: str, by: UUID) -> Document:
    """The issued document ``by`` stands in its place from now on (art. 18.3)."""
    return _changed(
        DocumentState.REPLACED, uow=uow, clock=clock, actor=actor, document_id=document_id, reason=reason, by=by
    )


def recall(
    *, uow: UnitOfWork, clock: Clock, actor: Account, document_id: UUID, reason: str, by: UUID | None = None
) -> Document:
    """The agency takes the document back and freezes it; ``by`` is the recall notice where it was issued here."""
    return _changed(
        DocumentState.RECALLED, uow=uow, clock=clock, actor=actor, document_id=document_id, reason=reason, by=by
    )


def _changed(
    state: DocumentState,
    *,
    uow: UnitOfWork,
    clock: Clock,
    actor: Account,
    document_id: UUID,
    reason: str,
    by: UUID | None,
) -> Document:
    with uow() as register:
        demand_role(actor, Role.CLERK)
        # Both, and always in the same order: the other one may be about to be replaced by this one.
        for each in sorted({document_id} | ({by} if by is not None else set())):
            register.locked_document(each)
        document = own_document(register, document_id, actor=actor)
        if by is not None:
            _demand_issued(register, by, document=document)
        return take_step(register, document, state, clock=clock, actor=actor.id, reason=reason, other=by)


def _demand_issued(register: Repositories, other: UUID, *, document: Document) -> None:
    """The other document must be the agency's own, in force, and no older than the one that it changes."""
    found = register.document(other)
    if found is None or found.draft.agency != document.draft.agency or found.id == document.id:
        raise MetadataInvalid(problems={"by": "is no other document of the agency"})
    if found.draft.copy is not None:
        raise MetadataInvalid(problems={"by": "is a copy, which changes nothing"})
    if found.state not in IN_FORCE:
        raise MetadataInvalid(problems={"by": "is not in force"})
    if found.issued_on and document.issued_on and found.issued_on < document.issued_on:
        raise MetadataInvalid(problems={"by": "is older than the document"})
