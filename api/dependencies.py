"""What route functions ask for: the application's parts, the guards, who calls and from where.

What need not wait is ``async``: FastAPI sends every other function to a thread, and ten such journeys cost more than
many a query.
"""

from __future__ import annotations

from typing import TYPE_CHECKING, Annotated, cast

from fastapi import Depends, Request

from api.callers.authentication import account_of
from api.callers.authorization import demand_role, is_public
from api.callers.guards import Guards
from api.callers.rates import address_key
from api.errors import Unauthenticated
from api.pages.rendering import Pages
from api.wiring import Application
from issuance.ports import Account

if TYPE_CHECKING:
    from fastapi.routing import APIRoute


async def application_of(request: Request) -> Application:
    """The parts that the composition root joined."""
    return cast("Application", request.app.state.application)


async def guards_of(request: Request) -> Guards:
    """This process's counters and locks."""
    return cast("Guards", request.app.state.guards)


async def pages_of(request: Request) -> Pages:
    """The templates."""
    return cast("Pages", request.app.state.pages)


async def caller_address(request: Request) -> str:
    """Where the call comes from, as a key for counting."""
    return address_key(request.client.host if request.client else None)


def operation_of(request: Request) -> str:
    """The operation id of the route that was found."""
    route = cast("APIRoute", request.scope["route"])
    return route.operation_id or route.name


def authorize(request: Request, application: Annotated[Application, Depends(application_of)]) -> Account | None:
    """Run before every route: nobody needs an account for a public one; for all others the role is checked."""
    operation = operation_of(request)
    if is_public(operation):
        return None
    account = account_of(application, request.headers.get("authorization"))
    demand_role(account, operation)
    return account


async def actor_of(account: Annotated[Account | None, Depends(authorize)]) -> Account:
    """The account that acts."""
    if account is None:
        raise Unauthenticated
    return account


Parts = Annotated[Application, Depends(application_of)]
Guarded = Annotated[Guards, Depends(guards_of)]
Templates = Annotated[Pages, Depends(pages_of)]
Caller = Annotated[str, Depends(caller_address)]
Actor = Annotated[Account, Depends(actor_of)]
