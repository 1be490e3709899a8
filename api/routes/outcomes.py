"""Where a document leaves the main path, and what may happen to it after it was issued. Each call may be repeated."""

from __future__ import annotations

from functools import partial
from typing import TYPE_CHECKING
from uuid import UUID

from fastapi import APIRouter, Request, Response

from api.dependencies import Actor, Parts
from api.forms.documents import DocumentAnswer, PublicReasonOrder, ReasonOrder, RecallOrder, WithdrawalOrder
from api.idempotency import Ticket, take_ticket
from api.problems.descriptions import REPEATED, SIGNED_IN, problem_answers
from api.telling import answer, told
from api.wiring import Application
from issuance.afterwards import correct, recall, replace
from issuance.delivery import deliver
from issuance.ports import Account
from issuance.refusals import reject, return_for_correction, void_number, withdraw

if TYPE_CHECKING:
    from collections.abc import Callable, Mapping

    from issuance.documents import Document

router = APIRouter(prefix="/v1/documents/{document_id}", tags=["outcomes"])

_ANSWERS = problem_answers("not-found", "wrong-state", "not-competent", "metadata-invalid", *SIGNED_IN, *REPEATED)


@router.post("/return", operation_id="returnDocument", response_model=DocumentAnswer, responses=_ANSWERS)
def return_document(
    request: Request, application: Parts, actor: Actor, document_id: UUID, order: ReasonOrder
) -> Response:
    """The signatory sends the document back for correction."""
    step = _step(return_for_correction, application, actor, document_id)
    return _done(request, application, actor, document_id, order.model_dump(), lambda: step(reason=order.reason))


@router.post("/reject", operation_id="rejectDocument", response_model=DocumentAnswer, responses=_ANSWERS)
def reject_document(
    request: Request, application: Parts, actor: Actor, document_id: UUID, order: ReasonOrder
) -> Response:
    """The signatory refuses to sign, or the clerk to issue what was signed; the document ends here."""
    step = _step(reject, application, actor, document_id)
    return _done(request, application, actor, document_id, order.model_dump(), lambda: step(reason=order.reason))


@router.post("/withdraw", operation_id="withdrawDocument", response_model=DocumentAnswer, responses=_ANSWERS)
def withdraw_document(
    request: Request, application: Parts, actor: Actor, document_id: UUID, order: WithdrawalOrder | None = None
) -> Response:
    """The sender takes the document back before it is signed."""
    reason = order.reason if order else None
    step = _step(withdraw, application, actor, document_id)
    return _done(request, application, actor, document_id, {"reason": reason}, lambda: step(reason=reason))


@router.post("/void", operation_id="voidDocument", response_model=DocumentAnswer, responses=_ANSWERS)
def void_document(
    request: Request, application: Parts, actor: Actor, document_id: UUID, order: ReasonOrder
) -> Response:
    """Give a numbered document up; its number stays in the register, void, with the reason."""
    step = _step(void_number, application, actor, document_id)
    return _done(request, application, actor, document_id, order.model_dump(), lambda: step(reason=order.reason))


@router.post("/deliver", operation_id="deliverDocument", response_model=DocumentAnswer, responses=_ANSWERS)
def deliver_document(
    request: Request, application: Parts, actor: Actor, document_id: UUID, order: ReasonOrder
) -> Response:
    """The one-stop software, the portal or the clerk confirms that the result was handed over, and in which way."""
    step = _step(deliver, application, actor, document_id)
    return _done(request, application, actor, document_id, order.model_dump(), lambda: step(reason=order.reason))


@router.post("/recall", operation_id="recallDocument", response_model=DocumentAnswer, responses=_ANSWERS)
def recall_document(
    request: Request, application: Parts, actor: Actor, document_id: UUID, order: RecallOrder
) -> Response:
    """Take an issued document back; everything about it is kept, and the lookup says so."""
    step = _step(recall, application, actor, document_id)
    identity = order.model_dump(mode="json")
    return _done(request, application, actor, document_id, identity, lambda: step(reason=order.reason, by=order.by))


@router.post("/replace", operation_id="replaceDocument", response_model=DocumentAnswer, responses=_ANSWERS)
def replace_document(
    request: Request, application: Parts, actor: Actor, document_id: UUID, order: PublicReasonOrder
) -> Response:
    """Another issued document stands in its place from now on."""
    step = _step(replace, application, actor, document_id)
    identity = order.model_dump(mode="json")
    return _done(request, application, actor, document_id, identity, lambda: step(reason=order.reason, by=order.by))


@router.post("/correct", operation_id="correctDocument", response_model=DocumentAnswer, responses=_ANSWERS)
def correct_document(
    request: Request, application: Parts, actor: Actor, document_id: UUID, order: PublicReasonOrder
) -> Response:
    """An issued notice corrects a mistake of form; the document stays in force."""
    step = _step(correct, application, actor, document_id)
    identity = order.model_dump(mode="json")
    return _done(request, application, actor, document_id, identity, lambda: step(reason=order.reason, by=order.by))


def _step(
    use_case: Callable[..., Document], application: Application, actor: Account, document_id: UUID
) -> Callable[..., Document]:
    outside = application.outside
    return partial(use_case, uow=outside.uow, clock=outside.clock, actor=actor, document_id=document_id)


def _done(
    request: Request,
    application: Application,
    actor: Account,
    document_id: UUID,
    identity: Mapping[str, object],
    step: Callable[[], Document],
) -> Response:
    ticket = take_ticket(application.idempotency, request, actor, identity)
    if not isinstance(ticket, Ticket):
        return ticket
    with ticket:
        step()
        return ticket.keep(answer(told(application.outside.uow, document_id, actor=actor)))
