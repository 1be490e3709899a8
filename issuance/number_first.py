"""Give a submitted document its number and date before the official signs, where its type asks for that order.

The official's signature then covers both, and the seal adds nothing but itself (Decree 30/2020, art. 14 and 15.3, leave
the order open for electronic documents). A number taken so stays with its document when it is returned for correction;
a document that is rejected or withdrawn leaves it void, with the reason.
"""

from __future__ import annotations

from dataclasses import replace
from typing import TYPE_CHECKING

from issuance.calendar import vietnam_date
from issuance.competence import demand_open_signers, demand_role, own_document
from issuance.document_types import NumberingOrder
from issuance.documents import DocumentState
from issuance.entries import EntryKind, Registered
from issuance.errors import WrongState
from issuance.numbering import take_number
from issuance.ports import AuditEvent, Role

if TYPE_CHECKING:
    from datetime import date, datetime
    from uuid import UUID

    from issuance.documents import Document
    from issuance.numbers import DocumentNumber
    from issuance.ports import Account, Clock, Repositories, UnitOfWork


def request_number(
    *, uow: UnitOfWork, clock: Clock, actor: Account, document_id: UUID, issued_on: date | None
) -> Document:
    """The clerk numbers a submitted document whose type asks for it; repeating the call answers the same number.

    Raises :class:`WrongState` for one that is numbered after its signature, :class:`NotCompetent` where one who is to
    sign has a closed account, and what :func:`issuance.numbering.take_number` raises.
    """
    now = clock.now()
    with uow() as register:
        demand_role(actor, Role.CLERK)
        document = own_document(register, document_id, actor=actor)
        if document.number is not None:
            return document
        if document.draft.order is not NumberingOrder.NUMBER_FIRST or document.state is not DocumentState.SUBMITTED:
            raise WrongState(state=document.state.value, step="number")
        demand_open_signers(register, document)
        day = issued_on or vietnam_date(now)
        number = number_of(register, document, issued_on=day, at=now, actor=actor.id)
        document = replace(document, number=number, issued_on=day)
        register.save_document(document)
        facts = {"number": str(number)}
        register.append_audit(AuditEvent(now, actor.id, "document.numbered_first", document.id, facts))
    return document


def number_of(
    register: Repositories, document: Document, *, issued_on: date, at: datetime, actor: str
) -> DocumentNumber:
    """The next number of the document's series, registered in its words; the series row stays locked."""
    draft = document.draft
    signatory = register.account(draft.signatory)
    return take_number(
        register,
        entry_id=document.id,
        agency=draft.agency,
        series=draft.series,
        issued_on=issued_on,
        kind=EntryKind.DOCUMENT,
        registered=Registered(
            document_type=draft.document_type,
            subject=draft.subject,
            signer=signatory.full_name if signatory else draft.signatory,
            recipients=draft.recipients,
        ),
        at=at,
        actor=actor,
        unit=draft.drafting_unit,
    )
