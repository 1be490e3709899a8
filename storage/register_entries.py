"""The outgoing register as rows: appended when a number is taken, voided at most once, never changed otherwise."""

from __future__ import annotations

from typing import TYPE_CHECKING

from sqlalchemy import and_, case, false, func, select, true

from issuance.calendar import VIETNAM
from issuance.documents import CHANGED, DocumentState
from issuance.entries import EntryKind, EntryThen, Registered, RegisterEntry
from issuance.errors import UnknownName
from issuance.numbers import DocumentNumber
from storage.open_transaction import OpenTransaction
from storage.schema import register_entries as rows
from storage.schema import timeline

if TYPE_CHECKING:
    from datetime import datetime
    from uuid import UUID

    from sqlalchemy import Row, RowMapping


class RegisterRows(OpenTransaction):
    """Reads and appends entries."""

    def add_entry(self, entry: RegisterEntry) -> None:
        """Append; :class:`storage.errors.AlreadyThere` where the number, or the identifier, is taken."""
        registered = entry.registered
        self._connection.execute(
            rows.insert(),
            {
                "id": entry.id,
                "agency": entry.agency,
                "series": entry.series,
                "year": entry.issued_on.year,
                "ordinal": entry.number.ordinal,
                "symbol": entry.number.symbol,
                "issued_on": entry.issued_on,
                "kind": entry.kind.value,
                "document_type": registered.document_type,
                "subject": registered.subject,
                "signer": registered.signer,
                "recipients": list(registered.recipients),
                "copy_keeper": registered.copy_keeper,
                "copies": registered.copies,
                "sent_on": registered.sent_on,
                "note": registered.note,
                "taken_at": entry.taken_at,
                "taken_by": entry.taken_by,
            },
        )

    def void_entry(self, entry_id: UUID, *, at: datetime, reason: str) -> None:
        """Mark the number as void; one that is void already keeps its first reason."""
        voided = self._connection.execute(
            rows.update()
            .where(rows.c.id == entry_id, rows.c.voided_at.is_(None))
            .values(voided_at=at, void_reason=reason)
        )
        if voided.rowcount == 0 and self.entry(entry_id) is None:
            raise UnknownName(kind="entry", name=str(entry_id))

    def entry(self, entry_id: UUID) -> RegisterEntry | None:
        """The entry, or None."""
        row = self._connection.execute(select(rows).where(rows.c.id == entry_id)).mappings().one_or_none()
        return _entry(row) if row is not None else None

    def taken_numbers(self, *, agency: str, year: int) -> set[DocumentNumber]:
        """Every number of the year."""
        found = self._connection.execute(
            select(rows.c.ordinal, rows.c.symbol).where(rows.c.agency == agency, rows.c.year == year)
        )
        return {DocumentNumber(ordinal, symbol) for ordinal, symbol in found}

    def entries(self, *, agency: str, year: int, until: datetime) -> list[EntryThen]:
        """What had been registered at this moment, as it then stood; by series and number."""
        then = select(timeline.c.state, timeline.c.reason).where(
            timeline.c.document_id == rows.c.id, timeline.c.at <= until
        )
        last_first = timeline.c.id.desc()
        newest = then.order_by(last_first).limit(1).lateral("newest")
        changes = then.where(timeline.c.state.in_(sorted(state.value for state in CHANGED)))
        change = changes.order_by(last_first).limit(1).lateral("change")
        sent = (
            select(func.min(timeline.c.at).label("at"))
            .where(
                timeline.c.document_id == rows.c.id,
                timeline.c.state == DocumentState.ISSUED.value,
                timeline.c.at <= until,
            )
            .lateral("sent")
        )
        void_then = case((and_(rows.c.voided_at.is_not(None), rows.c.voided_at <= until), true()), else_=false())
        query = (
            select(
                rows,
                newest.c.state.label("state"),
                change.c.state.label("change"),
                change.c.reason.label("change_reason"),
                sent.c.at.label("left_at"),
            )
            .add_columns(void_then.label("void_then"))
            .select_from(rows.outerjoin(newest, true()).outerjoin(change, true()).outerjoin(sent, true()))
            .where(rows.c.agency == agency, rows.c.year == year, rows.c.taken_at <= until)
            .order_by(rows.c.series, rows.c.ordinal)
        )
        return [_then(row) for row in self._connection.execute(query)]


def _then(row: Row[tuple[object, ...]]) -> EntryThen:
    found = row._mapping  # noqa: SLF001 - SQLAlchemy's public name begins with an underscore
    left_at = found["left_at"]
    return EntryThen(
        entry=_entry(found),
        state=DocumentState(found["state"]) if found["state"] else None,
        change=DocumentState(found["change"]) if found["change"] else None,
        change_reason=found["change_reason"],
        sent_on=left_at.astimezone(VIETNAM).date() if left_at else found["sent_on"],
        void_reason=found["void_reason"] if found["void_then"] else None,
    )


def _entry(row: RowMapping) -> RegisterEntry:
    return RegisterEntry(
        id=row["id"],
        agency=row["agency"],
        series=row["series"],
        number=DocumentNumber(row["ordinal"], row["symbol"]),
        issued_on=row["issued_on"],
        kind=EntryKind(row["kind"]),
        registered=Registered(
            document_type=row["document_type"],
            subject=row["subject"],
            signer=row["signer"],
            recipients=tuple(row["recipients"]),
            copy_keeper=row["copy_keeper"],
            copies=row["copies"],
            sent_on=row["sent_on"],
            note=row["note"],
        ),
        taken_at=row["taken_at"],
        taken_by=row["taken_by"],
    )
