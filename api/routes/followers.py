"""Who is told by letter what becomes of a document: added, listed and taken away by the sender or the clerk."""

from __future__ import annotations

from uuid import UUID, uuid4

from fastapi import APIRouter, Request, Response

from api.dependencies import Actor, Parts
from api.errors import NoLetters
from api.forms.followers import FollowedAnswer, FollowerAnswer, FollowersAnswer, FollowOrder
from api.idempotency import Ticket, take_ticket
from api.problems.descriptions import REPEATED, SIGNED_IN, problem_answers
from issuance.following import follow, followers_of, unfollow

router = APIRouter(prefix="/v1/documents/{document_id}/followers", tags=["outcomes"])


@router.post(
    "",
    operation_id="followDocument",
    status_code=201,
    response_model=FollowedAnswer,
    responses=problem_answers(
        "not-found", "wrong-state", "not-competent", "metadata-invalid", "no-letters", *SIGNED_IN, *REPEATED
    ),
)
def follow_document(
    request: Request, application: Parts, actor: Actor, document_id: UUID, order: FollowOrder
) -> Response:
    """Tell this mail address when the document is issued, corrected, replaced or recalled."""
    ticket = take_ticket(application.idempotency, request, actor, order.model_dump())
    if not isinstance(ticket, Ticket):
        return ticket
    with ticket:
        if application.settings.mail_server is None:
            raise NoLetters
        follower = follow(
            follower_id=uuid4(),  # and not the ticket's, which can be guessed in part
            uow=application.outside.uow,
            clock=application.outside.clock,
            actor=actor,
            document_id=document_id,
            address=order.address,
        )
        told = FollowedAnswer(id=follower.id, added_at=follower.added_at).model_dump_json()
        headers = {"Cache-Control": "no-store"}
        return ticket.keep(Response(told, status_code=201, media_type="application/json", headers=headers))


@router.get(
    "",
    operation_id="listFollowers",
    response_model=FollowersAnswer,
    responses=problem_answers("not-found", "not-competent", *SIGNED_IN),
)
def list_followers(application: Parts, actor: Actor, document_id: UUID, response: Response) -> FollowersAnswer:
    """Who is written to about the document, the first one first."""
    response.headers["Cache-Control"] = "no-store"
    found = followers_of(uow=application.outside.uow, actor=actor, document_id=document_id)
    return FollowersAnswer(items=tuple(FollowerAnswer.of(one) for one in found))


@router.post(
    "/{follower_id}/remove",
    operation_id="unfollowDocument",
    status_code=204,
    response_class=Response,
    responses=problem_answers("not-found", "not-competent", *SIGNED_IN, *REPEATED),
)
def unfollow_document(
    request: Request, application: Parts, actor: Actor, document_id: UUID, follower_id: UUID
) -> Response:
    """Write to this follower no more, and forget the address."""
    ticket = take_ticket(application.idempotency, request, actor, {})
    if not isinstance(ticket, Ticket):
        return ticket
    outside = application.outside
    with ticket:
        unfollow(uow=outside.uow, clock=outside.clock, actor=actor, document_id=document_id, follower_id=follower_id)
        return ticket.keep(Response(status_code=204))
