"""Files that go out with a document but are not in its file: taken in with the draft, sealed with the document.

An appendix in the document's own file is covered by its signatures and not signed again; one in a file of its own gets
the agency's seal as a text block at the top right of its first page (Decree 30/2020, Annex I, Part I, II.8.b). Files
are added only while the sender still has the draft, so that the signatory decides on what really goes out.
"""

from __future__ import annotations

from typing import TYPE_CHECKING

from issuance.companions import Attachment
from issuance.competence import demand_role, own_document
from issuance.documents import DocumentState, Revision
from issuance.errors import MetadataInvalid, UnknownName, WrongState
from issuance.ports import AuditEvent, Role
from issuance.submit import audited, inspected

if TYPE_CHECKING:
    from uuid import UUID

    from issuance.documents import Document
    from issuance.ports import Account, Blobs, Clock, Repositories, UnitOfWork
    from signing.lint import Finding
    from verification.workshop import Workshop

MOST_ATTACHMENTS = 50
_OPEN = frozenset({DocumentState.DRAFT, DocumentState.RETURNED})


def attach(  # noqa: PLR0913 - what it needs from outside is named at the call
    *,
    attachment_id: UUID,
    uow: UnitOfWork,
    blobs: Blobs,
    workshop: Workshop,
    clock: Clock,
    actor: Account,
    document_id: UUID,
    title: str,
    pdf: bytes,
    converted_from: str | None = None,
) -> tuple[Attachment, tuple[Finding, ...]]:
    """Add a file to a draft or a returned document; repeating the call with the same identifier changes nothing.

    ``converted_from`` is the SHA-256 of the office document that the file was made from, if it was.

    Raises :class:`WrongState`, :class:`MetadataInvalid`, :class:`issuance.errors.DraftRefused` and
    :class:`signing.errors.NoPlace`; then nothing was added.
    """
    now = clock.now()
    with uow() as register:
        known = register.attachment(attachment_id)
        if known is None:
            _open_document(register, document_id, actor=actor)
    # The file must be fit to be sealed, and have room for the seal's text, before anybody decides on it.
    findings = inspected(pdf, workshop=workshop)
    workshop.corner_box(pdf)
    if known is not None:
        return known, findings
    blobs.put(pdf)
    with uow() as register:
        _open_document(register, document_id, actor=actor)
        there = register.attachments(document_id)
        if len(there) >= MOST_ATTACHMENTS:
            raise MetadataInvalid(problems={"file": f"is one too many: a document has {MOST_ATTACHMENTS} at most"})
        place = max((one.place for one in there), default=0) + 1
        added = Attachment(attachment_id, document_id, place, title, Revision.of(pdf))
        register.add_attachment(added)
        facts = audited(added.given, converted_from) | {"attachment": str(added.id)}
        register.append_audit(AuditEvent(now, actor.id, "attachment.added", document_id, facts))
    return added, findings


def detach(*, uow: UnitOfWork, clock: Clock, actor: Account, document_id: UUID, attachment_id: UUID) -> None:
    """Take a file away again, while the sender still has the draft; repeating the call changes nothing."""
    with uow() as register:
        _open_document(register, document_id, actor=actor)
        found = register.attachment(attachment_id)
        if found is None or found.document_id != document_id:
            return
        register.remove_attachment(attachment_id)
        facts = {"attachment": str(attachment_id), "sha256": found.given.sha256}
        register.append_audit(AuditEvent(clock.now(), actor.id, "attachment.removed", document_id, facts))


def attachment_of(register: Repositories, document: Document, attachment_id: UUID) -> Attachment:
    """The document's attachment; raises :class:`UnknownName`."""
    found = register.attachment(attachment_id)
    if found is None or found.document_id != document.id:
        raise UnknownName(kind="attachment", name=str(attachment_id))
    return found


def demand_sealed(register: Repositories, document: Document) -> None:
    """Raise ``RuntimeError`` where a file that goes out with the document has no seal."""
    if any(one.sealed is None for one in register.attachments(document.id)):
        msg = "a document is issued after everything that goes out with it was sealed"
        raise RuntimeError(msg)


def _open_document(register: Repositories, document_id: UUID, *, actor: Account) -> Document:
    demand_role(actor, Role.SUBMITTER)
    document = own_document(register, document_id, actor=actor)
    if document.state not in _OPEN:
        raise WrongState(state=document.state.value, step="attachment")
    return document
