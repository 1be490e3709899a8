"""Numbers, their series and rules, and the register's entries, in memory."""

from __future__ import annotations

from dataclasses import replace
from typing import TYPE_CHECKING

from issuance.calendar import vietnam_date
from issuance.documents import CHANGED, DocumentState
from issuance.entries import EntryThen
from issuance.errors import DateInvalid, UnknownName
from issuance.numbers import DocumentNumber, NumberSeries
from storage.errors import AlreadyThere
from tests.simulators.state import OpenState, SeriesRow

if TYPE_CHECKING:
    from datetime import date, datetime
    from uuid import UUID

    from issuance.entries import RegisterEntry
    from issuance.numbers import NumberingRule


class MemoryNumbers(OpenState):
    """Takes numbers and writes entries in one open transaction."""

    def next_number(self, series: NumberSeries, *, issued_on: date) -> DocumentNumber:
        if issued_on.year != series.year:
            raise DateInvalid(reason=f"the series {series.name!r} is for {series.year}")
        row = self._state.series.get((series.agency, series.name, series.year))
        if row is None:
            raise UnknownName(kind="series", name=f"{series.name} {series.year}")
        if row.newest_date is not None and issued_on < row.newest_date:
            raise DateInvalid(reason=f"the series {series.name!r} has reached {row.newest_date:%d/%m/%Y}")
        row.next, row.newest_date = row.next + 1, issued_on
        return DocumentNumber(ordinal=row.next - 1, symbol=series.symbol)

    def all_series(self, agency: str) -> list[NumberSeries]:
        found = [row.series for row in self._state.series.values() if row.series.agency == agency]
        return sorted(found, key=lambda one: (-one.year, one.name))

    def series(self, *, agency: str, name: str, year: int) -> NumberSeries | None:
        row = self._state.series.get((agency, name, year))
        return row.series if row else None

    def continued_series(self, *, agency: str, name: str, year: int) -> NumberSeries | None:
        earlier = [key for key in self._state.series if key[:2] == (agency, name) and key[2] <= year]
        if not earlier:
            return None
        series = replace(self._state.series[max(earlier)].series, year=year)
        self.add_series(series)
        return series

    def add_numbering_rule(self, rule: NumberingRule) -> None:
        users = {(one.agency, one.symbol, one.series) for one in self._state.rules.values()}
        users |= {(one.agency, one.symbol, one.name) for one in (row.series for row in self._state.series.values())}
        if any(user[:2] == (rule.agency, rule.symbol) and user[2] != rule.series for user in users):
            raise AlreadyThere(rule="numbering_rules_symbol")
        self._state.rules[rule.agency, rule.document_type] = rule

    def numbering_rule(self, *, agency: str, document_type: str) -> NumberingRule | None:
        return self._state.rules.get((agency, document_type))

    def add_series(self, series: NumberSeries) -> None:
        others = {(one.agency, one.year, one.symbol) for one in (row.series for row in self._state.series.values())}
        if (series.agency, series.name, series.year) in self._state.series:
            return
        if (series.agency, series.year, series.symbol) in others:
            raise AlreadyThere(rule="number_series_agency_year_symbol_key")
        self._state.series[series.agency, series.name, series.year] = SeriesRow(series)
        self.pass_entries(agency=series.agency, year=series.year, series=series.name, symbol=series.symbol)

    def pass_entries(self, *, agency: str, year: int, series: str, symbol: str) -> None:
        entries = [
            one
            for one in self._state.entries.values()
            if (one.agency, one.issued_on.year) == (agency, year)
            and (one.series == series or one.number.symbol == symbol)
        ]
        for row in self._state.series.values():
            ours = (row.series.agency, row.series.year) == (agency, year)
            if entries and ours and (row.series.name == series or row.series.symbol == symbol):
                days = [one.issued_on for one in entries] + ([row.newest_date] if row.newest_date else [])
                row.next, row.newest_date = max(row.next, *(one.number.ordinal + 1 for one in entries)), max(days)

    def add_entry(self, entry: RegisterEntry) -> None:
        same_year = [
            one
            for one in self._state.entries.values()
            if (one.agency, one.issued_on.year) == (entry.agency, entry.issued_on.year)
        ]
        in_series = {(one.series, one.number.ordinal) for one in same_year}
        taken = entry.id in self._state.entries or entry.number in {one.number for one in same_year}
        if taken or (entry.series, entry.number.ordinal) in in_series:
            raise AlreadyThere(rule="register_entries")
        self._state.entries[entry.id] = entry

    def void_entry(self, entry_id: UUID, *, at: datetime, reason: str) -> None:
        if entry_id not in self._state.entries:
            raise UnknownName(kind="entry", name=str(entry_id))
        self._state.voided.setdefault(entry_id, (at, reason))

    def entry(self, entry_id: UUID) -> RegisterEntry | None:
        return self._state.entries.get(entry_id)

    def taken_numbers(self, *, agency: str, year: int) -> set[DocumentNumber]:
        found = self._state.entries.values()
        return {one.number for one in found if (one.agency, one.issued_on.year) == (agency, year)}

    def entries(self, *, agency: str, year: int, until: datetime) -> list[EntryThen]:
        found = [
            one
            for one in self._state.entries.values()
            if (one.agency, one.issued_on.year) == (agency, year) and one.taken_at <= until
        ]
        return [self._then(one, until) for one in sorted(found, key=lambda one: (one.series, one.number.ordinal))]

    def _then(self, entry: RegisterEntry, until: datetime) -> EntryThen:
        steps = [step for step in self._state.timeline.get(entry.id, []) if step.at <= until]
        sent = [step.at for step in steps if step.state is DocumentState.ISSUED]
        changes = [step for step in steps if step.state in CHANGED]
        voided = self._state.voided.get(entry.id)
        return EntryThen(
            entry=entry,
            state=steps[-1].state if steps else None,
            change=changes[-1].state if changes else None,
            change_reason=changes[-1].reason if changes else None,
            sent_on=vietnam_date(sent[0]) if sent else entry.registered.sent_on,
            void_reason=voided[1] if voided and voided[0] <= until else None,
        )
