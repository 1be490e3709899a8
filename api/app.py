"""The web application: routes, the layers around them, and one answer for every error."""

from __future__ import annotations

from contextlib import asynccontextmanager
from typing import TYPE_CHECKING

from fastapi import Depends, FastAPI, Request, Response
from fastapi.responses import JSONResponse

from api.boundary import Boundary
from api.callers.guards import make_guards
from api.configuration.settings import Settings, read_settings
from api.dependencies import authorize
from api.logs import configure_logs
from api.openapi import VERSION, description_of
from api.pages import letters as letter_pages
from api.pages import links as link_pages
from api.pages import routes as page_routes
from api.pages.rendering import Pages
from api.problems import responses as problem_responses
from api.routes import (
    attachments,
    copies,
    credentials,
    deadlines,
    delegations,
    documents,
    files,
    followers,
    health,
    links,
    lookup,
    metrics,
    outcomes,
    prints,
    registers,
    signature_requests,
    statistics,
    steps,
    templates,
    tokens,
    types,
    verifications,
)
from api.uploads.body_limit import BodyLimit
from api.wiring import Application, joined

if TYPE_CHECKING:
    from collections.abc import AsyncIterator

_ROUTERS = (
    tokens,
    templates,
    documents,
    steps,
    signature_requests,
    credentials,
    outcomes,
    links,
    followers,
    registers,
    files,
    lookup,
    statistics,
    types,
    deadlines,
    delegations,
    attachments,
    copies,
    prints,
    verifications,
    health,
    metrics,
    page_routes,
    link_pages,
    letter_pages,
)


def create_app(application: Application) -> FastAPI:
    """The application for these parts; whoever joined them closes them."""
    app = bare_app(public_url=application.settings.public_url)
    app.state.application = application
    return app


def served_app() -> FastAPI:
    """For uvicorn: joins the parts from the environment when the server starts, and closes them when it stops."""
    configure_logs()
    settings = read_settings(Settings)

    @asynccontextmanager
    async def lifespan(app: FastAPI) -> AsyncIterator[None]:
        with joined(settings) as application:
            app.state.application = application
            yield

    app = bare_app(public_url=settings.public_url)
    app.router.lifespan_context = lifespan
    return app


def bare_app(*, public_url: str) -> FastAPI:
    """Routes and layers without the parts behind them; enough to describe the interface."""
    app = FastAPI(
        title="Ký Số",
        version=VERSION,
        openapi_url=None,
        docs_url=None,
        redoc_url=None,
        redirect_slashes=False,
        dependencies=[Depends(authorize)],
    )
    app.state.guards = make_guards()
    app.state.pages = Pages()
    for module in _ROUTERS:
        app.include_router(module.router)

    @app.get("/openapi.json", operation_id="readOpenApi", include_in_schema=False)
    def read_openapi(request: Request) -> Response:
        return JSONResponse(description_of(request.app, public_url=public_url))

    problem_responses.install(app)
    app.add_middleware(BodyLimit)
    app.add_middleware(Boundary, public_url=public_url)
    return app
