"""Copies that the agency itself makes: true copies, re-copies and extracts, sealed by its clerk.

Decree 30/2020, art. 25 to 26 and 33.2. A paper becomes an electronic copy from its scan; of an electronic document
there are extracts only, since every file with the same bytes is the original (art. 25 knows no electronic copy of it).
The agency's seal alone stands in the file (art. 32.2.d), so that a copy begins where a document is numbered, and from
there on goes the way of every document: sealed, raised to B-LTA, issued, looked up, recalled.
"""

from __future__ import annotations

from dataclasses import dataclass, replace
from typing import TYPE_CHECKING

from issuance.admission import described_well
from issuance.calendar import vietnam_date
from issuance.competence import seal_credential
from issuance.documents import IN_FORCE, CopyOf, Document, DocumentState, Draft, Intent, Original, Purpose, Revision
from issuance.entries import EntryKind
from issuance.errors import CopyRefused, DraftRefused, UnknownName
from issuance.lookup_code import draw_lookup_code, printed_lookup_code
from issuance.number_first import number_of
from issuance.ports import AuditEvent, TimelineStep
from issuance.submit import inspected
from signing.copy_form import CopyForm

if TYPE_CHECKING:
    from collections.abc import Callable
    from datetime import date, datetime
    from uuid import UUID

    from issuance.ports import Account, Blobs, Clock, Repositories, UnitOfWork
    from signing.lint import Finding
    from verification.workshop import Workshop

TYPES = {
    CopyForm.TRUE_COPY: "Bản sao y",
    CopyForm.RECOPY: "Bản sao lục",
    CopyForm.EXTRACT: "Bản trích sao",
}
"""The types under which an agency numbers its copies (Annex III), all in one series where it follows the list."""

_SCANNED = frozenset({CopyForm.TRUE_COPY, CopyForm.RECOPY})
"""An extract is set anew; the others show the paper as it is."""


@dataclass(frozen=True, slots=True)
class CopyOrder:
    """What the clerk says of a copy; ``original`` is an entry of the agency's register, or described in words."""

    form: CopyForm
    original: UUID | Original
    signatory: str
    recipients: tuple[str, ...] = ()
    issued_on: date | None = None
    external_id: str | None = None


def request_copy(  # noqa: PLR0913 - what it needs from outside is named at the call
    *,
    copy_id: UUID,
    uow: UnitOfWork,
    blobs: Blobs,
    workshop: Workshop,
    clock: Clock,
    random_bytes: Callable[[int], bytes],
    actor: Account,
    order: CopyOrder,
    pdf: bytes,
    credential: str,
    public_url: str,
) -> tuple[Document, tuple[Finding, ...]]:
    """Number the copy, record who seals it with which credential, and ask a worker to do it.

    Repeating the call with the same ``copy_id`` answers the copy that is there. Raises :class:`CopyRefused`,
    :class:`DraftRefused`, :class:`issuance.errors.MetadataInvalid`, and what numbering raises; then nothing was done.
    """
    now = clock.now()
    # 1. The names must be known and the rules must have such a copy, before anything costs time.
    with uow() as register:
        chosen = seal_credential(register, credential, actor=actor)
        chosen.certificate.demand_fit_to_sign(at=now)
        known = register.document(copy_id)
        draft = _draft(register, order, actor=actor, at=now) if known is None else known.draft
    if known is not None:
        return known, ()
    # 2. The file must be fit to be sealed, and a scan must show the paper as the decree asks for it.
    findings = inspected(pdf, workshop=workshop)
    if order.form in _SCANNED and (faults := workshop.inspect_scan(pdf)):
        raise DraftRefused(findings=faults)
    # 3. The field of the seal and the lookup code; bytes first, then the row that names them.
    code = draw_lookup_code(random_bytes)
    url = f"{public_url}/d/{code}"
    composed = workshop.compose_copy(pdf, lookup_code=printed_lookup_code(code), lookup_url=url)
    blobs.put(composed)
    copy = Document(
        id=copy_id,
        lookup_code=code,
        draft=draft,
        layout=None,
        state=DocumentState.NUMBERED,
        current=Revision.of(composed),
        created_by=actor.id,
        created_at=now,
        intent=Intent(purpose=Purpose.SEAL, actor=actor.id, credential=chosen.name, at=now),
    )
    # 4. Number, date and intent in one transaction ★, if the names and the original still are what they were.
    with uow() as register:
        if not isinstance(order.original, Original):
            register.locked_document(order.original)
        seal_credential(register, credential, actor=actor)
        _draft(register, order, actor=actor, at=now)
        return _numbered(register, copy, order.issued_on or vietnam_date(now), at=now), findings


def _numbered(register: Repositories, copy: Document, issued_on: date, *, at: datetime) -> Document:
    number = number_of(register, copy, issued_on=issued_on, at=at, actor=copy.created_by)
    copy = replace(copy, number=number, issued_on=issued_on)
    register.add_document(copy)
    register.add_revision(copy.id, copy.current)
    register.add_timeline_step(copy.id, TimelineStep(copy.state, at, copy.created_by))
    facts = {"sha256": copy.current.sha256, "number": str(number)}
    if copy.intent is not None:
        facts["credential"] = copy.intent.credential
    register.append_audit(AuditEvent(at, copy.created_by, "copy.intended", copy.id, facts))
    register.enqueue_advance(copy.id)
    return copy


def _draft(register: Repositories, order: CopyOrder, *, actor: Account, at: datetime) -> Draft:
    original = order.original if isinstance(order.original, Original) else _original(register, order, actor=actor)
    draft = Draft(
        agency=actor.agency,
        document_type=TYPES[order.form],
        subject=f"{order.form.value} {original}",
        signatory=order.signatory,
        series="",
        recipients=order.recipients,
        external_id=order.external_id,
        copy=CopyOf(form=order.form, original=original),
    )
    return described_well(register, draft, actor=actor, on=vietnam_date(at))[1]


def _original(register: Repositories, order: CopyOrder, *, actor: Account) -> Original:
    """The original as the agency's own register has it; raises :class:`UnknownName`, :class:`CopyRefused`."""
    entry = register.entry(order.original) if not isinstance(order.original, Original) else None
    agency = register.agency(actor.agency)
    if entry is None or agency is None or entry.agency != actor.agency:
        raise UnknownName(kind="document", name=str(order.original))
    document = register.document(entry.id)
    if document is None:
        _demand_not_void(register, entry.id)
    elif document.state not in IN_FORCE:
        raise CopyRefused(
            reason=f"the original is {document.state.value}",
            vi="Bản chính chưa ban hành, đã bị thu hồi hoặc đã được thay thế nên không sao được.",
        )
    electronic = entry.kind is EntryKind.DOCUMENT
    if electronic and order.form is not CopyForm.EXTRACT:
        raise CopyRefused(
            reason="an electronic document has no electronic copy but an extract",
            vi="Văn bản điện tử chỉ trích sao được sang văn bản điện tử; tệp gốc gửi đi đã là bản chính. "
            "Để sao y sang giấy, hãy in văn bản.",
        )
    if document is not None and document.draft.copy is not None:
        raise CopyRefused(
            reason="an extract is made from an original, not from a copy",
            vi="Trích sao phải lấy từ bản chính, bản gốc.",
        )
    return Original(
        document_type=entry.registered.document_type,
        number=str(entry.number),
        issued_on=entry.issued_on,
        agency=agency.name,
        entry=entry.id,
    )


def _demand_not_void(register: Repositories, entry_id: UUID) -> None:
    if register.entry_is_void(entry_id):
        raise CopyRefused(reason="the number of the original is void", vi="Số của bản chính đã bỏ nên không sao được.")
