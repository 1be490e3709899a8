"""What a download link opens: a page with one button, and behind the button the document.

The page comes first because mail filters and chat programs open every link that they see: only the button counts as
fetching the document.
"""

from __future__ import annotations

from typing import TYPE_CHECKING, Annotated

from fastapi import APIRouter, Query, Request, Response

from api.callers.guards import Guards
from api.dependencies import Caller, Guarded, Parts, Templates
from api.pages.rendering import Pages
from api.ranges import file_response
from issuance.delivery import open_link, use_link
from issuance.errors import LinkSpent, WrongState

if TYPE_CHECKING:
    from issuance.documents import Document
    from issuance.outside import Outside

router = APIRouter(include_in_schema=False)


@router.get("/f/{token}", operation_id="linkPage")
def link_page(
    request: Request, application: Parts, guards: Guarded, pages: Templates, caller: Caller, token: str
) -> Response:
    """Say what the button does; nothing is used up yet."""
    guards.missed_lookups.demand(caller)
    try:
        document = open_link(uow=application.outside.uow, clock=application.outside.clock, token=token)
    except (LinkSpent, WrongState) as closed:
        return _closed(request, pages, closed)
    if document is None:
        return _unknown(request, pages, guards, caller)
    with application.outside.uow() as register:
        places = [one.place for one in register.attachments(document.id)]
    return pages.page(request, "link.html", number=str(document.number), token=token, attachments=places)


@router.post("/f/{token}", operation_id="linkedFile")
def linked_file(
    request: Request,
    application: Parts,
    guards: Guarded,
    pages: Templates,
    caller: Caller,
    token: str,
    attachment: Annotated[int | None, Query(ge=1)] = None,
) -> Response:
    """The document, or a file that goes out with it; from now on it counts as handed over."""
    guards.missed_lookups.demand(caller)
    outside = application.outside
    try:
        found = open_link(uow=outside.uow, clock=outside.clock, token=token)
        # The file must be at hand before the link is used up.
        sha256 = _wanted(outside, found, attachment) if found else None
        content = outside.blobs.get(sha256) if sha256 else b""
        document = use_link(uow=outside.uow, clock=outside.clock, token=token) if sha256 else None
    except (LinkSpent, WrongState) as closed:
        return _closed(request, pages, closed)
    if sha256 is None or document is None:
        return _unknown(request, pages, guards, caller)
    return file_response(request, content, sha256=sha256, name=_file_name(document, attachment))


def _wanted(outside: Outside, document: Document, attachment: int | None) -> str | None:
    """The digest of the file that is asked for; None where the document has no such attachment."""
    if attachment is None:
        return document.current.sha256
    with outside.uow() as register:
        found = register.attachments(document.id)
    return next((one.current.sha256 for one in found if one.place == attachment), None)


def _closed(request: Request, pages: Pages, reason: LinkSpent | WrongState) -> Response:
    what = "link_spent" if isinstance(reason, LinkSpent) else "link_changed"
    return pages.page(request, "link_closed.html", status=410, what=what)


def _unknown(request: Request, pages: Pages, guards: Guards, caller: str) -> Response:
    guards.missed_lookups.count(caller)
    return pages.page(request, "link_closed.html", status=404, what="link_unknown")


def _file_name(document: Document, attachment: int | None) -> str:
    suffix = "" if attachment is None else f"-{attachment:02d}"
    return f"{document.number}{suffix}.pdf".replace("/", "-")
