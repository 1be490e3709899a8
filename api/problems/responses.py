"""From whatever was raised to an ``application/problem+json`` answer; the only place that maps errors to HTTP."""

from __future__ import annotations

import json
from typing import TYPE_CHECKING, cast

from fastapi import FastAPI, Request, Response
from fastapi.exceptions import RequestValidationError
from starlette.exceptions import HTTPException

from api.errors import ApiError, ClientRefused, GrantUnsupported, RangeUnsatisfiable, RequestInvalid, Unauthenticated
from api.language import Language, preferred_language
from api.pages.rendering import page_language
from api.problems.error_classes import BASES, hint_of
from api.problems.table import Problem

if TYPE_CHECKING:
    from collections.abc import Mapping

    from api.pages.rendering import Pages
    from issuance.documents import Document

MEDIA_TYPE = "application/problem+json"
_RETRY_SECONDS = 5
_FOR_PROGRAMS = ("/v1/", "/oauth2/", "/healthz", "/readyz", "/metrics", "/openapi.json")
_HTTP_CODES = {404: "no-such-address", 405: "method-not-allowed", 413: "body-too-large", 415: "media-type-unsupported"}


def problem_of(error: Exception) -> Problem:
    """The problem that an error of ours stands for; anything else is an internal error that tells nothing."""
    if not isinstance(error, BASES):
        return Problem(code="internal-error", hint="Tell the operator the request id (instance).")
    return Problem(
        code=error.code,
        detail=str(error) or None,
        hint=error.hint,
        headers=_headers(error),
        extensions=_extensions(error),
    )


def problem_of_obstacle(document: Document) -> Problem:
    """The problem that stopped the step under way; the document stays where the same call goes on."""
    obstacle = document.obstacle
    if obstacle is None:
        msg = "the document has no obstacle"
        raise RuntimeError(msg)
    extensions = {"document": str(document.id), "state": document.state.value}
    return Problem(code=obstacle.code, detail=obstacle.text, hint=hint_of(obstacle.code), extensions=extensions)


def problem_response(request: Request, problem: Problem) -> Response:
    """The problem in the language that the request asks for; a page for people where a page was asked for."""
    if _asks_for_a_page(request):
        return _page(request, problem)
    members = problem.document(
        language=preferred_language(request.headers.get("accept-language")), request_id=request_id_of(request)
    )
    headers = {"Content-Language": "vi, en", "Cache-Control": "no-store", **problem.headers}
    if problem.row.status == 503:  # noqa: PLR2004 - Service Unavailable, RFC 9110, 15.6.4
        headers.setdefault("Retry-After", str(_RETRY_SECONDS))
    body = json.dumps(members, ensure_ascii=False).encode()
    return Response(body, status_code=problem.row.status, media_type=MEDIA_TYPE, headers=headers)


def _asks_for_a_page(request: Request) -> bool:
    machine = request.url.path.startswith(_FOR_PROGRAMS)
    return not machine and "text/html" in request.headers.get("accept", "") and "app" in request.scope


def _page(request: Request, problem: Problem) -> Response:
    row, pages = problem.row, cast("Pages", request.app.state.pages)
    vietnamese = page_language(request) is Language.VI
    page = pages.page(
        request,
        "error.html",
        status=row.status,
        title=row.vi if vietnamese else row.en,
        advice=row.advice if vietnamese else problem.hint,
        request_id=request_id_of(request),
    )
    page.headers.update(problem.headers)
    return page


def request_id_of(request: Request) -> str:
    """The id that the outermost layer gave this request."""
    return str(request.scope.get("kyso.request_id", ""))


def install(app: FastAPI) -> None:
    """Answer every error of ours, of the framework and of request validation as a problem document."""

    async def ours(request: Request, error: Exception) -> Response:
        return problem_response(request, problem_of(error))

    for base in BASES:
        app.add_exception_handler(base, ours)
    app.add_exception_handler(RequestValidationError, _invalid)
    app.add_exception_handler(HTTPException, _of_the_framework)


async def _invalid(request: Request, error: Exception) -> Response:
    problems: dict[str, str] = {}
    if isinstance(error, RequestValidationError):
        for item in error.errors():
            problems[".".join(str(part) for part in item["loc"][1:]) or "body"] = str(item["msg"])
    return problem_response(request, problem_of(RequestInvalid(problems=problems)))


async def _of_the_framework(request: Request, error: Exception) -> Response:
    # FastAPI turns what is raised while a body is read into a 400 whose cause is our error.
    if isinstance(error.__cause__, ApiError):
        return problem_response(request, problem_of(error.__cause__))
    status = error.status_code if isinstance(error, HTTPException) else 500
    headers = (error.headers if isinstance(error, HTTPException) else None) or {}
    code = _HTTP_CODES.get(status, "bad-request" if status < 500 else "internal-error")  # noqa: PLR2004 - client errors
    return problem_response(request, Problem(code=code, headers=headers))


def _headers(error: Exception) -> dict[str, str]:
    headers: dict[str, str] = {}
    if isinstance(error, Unauthenticated):
        headers["WWW-Authenticate"] = 'Bearer realm="kyso"'
    if isinstance(error, ClientRefused):
        headers["WWW-Authenticate"] = 'Basic realm="kyso", charset="UTF-8"'
    if isinstance(error, RangeUnsatisfiable):
        headers["Content-Range"] = f"bytes */{error.length}"
    retry_after = getattr(error, "retry_after", None)
    if isinstance(retry_after, int):
        headers["Retry-After"] = str(retry_after)
    return headers


def _extensions(error: Exception) -> Mapping[str, object]:
    """What an integrating program may want to read without parsing sentences."""
    if isinstance(error, (ClientRefused, GrantUnsupported)):
        return {"error": error.code.replace("-", "_"), "error_description": error.hint}  # RFC 6749, 5.2
    problems = getattr(error, "problems", None)
    if isinstance(problems, dict):
        return {"problems": problems}
    findings = getattr(error, "findings", None)
    if isinstance(findings, tuple):
        return {"findings": [{"code": f.code, "severity": f.severity.value, "vi": f.vi, "en": f.en} for f in findings]}
    numbers = getattr(error, "numbers", None)
    if isinstance(numbers, tuple):
        return {"numbers": list(numbers)}
    reasons = getattr(error, "reasons", None)
    return {"reasons": list(reasons)} if isinstance(reasons, tuple) else {}
