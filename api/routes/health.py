"""Whether the process lives, and whether it could do its work now."""

from __future__ import annotations

from collections.abc import Callable
from typing import Literal

from fastapi import APIRouter, Response
from pydantic import BaseModel

from api.dependencies import Parts
from api.problems.error_classes import BASES
from api.wiring import Application

router = APIRouter(tags=["health"])

PROBE = b"kyso readiness probe\n"
"""The one blob that belongs to no document."""

Verdict = Literal["ok", "failed"]


class HealthAnswer(BaseModel):
    """The process answers."""

    status: Literal["ok"] = "ok"


class ReadinessAnswer(BaseModel):
    """Each part that is needed, and the code of what is wrong with it."""

    status: Verdict
    database: str
    objects: str
    signer: str


@router.get("/healthz", operation_id="readHealth", response_model=HealthAnswer)
async def health() -> HealthAnswer:
    """Liveness: the process answers; nothing else is asked."""
    return HealthAnswer()


@router.get(
    "/readyz",
    operation_id="readReadiness",
    response_model=ReadinessAnswer,
    responses={503: {"model": ReadinessAnswer, "description": "A part that is needed does not answer."}},
)
def readiness(application: Parts, response: Response) -> ReadinessAnswer:
    """Readiness: a write to the database, an object written and read back, the signer and its tokens."""
    database = _asked(lambda: _write(application))
    objects = _asked(lambda: _round_trip(application))
    signer = _asked(lambda: _signer(application))
    ready = database == objects == signer == "ok"
    response.status_code = 200 if ready else 503
    response.headers["Cache-Control"] = "no-store"
    return ReadinessAnswer(status="ok" if ready else "failed", database=database, objects=objects, signer=signer)


def _asked(question: Callable[[], str]) -> str:
    try:
        return question()
    except BASES as error:
        return error.code


def _write(application: Application) -> str:
    application.sessions.forget_expired()  # a delete of what is worthless: the cheapest true write
    return "ok"


def _round_trip(application: Application) -> str:
    application.outside.blobs.put(PROBE)  # written once, read back and compared each time
    return "ok"


def _signer(application: Application) -> str:
    health = application.signer.health()
    return next((token.problem for token in health.tokens if token.problem), "ok")
