"""Put a better file in the place of a draft's, before it is submitted or after it was sent back for correction.

The document stays the same: its code, its place in the register and a number that it was given first. The file begins
a new chain of revisions; what was signed on the old one stays on record and counts no more.
"""

from __future__ import annotations

from dataclasses import replace
from typing import TYPE_CHECKING

from issuance.competence import demand_role, own_document
from issuance.documents import DocumentState, Revision
from issuance.errors import Overtaken, UnknownName, WrongState
from issuance.ports import AuditEvent, Role
from issuance.submit import audited, composed_with_code, inspected, placed
from signing.layout import OpenCells

if TYPE_CHECKING:
    from uuid import UUID

    from issuance.documents import Document
    from issuance.ports import Account, Blobs, Clock, Repositories, UnitOfWork
    from signing.lint import Finding
    from verification.workshop import Workshop

_OPEN = frozenset({DocumentState.DRAFT, DocumentState.RETURNED})


def revise(  # noqa: PLR0913 - what it needs from outside is named at the call
    *,
    uow: UnitOfWork,
    blobs: Blobs,
    workshop: Workshop,
    clock: Clock,
    actor: Account,
    document_id: UUID,
    pdf: bytes,
    cells: OpenCells | None,
    public_url: str,
    converted_from: str | None = None,
) -> tuple[Document, tuple[Finding, ...]]:
    """The document with this file in the place of its own; without ``cells`` they lie where they lay.

    Raises :class:`WrongState` unless it is a draft or was returned, and what :func:`issuance.submit.create_draft` does
    of a file; then nothing has changed.
    """
    now = clock.now()
    with uow() as register:
        demand_role(actor, Role.SUBMITTER)
        document = _revisable(register, document_id, actor=actor)
        agency = register.agency(document.draft.agency)
    if agency is None:
        raise UnknownName(kind="agency", name=document.draft.agency)
    findings = inspected(pdf, workshop=workshop)
    old = document.layout
    if old is None:  # a copy has no draft
        raise WrongState(state=document.state.value, step="file")
    kept = OpenCells(number=old.number, date=old.date, signature=old.signature, code=old.code)
    layout = placed(replace(cells or kept, cosigners=old.cosigners), agency)
    composed = composed_with_code(
        pdf, workshop=workshop, layout=layout, code=document.lookup_code, public_url=public_url
    )
    blobs.put(composed)
    revision = Revision.of(composed)
    with uow() as register:
        current = _revisable(register, document_id, actor=actor)
        if current.current != document.current:
            raise Overtaken
        revised = replace(current, layout=layout, current=revision, cosigned=0)
        register.add_revision(document_id, revision)
        register.forget_signature_requests(document_id)
        register.save_document(revised)
        facts = audited(revision, converted_from) | {"was": document.current.sha256}
        register.append_audit(AuditEvent(now, actor.id, "document.revised", document_id, facts))
    return revised, findings


def _revisable(register: Repositories, document_id: UUID, *, actor: Account) -> Document:
    document = own_document(register, document_id, actor=actor)
    if document.state not in _OPEN:
        raise WrongState(state=document.state.value, step="file")
    return document
