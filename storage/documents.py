"""The documents of the register as rows."""

from __future__ import annotations

from dataclasses import asdict
from datetime import date
from functools import lru_cache
from typing import TYPE_CHECKING

from sqlalchemy import RowMapping, Select, Text, bindparam, cast, func, select

from issuance.capacity import Capacity
from issuance.cosigners import Cosigner, Part
from issuance.document_types import NumberingOrder
from issuance.documents import (
    PUBLISHED,
    CopyOf,
    Document,
    DocumentState,
    Draft,
    Intent,
    Obstacle,
    Original,
    Purpose,
    Revision,
)
from issuance.errors import UnknownName
from issuance.numbers import DocumentNumber
from issuance.statistics import ENDED
from signing.copy_form import CopyForm
from signing.layout import Box, Layout
from storage.announcements import CHANNEL, may_be_waited_for
from storage.open_transaction import OpenTransaction
from storage.schema import UNFINISHED, documents, revisions

if TYPE_CHECKING:
    from collections.abc import Mapping
    from datetime import datetime
    from uuid import UUID

    from sqlalchemy import ColumnElement

# Made once: to put a statement together costs as much as to carry it out.
_BY_ID = select(documents).where(documents.c.id == bindparam("document"))
_LOCKED = _BY_ID.with_for_update(key_share=True)
_SAVE = documents.update().where(documents.c.id == bindparam("document"))
_SAVE_AND_TELL = _SAVE.returning(func.pg_notify(CHANNEL, cast(documents.c.id, Text)))
_BY_LOOKUP_CODE = select(documents).where(documents.c.lookup_code == bindparam("code"))


class DocumentRows(OpenTransaction):
    """Reads and writes documents."""

    def add_document(self, document: Document) -> None:
        """Insert a new row; its first revision must follow in the same transaction."""
        self._connection.execute(documents.insert(), _described(document) | _standing(document))

    def document(self, document_id: UUID) -> Document | None:
        """The document, or None."""
        return self._one(_BY_ID, {"document": document_id})

    def locked_document(self, document_id: UUID) -> Document | None:
        """The document with its row locked until the transaction ends."""
        # A plain FOR UPDATE would also block rows that refer to the document; its key never changes.
        return self._one(_LOCKED, {"document": document_id})

    def save_document(self, document: Document) -> None:
        """Write back what changes in a document's life; :class:`UnknownName` where it was never added."""
        statement = _SAVE_AND_TELL if may_be_waited_for(document) else _SAVE
        saved = self._connection.execute(statement, _standing(document) | {"document": document.id})
        if saved.rowcount == 0:
            raise UnknownName(kind="document", name=str(document.id))

    def document_by_lookup_code(self, code: str) -> Document | None:
        """The document with this code, in its stored form."""
        return self._one(_BY_LOOKUP_CODE, {"code": code})

    def document_by_sha256(self, sha256: str) -> Document | None:
        """The newest document that has a revision with this digest."""
        holders = select(revisions.c.document_id).where(revisions.c.sha256 == sha256)
        return self._one(select(documents).where(documents.c.id.in_(holders)).order_by(documents.c.id.desc()).limit(1))

    def documents(
        self,
        *,
        agency: str,
        state: DocumentState | None,
        dossier_code: str | None,
        after: UUID | None,
        limit: int,
        due_before: datetime | None = None,
    ) -> list[Document]:
        """Newest first, at most ``limit``, older than ``after``; ``due_before`` leaves what waits beyond it."""
        query = select(documents).where(documents.c.agency == agency)
        if state is not None:
            query = query.where(documents.c.state == state.value)
        if dossier_code is not None:
            query = query.where(documents.c.dossier_code == dossier_code)
        if due_before is not None:
            query = query.where(documents.c.due_at < due_before, _waits())
        if after is not None:
            query = query.where(documents.c.id < after)
        rows = self._connection.execute(query.order_by(documents.c.id.desc()).limit(limit)).mappings()
        return [_document(row) for row in rows]

    def due_documents(self, *, agency: str, until: datetime, limit: int) -> list[Document]:
        """Those that are due by this moment and are neither issued nor ended, the most urgent first."""
        query = select(documents).where(documents.c.agency == agency, documents.c.due_at <= until, _waits())
        ordered = query.order_by(documents.c.due_at, documents.c.id).limit(limit)
        return [_document(row) for row in self._connection.execute(ordered).mappings()]

    def expected_documents(self, *, until: datetime, after: UUID | None, limit: int) -> list[Document]:
        """Of all agencies, those whose sender gave an address, due by this moment and neither issued nor ended.

        In order of their identifiers, from the one behind ``after`` on.
        """
        query = select(documents).where(documents.c.due_at <= until, _waits(), documents.c.callback_url.is_not(None))
        if after is not None:
            query = query.where(documents.c.id > after)
        rows = self._connection.execute(query.order_by(documents.c.id).limit(limit)).mappings()
        return [_document(row) for row in rows]

    def unfinished_documents(self) -> list[UUID]:
        """Documents in a state that the service itself leaves, oldest first."""
        states = [state.value for state in UNFINISHED]
        return list(
            self._connection.scalars(
                select(documents.c.id).where(documents.c.state.in_(states)).order_by(documents.c.id)
            )
        )

    def copies_of(self, entry_id: UUID) -> list[Document]:
        """Every copy that was made from what has this entry in the register, oldest first."""
        query = select(documents).where(documents.c.copy_of == entry_id).order_by(documents.c.id)
        return [_document(row) for row in self._connection.execute(query).mappings()]

    def _one(
        self, query: Select[tuple[object, ...]], parameters: Mapping[str, object] | None = None
    ) -> Document | None:
        row = self._connection.execute(query, dict(parameters or {})).mappings().one_or_none()
        return _document(row) if row is not None else None


def _waits() -> ColumnElement[bool]:
    return documents.c.state.not_in(sorted(state.value for state in ENDED | PUBLISHED))


def _described(document: Document) -> dict[str, object]:
    """The columns that never change."""
    draft = asdict(document.draft)
    del draft["copy"]
    return draft | {
        **_copy_columns(document.draft.copy),
        "id": document.id,
        "lookup_code": document.lookup_code,
        "recipients": list(document.draft.recipients),
        "capacity": [one.value for one in document.draft.capacity],
        "order": document.draft.order.value,
        "cosigners": [_cosigner_row(one) for one in document.draft.cosigners],
        "created_by": document.created_by,
        "created_at": document.created_at,
    }


def _standing(document: Document) -> dict[str, object]:
    """The columns that say where the document stands."""
    intent, number, obstacle = document.intent, document.number, document.obstacle
    return {
        "layout": document.layout and _cells(document.layout),
        "state": document.state.value,
        "current_sha256": document.current.sha256,
        "current_length": document.current.length,
        "current_predecessor": document.current.predecessor,
        "cosigned": document.cosigned,
        "intent_purpose": intent and intent.purpose.value,
        "intent_actor": intent and intent.actor,
        "intent_credential": intent and intent.credential,
        "intent_at": intent and intent.at,
        "number_ordinal": number and number.ordinal,
        "number_symbol": number and number.symbol,
        "issued_on": document.issued_on,
        "obstacle_code": obstacle and obstacle.code,
        "obstacle_text": obstacle and obstacle.text,
        "obstacle_at": obstacle and obstacle.at,
    }


@lru_cache(maxsize=256)
def _cells(layout: Layout) -> dict[str, object]:
    """The layout for its column; a document is written many times with the same."""
    return asdict(layout)


def _document(row: RowMapping) -> Document:
    return Document(
        id=row["id"],
        lookup_code=row["lookup_code"],
        draft=_draft(row),
        layout=_layout(row) if row["layout"] is not None else None,
        state=DocumentState(row["state"]),
        current=Revision(
            sha256=row["current_sha256"], length=row["current_length"], predecessor=row["current_predecessor"]
        ),
        created_by=row["created_by"],
        created_at=row["created_at"],
        intent=_intent(row),
        number=DocumentNumber(row["number_ordinal"], row["number_symbol"]) if row["number_ordinal"] else None,
        issued_on=row["issued_on"],
        obstacle=_obstacle(row),
        cosigned=row["cosigned"],
    )


def _draft(row: RowMapping) -> Draft:
    return Draft(
        agency=row["agency"],
        document_type=row["document_type"],
        subject=row["subject"],
        signatory=row["signatory"],
        series=row["series"],
        dossier_code=row["dossier_code"],
        procedure_code=row["procedure_code"],
        recipients=tuple(row["recipients"]),
        due_at=row["due_at"],
        callback_url=row["callback_url"],
        external_id=row["external_id"],
        drafting_unit=row["drafting_unit"],
        capacity=tuple(Capacity(one) for one in row["capacity"]),
        order=NumberingOrder(row["order"]),
        cosigners=tuple(_cosigner(one) for one in row["cosigners"]),
        copy=_copy(row) if row["copy_form"] is not None else None,
    )


def _copy_columns(copy: CopyOf | None) -> dict[str, object]:
    if copy is None:
        return {}
    original = copy.original
    described = {
        "document_type": original.document_type,
        "number": original.number,
        "issued_on": original.issued_on.isoformat(),
        "agency": original.agency,
    }
    return {"copy_form": copy.form.name, "copy_of": original.entry, "copy_original": described}


def _copy(row: RowMapping) -> CopyOf:
    described = row["copy_original"]
    original = Original(
        document_type=described["document_type"],
        number=described["number"],
        issued_on=date.fromisoformat(described["issued_on"]),
        agency=described["agency"],
        entry=row["copy_of"],
    )
    return CopyOf(form=CopyForm[row["copy_form"]], original=original)


def _cosigner_row(one: Cosigner) -> dict[str, object]:
    return {"account": one.account, "part": one.part.value, "capacity": [each.value for each in one.capacity]}


def _cosigner(row: Mapping[str, str]) -> Cosigner:
    return Cosigner(
        account=row["account"], part=Part(row["part"]), capacity=tuple(Capacity(one) for one in row["capacity"])
    )


def _layout(row: RowMapping) -> Layout:
    cells = dict(row["layout"])
    places = tuple(Box(**box) if box else None for box in cells.pop("cosigners", ()))
    return Layout(**{cell: Box(**box) for cell, box in cells.items()}, cosigners=places)


def _intent(row: RowMapping) -> Intent | None:
    if row["intent_purpose"] is None:
        return None
    return Intent(
        purpose=Purpose(row["intent_purpose"]),
        actor=row["intent_actor"],
        credential=row["intent_credential"],
        at=row["intent_at"],
    )


def _obstacle(row: RowMapping) -> Obstacle | None:
    if row["obstacle_code"] is None:
        return None
    return Obstacle(code=row["obstacle_code"], text=row["obstacle_text"], at=row["obstacle_at"])
