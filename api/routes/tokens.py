"""Ask for a bearer token."""

from __future__ import annotations

from typing import Annotated, Literal

from fastapi import APIRouter, Depends, Request, Response
from fastapi.concurrency import run_in_threadpool
from pydantic import BaseModel

from api.callers.authentication import TOKEN_LIFETIME, ClientCredentials, client_credentials, open_session
from api.dependencies import Caller, Guarded, Parts
from api.problems.descriptions import problem_answers

router = APIRouter(tags=["access"])

_FORM = {
    "requestBody": {
        "required": True,
        "content": {
            "application/x-www-form-urlencoded": {
                "schema": {
                    "type": "object",
                    "required": ["grant_type"],
                    "properties": {
                        "grant_type": {"type": "string", "const": "client_credentials"},
                        "client_id": {"type": "string", "description": "unless HTTP Basic carries it"},
                        "client_secret": {"type": "string", "description": "unless HTTP Basic carries it"},
                    },
                }
            }
        },
    }
}


class TokenAnswer(BaseModel):
    """A bearer token (RFC 6749, 5.1)."""

    access_token: str
    token_type: Literal["Bearer"] = "Bearer"  # noqa: S105 - the name of the scheme
    expires_in: int


async def _credentials(request: Request) -> ClientCredentials:
    return client_credentials(
        media_type=request.headers.get("content-type"),
        body=await request.body(),
        authorization=request.headers.get("authorization"),
    )


@router.post(
    "/oauth2/token",
    operation_id="createToken",
    response_model=TokenAnswer,
    responses=problem_answers("invalid-client", "unsupported-grant-type", "media-type-unsupported"),
    openapi_extra=_FORM,
)
async def create_token(
    application: Parts,
    guards: Guarded,
    caller: Caller,
    credentials: Annotated[ClientCredentials, Depends(_credentials)],
    response: Response,
) -> TokenAnswer:
    """Exchange client credentials for a bearer token that is good for ten minutes (RFC 6749, 4.4)."""
    token = await run_in_threadpool(open_session, application, guards, credentials, address=caller)
    response.headers["Cache-Control"] = "no-store"
    return TokenAnswer(access_token=token, expires_in=int(TOKEN_LIFETIME.total_seconds()))
