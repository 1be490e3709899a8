"""The outgoing register on PostgreSQL and on the simulator: numbers for paper and system, rules, years, past days."""

from __future__ import annotations

from dataclasses import replace
from datetime import UTC, date, datetime, timedelta
from typing import TYPE_CHECKING
from uuid import UUID, uuid4

import psycopg
import pytest

from api.types.toml_form import standard_symbol
from issuance.entries import EntryKind, Registered, RegisterEntry
from issuance.errors import DateInvalid, MetadataInvalid, NotCompetent, NumbersTaken, UnknownName
from issuance.numbering import import_entries, number_paper, void_paper_number
from issuance.numbers import DocumentNumber, NumberingRule, NumberSeries
from storage.database import conninfo
from storage.errors import AlreadyThere
from tests.register_material import settle_people
from tests.set_clock import SetClock
from tests.simulators.register import MemoryRegister

if TYPE_CHECKING:
    from issuance.ports import UnitOfWork
    from storage.unit_of_work import PostgresUnitOfWork
    from tests.register_material import People

LAST_NIGHT = datetime(2026, 12, 31, 16, 59, tzinfo=UTC)  # 23:59 in Vietnam
LATER = datetime(2027, 6, 1, tzinfo=UTC)


@pytest.fixture(params=["postgres", "memory"])
def uow(request: pytest.FixtureRequest) -> UnitOfWork:
    if request.param == "memory":
        return MemoryRegister()
    register: PostgresUnitOfWork = request.getfixturevalue("postgres_register")
    return register


@pytest.fixture
def people(uow: UnitOfWork) -> People:
    return settle_people(uow)


def paper(document_type: str = "Quyết định") -> Registered:
    return Registered(document_type=document_type, subject="Về việc thử", signer="Người Ký", copies=3)


def take(
    uow: UnitOfWork,
    people: People,
    *,
    at: datetime = LAST_NIGHT,
    series: str | None = None,
    document_type: str = "Quyết định",
    entry_id: UUID | None = None,
) -> RegisterEntry:
    return number_paper(
        uow=uow,
        clock=SetClock(at),
        actor=people.clerk,
        entry_id=entry_id or uuid4(),
        series=series,
        issued_on=None,
        registered=paper(document_type),
    )


def rule(uow: UnitOfWork, people: People, document_type: str, *, series: str, symbol: str) -> None:
    with uow() as register:
        register.add_numbering_rule(NumberingRule(people.agency.id, document_type, series, symbol))


def test_types_of_one_group_share_a_series_and_keep_their_symbols(uow: UnitOfWork, people: People) -> None:
    for kind in ("Quyết định", "Báo cáo"):
        rule(uow, people, kind, series=people.series.name, symbol=standard_symbol(kind, agency="UBND"))
    taken = [take(uow, people, document_type=kind) for kind in ("Quyết định", "Báo cáo", "Quyết định")]
    assert [str(entry.number) for entry in taken] == ["01/QĐ-UBND", "02/BC-UBND", "03/QĐ-UBND"]


def test_another_series_cannot_use_the_symbol(uow: UnitOfWork, people: People) -> None:
    with uow() as register:
        register.add_series(NumberSeries(people.agency.id, "riêng", 2026, "GP-UBND"))
    with pytest.raises(AlreadyThere):
        rule(uow, people, "Giấy phép", series=people.series.name, symbol="GP-UBND")
    rule(uow, people, "Giấy phép", series="riêng", symbol="GP-UBND")


def test_a_new_year_begins_at_01_at_midnight_in_vietnam_without_anybody_opening_it(
    uow: UnitOfWork, people: People
) -> None:
    name = people.series.name
    old = [take(uow, people, series=name) for _ in range(2)]
    new = take(uow, people, series=name, at=LAST_NIGHT + timedelta(minutes=1))
    assert [entry.number.ordinal for entry in old] == [1, 2]
    assert (new.number.ordinal, new.issued_on) == (1, date(2027, 1, 1))
    with pytest.raises(UnknownName):
        take(uow, people, series="không có")


def test_repeating_the_call_takes_no_second_number(uow: UnitOfWork, people: People) -> None:
    entry_id = uuid4()
    entries = [take(uow, people, series=people.series.name, entry_id=entry_id) for _ in range(3)]
    assert entries[0] == entries[1] == entries[2]
    assert take(uow, people, series=people.series.name).number.ordinal == 2


def test_only_the_clerk_takes_and_voids_numbers_of_paper(uow: UnitOfWork, people: People) -> None:
    entry = take(uow, people, series=people.series.name)
    for actor in (people.submitter, people.signatory):
        with pytest.raises(NotCompetent):
            void_paper_number(uow=uow, clock=SetClock(LATER), actor=actor, entry_id=entry.id, reason="x")
    foreign = settle_people(uow).clerk
    with pytest.raises(UnknownName):
        void_paper_number(uow=uow, clock=SetClock(LATER), actor=foreign, entry_id=entry.id, reason="x")
    with pytest.raises(MetadataInvalid):
        void_paper_number(uow=uow, clock=SetClock(LATER), actor=people.clerk, entry_id=entry.id, reason=" ")


def test_a_date_in_the_future_is_refused(uow: UnitOfWork, people: People) -> None:
    with pytest.raises(DateInvalid):
        number_paper(
            uow=uow,
            clock=SetClock(LAST_NIGHT),
            actor=people.clerk,
            entry_id=uuid4(),
            series=people.series.name,
            issued_on=date(2027, 1, 1),
            registered=paper(),
        )


def test_any_past_moment_is_reproduced(uow: UnitOfWork, people: People) -> None:
    first = take(uow, people, series=people.series.name, at=LAST_NIGHT - timedelta(days=2))
    second = take(uow, people, series=people.series.name, at=LAST_NIGHT)
    void_paper_number(uow=uow, clock=SetClock(LATER), actor=people.clerk, entry_id=first.id, reason="Hỏng phôi")
    void_paper_number(uow=uow, clock=SetClock(LATER), actor=people.clerk, entry_id=first.id, reason="lý do khác")

    def as_of(at: datetime) -> list[tuple[UUID, str | None]]:
        with uow() as register:
            found = register.entries(agency=people.agency.id, year=2026, until=at)
        return [(one.entry.id, one.void_reason) for one in found]

    assert as_of(LAST_NIGHT - timedelta(days=3)) == []
    assert as_of(LAST_NIGHT - timedelta(days=1)) == [(first.id, None)]
    assert as_of(LATER - timedelta(seconds=1)) == [(first.id, None), (second.id, None)]
    assert as_of(LATER) == [(first.id, "Hỏng phôi"), (second.id, None)]


def imported(people: People, *ordinals: int) -> list[RegisterEntry]:
    return [
        RegisterEntry(
            id=uuid4(),
            agency=people.agency.id,
            series="sổ cũ",
            number=DocumentNumber(ordinal, "TB-UBND"),
            issued_on=date(2026, 3, 1),
            kind=EntryKind.IMPORTED,
            registered=paper(),
            taken_at=LAST_NIGHT,
            taken_by=people.clerk.id,
        )
        for ordinal in ordinals
    ]


def bring(uow: UnitOfWork, people: People, entries: list[RegisterEntry]) -> int:
    return import_entries(uow=uow, clock=SetClock(LATER), actor=people.clerk, year=2026, entries=entries)


def test_duplicates_are_reported_by_number_and_nothing_is_imported(uow: UnitOfWork, people: People) -> None:
    take(uow, people, series=people.series.name)  # 01/TB-UBND
    with pytest.raises(NumbersTaken) as refused:
        bring(uow, people, imported(people, 1, 7, 7, 8))
    assert refused.value.numbers == ("01/TB-UBND", "07/TB-UBND")
    entries = imported(people, 20, 21)
    assert bring(uow, people, entries) == 2
    assert bring(uow, people, entries) == 0
    with pytest.raises(AlreadyThere), uow() as register:
        register.add_entry(imported(people, 20)[0])


def test_the_series_goes_on_behind_what_was_imported(uow: UnitOfWork, people: People) -> None:
    bring(uow, people, imported(people, 1, 2, 3))
    assert take(uow, people, series=people.series.name).number.ordinal == 4
    bring(uow, people, [replace(one, series=people.series.name) for one in imported(people, 9)])
    assert [take(uow, people, series=people.series.name).number.ordinal for _ in range(2)] == [10, 11]


def test_a_series_that_is_opened_after_an_import_begins_behind_it(uow: UnitOfWork, people: People) -> None:
    old = DocumentNumber(7, "BC-UBND")
    bring(uow, people, [replace(imported(people, 7)[0], number=old)])
    opened = NumberSeries(agency=people.agency.id, name="BC", year=2026, symbol="BC-UBND")
    with uow() as register:
        register.add_series(opened)
        assert register.next_number(opened, issued_on=date(2026, 3, 1)).ordinal == 8
        with pytest.raises(DateInvalid):
            register.next_number(opened, issued_on=date(2026, 2, 28))


@pytest.mark.parametrize(
    "statement",
    [
        "DELETE FROM register_entries",
        "TRUNCATE register_entries CASCADE",
        "UPDATE register_entries SET ordinal = ordinal + 1000",
        "UPDATE register_entries SET void_reason = 'khác', voided_at = now() WHERE voided_at IS NOT NULL",
    ],
)
def test_the_database_itself_lets_nobody_change_an_entry(
    postgres_register: PostgresUnitOfWork, register_url: str, statement: str
) -> None:
    people = settle_people(postgres_register)
    entry = take(postgres_register, people, series=people.series.name)
    void_paper_number(
        uow=postgres_register, clock=SetClock(LATER), actor=people.clerk, entry_id=entry.id, reason="Hỏng"
    )
    with (
        psycopg.connect(conninfo(register_url)) as connection,
        pytest.raises(psycopg.errors.RestrictViolation),
    ):
        connection.execute(statement.encode())
