"""Files that go out with a document: added to the draft, read, taken away again before it is submitted."""

from __future__ import annotations

from collections.abc import AsyncIterator
from typing import Annotated
from uuid import UUID

from fastapi import APIRouter, Depends, Request, Response
from pydantic import BaseModel, ConfigDict, ValidationError

from api.dependencies import Actor, Guarded, Parts
from api.errors import RequestInvalid
from api.forms.attachments import AttachedAnswer, AttachmentAnswer, AttachmentsAnswer
from api.forms.plain_text import Line
from api.idempotency import Ticket, take_ticket
from api.problems.descriptions import REPEATED, SIGNED_IN, problem_answers
from api.ranges import file_response
from api.telling import own
from api.uploads.multipart import Upload, read_upload
from api.uploads.office import OFFICE_TOO, taken
from issuance.attachments import attach, attachment_of, detach
from issuance.submit import MOST_BYTES

router = APIRouter(prefix="/v1/documents/{document_id}/attachments", tags=["attachments"])

_PDF = {"content": {"application/pdf": {"schema": {"type": "string", "contentMediaType": "application/pdf"}}}}
_FORM = {
    "requestBody": {
        "required": True,
        "content": {
            "multipart/form-data": {
                "schema": {
                    "type": "object",
                    "required": ["file", "title"],
                    "properties": {
                        "file": {"type": "string", "contentMediaType": "application/pdf", "description": OFFICE_TOO},
                        "title": {"type": "string", "examples": ["Phụ lục I"]},
                    },
                }
            }
        },
    }
}


class _Title(BaseModel):
    """The text part of the form."""

    model_config = ConfigDict(frozen=True)

    title: Line


async def _file(request: Request, _: Actor, guards: Guarded) -> AsyncIterator[Upload]:
    with guards.drafts.lease() as lease:
        yield await read_upload(request, most_bytes=MOST_BYTES, lease=lease)


async def _title(upload: Annotated[Upload, Depends(_file)]) -> str:
    try:
        return _Title(title=upload.fields.get("title", "")).title
    except ValidationError as error:
        raise RequestInvalid(problems={"title": "must say in one line what the file is"}) from error


@router.post(
    "",
    operation_id="attachFile",
    status_code=201,
    response_model=AttachedAnswer,
    responses=problem_answers(
        "file-too-large",
        "media-type-unsupported",
        "busy",
        "not-found",
        "wrong-state",
        "not-competent",
        "metadata-invalid",
        "draft-refused",
        "document-unfit",
        "no-place",
        "sandbox-failed",
        "sandbox-busy",
        "office-unreadable",
        "object-storage-unavailable",
        *SIGNED_IN,
        *REPEATED,
    ),
    openapi_extra=_FORM,
)
def attach_file(
    request: Request,
    application: Parts,
    actor: Actor,
    document_id: UUID,
    upload: Annotated[Upload, Depends(_file)],
    title: Annotated[str, Depends(_title)],
) -> Response:
    """Add a file of its own to a draft; when the clerk issues the document, the agency seals the file with it."""
    ticket = take_ticket(application.idempotency, request, actor, {"file": upload.sha256, "title": title})
    if not isinstance(ticket, Ticket):
        return ticket
    outside = application.outside
    with ticket:
        file = taken(application.office, upload)
        added, findings = attach(
            attachment_id=ticket.effect,
            uow=outside.uow,
            blobs=outside.blobs,
            workshop=outside.workshop,
            clock=outside.clock,
            actor=actor,
            document_id=document_id,
            title=title,
            pdf=file.pdf,
            converted_from=file.converted_from,
        )
        told = AttachedAnswer.with_findings(added, file.findings + findings).model_dump_json()
        headers = {"Location": f"{request.url.path}/{added.id}/file", "Cache-Control": "no-store"}
        return ticket.keep(Response(told, status_code=201, media_type="application/json", headers=headers))


@router.get(
    "",
    operation_id="listAttachments",
    response_model=AttachmentsAnswer,
    responses=problem_answers("not-found", *SIGNED_IN),
)
def list_attachments(application: Parts, actor: Actor, document_id: UUID) -> AttachmentsAnswer:
    """The files that go out with the document, and whether they are sealed."""
    with application.outside.uow() as register:
        own(register.document(document_id), actor=actor, document_id=document_id)
        found = register.attachments(document_id)
    return AttachmentsAnswer(items=tuple(AttachmentAnswer.of(one) for one in found))


@router.get(
    "/{attachment_id}/file",
    operation_id="readAttachmentFile",
    response_class=Response,
    responses={
        200: {"description": "The PDF; `ETag`, `Repr-Digest` and `Digest` are its SHA-256.", **_PDF},
        206: {"description": "The bytes that `Range` asked for.", **_PDF},
        304: {"description": "The client has these bytes."},
        **problem_answers("not-found", "range-unsatisfiable", "object-storage-unavailable", *SIGNED_IN),
    },
)
def read_attachment_file(
    request: Request, application: Parts, actor: Actor, document_id: UUID, attachment_id: UUID
) -> Response:
    """The sealed file, or the one that was sent in while there is no sealed one."""
    with application.outside.uow() as register:
        document = own(register.document(document_id), actor=actor, document_id=document_id)
        found = attachment_of(register, document, attachment_id)
    content = application.outside.blobs.get(found.current.sha256)
    name = f"{document.number or document.lookup_code}-{found.place:02d}.pdf".replace("/", "-")
    return file_response(request, content, sha256=found.current.sha256, name=name)


@router.post(
    "/{attachment_id}/remove",
    operation_id="detachFile",
    status_code=204,
    response_class=Response,
    responses=problem_answers("not-found", "wrong-state", "not-competent", *SIGNED_IN, *REPEATED),
)
def detach_file(request: Request, application: Parts, actor: Actor, document_id: UUID, attachment_id: UUID) -> Response:
    """Take a file away from a draft."""
    ticket = take_ticket(application.idempotency, request, actor, {})
    if not isinstance(ticket, Ticket):
        return ticket
    outside = application.outside
    with ticket:
        detach(uow=outside.uow, clock=outside.clock, actor=actor, document_id=document_id, attachment_id=attachment_id)
        return ticket.keep(Response(status_code=204))
