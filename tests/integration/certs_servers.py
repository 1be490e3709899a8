"""Servers on loopback for the tests of ``certs``: the demonstration authority, and one whose answers a test writes."""

from __future__ import annotations

import socket
import subprocess
import sys
import threading
import time
from contextlib import contextmanager
from dataclasses import dataclass, field
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer
from pathlib import Path
from typing import TYPE_CHECKING

import pytest

from certs.anchors import TrustAnchors, read_trust_directory
from certs.demonstration import make_authority
from certs.online import OnlineClient, OnlineLimits

if TYPE_CHECKING:
    import ssl
    from collections.abc import Callable, Iterator

PROJECT = Path(__file__).parents[2]
_UP_WITHIN = 10.0


@dataclass(frozen=True)
class Answer:
    """What the playable server says; ``headers`` replace its own, ``hangs_up`` closes without announcing it."""

    body: bytes = b""
    status: int = 200
    headers: tuple[tuple[str, str], ...] = ()
    hangs_up: bool = False


@dataclass
class Playable:
    """A real HTTP/1.1 server: ``play`` turns path and body into an answer; everything asked is written down."""

    play: Callable[[str, bytes], Answer]
    port: int = 0
    asked: list[tuple[str, str, dict[str, str], bytes]] = field(default_factory=list)
    connections: int = 0

    @property
    def url(self) -> str:
        return f"http://127.0.0.1:{self.port}"

    @property
    def authority(self) -> str:
        return f"127.0.0.1:{self.port}"


class _QuietServer(ThreadingHTTPServer):
    daemon_threads = True

    def handle_error(self, request: object, client_address: object) -> None:
        """A client that breaks off is what many of these tests are about."""


@contextmanager
def playing(play: Callable[[str, bytes], Answer], *, tls: ssl.SSLContext | None = None) -> Iterator[Playable]:
    """Run a playable server."""
    playable = Playable(play)

    class Handler(BaseHTTPRequestHandler):
        protocol_version = "HTTP/1.1"

        def setup(self) -> None:
            super().setup()
            playable.connections += 1

        def do_GET(self) -> None:
            self._reply(b"")

        def do_POST(self) -> None:
            self._reply(self.rfile.read(int(self.headers["Content-Length"])))

        def _reply(self, body: bytes) -> None:
            playable.asked.append((self.command, self.path, dict(self.headers.items()), body))
            answer = playable.play(self.path, body)
            self.send_response(answer.status)
            for name, value in answer.headers or (("Content-Length", str(len(answer.body))),):
                self.send_header(name, value)
            self.end_headers()
            self.wfile.write(answer.body)
            self.close_connection = self.close_connection or answer.hangs_up

        def log_message(self, *_arguments: object) -> None:
            pass

    with _QuietServer(("127.0.0.1", 0), Handler) as server:
        if tls is not None:
            server.socket = tls.wrap_socket(server.socket, server_side=True, do_handshake_on_connect=False)
        playable.port = server.server_address[1]
        thread = threading.Thread(target=server.serve_forever, args=(0.01,))
        thread.start()
        try:
            yield playable
        finally:
            server.shutdown()
            thread.join()


@contextmanager
def dripping(head: bytes, *, pause: float = 0.02) -> Iterator[str]:
    """A server that sends ``head`` and then one byte after another without end; gives ``host:port``."""
    stop = threading.Event()

    def drip(server: socket.socket) -> None:
        while not stop.is_set():
            try:
                connection, _ = server.accept()
            except OSError:
                return
            with connection:
                connection.recv(65536)
                connection.sendall(head)
                try:
                    while not stop.wait(pause):
                        connection.sendall(b"x")
                except OSError:
                    continue

    with socket.create_server(("127.0.0.1", 0)) as server:
        thread = threading.Thread(target=drip, args=(server,))
        thread.start()
        try:
            yield f"127.0.0.1:{server.getsockname()[1]}"
        finally:
            stop.set()
            server.shutdown(socket.SHUT_RDWR)
            thread.join()


@dataclass(frozen=True)
class Demonstration:
    """The running demonstration authority."""

    directory: Path
    port: int

    @property
    def url(self) -> str:
        return f"http://127.0.0.1:{self.port}"

    @property
    def anchors(self) -> TrustAnchors:
        return read_trust_directory(self.directory / "trust")

    def client(self, limits: OnlineLimits | None = None) -> OnlineClient:
        return OnlineClient(frozenset({f"127.0.0.1:{self.port}"}), limits)

    def certificate(self, name: str) -> Path:
        return self.directory / "certificates" / f"{name}.crt"


def free_port() -> int:
    with socket.create_server(("127.0.0.1", 0)) as server:
        return int(server.getsockname()[1])


@contextmanager
def demonstration(directory: Path) -> Iterator[Demonstration]:
    """Make an authority and serve it in a process of its own, as ``kyso up`` does."""
    port = free_port()
    make_authority(directory, responder_url=f"http://127.0.0.1:{port}")
    process = start(directory, port=port)
    try:
        yield Demonstration(directory, port)
    finally:
        process.terminate()
        assert process.wait(60) == 0


def start(directory: Path, *, port: int) -> subprocess.Popen[bytes]:
    """Start the responders and wait until they answer."""
    command = [sys.executable, "-m", "certs.demonstration", str(directory), "--port", str(port)]
    process = subprocess.Popen(command, cwd=PROJECT, stderr=subprocess.PIPE)
    await_port(port, process)
    return process


def await_port(port: int, process: subprocess.Popen[bytes]) -> None:
    deadline = time.monotonic() + _UP_WITHIN
    while True:
        try:
            socket.create_connection(("127.0.0.1", port), timeout=1).close()
            return
        except OSError:
            if process.poll() is not None or time.monotonic() > deadline:
                process.kill()
                pytest.fail(f"the responders did not start: {process.communicate()[1]!r}")
            time.sleep(0.02)
