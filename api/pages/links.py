"""What a download link opens: a page with one button, and behind the button the document.

The page comes first because mail filters and chat programs open every link that they see: only the button counts as
fetching the document.
"""

from __future__ import annotations

from typing import TYPE_CHECKING

from fastapi import APIRouter, Request, Response

from api.dependencies import Caller, Guarded, Parts, Templates
from api.guards import Guards
from api.pages.rendering import Pages
from api.ranges import file_response
from issuance.delivery import open_link, use_link
from issuance.errors import LinkSpent, WrongState

if TYPE_CHECKING:
    from issuance.documents import Document

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
    return pages.page(request, "link.html", number=str(document.number), token=token)


@router.post("/f/{token}", operation_id="linkedFile")
def linked_file(
    request: Request, application: Parts, guards: Guarded, pages: Templates, caller: Caller, token: str
) -> Response:
    """The document; from now on it counts as handed over."""
    guards.missed_lookups.demand(caller)
    outside = application.outside
    try:
        found = open_link(uow=outside.uow, clock=outside.clock, token=token)
        # The file must be at hand before the link is used up.
        content = outside.blobs.get(found.current.sha256) if found else b""
        document = use_link(uow=outside.uow, clock=outside.clock, token=token)
    except (LinkSpent, WrongState) as closed:
        return _closed(request, pages, closed)
    if found is None or document is None:
        return _unknown(request, pages, guards, caller)
    return file_response(request, content, sha256=found.current.sha256, name=_file_name(document))


def _closed(request: Request, pages: Pages, reason: LinkSpent | WrongState) -> Response:
    what = "link_spent" if isinstance(reason, LinkSpent) else "link_changed"
    return pages.page(request, "link_closed.html", status=410, what=what)


def _unknown(request: Request, pages: Pages, guards: Guards, caller: str) -> Response:
    guards.missed_lookups.count(caller)
    return pages.page(request, "link_closed.html", status=404, what="link_unknown")


def _file_name(document: Document) -> str:
    return f"{document.number}.pdf".replace("/", "-")
