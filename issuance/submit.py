"""Take a draft in, make it ready for signing, and submit it to its signatory."""

from __future__ import annotations

from typing import TYPE_CHECKING

from issuance.admission import admitted
from issuance.calendar import vietnam_date
from issuance.competence import demand_open_signers, demand_role, own_document
from issuance.documents import Document, DocumentState, Revision
from issuance.errors import DraftRefused
from issuance.lookup_code import draw_lookup_code, printed_lookup_code
from issuance.ports import AuditEvent, Role, TimelineStep
from signing.errors import NoPlace
from signing.layout import Layout, OpenCells, layout_with_seal
from signing.lint import Finding, Severity

if TYPE_CHECKING:
    from collections.abc import Callable
    from uuid import UUID

    from issuance.documents import Draft
    from issuance.ports import Account, Agency, Blobs, Clock, UnitOfWork
    from verification.workshop import Workshop

MOST_BYTES = 50 * 1024 * 1024
"""The largest file that is taken in; provinces' rules set 50 MB."""


def create_draft(  # noqa: PLR0913 - what it needs from outside is named at the call
    *,
    document_id: UUID,
    uow: UnitOfWork,
    blobs: Blobs,
    workshop: Workshop,
    clock: Clock,
    random_bytes: Callable[[int], bytes],
    actor: Account,
    pdf: bytes,
    draft: Draft,
    cells: OpenCells,
    public_url: str,
    converted_from: str | None = None,
) -> tuple[Document, tuple[Finding, ...]]:
    """Check the description and the file, add fields and lookup code, store the result as a draft.

    Answers the document and the warnings. ``document_id`` is chosen by the caller (:mod:`issuance.identifiers`); where
    an earlier attempt has stored that document already, it is answered and nothing is stored again. ``converted_from``
    is the SHA-256 of what the PDF was made from. Raises
    :class:`MetadataInvalid`, :class:`DraftRefused`, :class:`signing.errors.NoPlace`; then nothing was stored.
    """
    now = clock.now()
    # 1. The names must be known, before anything costs time.
    with uow() as register:
        agency, draft = admitted(register, draft, actor=actor, on=vietnam_date(now))
        known = register.document(document_id)
    # 2. The file must be fit to be signed.
    findings = inspected(pdf, workshop=workshop)
    if known is not None:
        return known, findings
    # 3. Everything that may not change after a signature is added now.
    layout = placed(cells, agency)
    code = draw_lookup_code(random_bytes)
    composed = composed_with_code(pdf, workshop=workshop, layout=layout, code=code, public_url=public_url)
    # 4. Bytes first, then the row that names them.
    blobs.put(composed)
    document = Document(
        id=document_id,
        lookup_code=code,
        draft=draft,
        layout=layout,
        state=DocumentState.DRAFT,
        current=Revision.of(composed),
        created_by=actor.id,
        created_at=now,
    )
    with uow() as register:
        register.add_document(document)
        register.add_revision(document.id, document.current)
        register.add_timeline_step(document.id, TimelineStep(document.state, now, actor.id))
        facts = audited(document.current, converted_from)
        register.append_audit(AuditEvent(now, actor.id, "document.created", document.id, facts))
    return document, findings


def submit(*, uow: UnitOfWork, clock: Clock, actor: Account, document_id: UUID) -> Document:
    """Hand the draft to its signatory; repeating the call changes nothing.

    Raises :class:`NotCompetent` where one who is to sign has a closed account.
    """
    demand_role(actor, Role.SUBMITTER)
    now = clock.now()
    with uow() as register:
        document = own_document(register, document_id, actor=actor)
        if document.state is DocumentState.SUBMITTED:
            return document
        document = document.step_to(DocumentState.SUBMITTED)
        demand_open_signers(register, document)
        register.save_document(document)
        register.add_timeline_step(document.id, TimelineStep(document.state, now, actor.id))
        register.append_audit(AuditEvent(now, actor.id, "document.submitted", document.id, {}))
    return document


def inspected(pdf: bytes, *, workshop: Workshop) -> tuple[Finding, ...]:
    """What there is to say of a file that is fit to be signed; raises :class:`DraftRefused` for any other."""
    findings = workshop.inspect(pdf)
    refusals = tuple(finding for finding in findings if finding.severity is Severity.REFUSE)
    if refusals:
        raise DraftRefused(findings=refusals)
    return findings


def composed_with_code(pdf: bytes, *, workshop: Workshop, layout: Layout, code: str, public_url: str) -> bytes:
    """The file with its fields, its lookup code and the QR that leads to it."""
    return workshop.compose(
        pdf, layout=layout, lookup_code=printed_lookup_code(code), lookup_url=f"{public_url}/d/{code}"
    )


def audited(revision: Revision, converted_from: str | None) -> dict[str, str]:
    """What the audit says of a file that was taken in."""
    facts = {"sha256": revision.sha256}
    return facts if converted_from is None else facts | {"converted_from": converted_from}


def placed(cells: OpenCells, agency: Agency) -> Layout:
    """The cells with the agency's seal at its place; raises :class:`NoPlace` where the page has none for it."""
    try:
        return layout_with_seal(cells, seal_diameter=agency.seal_diameter)
    except ValueError as error:
        reason = f"a seal of {agency.seal_diameter:g} mm does not fit beside the signature"
        raise NoPlace(cell="seal", reason=reason) from error
