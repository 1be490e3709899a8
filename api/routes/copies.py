"""Copies that the agency makes itself: from a paper's scan, or an extract; numbered and sealed at once."""

from __future__ import annotations

import secrets
from collections.abc import AsyncIterator
from typing import Annotated
from uuid import UUID

from fastapi import APIRouter, Depends, Request, Response
from fastapi.concurrency import run_in_threadpool

from api.callers.guards import Guards
from api.dependencies import Actor, Guarded, Parts
from api.errors import RequestInvalid
from api.finishing import UNDER_WAY, WITH_A_KEY, Prefer, finished
from api.forms.copies import CopyMetadata, OutsideCopyMetadata
from api.forms.documents import CopiesAnswer, DocumentAnswer, DocumentSummary
from api.idempotency import Ticket, take_ticket
from api.problems.descriptions import REPEATED, SIGNED_IN, problem_answers
from api.uploads.json_part import described
from api.uploads.multipart import Upload, read_upload
from api.waiting import wait_of
from api.wiring import Application
from issuance.copies import request_copy
from issuance.documents import Document, Original
from issuance.errors import UnknownName
from issuance.ports import Account
from issuance.submit import MOST_BYTES

router = APIRouter(tags=["copies"])

_PROBLEMS = problem_answers(
    "file-too-large",
    "media-type-unsupported",
    "busy",
    "not-found",
    "not-competent",
    "metadata-invalid",
    "draft-refused",
    "copy-refused",
    "document-unfit",
    "no-place",
    "date-invalid",
    "sandbox-failed",
    "sandbox-busy",
    *WITH_A_KEY,
    *SIGNED_IN,
    *REPEATED,
)


def _form(metadata: type[CopyMetadata]) -> dict[str, object]:
    properties = {
        "file": {"type": "string", "contentMediaType": "application/pdf"},
        "metadata": {"$ref": f"#/components/schemas/{metadata.__name__}"},
    }
    schema = {"type": "object", "required": ["file", "metadata"], "properties": properties}
    content = {"schema": schema, "encoding": {"metadata": {"contentType": "application/json"}}}
    return {"requestBody": {"required": True, "content": {"multipart/form-data": content}}}


async def _file(request: Request, _: Actor, guards: Guarded) -> AsyncIterator[Upload]:
    with guards.drafts.lease() as lease:
        yield await read_upload(request, most_bytes=MOST_BYTES, lease=lease)


async def _metadata(upload: Annotated[Upload, Depends(_file)]) -> CopyMetadata:
    return described(CopyMetadata, _text(upload), part="metadata")


async def _outside_metadata(upload: Annotated[Upload, Depends(_file)]) -> OutsideCopyMetadata:
    return described(OutsideCopyMetadata, _text(upload), part="metadata")


def _text(upload: Upload) -> str:
    text = upload.fields.get("metadata")
    if text is None:
        raise RequestInvalid(problems={"metadata": "is missing: send the description as JSON in a part of this name"})
    return text


@router.post(
    "/v1/documents/{document_id}/copies",
    operation_id="copyDocument",
    status_code=201,
    response_model=DocumentAnswer,
    responses=UNDER_WAY | _PROBLEMS,
    openapi_extra=_form(CopyMetadata),
)
async def copy_document(
    request: Request,
    application: Parts,
    guards: Guarded,
    actor: Actor,
    document_id: UUID,
    upload: Annotated[Upload, Depends(_file)],
    metadata: Annotated[CopyMetadata, Depends(_metadata)],
    prefer: Prefer = None,
) -> Response:
    """A copy of a paper that has a number in the register, or an extract of a document; `document_id` names either."""
    return await _copied(request, application, guards, actor, upload, metadata, document_id, seconds=wait_of(prefer))


@router.post(
    "/v1/copies",
    operation_id="copyPaper",
    status_code=201,
    response_model=DocumentAnswer,
    responses=UNDER_WAY | _PROBLEMS,
    openapi_extra=_form(OutsideCopyMetadata),
)
async def copy_paper(
    request: Request,
    application: Parts,
    guards: Guarded,
    actor: Actor,
    upload: Annotated[Upload, Depends(_file)],
    metadata: Annotated[OutsideCopyMetadata, Depends(_outside_metadata)],
    prefer: Prefer = None,
) -> Response:
    """A copy of a paper that others issued, from its scan."""
    original = metadata.original.original()
    return await _copied(request, application, guards, actor, upload, metadata, original, seconds=wait_of(prefer))


@router.get(
    "/v1/documents/{document_id}/copies",
    operation_id="listCopies",
    response_model=CopiesAnswer,
    responses=problem_answers("not-found", *SIGNED_IN),
)
def list_copies(application: Parts, actor: Actor, document_id: UUID) -> CopiesAnswer:
    """The copies that the agency made of a document or paper of its register."""
    with application.outside.uow() as register:
        entry = register.entry(document_id)
        if entry is None or entry.agency != actor.agency:
            raise UnknownName(kind="document", name=str(document_id))
        found = register.copies_of(document_id)
    return CopiesAnswer(items=tuple(DocumentSummary.of(one) for one in found))


async def _copied(
    request: Request,
    application: Application,
    guards: Guards,
    actor: Account,
    upload: Upload,
    metadata: CopyMetadata,
    original: UUID | Original,
    *,
    seconds: float,
) -> Response:
    identity = {"file": upload.sha256, "metadata": metadata.model_dump(mode="json", exclude={"activation"})}
    ticket = await run_in_threadpool(take_ticket, application.idempotency, request, actor, identity)
    if not isinstance(ticket, Ticket):
        return ticket
    outside = application.outside

    def begin() -> Document:
        guards.activation.demand(
            uow=outside.uow,
            tries=application.tries,
            actor=actor,
            credential=metadata.credential,
            activation=metadata.activation.get_secret_value() if metadata.activation else None,
        )
        copy, _ = request_copy(
            copy_id=ticket.effect,
            uow=outside.uow,
            blobs=outside.blobs,
            workshop=outside.workshop,
            clock=outside.clock,
            random_bytes=secrets.token_bytes,
            actor=actor,
            order=metadata.order(original),
            pdf=upload.file,
            credential=metadata.credential,
            public_url=application.settings.public_url,
        )
        return copy

    async with ticket:
        return await finished(request, application, actor, ticket.effect, ticket, begin, seconds=seconds, status=201)
