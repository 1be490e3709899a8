"""Paper: a document with a sheet that leads to its present state, and paper copies with the block of the decree."""

from __future__ import annotations

from uuid import UUID

from fastapi import APIRouter, Request, Response

from api.dependencies import Actor, Parts
from api.forms.copies import PaperCopyAnswer, PaperCopyForm
from api.idempotency import Ticket, take_ticket
from api.prints.sheet import copy_sheet, lookup_sheet
from api.problems.descriptions import REPEATED, SIGNED_IN, problem_answers
from api.public_facts import public_facts
from api.ranges import attachment
from api.telling import own
from issuance.documents import PUBLISHED
from issuance.errors import UnknownName, WrongState
from issuance.paper_copies import request_paper_copy

router = APIRouter(prefix="/v1/documents/{document_id}", tags=["copies"])

_PDF = {"content": {"application/pdf": {"schema": {"type": "string", "contentMediaType": "application/pdf"}}}}
_PRINTED: dict[int | str, dict[str, object]] = {200: {"description": "Pages for a printer.", **_PDF}}
_PROBLEMS = (
    "not-found",
    "wrong-state",
    "document-unfit",
    "sandbox-failed",
    "sandbox-busy",
    "object-storage-unavailable",
)


@router.get(
    "/print",
    operation_id="printDocument",
    response_class=Response,
    responses=_PRINTED | problem_answers(*_PROBLEMS, *SIGNED_IN),
)
def print_document(application: Parts, actor: Actor, document_id: UUID) -> Response:
    """An issued document for paper, with its signatures drawn in and a sheet that leads to its present state."""
    outside = application.outside
    with outside.uow() as register:
        document = own(register.document(document_id), actor=actor, document_id=document_id)
        if document.state not in PUBLISHED:
            raise WrongState(state=document.state.value, step="print")
        facts = public_facts(register, document)
    sheet = lookup_sheet(facts, public_url=application.settings.public_url, printed_at=outside.clock.now())
    pages = outside.workshop.print_out(outside.blobs.get(document.current.sha256), sheet=sheet)
    return _paper(pages, name=f"{document.number}-ban-in.pdf")


@router.post(
    "/paper-copies",
    operation_id="numberPaperCopy",
    status_code=201,
    response_model=PaperCopyAnswer,
    responses=problem_answers(
        "not-found", "not-competent", "metadata-invalid", "copy-refused", "date-invalid", *SIGNED_IN, *REPEATED
    ),
)
def number_paper_copy(
    request: Request, application: Parts, actor: Actor, document_id: UUID, order: PaperCopyForm
) -> Response:
    """Take a number for a paper copy of a document; it is printed, signed and sealed by hand."""
    ticket = take_ticket(application.idempotency, request, actor, order.model_dump(mode="json"))
    if not isinstance(ticket, Ticket):
        return ticket
    outside = application.outside
    with ticket:
        copy = request_paper_copy(
            copy_id=ticket.effect,
            uow=outside.uow,
            clock=outside.clock,
            actor=actor,
            document_id=document_id,
            order=order.order(),
        )
        headers = {"Location": f"{request.url.path}/{copy.id}/print", "Cache-Control": "no-store"}
        told = PaperCopyAnswer.of(copy).model_dump_json()
        return ticket.keep(Response(told, status_code=201, media_type="application/json", headers=headers))


@router.get(
    "/paper-copies/{copy_id}/print",
    operation_id="printPaperCopy",
    response_class=Response,
    responses=_PRINTED | problem_answers(*_PROBLEMS, *SIGNED_IN),
)
def print_paper_copy(application: Parts, actor: Actor, document_id: UUID, copy_id: UUID) -> Response:
    """The original's pages, and behind them the block of the copy."""
    outside = application.outside
    with outside.uow() as register:
        document = own(register.document(document_id), actor=actor, document_id=document_id)
        copy = register.paper_copy(copy_id)
        agency = register.agency(document.draft.agency)
        void = register.entry_is_void(copy_id)
    if copy is None or copy.document_id != document_id or agency is None:
        raise UnknownName(kind="paper copy", name=str(copy_id))
    if void:
        raise WrongState(state="voided", step="print")
    sheet = copy_sheet(
        copy,
        agency=agency,
        code=document.lookup_code,
        public_url=application.settings.public_url,
        printed_at=outside.clock.now(),
    )
    pages = outside.workshop.print_out(outside.blobs.get(document.current.sha256), sheet=sheet)
    return _paper(pages, name=f"{copy.number}.pdf")


def _paper(pages: bytes, *, name: str) -> Response:
    headers = {"Cache-Control": "no-store", "Content-Disposition": attachment(name.replace("/", "-"))}
    return Response(pages, media_type="application/pdf", headers=headers)
