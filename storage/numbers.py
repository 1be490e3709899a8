"""Number series: without gaps, without duplicates, and with dates that never run backwards."""

from __future__ import annotations

from dataclasses import asdict
from typing import TYPE_CHECKING

from sqlalchemy import bindparam, func, or_, select, union
from sqlalchemy.dialects.postgresql import insert

from issuance.errors import DateInvalid, UnknownName
from issuance.numbers import DocumentNumber, NumberingRule, NumberSeries
from storage.errors import AlreadyThere
from storage.open_transaction import OpenTransaction
from storage.schema import number_series, numbering_rules, register_entries

if TYPE_CHECKING:
    from datetime import date

_SERIES = (
    number_series.c.agency == bindparam("of_agency"),
    number_series.c.name == bindparam("named"),
    number_series.c.year == bindparam("in_year"),
)
# Made once: to put a statement together costs as much as to carry it out.
_TAKE = (
    number_series.update()
    .where(
        *_SERIES,
        or_(number_series.c.newest_date.is_(None), number_series.c.newest_date <= bindparam("issued_on")),
    )
    .values(next=number_series.c.next + 1, newest_date=bindparam("issued_on"))
    .returning(number_series.c.next - 1)
)
_SYMBOL = select(number_series.c.symbol).where(*_SERIES)
_NEWEST_DATE = select(number_series.c.newest_date).where(*_SERIES)
_RULE = select(numbering_rules).where(
    numbering_rules.c.agency == bindparam("of_agency"), numbering_rules.c.document_type == bindparam("for_type")
)


class NumberRows(OpenTransaction):
    """Reads series and takes numbers."""

    def next_number(self, series: NumberSeries, *, issued_on: date) -> DocumentNumber:
        """Take the next number under the row lock of the series, which is held until the transaction ends.

        Whoever comes second waits, and then sees the first one's date. A transaction that is rolled back gives its
        number back, so that nothing is missing. Raises :class:`DateInvalid`, :class:`UnknownName`.
        """
        if issued_on.year != series.year:
            raise DateInvalid(reason=f"the series {series.name!r} is for {series.year}")
        key = _key(agency=series.agency, name=series.name, year=series.year)
        taken = self._connection.execute(_TAKE, key | {"issued_on": issued_on}).scalar_one_or_none()
        if taken is None:
            raise self._refusal(series)
        return DocumentNumber(ordinal=taken, symbol=series.symbol)

    def all_series(self, agency: str) -> list[NumberSeries]:
        """The agency's series, the newest year first, then by name."""
        rows = self._connection.execute(
            select(number_series.c.agency, number_series.c.name, number_series.c.year, number_series.c.symbol)
            .where(number_series.c.agency == agency)
            .order_by(number_series.c.year.desc(), number_series.c.name)
        ).mappings()
        return [NumberSeries(**row) for row in rows]

    def series(self, *, agency: str, name: str, year: int) -> NumberSeries | None:
        """The series, or None where the agency has none of this name in this year."""
        symbol = self._connection.scalar(_SYMBOL, _key(agency=agency, name=name, year=year))
        return NumberSeries(agency=agency, name=name, year=year, symbol=symbol) if symbol is not None else None

    def continued_series(self, *, agency: str, name: str, year: int) -> NumberSeries | None:
        """The series, opened at 01 where the agency had one of this name in an earlier year; None where it had none."""
        found = self.series(agency=agency, name=name, year=year)
        if found is not None:
            return found
        symbol = self._connection.scalar(
            select(number_series.c.symbol)
            .where(number_series.c.agency == agency, number_series.c.name == name, number_series.c.year < year)
            .order_by(number_series.c.year.desc())
            .limit(1)
        )
        if symbol is None:
            return None
        continued = NumberSeries(agency=agency, name=name, year=year, symbol=symbol)
        self.add_series(continued)
        return continued

    def add_numbering_rule(self, rule: NumberingRule) -> None:
        """Insert or replace; :class:`AlreadyThere` where another series of the agency uses the symbol."""
        others = union(
            select(numbering_rules.c.series).where(
                numbering_rules.c.agency == rule.agency, numbering_rules.c.symbol == rule.symbol
            ),
            select(number_series.c.name).where(
                number_series.c.agency == rule.agency, number_series.c.symbol == rule.symbol
            ),
        )
        if set(self._connection.scalars(others)) - {rule.series}:
            raise AlreadyThere(rule="numbering_rules_symbol")
        self._insert_or_replace(numbering_rules, asdict(rule))

    def numbering_rule(self, *, agency: str, document_type: str) -> NumberingRule | None:
        """The agency's rule for this type, or None."""
        key = {"of_agency": agency, "for_type": document_type}
        row = self._connection.execute(_RULE, key).mappings().one_or_none()
        return NumberingRule(**row) if row is not None else None

    def add_series(self, series: NumberSeries) -> None:
        """Insert a series that starts at 01, or behind what the register has under its name or symbol.

        One that exists, or that another caller adds just now, stays as it is.

        :class:`AlreadyThere` where another series of the agency has the symbol in this year. All rules are arbiters of
        the conflict: with one alone, the twin of a row that is being inserted breaks the other instead of being seen.
        """
        row = {"agency": series.agency, "name": series.name, "year": series.year, "symbol": series.symbol}
        added = insert(number_series).values(row).on_conflict_do_nothing().returning(number_series.c.name)
        is_added = self._connection.scalar(added) is not None
        if not is_added and self.series(agency=series.agency, name=series.name, year=series.year) is None:
            raise AlreadyThere(rule="number_series_agency_year_symbol_key")
        if is_added:
            self.pass_entries(agency=series.agency, year=series.year, series=series.name, symbol=series.symbol)

    def pass_entries(self, *, agency: str, year: int, series: str, symbol: str) -> None:
        """Let the series of this name or symbol go on behind all numbers and dates that the register has of either."""
        of_either = (
            register_entries.c.agency == agency,
            register_entries.c.year == year,
            or_(register_entries.c.series == series, register_entries.c.symbol == symbol),
        )
        last = select(func.coalesce(func.max(register_entries.c.ordinal), 0)).where(*of_either).scalar_subquery()
        day = select(func.max(register_entries.c.issued_on)).where(*of_either).scalar_subquery()
        self._connection.execute(
            number_series.update()
            .where(
                number_series.c.agency == agency,
                number_series.c.year == year,
                or_(number_series.c.name == series, number_series.c.symbol == symbol),
            )
            .values(
                next=func.greatest(number_series.c.next, last + 1),
                newest_date=func.greatest(number_series.c.newest_date, day),
            )
        )

    def _refusal(self, series: NumberSeries) -> DateInvalid | UnknownName:
        key = _key(agency=series.agency, name=series.name, year=series.year)
        newest = self._connection.scalar(_NEWEST_DATE, key)
        if newest is None:
            return UnknownName(kind="series", name=f"{series.name} {series.year}")
        return DateInvalid(reason=f"the series {series.name!r} has reached {newest:%d/%m/%Y}")


def _key(*, agency: str, name: str, year: int) -> dict[str, object]:
    return {"of_agency": agency, "named": name, "in_year": year}
