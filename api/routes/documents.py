"""Take drafts in, list and read documents."""

from __future__ import annotations

import base64
import binascii
import secrets
from collections.abc import AsyncIterator
from typing import Annotated
from uuid import UUID

from fastapi import APIRouter, Depends, Query, Request, Response
from pydantic import AwareDatetime

from api.dependencies import Actor, Guarded, Parts
from api.errors import RequestInvalid
from api.forms.documents import CreatedAnswer, DocumentAnswer, DocumentPage, DocumentSummary, LayoutForm, MetadataForm
from api.forms.plain_text import Name
from api.idempotency import Ticket, take_ticket
from api.problems.descriptions import REPEATED, SIGNED_IN, problem_answers
from api.telling import answer, told, told_new
from api.uploads.json_part import described
from api.uploads.multipart import Upload, read_upload
from api.uploads.office import OFFICE_TOO, taken
from issuance.documents import DocumentState
from issuance.errors import UnknownName
from issuance.revise import revise
from issuance.submit import MOST_BYTES, create_draft

router = APIRouter(tags=["documents"])

_LARGEST_PAGE = 200
_REFUSED_DRAFTS = (
    "file-too-large",
    "media-type-unsupported",
    "busy",
    "not-found",
    "not-competent",
    "metadata-invalid",
    "draft-refused",
    "document-unfit",
    "no-place",
    "sandbox-failed",
    "sandbox-busy",
    "office-unreadable",
    "object-storage-unavailable",
)
_DRAFT_FORM = {
    "requestBody": {
        "required": True,
        "content": {
            "multipart/form-data": {
                "schema": {
                    "type": "object",
                    "required": ["file", "metadata"],
                    "properties": {
                        "file": {"type": "string", "contentMediaType": "application/pdf", "description": OFFICE_TOO},
                        "metadata": {"$ref": "#/components/schemas/MetadataForm"},
                    },
                },
                "encoding": {"metadata": {"contentType": "application/json"}},
            }
        },
    }
}
_FILE_FORM = {
    "requestBody": {
        "required": True,
        "content": {
            "multipart/form-data": {
                "schema": {
                    "type": "object",
                    "required": ["file"],
                    "properties": {
                        "file": {"type": "string", "contentMediaType": "application/pdf", "description": OFFICE_TOO},
                        "layout": {"$ref": "#/components/schemas/LayoutForm"},
                    },
                },
                "encoding": {"layout": {"contentType": "application/json"}},
            }
        },
    }
}


async def _draft_upload(request: Request, _: Actor, guards: Guarded) -> AsyncIterator[Upload]:
    """The uploaded draft; the account was checked before a byte of it is read."""
    with guards.drafts.lease() as lease:
        yield await read_upload(request, most_bytes=MOST_BYTES, lease=lease)


async def _metadata(upload: Annotated[Upload, Depends(_draft_upload)]) -> MetadataForm:
    text = upload.fields.get("metadata")
    if text is None:
        raise RequestInvalid(problems={"metadata": "is missing: send the description as JSON in a part of this name"})
    return described(MetadataForm, text, part="metadata")


@router.post(
    "/v1/documents",
    operation_id="createDocument",
    status_code=201,
    response_model=CreatedAnswer,
    responses=problem_answers(*_REFUSED_DRAFTS, *SIGNED_IN, *REPEATED),
    openapi_extra=_DRAFT_FORM,
)
def create_document(
    request: Request,
    application: Parts,
    actor: Actor,
    upload: Annotated[Upload, Depends(_draft_upload)],
    metadata: Annotated[MetadataForm, Depends(_metadata)],
) -> Response:
    """Take a draft in: the file is checked, gets its lookup code and open fields, and waits to be submitted."""
    identity = {"file": upload.sha256, "metadata": metadata.model_dump(mode="json")}
    ticket = take_ticket(application.idempotency, request, actor, identity)
    if not isinstance(ticket, Ticket):
        return ticket
    with ticket:
        file = taken(application.office, upload)
        document, findings = create_draft(
            document_id=ticket.effect,
            uow=application.outside.uow,
            blobs=application.outside.blobs,
            workshop=application.outside.workshop,
            clock=application.outside.clock,
            random_bytes=secrets.token_bytes,
            actor=actor,
            pdf=file.pdf,
            converted_from=file.converted_from,
            draft=metadata.draft(),
            cells=metadata.cells(),
            public_url=application.settings.public_url,
        )
        created = told_new(application.outside.uow, document, file.findings + findings)
        return ticket.keep(answer(created, status=201))


async def _new_layout(upload: Annotated[Upload, Depends(_draft_upload)]) -> LayoutForm | None:
    text = upload.fields.get("layout")
    return described(LayoutForm, text, part="layout") if text is not None else None


@router.post(
    "/v1/documents/{document_id}/file",
    operation_id="reviseDocument",
    response_model=CreatedAnswer,
    responses=problem_answers(*_REFUSED_DRAFTS, "wrong-state", "overtaken", *SIGNED_IN, *REPEATED),
    openapi_extra=_FILE_FORM,
)
def revise_document(
    request: Request,
    application: Parts,
    actor: Actor,
    document_id: UUID,
    upload: Annotated[Upload, Depends(_draft_upload)],
    layout: Annotated[LayoutForm | None, Depends(_new_layout)],
) -> Response:
    """Put a better file in the place of a draft's or a returned document's; then submit it again."""
    identity = {"file": upload.sha256, "layout": layout.model_dump(mode="json") if layout else None}
    ticket = take_ticket(application.idempotency, request, actor, identity)
    if not isinstance(ticket, Ticket):
        return ticket
    outside = application.outside
    with ticket:
        file = taken(application.office, upload)
        document, findings = revise(
            uow=outside.uow,
            blobs=outside.blobs,
            workshop=outside.workshop,
            clock=outside.clock,
            actor=actor,
            document_id=document_id,
            pdf=file.pdf,
            converted_from=file.converted_from,
            cells=layout.cells() if layout else None,
            public_url=application.settings.public_url,
        )
        return ticket.keep(answer(told_new(outside.uow, document, file.findings + findings)))


@router.get(
    "/v1/documents",
    operation_id="listDocuments",
    response_model=DocumentPage,
    responses=problem_answers("not-found", *SIGNED_IN),
)
def list_documents(
    application: Parts,
    actor: Actor,
    state: DocumentState | None = None,
    agency: Name | None = None,
    dossier_code: Name | None = None,
    cursor: Annotated[str | None, Query(max_length=64)] = None,
    limit: Annotated[int, Query(ge=1, le=_LARGEST_PAGE)] = 50,
    due_before: Annotated[
        AwareDatetime | None, Query(description="only what was due before this moment and is neither issued nor ended")
    ] = None,
) -> DocumentPage:
    """The documents of the caller's agency, newest first."""
    if agency is not None and agency != actor.agency:
        raise UnknownName(kind="agency", name=agency)
    with application.outside.uow() as register:
        found = register.documents(
            agency=actor.agency,
            state=state,
            dossier_code=dossier_code,
            after=_after(cursor) if cursor else None,
            limit=limit + 1,
            due_before=due_before,
        )
    items = tuple(DocumentSummary.of(document) for document in found[:limit])
    return DocumentPage(items=items, next_cursor=_cursor(items[-1].id) if len(found) > limit else None)


@router.get(
    "/v1/documents/{document_id}",
    operation_id="readDocument",
    response_model=DocumentAnswer,
    responses=problem_answers("not-found", *SIGNED_IN),
)
def read_document(application: Parts, actor: Actor, document_id: UUID) -> Response:
    """State, timeline, revisions, number, digests, and what holds the document up."""
    return answer(told(application.outside.uow, document_id, actor=actor))


def _cursor(document_id: UUID) -> str:
    return base64.urlsafe_b64encode(document_id.bytes).decode().rstrip("=")


def _after(cursor: str) -> UUID:
    try:
        return UUID(bytes=base64.urlsafe_b64decode(cursor + "=="))
    except (ValueError, binascii.Error) as error:
        raise RequestInvalid(problems={"cursor": "is none that this service gave"}) from error
