"""The demonstration responders over HTTP/1.1 on loopback: OCSP, CRLs, certificates and timestamps under one port."""

from __future__ import annotations

import base64
import binascii
import signal
import threading
from datetime import UTC, datetime
from http import HTTPStatus
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer
from typing import TYPE_CHECKING
from urllib.parse import unquote

from cryptography.hazmat.primitives.serialization import Encoding

from certs.demonstration.crl import write_crl
from certs.demonstration.ocsp import OcspResponder
from certs.demonstration.tsa import TimestampAuthority

if TYPE_CHECKING:
    from types import FrameType

    from certs.demonstration.authority import Authority

_LARGEST_REQUEST = 65536
_IDLE_SECONDS = 60.0


class Responders:
    """What is answered at which path, without HTTP: ``(content type, body)``, or None where there is nothing."""

    def __init__(self, authority: Authority) -> None:
        self._authority = authority
        self._ocsp = OcspResponder(authority)
        self._tsa = TimestampAuthority(authority.tsa)
        self._certificates = {
            f"/{member.name}.crt": member.certificate.public_bytes(Encoding.DER) for member in authority.all
        }
        self._issuers = {f"/{each.name}.crl": each for each in (authority.root, authority.issuing, authority.tsa_root)}

    def at_get(self, path: str, *, at: datetime) -> tuple[str, bytes] | None:
        """Certificates, CRLs, OCSP with its request in the path (RFC 6960, A.1), and ``/healthz``."""
        if path == "/healthz":
            return "text/plain", b"ok\n"
        if path in self._certificates:
            return "application/pkix-cert", self._certificates[path]
        if path in self._issuers:
            return "application/pkix-crl", write_crl(self._issuers[path], self._authority.register.entries(), at=at)
        if path.startswith("/ocsp/"):
            try:
                request = base64.b64decode(unquote(path.removeprefix("/ocsp/")))
            except binascii.Error:
                return None
            return "application/ocsp-response", self._ocsp.answer(request, at=at)
        return None

    def at_post(self, path: str, body: bytes, *, at: datetime) -> tuple[str, bytes] | None:
        """OCSP and timestamps."""
        if path == "/ocsp":
            return "application/ocsp-response", self._ocsp.answer(body, at=at)
        if path == "/tsa":
            return "application/timestamp-reply", self._tsa.answer(body, at=at)
        return None


class _Handler(BaseHTTPRequestHandler):
    protocol_version = "HTTP/1.1"
    disable_nagle_algorithm = True
    wbufsize = -1  # head and body in one packet
    timeout = _IDLE_SECONDS
    responders: Responders

    def do_GET(self) -> None:
        self._answer(self.responders.at_get(self.path, at=_now()))

    def do_POST(self) -> None:
        length = self.headers.get("Content-Length", "")
        if not length.isdecimal() or int(length) > _LARGEST_REQUEST:
            self.close_connection = True
            self._send(HTTPStatus.REQUEST_ENTITY_TOO_LARGE, "text/plain", b"")
            return
        self._answer(self.responders.at_post(self.path, self.rfile.read(int(length)), at=_now()))

    def _answer(self, found: tuple[str, bytes] | None) -> None:
        if found is None:
            self._send(HTTPStatus.NOT_FOUND, "text/plain", b"not found\n")
        else:
            self._send(HTTPStatus.OK, *found)

    def _send(self, status: HTTPStatus, content_type: str, body: bytes) -> None:
        self.send_response(status)
        self.send_header("Content-Type", content_type)
        self.send_header("Content-Length", str(len(body)))
        self.end_headers()
        self.wfile.write(body)
        self.wfile.flush()

    def log_message(self, format: str, *args: object) -> None:  # noqa: A002 - the name is that of the overridden method
        """Say nothing: who asked for what is nobody's business, and a demonstration's log is read by eye."""


class _Server(ThreadingHTTPServer):
    daemon_threads = True
    request_queue_size = 64


def serve(authority: Authority, *, port: int) -> None:
    """Answer on 127.0.0.1 until SIGTERM or SIGINT; raises ``OSError`` where the port is taken."""
    handler = type("Handler", (_Handler,), {"responders": Responders(authority)})
    with _Server(("127.0.0.1", port), handler) as server:

        def stop(_signal: int, _frame: FrameType | None) -> None:
            # shutdown() waits for the loop that this very handler interrupts.
            threading.Thread(target=server.shutdown).start()

        signal.signal(signal.SIGTERM, stop)
        signal.signal(signal.SIGINT, stop)
        server.serve_forever(poll_interval=0.1)


def _now() -> datetime:
    return datetime.now(UTC).replace(microsecond=0)
