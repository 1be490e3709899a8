"""The public pages: look a document up, compare a file with it, verify a file."""

from __future__ import annotations

from collections.abc import AsyncIterator
from dataclasses import asdict
from typing import Annotated

from fastapi import APIRouter, Depends, Request, Response
from fastapi.responses import PlainTextResponse, RedirectResponse
from starlette.exceptions import HTTPException

from api.dependencies import Caller, Guarded, Parts, Templates
from api.language import Language
from api.pages.rendering import page_language
from api.pages.verdicts import (
    act_lines,
    day_for_people,
    event_lines,
    headline,
    in_language,
    moment_for_people,
    register_sentence,
    signature_card,
    size_for_people,
    state_banner,
)
from api.public_facts import PublicFacts
from api.routes.lookup import find_facts
from api.uploads.multipart import Upload
from api.uploads.public import compared, public_upload, validated
from issuance.lookup_code import parse_lookup_code, printed_lookup_code

router = APIRouter(include_in_schema=False)

_FOR_EVER = "public, max-age=31536000, immutable"
_ROBOTS = "User-agent: *\nDisallow: /d/\nDisallow: /f/\nDisallow: /letters/\nDisallow: /v1/\n"


@router.get("/", operation_id="homePage")
def home(request: Request, pages: Templates) -> Response:
    """Enter a code, or send a file."""
    return pages.page(request, "home.html", indexed=True, here="home")


@router.get("/d", operation_id="lookupPage")
def look_up(request: Request, code: str = "") -> Response:
    """Where the form leads; the code goes into the address that the QR opens, in its one written form."""
    suffix = "?lang=en" if page_language(request) is Language.EN else ""
    address = parse_lookup_code(code) or "unknown"
    return RedirectResponse(f"/d/{address}{suffix}", status_code=303)


@router.get("/d/{code}", operation_id="documentPage")
def document(
    request: Request, application: Parts, guards: Guarded, pages: Templates, caller: Caller, code: str
) -> Response:
    """What the QR opens: what the document is, whether it was issued, and how to compare a file with it."""
    facts = find_facts(application, guards, code, caller=caller)
    if facts is None:
        return pages.page(request, "unknown.html", status=404)
    language = page_language(request)
    return pages.page(
        request,
        "document.html",
        facts=_for_people(facts, language),
        banner=state_banner(facts, language),
        events=event_lines(facts, language),
        acts=act_lines(facts, language),
        original_in_force=facts.copy is None or facts.copy.original_in_force,
    )


@router.get("/verify", operation_id="verifyPage")
def verify(request: Request, pages: Templates) -> Response:
    """Send a file."""
    return pages.page(request, "verify.html", indexed=True, here="verify")


async def _upload(request: Request, guards: Guarded, caller: Caller) -> AsyncIterator[Upload]:
    async for upload in public_upload(request, guards, caller=caller):
        yield upload


@router.post("/verify", operation_id="resultPage")
def result(
    request: Request,
    application: Parts,
    guards: Guarded,
    pages: Templates,
    caller: Caller,
    upload: Annotated[Upload, Depends(_upload)],
) -> Response:
    """The verdict in plain words."""
    language = page_language(request)
    report = validated(application, upload)
    code = upload.fields.get("lookup_code")
    check = compared(application, guards, caller=caller, sha256=report.sha256, lookup_code=code)
    return pages.page(
        request,
        "result.html",
        here="verify",
        report=report,
        headline=headline(report, check, language),
        register_text=register_sentence(check, language),
        facts=_for_people(check.facts, language) if check.facts else None,
        signatures=[signature_card(signature, language) for signature in report.signatures],
        warnings=[in_language(warning.text, language) for warning in report.warnings],
        size=size_for_people(report.length, language),
        checked_at=moment_for_people(report.validated_at, language),
    )


@router.get("/static/{name}", operation_id="staticFile")
def static(pages: Templates, name: str) -> Response:
    """The style sheet and the icon."""
    file = pages.static.get(name)
    if file is None:
        raise HTTPException(status_code=404)
    return Response(file.content, media_type=file.media_type, headers={"Cache-Control": _FOR_EVER})


@router.get("/robots.txt", operation_id="robotsFile")
def robots() -> Response:
    """Documents are for those who hold their code, not for search engines."""
    return PlainTextResponse(_ROBOTS)


def _for_people(facts: PublicFacts, language: Language) -> dict[str, object]:
    return asdict(facts) | {
        "state": state_banner(facts, language).title,
        "issued_on": day_for_people(facts.issued_on) if facts.issued_on else None,
        "printed_code": printed_lookup_code(facts.code),
    }
