"""The outgoing register as it is shown and printed: ten legal columns for each number, gaps and duplicates.

Decree 30/2020, art. 16.2(b) and Annex IV. The report is worked out from the entries alone, so that it also finds what
the database's own rules should have made impossible.
"""

from __future__ import annotations

from collections import Counter, defaultdict
from dataclasses import dataclass
from datetime import datetime, time, timedelta
from typing import TYPE_CHECKING

from issuance.calendar import VIETNAM
from issuance.competence import demand_role
from issuance.documents import DocumentState
from issuance.errors import UnknownName
from issuance.ports import Role

if TYPE_CHECKING:
    from collections.abc import Sequence
    from datetime import date
    from uuid import UUID

    from issuance.entries import EntryThen
    from issuance.ports import Account, UnitOfWork

_REMARKS = {
    DocumentState.CORRECTED: "Có đính chính",
    DocumentState.REPLACED: "Đã được thay thế",
    DocumentState.RECALLED: "Đã thu hồi",
}


@dataclass(frozen=True, slots=True)
class RegisterLine:
    """One number: the columns of Annex IV (the ninth, the receiver's hand, is for paper), then what a program needs.

    ``void_reason`` is set for a number that was given up.
    """

    number: str
    issued_on: date
    title: str
    signer: str
    recipients: tuple[str, ...]
    copy_keeper: str | None
    copies: int | None
    sent_on: date | None
    note: str
    id: UUID
    series: str
    kind: str
    state: str | None
    void_reason: str | None


@dataclass(frozen=True, slots=True)
class Gap:
    """Numbers of a series that are missing, both ends included."""

    series: str
    first: int
    last: int


@dataclass(frozen=True, slots=True)
class RegisterBook:
    """A year of an agency's register as it stood at a moment."""

    agency: str
    agency_name: str
    year: int
    as_of: datetime
    lines: tuple[RegisterLine, ...]
    gaps: tuple[Gap, ...]
    duplicates: tuple[str, ...]

    @property
    def voided(self) -> int:
        """How many numbers were given up."""
        return sum(line.void_reason is not None for line in self.lines)


def end_of_day(day: date) -> datetime:
    """The last microsecond of a day in Vietnam."""
    return datetime.combine(day + timedelta(days=1), time(), tzinfo=VIETNAM) - timedelta(microseconds=1)


def read_book(*, uow: UnitOfWork, actor: Account, agency: str, year: int, as_of: datetime) -> RegisterBook:
    """The register of the actor's own agency, for its clerks and signatories.

    Raises :class:`UnknownName`, :class:`issuance.errors.NotCompetent`.
    """
    if agency != actor.agency:
        raise UnknownName(kind="agency", name=agency)
    if Role.SIGNATORY not in actor.roles:
        demand_role(actor, Role.CLERK)
    return book_of(uow=uow, agency=agency, year=year, as_of=as_of)


def book_of(*, uow: UnitOfWork, agency: str, year: int, as_of: datetime) -> RegisterBook:
    """The same without asking who reads, for the operator. Raises :class:`UnknownName`."""
    with uow() as register:
        found = register.agency(agency)
        if found is None:
            raise UnknownName(kind="agency", name=agency)
        entries = register.entries(agency=agency, year=year, until=as_of)
    return RegisterBook(
        agency=agency,
        agency_name=found.name,
        year=year,
        as_of=as_of,
        lines=tuple(_line(one) for one in entries),
        gaps=gaps_in(entries),
        duplicates=duplicates_in(entries),
    )


def gaps_in(entries: Sequence[EntryThen]) -> tuple[Gap, ...]:
    """Missing numbers, for each series from 01 to its newest; a voided number is not missing."""
    taken: dict[str, set[int]] = defaultdict(set)
    for one in entries:
        taken[one.entry.series].add(one.entry.number.ordinal)
    gaps = []
    for series, ordinals in sorted(taken.items()):
        following = 1
        for ordinal in sorted(ordinals):
            if ordinal > following:
                gaps.append(Gap(series, following, ordinal - 1))
            following = ordinal + 1
    return tuple(gaps)


def duplicates_in(entries: Sequence[EntryThen]) -> tuple[str, ...]:
    """Numbers with their symbols that come more than once (Annex VI, III.1.h)."""
    counted = Counter(str(one.entry.number) for one in entries)
    return tuple(sorted(number for number, times in counted.items() if times > 1))


def _line(then: EntryThen) -> RegisterLine:
    entry, registered = then.entry, then.entry.registered
    return RegisterLine(
        number=str(entry.number),
        issued_on=entry.issued_on,
        title=f"{registered.document_type}: {registered.subject}",
        signer=registered.signer,
        recipients=registered.recipients,
        copy_keeper=registered.copy_keeper,
        copies=registered.copies,
        sent_on=then.sent_on,
        note=_note(then),
        id=entry.id,
        series=entry.series,
        kind=entry.kind.value,
        state=then.state.value if then.state else None,
        void_reason=then.void_reason,
    )


def _note(then: EntryThen) -> str:
    """The tenth column: what was noted, and what became of the number or the document."""
    parts = [then.entry.registered.note]
    if then.void_reason is not None:
        parts.append(f"Số đã bỏ: {then.void_reason}")
    elif then.change in _REMARKS:
        remark = _REMARKS[then.change]
        parts.append(f"{remark}: {then.change_reason}" if then.change_reason else remark)
    return ". ".join(part for part in parts if part)
