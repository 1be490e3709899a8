"""The long-running processes of a service: HTTP server, worker, signer."""

from __future__ import annotations

import sys
from dataclasses import replace

import typer
import uvicorn

from api.background.worker import advancing, chores_of
from api.configuration.settings import Settings, SignerSettings, read_settings
from api.logs import configure_logs
from api.wiring import joined
from certs.trust_store import read_trust_store
from hsm import signer
from hsm.errors import PinUnavailable
from hsm.pin import Pin, forbid_core_dumps, is_asked_for
from hsm.uri import Pkcs11Uri
from storage.jobs import run_worker
from storage.recent_blobs import RecentBlobs

_CLOSE_WITHIN = 25  # seconds for answers under way when the server stops


def serve() -> None:
    """Serve HTTP until SIGTERM or SIGINT.

    With several workers uvicorn spawns them, so that nothing opened here is shared after a fork.
    """
    settings = read_settings(Settings)
    read_trust_store(settings.trust_dir)  # so that a mistyped path is told here and not by a server half started
    uvicorn.run(
        "api.app:served_app",
        factory=True,
        host=settings.listen_host,
        port=settings.listen_port,
        workers=settings.workers,
        log_config=None,
        access_log=False,  # it would name lookup codes; api/boundary.py logs requests
        server_header=False,
        proxy_headers=bool(settings.trusted_proxies),
        forwarded_allow_ips=list(settings.trusted_proxies),
        timeout_graceful_shutdown=_CLOSE_WITHIN,
    )


def work() -> None:
    """Take jobs until SIGTERM or SIGINT."""
    configure_logs()
    settings = read_settings(Settings)
    with joined(settings) as application:
        run_worker(
            settings.database_url.get_secret_value(),
            # A step begins with what the one before has stored.
            advance=advancing(replace(application.outside, blobs=RecentBlobs(application.outside.blobs))),
            chores=chores_of(application),
        )


def sign() -> None:
    """Hold the tokens and answer on the Unix socket until SIGTERM or SIGINT."""
    configure_logs()
    forbid_core_dumps()
    settings = read_settings(SignerSettings)
    tokens = tuple(Pkcs11Uri.parse(module) for module in settings.pkcs11_modules)
    typed = {token: _typed_pin(token) for token in tokens if is_asked_for(token)}
    signer.run(tokens, settings.signer_socket, settings.home / "signer", typed=typed)


def _typed_pin(token: Pkcs11Uri) -> Pin:
    """What the person who starts the signer types at the terminal, unseen."""
    if not sys.stdin.isatty():
        raise PinUnavailable(token=token.name, reason="pin-source=ask: but the signer was not started at a terminal")
    return Pin(typer.prompt(f"PIN của {token.name} (PIN)", hide_input=True, err=True))
