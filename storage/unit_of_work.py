"""Transactions over the whole register: the database's side of ``issuance.ports``."""

from __future__ import annotations

from contextlib import contextmanager
from typing import TYPE_CHECKING

from storage.audit import AuditRows
from storage.companions import CompanionRows
from storage.database import transaction
from storage.documents import DocumentRows
from storage.followers import FollowerRows
from storage.history import HistoryRows
from storage.job_queue import enqueue_advance
from storage.names import NameRows
from storage.numbers import NumberRows
from storage.outbox import NotificationRows
from storage.proofs import ProofRows
from storage.register_entries import RegisterRows
from storage.rulebook import RulebookRows
from storage.signature_requests import SignatureRequestRows
from storage.statistics import StatisticsRows

if TYPE_CHECKING:
    from collections.abc import Iterator
    from uuid import UUID

    from sqlalchemy import Engine


class PostgresRepositories(
    DocumentRows,
    HistoryRows,
    NumberRows,
    RegisterRows,
    RulebookRows,
    CompanionRows,
    FollowerRows,
    ProofRows,
    StatisticsRows,
    SignatureRequestRows,
    NameRows,
    NotificationRows,
    AuditRows,
):
    """One open transaction with everything that ``issuance.ports.Repositories`` asks for."""

    def enqueue_advance(self, document_id: UUID) -> None:
        """Ask a worker to take the document's due step; one waiting job per document is enough."""
        enqueue_advance(self._connection, document_id)


class PostgresUnitOfWork:
    """Implements ``issuance.ports.UnitOfWork`` on PostgreSQL, isolation level read committed.

    Errors of the database leave as those of :mod:`storage.errors`. A connection that breaks during the commit leaves
    open whether it happened: every step of the register may be repeated.
    """

    def __init__(self, engine: Engine) -> None:
        self._engine = engine

    @contextmanager
    def __call__(self) -> Iterator[PostgresRepositories]:
        """Open a transaction: committed when the block ends well, rolled back when it raises."""
        with transaction(self._engine) as connection:
            yield PostgresRepositories(connection)
