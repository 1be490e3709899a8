"""Figures for the operators' monitoring; nobody reads them without the secret that ``KYSO_METRICS_TOKEN`` holds."""

from __future__ import annotations

import secrets

from fastapi import APIRouter, Request, Response

from api.dependencies import Parts
from api.errors import Unauthenticated
from api.metrics_text import CONTENT_TYPE, DatabaseFigures, metrics_text
from api.wiring import Application
from hsm.client import SignerClient
from hsm.errors import HsmError
from hsm.inventory import SignerHealth
from storage.errors import StorageError

router = APIRouter(tags=["health"])


@router.get(
    "/metrics",
    operation_id="readMetrics",
    response_class=Response,
    responses={200: {"content": {CONTENT_TYPE: {"schema": {"type": "string"}}}, "description": "Prometheus text."}},
)
def metrics(application: Parts, request: Request) -> Response:
    """Counts, latencies, logins, breakers and expiries of the signer; how register, webhooks and letters stand."""
    expected = application.settings.metrics_token.get_secret_value()
    given = request.headers.get("authorization", "")
    if not expected or not secrets.compare_digest(given.encode(), f"Bearer {expected}".encode()):
        raise Unauthenticated
    text = metrics_text(_health(application.signer), _database(application))
    return Response(text, media_type=CONTENT_TYPE, headers={"Cache-Control": "no-store"})


def _health(signer: SignerClient) -> SignerHealth | None:
    try:
        return signer.health()
    except HsmError:
        return None


def _database(application: Application) -> DatabaseFigures | None:
    try:
        return DatabaseFigures(application.standing(), application.calls.figures(), application.letters.figures())
    except StorageError:
        return None
