"""Answer a call whose work a worker does: finished, still under way, or stopped by an obstacle."""

from __future__ import annotations

from typing import TYPE_CHECKING, Annotated

from fastapi import Header, Request, Response
from fastapi.concurrency import run_in_threadpool

from api.forms.documents import DocumentAnswer
from api.problems.responses import problem_of_obstacle, problem_response
from api.telling import answer, read_own, told_of
from api.waiting import belled, settled

if TYPE_CHECKING:
    from collections.abc import Callable
    from uuid import UUID

    from api.idempotency import Ticket
    from api.wiring import Application
    from issuance.documents import Document
    from issuance.ports import Account

WITH_A_KEY = (
    "activation-refused",
    "activation-locked",
    "certificate-unfit",
    "signer-unavailable",
    "token-absent",
    "pin-refused",
    "key-absent",
    "mechanism-unsupported",
    "device-failed",
    "timestamp-unavailable",
    "timestamp-refused",
    "revocation-unavailable",
    "object-storage-unavailable",
    "clock-skewed",
    "not-passed",
    "not-examined",
)
"""What may be in the way of a use of a key that the server holds."""

UNDER_WAY: dict[int | str, dict[str, object]] = {
    202: {"model": DocumentAnswer, "description": "Still under way; read `Location`, or repeat the call."}
}
Prefer = Annotated[
    str | None, Header(description="`wait=N`: answer after at most N seconds (20 by default, 60 at most)")
]


async def finished(
    request: Request,
    application: Application,
    actor: Account,
    document_id: UUID,
    ticket: Ticket,
    begin: Callable[[], Document],
    *,
    seconds: float,
    status: int = 200,
) -> Response:
    """``status`` when the worker is done, 202 while it is not, the problem where it met an obstacle."""
    uow = application.outside.uow

    async def read() -> Document:
        return await run_in_threadpool(read_own, uow, document_id, actor=actor)

    with belled(application.announcements, document_id) as bell:
        waited = await settled(await run_in_threadpool(begin), read=read, bell=bell, seconds=seconds)
    if waited.stopped:
        return problem_response(request, problem_of_obstacle(waited.document))

    def tell() -> Response:
        story = told_of(uow, waited.document)
        return ticket.keep(answer(story, status=202 if waited.under_way else status))

    return await run_in_threadpool(tell)
