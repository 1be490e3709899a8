"""The steps of a document: submit, sign, issue. Each may be repeated; the work itself is done by a worker."""

from __future__ import annotations

from uuid import UUID

from fastapi import APIRouter, Request, Response
from fastapi.concurrency import run_in_threadpool

from api.dependencies import Actor, Guarded, Parts
from api.finishing import UNDER_WAY, WITH_A_KEY, Prefer, finished
from api.forms.documents import DocumentAnswer, IssueOrder, NumberOrder, SignatureOrder
from api.idempotency import Ticket, take_ticket
from api.problems.descriptions import REPEATED, SIGNED_IN, problem_answers
from api.telling import answer, told_of
from api.waiting import wait_of
from issuance.documents import Document
from issuance.issue import request_issue
from issuance.number_first import request_number
from issuance.sign import request_signature
from issuance.submit import submit

router = APIRouter(prefix="/v1/documents/{document_id}", tags=["steps"])

_STEP = ("not-found", "wrong-state", "not-competent", *SIGNED_IN, *REPEATED)


@router.post(
    "/submit",
    operation_id="submitDocument",
    response_model=DocumentAnswer,
    responses=problem_answers(*_STEP),
)
def submit_document(request: Request, application: Parts, actor: Actor, document_id: UUID) -> Response:
    """Hand the draft to its signatory."""
    ticket = take_ticket(application.idempotency, request, actor, {})
    if not isinstance(ticket, Ticket):
        return ticket
    uow = application.outside.uow
    with ticket:
        submitted = submit(uow=uow, clock=application.outside.clock, actor=actor, document_id=document_id)
        return ticket.keep(answer(told_of(uow, submitted)))


@router.post(
    "/signature",
    operation_id="signDocument",
    response_model=DocumentAnswer,
    responses=UNDER_WAY | problem_answers(*_STEP, *WITH_A_KEY),
)
async def sign_document(
    request: Request,
    application: Parts,
    guards: Guarded,
    actor: Actor,
    document_id: UUID,
    order: SignatureOrder,
    prefer: Prefer = None,
) -> Response:
    """Sign with the signatory's own key, which the server holds and the signatory activates for this one use."""

    def begin() -> Document:
        guards.activation.demand(
            uow=application.outside.uow,
            tries=application.tries,
            actor=actor,
            credential=order.credential,
            activation=order.activation.get_secret_value(),
        )
        return request_signature(
            uow=application.outside.uow,
            clock=application.outside.clock,
            actor=actor,
            document_id=document_id,
            credential=order.credential,
        )

    ticket = await run_in_threadpool(
        take_ticket, application.idempotency, request, actor, {"credential": order.credential}
    )
    if not isinstance(ticket, Ticket):
        return ticket
    async with ticket:
        return await finished(request, application, actor, document_id, ticket, begin, seconds=wait_of(prefer))


@router.post(
    "/number",
    operation_id="numberDocument",
    response_model=DocumentAnswer,
    responses=problem_answers(*_STEP, "date-invalid"),
)
def number_document(
    request: Request, application: Parts, actor: Actor, document_id: UUID, order: NumberOrder | None = None
) -> Response:
    """Number a submitted document before its official signs it, where its type asks for that order."""
    issued_on = order.issued_on if order else None
    ticket = take_ticket(application.idempotency, request, actor, {"issued_on": str(issued_on)})
    if not isinstance(ticket, Ticket):
        return ticket
    uow, clock = application.outside.uow, application.outside.clock
    with ticket:
        numbered = request_number(uow=uow, clock=clock, actor=actor, document_id=document_id, issued_on=issued_on)
        return ticket.keep(answer(told_of(uow, numbered)))


@router.post(
    "/issue",
    operation_id="issueDocument",
    response_model=DocumentAnswer,
    responses=UNDER_WAY | problem_answers(*_STEP, *WITH_A_KEY, "date-invalid"),
)
async def issue_document(
    request: Request,
    application: Parts,
    guards: Guarded,
    actor: Actor,
    document_id: UUID,
    order: IssueOrder,
    prefer: Prefer = None,
) -> Response:
    """Number and date the document, seal it, raise it to B-LTA (at once, unless set up otherwise), validate, issue."""

    def begin() -> Document:
        guards.activation.demand(
            uow=application.outside.uow,
            tries=application.tries,
            actor=actor,
            credential=order.credential,
            activation=order.activation.get_secret_value() if order.activation else None,
        )
        return request_issue(
            uow=application.outside.uow,
            clock=application.outside.clock,
            actor=actor,
            document_id=document_id,
            credential=order.credential,
            issued_on=order.issued_on,
        )

    identity = order.model_dump(mode="json", exclude={"activation"})
    ticket = await run_in_threadpool(take_ticket, application.idempotency, request, actor, identity)
    if not isinstance(ticket, Ticket):
        return ticket
    async with ticket:
        return await finished(request, application, actor, document_id, ticket, begin, seconds=wait_of(prefer))
