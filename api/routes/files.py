"""Read the PDF of a document."""

from __future__ import annotations

from typing import Annotated
from uuid import UUID

from fastapi import APIRouter, Query, Request, Response

from api.dependencies import Actor, Parts
from api.problems.descriptions import SIGNED_IN, problem_answers
from api.ranges import file_response
from api.telling import own
from issuance.documents import Document
from issuance.errors import UnknownName

router = APIRouter(tags=["documents"])

_PDF = {"content": {"application/pdf": {"schema": {"type": "string", "contentMediaType": "application/pdf"}}}}


@router.get(
    "/v1/documents/{document_id}/file",
    operation_id="readDocumentFile",
    response_class=Response,
    responses={
        200: {"description": "The PDF; `ETag`, `Repr-Digest` and `Digest` are its SHA-256.", **_PDF},
        206: {"description": "The bytes that `Range` asked for.", **_PDF},
        304: {"description": "The client has these bytes."},
        **problem_answers("not-found", "range-unsatisfiable", "object-storage-unavailable", *SIGNED_IN),
    },
)
def read_document_file(
    request: Request,
    application: Parts,
    actor: Actor,
    document_id: UUID,
    revision: Annotated[
        int | None, Query(ge=1, le=10_000, description="1 is the oldest; the newest by default")
    ] = None,
) -> Response:
    """The newest revision of the PDF, or the one that is named."""
    with application.outside.uow() as register:
        document = own(register.document(document_id), actor=actor, document_id=document_id)
        revisions = register.revisions(document_id)
    chosen = len(revisions) if revision is None else revision
    if chosen > len(revisions):
        raise UnknownName(kind="revision", name=str(chosen))
    sha256 = revisions[chosen - 1].sha256
    content = application.outside.blobs.get(sha256)
    return file_response(request, content, sha256=sha256, name=_file_name(document, chosen, len(revisions)))


def _file_name(document: Document, revision: int, newest: int) -> str:
    """The number where there is one, else the lookup code; an older revision says which it is."""
    stem = str(document.number) if document.number else document.lookup_code
    suffix = "" if revision == newest else f"-revision-{revision}"
    return f"{stem}{suffix}.pdf".replace("/", "-")
