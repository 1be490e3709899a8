"""Tells whoever waits for a document that its worker is done with it, so that nobody has to ask again and again.

The transaction that settles the document says so (``NOTIFY``), and the database tells it on with the commit. It is a
hint and no truth: who is told reads the register, and who is told nothing reads it every now and then.
"""

from __future__ import annotations

import socket
import threading
from contextlib import contextmanager, suppress
from selectors import EVENT_READ, DefaultSelector
from typing import TYPE_CHECKING
from uuid import UUID

import psycopg

from issuance.advance import TRANSITIONAL
from storage.database import conninfo

if TYPE_CHECKING:
    from collections.abc import Callable, Iterator

    from issuance.documents import Document

CHANNEL = "kyso_settled"
_PAUSE = 1.0  # seconds between two attempts to reach the database


def may_be_waited_for(document: Document) -> bool:
    """Whether the transaction that writes the document says so: not before anybody signs, nor while a worker has it."""
    return document.intent is not None and (document.state not in TRANSITIONAL or document.obstacle is not None)


class Announcements:
    """Listens on one connection, in a thread that begins with the first to wait; may be shared by threads."""

    def __init__(self, url: str) -> None:
        self._url = url
        self._lock = threading.Lock()
        self._waiting: dict[UUID, list[Callable[[], None]]] = {}
        self._thread: threading.Thread | None = None
        self._closed, self._close = socket.socketpair()
        self._listens = threading.Event()

    @property
    def listens(self) -> bool:
        """Whether the database would be heard now; while it would not, whoever waits has to ask."""
        return self._listens.is_set()

    @contextmanager
    def heard(self, document_id: UUID, ring: Callable[[], None]) -> Iterator[None]:
        """Call ``ring`` whenever the document was settled, and when some of that may have been missed.

        It is called in another thread and must neither fail nor wait.
        """
        with self._lock:
            self._waiting.setdefault(document_id, []).append(ring)
            if self._thread is None:
                self._thread = threading.Thread(target=self._listen, name="announcements", daemon=True)
                self._thread.start()
        try:
            yield
        finally:
            with self._lock:
                others = self._waiting[document_id]
                others.remove(ring)
                if not others:
                    del self._waiting[document_id]

    def close(self) -> None:
        """End the thread and its connection."""
        self._close.close()
        if self._thread is not None:
            self._thread.join()
        self._closed.close()

    def _listen(self) -> None:
        with DefaultSelector() as ended:
            ended.register(self._closed, EVENT_READ)
            while True:
                with suppress(psycopg.OperationalError):
                    self._listen_on_one()
                self._listens.clear()
                if ended.select(_PAUSE):
                    return

    def _listen_on_one(self) -> None:
        """Tell what one connection hears, until it breaks or this object is closed."""
        with (
            psycopg.connect(conninfo(self._url), autocommit=True, application_name="kyso-announcements") as connection,
            DefaultSelector() as ready,
        ):
            connection.execute(f"LISTEN {CHANNEL}")
            ready.register(connection, EVENT_READ)
            ready.register(self._closed, EVENT_READ)
            self._listens.set()
            self._ring_all()  # what was said before this connection listened
            while not any(key.fileobj is self._closed for key, _ in ready.select()):
                for notification in connection.notifies(timeout=0):
                    self._ring(notification.payload)

    def _ring(self, payload: str) -> None:
        with suppress(ValueError), self._lock:
            for ring in self._waiting.get(UUID(payload), ()):
                ring()

    def _ring_all(self) -> None:
        with self._lock:
            for rings in self._waiting.values():
                for ring in rings:
                    ring()
