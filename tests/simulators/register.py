"""The register in memory, held to the same contract tests as PostgreSQL.

``MemoryRegister`` is a unit of work whose transactions run one after the other, each on a copy that replaces the whole
when it ends well. It keeps the rules that the database keeps, and raises the same errors for them.
"""

from __future__ import annotations

import threading
from contextlib import contextmanager
from typing import TYPE_CHECKING

from storage.errors import AlreadyThere, RowRefused
from tests.simulators.companions import MemoryCompanions
from tests.simulators.documents import MemoryDocuments, demand_current_revisions
from tests.simulators.figures import MemoryFigures
from tests.simulators.followers import MemoryFollowers
from tests.simulators.names import MemoryNames
from tests.simulators.numbers import MemoryNumbers
from tests.simulators.rulebook import MemoryRulebook
from tests.simulators.state import State

if TYPE_CHECKING:
    from collections.abc import Iterator
    from uuid import UUID

    from issuance.notifications import Notification
    from issuance.ports import AuditEvent


class MemoryRegister:
    """A unit of work; ``audit``, ``notifications`` and ``waiting_jobs`` show what was committed."""

    def __init__(self) -> None:
        self._lock = threading.Lock()
        self._holder: int | None = None
        self._state = State()

    @property
    def audit(self) -> list[AuditEvent]:
        """Every event, oldest first."""
        return list(self._state.audit)

    @property
    def notifications(self) -> list[Notification]:
        """Every message, oldest first."""
        return list(self._state.notifications.values())

    @property
    def waiting_jobs(self) -> list[UUID]:
        """Documents that a worker was asked to advance."""
        return list(self._state.waiting)

    def take_job(self) -> UUID | None:
        """The next document to advance, as a worker would take it."""
        with self._lock:
            return self._state.waiting.pop(0) if self._state.waiting else None

    @contextmanager
    def __call__(self) -> Iterator[MemoryRepositories]:
        """Open a transaction. One inside another would wait for itself in the real register: RuntimeError here."""
        if self._holder == threading.get_ident():
            msg = "a transaction inside a transaction"
            raise RuntimeError(msg)
        with self._lock:
            self._holder = threading.get_ident()
            try:
                work = self._state.copied()
                yield MemoryRepositories(work)
                demand_current_revisions(work)
                self._state = work
            finally:
                self._holder = None


class MemoryRepositories(
    MemoryDocuments,
    MemoryNumbers,
    MemoryFigures,
    MemoryNames,
    MemoryRulebook,
    MemoryCompanions,
    MemoryFollowers,
):
    """One open transaction."""

    def has_notification(self, notification_id: UUID) -> bool:
        return notification_id in self._state.notifications

    def add_notification(self, notification: Notification) -> None:
        if notification.id in self._state.notifications:
            raise AlreadyThere(rule="notifications_pkey")
        if notification.follower is not None and notification.follower not in self._state.followers:
            raise RowRefused(rule="notifications_follower_fkey")
        self._state.notifications[notification.id] = notification

    def append_audit(self, event: AuditEvent) -> None:
        self._state.audit.append(event)

    def enqueue_advance(self, document_id: UUID) -> None:
        if document_id not in self._state.waiting:
            self._state.waiting.append(document_id)
