"""Number series, opened by the operator where no rule for a type of documents has opened them."""

from __future__ import annotations

from typing import TYPE_CHECKING

from issuance.errors import MetadataInvalid, UnknownName
from issuance.numbers import DocumentNumber
from issuance.on_file import demand_same
from issuance.ports import AuditEvent

if TYPE_CHECKING:
    from collections.abc import Iterator

    from issuance.numbers import NumberSeries
    from issuance.ports import Clock, Repositories, UnitOfWork


def add_series(series: NumberSeries, *, uow: UnitOfWork, clock: Clock, operator: str) -> None:
    """Open the series at 01; doing it again changes nothing.

    Raises :class:`MetadataInvalid`, :class:`UnknownName` for the agency, :class:`NameTaken` for a series with another
    symbol, and ``storage.errors.AlreadyThere`` where another one of that year has this symbol.
    """
    problems = dict(_problems(series))
    if problems:
        raise MetadataInvalid(problems=problems)
    with uow() as register:
        _demand_agency(register, series.agency)
        found = register.series(agency=series.agency, name=series.name, year=series.year)
        if found is not None:
            demand_same(found, series, kind="series", name=f"{series.name} {series.year}")
            return
        register.add_series(series)
        facts = {"agency": series.agency, "series": series.name, "year": str(series.year), "symbol": series.symbol}
        register.append_audit(AuditEvent(clock.now(), operator, "series.added", None, facts))


def series_of(agency: str, *, uow: UnitOfWork) -> tuple[NumberSeries, ...]:
    """The agency's series, the newest year first; raises :class:`UnknownName`."""
    with uow() as register:
        _demand_agency(register, agency)
        return tuple(register.all_series(agency))


def _demand_agency(register: Repositories, agency: str) -> None:
    if register.agency(agency) is None:
        raise UnknownName(kind="agency", name=agency)


def _problems(series: NumberSeries) -> Iterator[tuple[str, str]]:
    if not (series.name.strip() and series.name.isprintable()):
        yield "name", "must be one line of text"
    try:
        DocumentNumber.parse(f"01/{series.symbol}")
    except ValueError:
        yield "symbol", "cannot stand behind a number, as TB-UBND does"
    if not {"{", "}"}.isdisjoint(series.symbol):
        yield "symbol", "has no place for a unit: kyso register rule lays that down for a type"
