"""Paper copies of electronic documents: numbered here, printed with the decree's block, signed and sealed by hand.

Decree 30/2020, art. 25.1.b and Annex I, Part II, II. The original is a document of this register that is in force; a
re-copy is made from a true copy that the agency issued.
"""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING

from issuance.calendar import vietnam_date
from issuance.competence import demand_role, open_signatory, own_document
from issuance.copies import TYPES
from issuance.documents import IN_FORCE, Original
from issuance.entries import EntryKind, Registered
from issuance.errors import CopyRefused, MetadataInvalid, UnknownName
from issuance.numbering import take_number
from issuance.ports import AuditEvent, Role
from signing.copy_form import CopyForm

if TYPE_CHECKING:
    from datetime import date
    from uuid import UUID

    from issuance.documents import Document
    from issuance.numbers import DocumentNumber
    from issuance.ports import Account, Clock, Repositories, UnitOfWork


@dataclass(frozen=True, slots=True)
class PaperCopy:
    """A number that was taken for a paper copy; ``authority`` is what stands above the hand's signature."""

    id: UUID
    document_id: UUID
    form: CopyForm
    original: Original
    authority: tuple[str, ...]
    number: DocumentNumber
    issued_on: date
    signer: str
    recipients: tuple[str, ...]


@dataclass(frozen=True, slots=True)
class PaperCopyOrder:
    """What the clerk says of it; ``count`` is how many are printed."""

    form: CopyForm
    signatory: str
    authority: tuple[str, ...] = ()
    recipients: tuple[str, ...] = ()
    count: int | None = None
    issued_on: date | None = None


def request_paper_copy(
    *, copy_id: UUID, uow: UnitOfWork, clock: Clock, actor: Account, document_id: UUID, order: PaperCopyOrder
) -> PaperCopy:
    """Take a number of the copies' series; repeating the call with the same ``copy_id`` answers the same one.

    Raises :class:`CopyRefused`, :class:`MetadataInvalid`, and what numbering raises.
    """
    demand_role(actor, Role.CLERK)
    now = clock.now()
    with uow() as register:
        document = own_document(register, document_id, actor=actor)
        known = register.paper_copy(copy_id)
        if known is not None:
            return known
        _demand_copyable(document, order.form)
        signatory = _signatory(register, order.signatory, agency=actor.agency)
        rule = register.numbering_rule(agency=actor.agency, document_type=TYPES[order.form])
        if rule is None:
            raise MetadataInvalid(problems={"form": f"the agency numbers no {TYPES[order.form]!r}"})
        original = original_of(register, document)
        issued_on = order.issued_on or vietnam_date(now)
        number = take_number(
            register,
            entry_id=copy_id,
            agency=actor.agency,
            series=rule.series,
            issued_on=issued_on,
            kind=EntryKind.PAPER,
            registered=Registered(
                document_type=TYPES[order.form],
                subject=f"{order.form.value} {original}",
                signer=signatory.full_name,
                recipients=order.recipients,
                copies=order.count,
            ),
            at=now,
            actor=actor.id,
        )
        copy = PaperCopy(
            id=copy_id,
            document_id=document_id,
            form=order.form,
            original=original,
            authority=order.authority or (signatory.position or "",),
            number=number,
            issued_on=issued_on,
            signer=signatory.full_name,
            recipients=order.recipients,
        )
        register.add_paper_copy(copy)
        facts = {"entry": str(copy_id), "number": str(number)}
        register.append_audit(AuditEvent(now, actor.id, "copy.numbered", document_id, facts))
    return copy


def original_of(register: Repositories, document: Document) -> Original:
    """The document as a copy names it."""
    agency = register.agency(document.draft.agency)
    if agency is None or document.number is None or document.issued_on is None:
        raise UnknownName(kind="document", name=str(document.id))
    return Original(
        document_type=document.draft.document_type,
        number=str(document.number),
        issued_on=document.issued_on,
        agency=agency.name,
        entry=document.id,
    )


def _demand_copyable(document: Document, form: CopyForm) -> None:
    if document.state not in IN_FORCE:
        raise CopyRefused(
            reason=f"the original is {document.state.value}",
            vi="Bản chính chưa ban hành, đã bị thu hồi hoặc đã được thay thế nên không sao được.",
        )
    copied = document.draft.copy
    if (form, copied and copied.form) not in _KNOWN:
        raise CopyRefused(
            reason="on paper there are true copies of originals and re-copies of true copies",
            vi="Sao y ra giấy phải từ bản chính; sao lục ra giấy phải từ bản sao y; trích sao thì gửi tệp trích sao.",
        )


_KNOWN = {(CopyForm.TRUE_COPY, None), (CopyForm.RECOPY, CopyForm.TRUE_COPY)}


def _signatory(register: Repositories, name: str, *, agency: str) -> Account:
    found = open_signatory(register, name)
    if found is None or found.agency != agency:
        raise MetadataInvalid(problems={"signatory": "is not a signatory of the agency"})
    return found
