"""Written authorisations on file: under which an official signs TUQ., and until when."""

from __future__ import annotations

from dataclasses import asdict
from datetime import date, datetime
from uuid import UUID

from fastapi import APIRouter, Request, Response
from pydantic import BaseModel, ConfigDict, Field

from api.dependencies import Actor, Parts
from api.forms.documents import ReasonOrder
from api.forms.plain_text import Line, Name
from api.idempotency import Ticket, take_ticket
from api.problems.descriptions import REPEATED, SIGNED_IN, problem_answers
from issuance.delegations import Delegation, delegations_of, register_delegation, revoke_delegation

router = APIRouter(prefix="/v1/delegations", tags=["signatories"])


class DelegationForm(BaseModel):
    """An authorisation: limited in time and content (Decree 30/2020, Annex I, II.7.b)."""

    model_config = ConfigDict(extra="forbid", frozen=True)

    delegator: Name
    delegate: Name
    document_types: tuple[Name, ...] = Field(min_length=1, max_length=100, examples=[["Thông báo"]])
    first_day: date
    last_day: date
    reference: Line = Field(description="number and date of what grants it", examples=["12/GUQ-UBND ngày 05/01/2026"])


class DelegationAnswer(BaseModel):
    """An authorisation as it is on file."""

    id: UUID
    delegator: str
    delegate: str
    document_types: tuple[str, ...]
    first_day: date
    last_day: date
    reference: str
    registered_at: datetime
    registered_by: str
    revoked_at: datetime | None
    revoke_reason: str | None

    @classmethod
    def of(cls, delegation: Delegation) -> DelegationAnswer:
        """The authorisation as it is answered."""
        return cls.model_validate(asdict(delegation))


class DelegationsAnswer(BaseModel):
    """Every authorisation of the caller's agency, the newest first."""

    items: tuple[DelegationAnswer, ...]


@router.get("", operation_id="listDelegations", response_model=DelegationsAnswer, responses=problem_answers(*SIGNED_IN))
def list_delegations(application: Parts, actor: Actor) -> DelegationsAnswer:
    """Those that stand, have ended or were revoked."""
    found = delegations_of(uow=application.outside.uow, actor=actor)
    return DelegationsAnswer(items=tuple(DelegationAnswer.of(one) for one in found))


@router.post(
    "",
    operation_id="registerDelegation",
    status_code=201,
    response_model=DelegationAnswer,
    responses=problem_answers("not-competent", "metadata-invalid", *SIGNED_IN, *REPEATED),
)
def register(request: Request, application: Parts, actor: Actor, order: DelegationForm) -> Response:
    """Put a written authorisation on file; the delegate may sign TUQ. from its first day to its last."""
    ticket = take_ticket(application.idempotency, request, actor, order.model_dump(mode="json"))
    if not isinstance(ticket, Ticket):
        return ticket
    outside = application.outside
    with ticket:
        delegation = Delegation(
            id=ticket.effect,
            agency=actor.agency,
            registered_at=outside.clock.now(),
            registered_by=actor.id,
            **order.model_dump(),
        )
        kept = register_delegation(uow=outside.uow, clock=outside.clock, actor=actor, delegation=delegation)
        return ticket.keep(_json(kept, status=201))


@router.post(
    "/{delegation_id}/revoke",
    operation_id="revokeDelegation",
    response_model=DelegationAnswer,
    responses=problem_answers("not-found", "not-competent", "metadata-invalid", *SIGNED_IN, *REPEATED),
)
def revoke(request: Request, application: Parts, actor: Actor, delegation_id: UUID, order: ReasonOrder) -> Response:
    """End an authorisation before its last day; what was signed under it stays signed."""
    ticket = take_ticket(application.idempotency, request, actor, order.model_dump())
    if not isinstance(ticket, Ticket):
        return ticket
    outside = application.outside
    with ticket:
        revoked = revoke_delegation(
            uow=outside.uow, clock=outside.clock, actor=actor, delegation_id=delegation_id, reason=order.reason
        )
        return ticket.keep(_json(revoked, status=200))


def _json(delegation: Delegation, *, status: int) -> Response:
    body = DelegationAnswer.of(delegation).model_dump_json()
    return Response(body, status_code=status, media_type="application/json", headers={"Cache-Control": "no-store"})
