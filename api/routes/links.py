"""Make a link by which the one a document is for fetches it, once and without an account."""

from __future__ import annotations

import secrets
from datetime import datetime, timedelta
from uuid import UUID

from fastapi import APIRouter, Request, Response
from pydantic import BaseModel, ConfigDict, Field

from api.dependencies import Actor, Parts
from api.idempotency import Ticket, take_ticket
from api.problems.descriptions import REPEATED, SIGNED_IN, problem_answers
from issuance.delivery import LONGEST_VALIDITY, TOKEN_BYTES, make_link

router = APIRouter(prefix="/v1/documents/{document_id}", tags=["outcomes"])

_MOST_HOURS = LONGEST_VALIDITY // timedelta(hours=1)


class LinkOrder(BaseModel):
    """For how long the link may be used."""

    model_config = ConfigDict(extra="forbid", frozen=True)

    valid_hours: int = Field(default=72, ge=1, le=_MOST_HOURS)


class LinkAnswer(BaseModel):
    """The link; whoever has it can fetch the document, so it goes to the recipient alone."""

    url: str = Field(examples=["https://ky-so.example/f/Zx…"])
    expires_at: datetime


@router.post(
    "/links",
    operation_id="makeLink",
    status_code=201,
    response_model=LinkAnswer,
    responses=problem_answers("not-found", "wrong-state", "not-competent", *SIGNED_IN, *REPEATED),
)
def make_download_link(
    request: Request, application: Parts, actor: Actor, document_id: UUID, order: LinkOrder | None = None
) -> Response:
    """Open a link for one download of an issued document; its use records that the document was handed over."""
    hours = (order or LinkOrder()).valid_hours
    ticket = take_ticket(application.idempotency, request, actor, {"valid_hours": hours})
    if not isinstance(ticket, Ticket):
        return ticket
    with ticket:
        token = secrets.token_urlsafe(TOKEN_BYTES)
        link = make_link(
            uow=application.outside.uow,
            clock=application.outside.clock,
            actor=actor,
            document_id=document_id,
            token=token,
            valid_for=timedelta(hours=hours),
        )
        made = LinkAnswer(url=f"{application.settings.public_url}/f/{token}", expires_at=link.expires_at)
        headers = {"Cache-Control": "no-store"}
        return ticket.keep(
            Response(made.model_dump_json(), status_code=201, media_type="application/json", headers=headers)
        )
