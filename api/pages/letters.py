"""What the last line of a letter opens: a page with one button, and behind the button the end of the letters.

Mail programs press it for their reader with a POST (RFC 8058); filters that open every link that they see end nothing.
"""

from __future__ import annotations

from uuid import UUID

from fastapi import APIRouter, Request, Response

from api.dependencies import Caller, Guarded, Parts, Templates
from issuance.following import stop_letters

router = APIRouter(include_in_schema=False)


@router.get("/letters/{follower_id}/stop", operation_id="stopLettersPage")
def stop_letters_page(
    request: Request, application: Parts, guards: Guarded, pages: Templates, caller: Caller, follower_id: UUID
) -> Response:
    """Say what the button does."""
    guards.missed_lookups.demand(caller)
    with application.outside.uow() as register:
        follower = register.follower(follower_id)
    if follower is None:
        guards.missed_lookups.count(caller)
        return pages.page(request, "letters_stopped.html")
    return pages.page(request, "stop_letters.html", follower=follower_id)


@router.post("/letters/{follower_id}/stop", operation_id="stopLetters")
def stop_letters_now(
    request: Request, application: Parts, guards: Guarded, pages: Templates, caller: Caller, follower_id: UUID
) -> Response:
    """No more letters, and the address is forgotten; pressed again, it stays so."""
    guards.missed_lookups.demand(caller)
    outside = application.outside
    if not stop_letters(uow=outside.uow, clock=outside.clock, follower_id=follower_id):
        guards.missed_lookups.count(caller)
    return pages.page(request, "letters_stopped.html")
