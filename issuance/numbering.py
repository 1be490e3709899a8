"""Take a number and write it into the register, in one transaction: for documents of this system and for paper ones."""

from __future__ import annotations

from dataclasses import replace
from typing import TYPE_CHECKING

from issuance.calendar import vietnam_date
from issuance.competence import demand_role
from issuance.entries import EntryKind, RegisterEntry
from issuance.errors import DateInvalid, NumbersTaken, UnknownName
from issuance.numbers import NumberSeries
from issuance.outcome import demand_reason
from issuance.ports import AuditEvent, Role

if TYPE_CHECKING:
    from collections.abc import Sequence
    from datetime import date, datetime
    from uuid import UUID

    from issuance.entries import Registered
    from issuance.numbers import DocumentNumber, NumberingRule
    from issuance.ports import Account, Clock, Repositories, UnitOfWork


def series_for(
    register: Repositories, *, agency: str, document_type: str, unit: str | None, name: str, year: int
) -> NumberSeries | None:
    """The series of this name in this year with the symbol that documents of this type, drafted by ``unit``, carry.

    A year that begins goes on with the series of the year before, from 01 (Decree 30/2020, art. 15).
    """
    series = register.continued_series(agency=agency, name=name, year=year)
    rule = register.numbering_rule(agency=agency, document_type=document_type)
    if series is None or rule is None or rule.series != name:
        return series
    return replace(series, symbol=rule.symbol_for(unit))


def take_number(  # noqa: PLR0913 - an entry has this many parts
    register: Repositories,
    *,
    entry_id: UUID,
    agency: str,
    series: str,
    issued_on: date,
    kind: EntryKind,
    registered: Registered,
    at: datetime,
    actor: str,
    unit: str | None = None,
) -> DocumentNumber:
    """The next number of the series, registered; the series row stays locked until the transaction ends.

    Raises :class:`DateInvalid` for a day in the future or before the newest of the series, :class:`UnknownName`.
    """
    if issued_on > vietnam_date(at):
        raise DateInvalid(reason="the date of issue lies in the future")
    found = series_for(
        register,
        agency=agency,
        document_type=registered.document_type,
        unit=unit,
        name=series,
        year=issued_on.year,
    )
    if found is None:
        raise UnknownName(kind="series", name=f"{series} {issued_on.year}")
    number = register.next_number(found, issued_on=issued_on)
    register.add_entry(
        RegisterEntry(
            id=entry_id,
            agency=agency,
            series=series,
            number=number,
            issued_on=issued_on,
            kind=kind,
            registered=registered,
            taken_at=at,
            taken_by=actor,
        )
    )
    return number


def number_paper(
    *,
    uow: UnitOfWork,
    clock: Clock,
    actor: Account,
    entry_id: UUID,
    series: str | None,
    issued_on: date | None,
    registered: Registered,
) -> RegisterEntry:
    """The clerk takes a number for a paper document; without a series the agency's rule for the type decides.

    Repeating the call with the same ``entry_id`` answers the same number.
    """
    demand_role(actor, Role.CLERK)
    now = clock.now()
    with uow() as register:
        found = register.entry(entry_id)
        if found is not None:
            return found
        rule = register.numbering_rule(agency=actor.agency, document_type=registered.document_type)
        chosen = series or (rule.series if rule else None)
        if chosen is None:
            raise UnknownName(kind="series for type", name=registered.document_type)
        number = take_number(
            register,
            entry_id=entry_id,
            agency=actor.agency,
            series=chosen,
            issued_on=issued_on or vietnam_date(now),
            kind=EntryKind.PAPER,
            registered=registered,
            at=now,
            actor=actor.id,
        )
        register.append_audit(
            AuditEvent(now, actor.id, "number.taken", None, {"entry": str(entry_id), "number": str(number)})
        )
        entry = register.entry(entry_id)
    if entry is None:
        msg = "an entry that was added is there"
        raise RuntimeError(msg)
    return entry


def decide_numbering(*, uow: UnitOfWork, clock: Clock, operator: str, rule: NumberingRule, year: int) -> None:
    """Number a type in a series from now on, as the head of the agency decided; a series that is new begins at 01.

    ``operator`` is who types it in, for the audit log. Raises :class:`UnknownName` for an agency that is not there.
    """
    now = clock.now()
    with uow() as register:
        if register.agency(rule.agency) is None:
            raise UnknownName(kind="agency", name=rule.agency)
        decide_rule(register, rule=rule, operator=operator, year=year, at=now)


def decide_rule(register: Repositories, *, rule: NumberingRule, operator: str, year: int, at: datetime) -> None:
    """Write the rule, its series and the audit row in the caller's transaction; an unchanged rule leaves no trace."""
    if register.numbering_rule(agency=rule.agency, document_type=rule.document_type) == rule:
        return
    if register.continued_series(agency=rule.agency, name=rule.series, year=year) is None:
        symbol = rule.symbol_for(None)
        register.add_series(NumberSeries(agency=rule.agency, name=rule.series, year=year, symbol=symbol))
    register.add_numbering_rule(rule)
    facts = {"agency": rule.agency, "type": rule.document_type, "series": rule.series, "symbol": rule.symbol}
    register.append_audit(AuditEvent(at, operator, "numbering.decided", None, facts))


def void_paper_number(*, uow: UnitOfWork, clock: Clock, actor: Account, entry_id: UUID, reason: str) -> None:
    """Give the number of a paper document up; a document of this system is voided as a document."""
    demand_role(actor, Role.CLERK)
    demand_reason(reason)
    now = clock.now()
    with uow() as register:
        entry = register.entry(entry_id)
        if entry is None or entry.agency != actor.agency or entry.kind is EntryKind.DOCUMENT:
            raise UnknownName(kind="entry", name=str(entry_id))
        register.void_entry(entry_id, at=now, reason=reason)
        facts = {"entry": str(entry_id), "number": str(entry.number)}
        register.append_audit(AuditEvent(now, actor.id, "number.voided", None, facts))


def import_entries(
    *, uow: UnitOfWork, clock: Clock, actor: Account, year: int, entries: Sequence[RegisterEntry]
) -> int:
    """Take over numbers that were given elsewhere, all of them or none; answers how many were new.

    The agency's series go on behind them. Numbers that it has already, or that come twice, are named in
    :class:`NumbersTaken`. An entry that was imported before under the same identifier is no duplicate.
    """
    demand_role(actor, Role.CLERK)
    now = clock.now()
    with uow() as register:
        new = [entry for entry in entries if register.entry(entry.id) is None]
        taken = register.taken_numbers(agency=actor.agency, year=year)
        duplicates: set[DocumentNumber] = set()
        for entry in new:
            if entry.number in taken:
                duplicates.add(entry.number)
            taken.add(entry.number)
        if duplicates:
            raise NumbersTaken(numbers=tuple(sorted(str(number) for number in duplicates)))
        for entry in new:
            register.add_entry(entry)
        for series, symbol in sorted({(entry.series, entry.number.symbol) for entry in new}):
            register.pass_entries(agency=actor.agency, year=year, series=series, symbol=symbol)
        register.append_audit(
            AuditEvent(now, actor.id, "register.imported", None, {"year": str(year), "entries": str(len(new))})
        )
    return len(new)
