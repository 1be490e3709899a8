"""What a document was: its chain of revisions and the steps of its life. Rows are only ever added."""

from __future__ import annotations

from heapq import merge
from typing import TYPE_CHECKING

from sqlalchemy import bindparam, collate, func, select

from issuance.documents import DocumentState, Revision
from issuance.ports import TimelineStep
from storage.companion_tables import attachments, proofs
from storage.open_transaction import OpenTransaction
from storage.schema import revisions, timeline

if TYPE_CHECKING:
    from collections.abc import Iterator
    from uuid import UUID

    from sqlalchemy import ColumnElement

_AT_ONCE = 1000  # rows

# Made once: to put a statement together costs as much as to carry it out.
_DOCUMENT = bindparam("document", type_=revisions.c.document_id.type)
_ADD_REVISION = revisions.insert().values(
    document_id=_DOCUMENT,
    ordinal=select(func.count()).where(revisions.c.document_id == _DOCUMENT).scalar_subquery() + 1,
    sha256=bindparam("sha256"),
    length=bindparam("length"),
    predecessor=bindparam("predecessor"),
)
_REVISIONS = (
    select(revisions.c.sha256, revisions.c.length, revisions.c.predecessor)
    .where(revisions.c.document_id == _DOCUMENT)
    .order_by(revisions.c.ordinal)
)
_ADD_STEP = timeline.insert().inline()  # nobody asks which place the row was given
_STEPS = (
    select(timeline.c.state, timeline.c.at, timeline.c.actor, timeline.c.reason, timeline.c.other)
    .where(timeline.c.document_id == _DOCUMENT)
    .order_by(timeline.c.id)
)
_STEPS_THROUGH = (
    select(timeline.c.document_id, timeline.c.state, timeline.c.at, timeline.c.actor, timeline.c.reason)
    .where(timeline.c.other == _DOCUMENT)
    .order_by(timeline.c.id)
)


class HistoryRows(OpenTransaction):
    """Reads and appends revisions and timeline steps."""

    def add_revision(self, document_id: UUID, revision: Revision) -> None:
        """Append to the chain; :class:`storage.errors.StorageError` where it does not follow the newest one."""
        self._connection.execute(
            _ADD_REVISION,
            {
                "document": document_id,
                "sha256": revision.sha256,
                "length": revision.length,
                "predecessor": revision.predecessor,
            },
        )

    def revisions(self, document_id: UUID) -> list[Revision]:
        """The chain, oldest first."""
        rows = self._connection.execute(_REVISIONS, {"document": document_id})
        return [Revision(sha256=sha256, length=length, predecessor=predecessor) for sha256, length, predecessor in rows]

    def revision_digests(self) -> Iterator[str]:
        """The SHA-256 of every file that is named, rising, each once; fetched as they are read."""
        named = (revisions.c.sha256, attachments.c.given_sha256, attachments.c.sealed_sha256, proofs.c.sha256)
        last = None
        for digest in merge(*(self._rising(column) for column in named)):
            if digest != last:
                yield digest
            last = digest

    def _rising(self, column: ColumnElement[str]) -> Iterator[str]:
        digest = collate(column, "C").label("digest")
        query = select(digest).where(column.is_not(None)).distinct().order_by(digest)
        return iter(self._connection.scalars(query.execution_options(yield_per=_AT_ONCE)))

    def add_timeline_step(self, document_id: UUID, step: TimelineStep) -> None:
        """Append a step."""
        self._connection.execute(
            _ADD_STEP,
            {
                "document_id": document_id,
                "state": step.state.value,
                "at": step.at,
                "actor": step.actor,
                "reason": step.reason,
                "other": step.other,
            },
        )

    def timeline(self, document_id: UUID) -> list[TimelineStep]:
        """The steps, oldest first."""
        rows = self._connection.execute(_STEPS, {"document": document_id})
        return [
            TimelineStep(state=DocumentState(state), at=at, actor=actor, reason=reason, other=other)
            for state, at, actor, reason, other in rows
        ]

    def steps_through(self, document_id: UUID) -> list[tuple[UUID, TimelineStep]]:
        """The steps that other documents took through this one, with whose they are, oldest first."""
        rows = self._connection.execute(_STEPS_THROUGH, {"document": document_id})
        return [
            (whose, TimelineStep(state=DocumentState(state), at=at, actor=actor, reason=reason, other=document_id))
            for whose, state, at, actor, reason in rows
        ]
