"""Read a document with its story for the caller's agency, and answer it."""

from __future__ import annotations

from typing import TYPE_CHECKING

from fastapi import Response

from api.forms.documents import CreatedAnswer, DocumentAnswer, Story, created_answer, document_answer
from issuance.deadlines import issue_by
from issuance.errors import UnknownName
from issuance.reappointment import reappointed_to

if TYPE_CHECKING:
    from uuid import UUID

    from issuance.documents import Document
    from issuance.ports import Account, Repositories, UnitOfWork
    from signing.lint import Finding


def own(document: Document | None, *, actor: Account, document_id: UUID) -> Document:
    """The document, unless it belongs to another agency, for which it does not exist."""
    if document is None or document.draft.agency != actor.agency:
        raise UnknownName(kind="document", name=str(document_id))
    return document


def read_own(uow: UnitOfWork, document_id: UUID, *, actor: Account) -> Document:
    """The document alone."""
    with uow() as register:
        return own(register.document(document_id), actor=actor, document_id=document_id)


def told(uow: UnitOfWork, document_id: UUID, *, actor: Account) -> DocumentAnswer:
    """The document with timeline and revisions."""
    return told_of(uow, read_own(uow, document_id, actor=actor))


def told_of(uow: UnitOfWork, document: Document) -> DocumentAnswer:
    """A document that was just read or written, with timeline and revisions."""
    with uow() as register:
        return document_answer(_story(register, document))


def told_new(uow: UnitOfWork, document: Document, findings: tuple[Finding, ...]) -> CreatedAnswer:
    """A new draft with what was noticed about its file."""
    with uow() as register:
        return created_answer(_story(register, document), findings=findings)


def _story(register: Repositories, document: Document) -> Story:
    timeline = register.timeline(document.id)
    return Story(
        document=document,
        timeline=timeline,
        revisions=register.revisions(document.id),
        issue_by=issue_by(register, agency=document.draft.agency, timeline=timeline),
        reappointed_to=reappointed_to(register, document),
        attachments=len(register.attachments(document.id)),
    )


def answer(told_document: DocumentAnswer, *, status: int = 200) -> Response:
    """The document as a response that says where it can be read again."""
    return Response(
        told_document.model_dump_json(),
        status_code=status,
        media_type="application/json",
        headers={"Location": f"/v1/documents/{told_document.id}", "Cache-Control": "no-store"},
    )
