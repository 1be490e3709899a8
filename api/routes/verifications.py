"""Verify a file, or ask whether a digest is that of a known document. Public; nothing of the file is kept."""

from __future__ import annotations

import json
from collections.abc import AsyncIterator
from enum import Enum
from typing import TYPE_CHECKING, Annotated, assert_never

from fastapi import APIRouter, Depends, Query, Request, Response
from pydantic import BaseModel, ConfigDict, Field, ValidationError

from api.dependencies import Caller, Guarded, Parts
from api.errors import MediaTypeUnsupported, RequestInvalid
from api.forms.reports import ReportForm
from api.problems.descriptions import problem_answers
from api.uploads.multipart import Upload
from api.uploads.public import compared, public_upload, validated, without_a_file
from api.verification_pdf.pdf_form import signed_pdf_of
from verification.etsi_report import etsi_report

if TYPE_CHECKING:
    from api.register_check import RegisterCheck
    from api.verification_pdf.seal import ReportSeal
    from verification.report import ValidationReport

router = APIRouter(tags=["public"])


class ReportFormat(Enum):
    """How the report is answered."""

    JSON = "json"
    ETSI = "etsi"
    PDF = "pdf"


_MEDIA_TYPES = {
    ReportFormat.JSON: "application/json",
    ReportFormat.ETSI: "application/xml",
    ReportFormat.PDF: "application/pdf",
}
_BODIES: dict[int | str, dict[str, object]] = {
    200: {
        "content": {
            "application/xml": {"schema": {"type": "string"}},
            "application/pdf": {"schema": {"type": "string"}},
        }
    }
}


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
    responses=_BODIES
    | problem_answers("file-too-large", "media-type-unsupported", "busy", "sandbox-busy", "body-too-slow"),
    openapi_extra=_BODY,
)
def verify_file(
    application: Parts,
    guards: Guarded,
    caller: Caller,
    question: Annotated[Upload | DigestQuestion, Depends(_question)],
    request: Request,
    form: Annotated[ReportFormat | None, Query(alias="format", description="by default as `Accept` asks")] = None,
) -> Response:
    """Judge every signature in a PDF and compare it with the register. A bad file gets a report, not an error.

    As XML (ETSI TS 119 102-2) and as a printed page the report is on the file alone; the register's part is JSON's. The
    page carries the service's signature where one is configured and can be had at once; it says which.
    """
    if isinstance(question, Upload):
        sha256, code = question.sha256, question.fields.get("lookup_code")
        report = validated(application, question)
    else:
        sha256, code = question.sha256.lower(), None
        report = without_a_file(application, sha256)
    check = compared(application, guards, caller=caller, sha256=sha256, lookup_code=code)
    chosen = form or _asked_for(request.headers.get("accept", ""))
    headers = {"Cache-Control": "no-store", "Vary": "Accept"}
    written = _written(report, check, chosen, seal=application.report_seal)
    return Response(written, media_type=_MEDIA_TYPES[chosen], headers=headers)


def _written(report: ValidationReport, check: RegisterCheck, chosen: ReportFormat, *, seal: ReportSeal) -> bytes:
    match chosen:
        case ReportFormat.JSON:
            return json.dumps(report.as_json() | {"register": check.as_json()}, ensure_ascii=False).encode()
        case ReportFormat.ETSI:
            return etsi_report(report).encode()
        case ReportFormat.PDF:
            return signed_pdf_of(report, seal)
    assert_never(chosen)


def _asked_for(accept: str) -> ReportFormat:
    kinds = {item.partition(";")[0].strip().lower() for item in accept.split(",")}
    if "application/json" in kinds:
        return ReportFormat.JSON
    return next((form for form, kind in _MEDIA_TYPES.items() if kind in kinds), ReportFormat.JSON)
