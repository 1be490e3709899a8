"""Verify a file, or ask whether a digest is that of a known document. Public; nothing of the file is kept."""

from __future__ import annotations

import json
from collections.abc import AsyncIterator
from typing import Annotated

from fastapi import APIRouter, Depends, Request, Response
from pydantic import BaseModel, ConfigDict, Field, ValidationError

from api.dependencies import Caller, Guarded, Parts
from api.errors import MediaTypeUnsupported, RequestInvalid
from api.problem_answers import problem_answers
from api.public_uploads import compared, public_upload, validated, without_a_file
from api.report_forms import ReportForm
from api.uploads import Upload

router = APIRouter(tags=["public"])


class DigestQuestion(BaseModel):
    """Ask for a file by its digest alone, without sending it."""

    model_config = ConfigDict(extra="forbid", frozen=True)

    sha256: str = Field(pattern=r"^[0-9a-fA-F]{64}$")


_BODY = {
    "requestBody": {
        "required": True,
        "content": {
            "multipart/form-data": {
                "schema": {
                    "type": "object",
                    "required": ["file"],
                    "properties": {
                        "file": {"type": "string", "contentMediaType": "application/pdf"},
                        "lookup_code": {"type": "string", "description": "compare with the document of this code"},
                    },
                }
            },
            "application/json": {
                "schema": {
                    "type": "object",
                    "required": ["sha256"],
                    "properties": {"sha256": {"type": "string", "pattern": "^[0-9a-fA-F]{64}$"}},
                }
            },
        },
    }
}


async def _question(request: Request, guards: Guarded, caller: Caller) -> AsyncIterator[Upload | DigestQuestion]:
    kind = request.headers.get("content-type", "").partition(";")[0].strip().lower()
    if kind == "multipart/form-data":
        async for upload in public_upload(request, guards, caller=caller):
            yield upload
    elif kind == "application/json":
        guards.lookups.demand(caller)
        guards.lookups.count(caller)
        try:
            yield DigestQuestion.model_validate_json(await request.body())
        except ValidationError as error:
            raise RequestInvalid(problems={"sha256": "must be 64 hexadecimal digits, and the only member"}) from error
    else:
        raise MediaTypeUnsupported(wanted="multipart/form-data or application/json")


@router.post(
    "/v1/verifications",
    operation_id="verifyFile",
    response_model=ReportForm,
    responses=problem_answers("file-too-large", "media-type-unsupported", "busy", "sandbox-busy", "body-too-slow"),
    openapi_extra=_BODY,
)
def verify_file(
    application: Parts,
    guards: Guarded,
    caller: Caller,
    question: Annotated[Upload | DigestQuestion, Depends(_question)],
) -> Response:
    """Judge every signature in a PDF and compare it with the register. A bad file gets a report, not an error."""
    if isinstance(question, Upload):
        sha256, code = question.sha256, question.fields.get("lookup_code")
        report = validated(application, question)
    else:
        sha256, code = question.sha256.lower(), None
        report = without_a_file(application, sha256)
    check = compared(application, guards, caller=caller, sha256=sha256, lookup_code=code)
    body = json.dumps(report.as_json() | {"register": check.as_json()}, ensure_ascii=False)
    return Response(body, media_type="application/json", headers={"Cache-Control": "no-store"})
