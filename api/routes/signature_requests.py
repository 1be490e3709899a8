"""Sign with a token that the official keeps: what is to be signed goes out, the token's answer comes back.

``docs/own-tokens.md`` tells integrators how; what is held to, and when, is in ``issuance/token_signature.py``.
"""

from __future__ import annotations

import hashlib
from collections.abc import AsyncIterator, Callable
from typing import Annotated
from uuid import UUID, uuid5

from fastapi import APIRouter, Depends, Request, Response
from fastapi.concurrency import run_in_threadpool
from pydantic import BaseModel

from api.dependencies import Actor, Guarded, Parts
from api.finishing import Prefer
from api.forms.documents import DocumentAnswer, DocumentSummary
from api.forms.signature_requests import (
    BatchAnswer,
    BatchItem,
    RequestState,
    SignatureRequestAnswer,
    SignatureRequestOrder,
    SignatureRequestsOrder,
    SignatureRequestStatus,
    ValueOrder,
    ValuesOrder,
)
from api.idempotency import Ticket, take_ticket
from api.language import preferred_language
from api.problems.descriptions import REPEATED, SIGNED_IN, problem_answers
from api.problems.error_classes import BASES
from api.problems.responses import problem_of, request_id_of
from api.telling import answer as document_response
from api.telling import read_own, told
from api.uploads.multipart import Upload, read_upload
from api.waiting import belled, settled, wait_of
from api.wiring import Application
from issuance.documents import Document
from issuance.ports import Account
from issuance.submit import MOST_BYTES
from issuance.token_answers import SignedPdf, TokenAnswer
from issuance.token_signature import file_to_sign, hand_out, handed_out, redeem

router = APIRouter(tags=["own tokens"])

_ASKED = (
    "not-found",
    "wrong-state",
    "not-competent",
    "certificate-unreadable",
    "certificate-not-enrolled",
    "certificate-unfit",
    "revocation-unavailable",
    "object-storage-unavailable",
    "sandbox-failed",
    "sandbox-busy",
    "overtaken",
)
_ANSWERED = (
    *_ASKED,
    "signature-request-redeemed",
    "signature-request-expired",
    "wrong-signature-value",
    "returned-unfit",
    "not-passed",
)
_SIGNED_FILE_FORM = {
    "requestBody": {
        "required": True,
        "content": {
            "multipart/form-data": {
                "schema": {
                    "type": "object",
                    "required": ["file"],
                    "properties": {"file": {"type": "string", "contentMediaType": "application/pdf"}},
                }
            }
        },
    }
}


@router.post(
    "/v1/documents/{document_id}/signature-requests",
    operation_id="requestTokenSignature",
    status_code=201,
    response_model=SignatureRequestAnswer,
    responses=problem_answers(*_ASKED, *SIGNED_IN, *REPEATED),
)
def request_token_signature(
    request: Request, application: Parts, actor: Actor, document_id: UUID, order: SignatureRequestOrder
) -> Response:
    """What the official's own token has to sign. Good for 15 minutes and one value."""
    ticket = take_ticket(application.idempotency, request, actor, order.model_dump(mode="json"))
    if not isinstance(ticket, Ticket):
        return ticket
    with ticket:
        made = hand_out(
            outside=application.outside,
            actor=actor,
            document_id=document_id,
            certificate=order.signing_certificate(),
            request_id=ticket.effect,
        )
        return ticket.keep(_json(SignatureRequestAnswer.of(made, state=RequestState.PREPARED), status=201))


@router.post(
    "/v1/signature-requests",
    operation_id="requestTokenSignatures",
    response_model=BatchAnswer,
    responses=problem_answers("certificate-unreadable", *SIGNED_IN, *REPEATED),
)
def request_token_signatures(
    request: Request, application: Parts, actor: Actor, order: SignatureRequestsOrder
) -> Response:
    """The same for several documents at once; each has its own request, or its own problem."""
    ticket = take_ticket(application.idempotency, request, actor, order.model_dump(mode="json"))
    if not isinstance(ticket, Ticket):
        return ticket
    certificate = order.signing_certificate()

    def one(document_id: UUID) -> BatchItem:
        made = hand_out(
            outside=application.outside,
            actor=actor,
            document_id=document_id,
            certificate=certificate,
            request_id=uuid5(ticket.effect, str(document_id)),
        )
        return BatchItem(id=document_id, request=SignatureRequestAnswer.of(made, state=RequestState.PREPARED))

    with ticket:
        items = tuple(_tried(request, document_id, one) for document_id in order.documents)
        return ticket.keep(_json(BatchAnswer(items=items)))


@router.get(
    "/v1/signature-requests/{request_id}",
    operation_id="readSignatureRequest",
    response_model=SignatureRequestStatus,
    responses=problem_answers("not-found", "not-competent", *SIGNED_IN),
)
def read_signature_request(application: Parts, actor: Actor, request_id: UUID) -> Response:
    """Whether the request still waits, and what has become of its document."""
    outside = application.outside
    found, document = handed_out(outside=outside, actor=actor, request_id=request_id)
    return _json(SignatureRequestStatus.of(found, document, at=outside.clock.now()))


@router.get(
    "/v1/signature-requests/{request_id}/file",
    operation_id="readFileToSign",
    response_class=Response,
    responses=problem_answers("not-found", "not-competent", "object-storage-unavailable", *SIGNED_IN)
    | {200: {"content": {"application/pdf": {}}}},
)
def read_file_to_sign(application: Parts, actor: Actor, request_id: UUID) -> Response:
    """The file for programs that sign whole files; what they send back must begin with exactly these bytes."""
    pdf = file_to_sign(outside=application.outside, actor=actor, request_id=request_id)
    headers = {
        "Content-Disposition": 'attachment; filename="document.pdf"',
        "ETag": f'"{hashlib.sha256(pdf).hexdigest()}"',
        "Cache-Control": "no-store",
    }
    return Response(pdf, media_type="application/pdf", headers=headers)


@router.post(
    "/v1/signature-requests/values",
    operation_id="redeemSignatureRequests",
    response_model=BatchAnswer,
    responses=problem_answers(*SIGNED_IN, *REPEATED),
)
def redeem_signature_requests(request: Request, application: Parts, actor: Actor, order: ValuesOrder) -> Response:
    """The token's answers for several requests; workers then go on, each document by itself."""
    ticket = take_ticket(application.idempotency, request, actor, order.model_dump(mode="json"))
    if not isinstance(ticket, Ticket):
        return ticket
    answers = {one.id: one.answer() for one in order.values}

    def one(request_id: UUID) -> BatchItem:
        document = redeem(
            outside=application.outside,
            actor=actor,
            request_id=request_id,
            answer=answers[request_id],
            answer_id=uuid5(ticket.effect, str(request_id)),
        )
        return BatchItem(id=request_id, document=DocumentSummary.of(document))

    with ticket:
        items = tuple(_tried(request, request_id, one) for request_id in answers)
        return ticket.keep(_json(BatchAnswer(items=items)))


@router.post(
    "/v1/signature-requests/{request_id}/value",
    operation_id="redeemSignatureRequest",
    response_model=DocumentAnswer,
    responses=problem_answers(*_ANSWERED, *SIGNED_IN, *REPEATED),
)
async def redeem_signature_request(
    request: Request,
    application: Parts,
    actor: Actor,
    request_id: UUID,
    order: ValueOrder,
    prefer: Prefer = None,
) -> Response:
    """The token's answer, accepted once; the document as it stands when its worker is done, or `wait` is over."""
    ticket = await run_in_threadpool(
        take_ticket, application.idempotency, request, actor, order.model_dump(mode="json")
    )
    if not isinstance(ticket, Ticket):
        return ticket
    async with ticket:
        return await _accepted(application, actor, request_id, order.answer(), ticket, seconds=wait_of(prefer))


async def _signed_upload(request: Request, _: Actor, guards: Guarded) -> AsyncIterator[Upload]:
    """The signed file; the account was checked before a byte of it is read."""
    with guards.drafts.lease() as lease:
        yield await read_upload(request, most_bytes=MOST_BYTES + _LARGEST_SIGNATURE, lease=lease)


_LARGEST_SIGNATURE = 4 * 1024 * 1024  # pictures and typefaces of other programs


@router.post(
    "/v1/signature-requests/{request_id}/file",
    operation_id="redeemWithSignedFile",
    response_model=DocumentAnswer,
    responses=problem_answers(
        *_ANSWERED,
        "revision-broken",
        "document-unfit",
        "file-too-large",
        "media-type-unsupported",
        "busy",
        *SIGNED_IN,
        *REPEATED,
    ),
    openapi_extra=_SIGNED_FILE_FORM,
)
async def redeem_with_signed_file(
    request: Request,
    application: Parts,
    actor: Actor,
    request_id: UUID,
    upload: Annotated[Upload, Depends(_signed_upload)],
    prefer: Prefer = None,
) -> Response:
    """The whole file, signed by a program that does so; of it we keep the one revision that it may add."""
    ticket = await run_in_threadpool(take_ticket, application.idempotency, request, actor, {"file": upload.sha256})
    if not isinstance(ticket, Ticket):
        return ticket
    async with ticket:
        signed = SignedPdf(upload.file)
        return await _accepted(application, actor, request_id, signed, ticket, seconds=wait_of(prefer))


async def _accepted(
    application: Application, actor: Account, request_id: UUID, given: TokenAnswer, ticket: Ticket, *, seconds: float
) -> Response:
    """200 in any case: the answer was taken, and nothing is left for the caller to repeat."""
    uow = application.outside.uow

    def take() -> Document:
        return redeem(
            outside=application.outside, actor=actor, request_id=request_id, answer=given, answer_id=ticket.effect
        )

    document = await run_in_threadpool(take)

    async def read() -> Document:
        return await run_in_threadpool(read_own, uow, document.id, actor=actor)

    with belled(application.announcements, document.id) as bell:
        bell.ring()  # the worker may have been done before the bell hung
        await settled(document, read=read, bell=bell, seconds=seconds)
    return await run_in_threadpool(lambda: ticket.keep(document_response(told(uow, document.id, actor=actor))))


def _tried(request: Request, name: UUID, act: Callable[[UUID], BatchItem]) -> BatchItem:
    """The item, or its problem; what is no error of ours stops the whole call."""
    try:
        return act(name)
    except BASES as error:
        language = preferred_language(request.headers.get("accept-language"))
        problem = problem_of(error).document(language=language, request_id=request_id_of(request))
        return BatchItem(id=name, problem=problem)


def _json(body: BaseModel, *, status: int = 200) -> Response:
    return Response(
        body.model_dump_json(), status_code=status, media_type="application/json", headers={"Cache-Control": "no-store"}
    )
