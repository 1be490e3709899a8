"""Many callers take numbers while processes are killed, transactions given up and the year changes: nothing is wrong.

The judge (``numbering_history``) knows nothing of the program; that it is awake is shown by histories with one defect
and by a program whose numbers come from a database sequence, as those of many systems do.
"""

from __future__ import annotations

import subprocess
import sys
import time
from dataclasses import replace
from pathlib import Path
from typing import TYPE_CHECKING

import psycopg
import pytest

from storage.database import connect, conninfo
from storage.migrate import upgrade
from storage.unit_of_work import PostgresUnitOfWork
from tests.faults.numbering_history import Row, Witness, complaints, witnesses_in
from tests.faults.numbering_program import entry_id
from tests.register_material import settle_people
from tests.scale import scaled

if TYPE_CHECKING:
    from collections.abc import Callable

    from tests.register_material import People

pytestmark = pytest.mark.nightly

CALLS = scaled(1500, nightly=20_000)
PROCESSES = scaled(4, nightly=8)
THREADS = 8
PROJECT = Path(__file__).parents[2]

MUTANT = """
CREATE SEQUENCE mutant_2026; CREATE SEQUENCE mutant_2027;
CREATE FUNCTION mutant() RETURNS trigger LANGUAGE plpgsql AS $$
BEGIN
    NEW.ordinal := nextval('mutant_' || NEW.year);
    RETURN NEW;
END;
$$;
CREATE TRIGGER mutant BEFORE INSERT ON register_entries FOR EACH ROW EXECUTE FUNCTION mutant();
"""


def run(url: str, folder: Path, *, calls: int, seed: int) -> tuple[list[Witness], list[Row], float]:
    """Let the callers loose on a new agency; answers what they say, what the register has, and the seconds."""
    engine = connect(url)
    people = settle_people(PostgresUnitOfWork(engine))
    engine.dispose()
    arguments = (url, folder, people.agency.id, people.clerk.id, people.series.name, calls, PROCESSES, THREADS, seed)
    begun = time.monotonic()
    finished = subprocess.run(
        [sys.executable, "-m", "tests.faults.numbering_program", *map(str, arguments)],
        cwd=PROJECT,
        capture_output=True,
        text=True,
        timeout=3600,
        check=False,
    )
    assert finished.returncode == 0, finished.stderr[-3000:]
    return witnesses_in(folder.glob("history-*")), rows_of(url, people, calls), time.monotonic() - begun


def rows_of(url: str, people: People, calls: int) -> list[Row]:
    calls_of = {entry_id(people.agency.id, call): call for call in range(calls)}
    with psycopg.connect(conninfo(url)) as connection:
        found = connection.execute(
            "SELECT id, year, ordinal, issued_on FROM register_entries WHERE agency = %s", (people.agency.id,)
        ).fetchall()
    return [Row(calls_of[identifier], year, ordinal, str(day)) for identifier, year, ordinal, day in found]


def test_no_number_is_double_missing_or_out_of_order(database_url: str, tmp_path: Path) -> None:
    upgrade(database_url)
    history, rows, seconds = run(database_url, tmp_path, calls=CALLS, seed=1)
    assert complaints(history, rows) == []
    outcomes = [one.outcome for one in history]
    assert outcomes.count("cut off") > 0.01 * CALLS
    assert outcomes.count("refused") > 0.01 * CALLS
    assert {row.year for row in rows} == {2026, 2027}
    assert len(rows) > 0.9 * CALLS
    sys.stdout.write(
        f"{len(rows)} numbers in {seconds:.1f} s ({len(rows) / seconds:.0f}/s), "
        f"{outcomes.count('cut off')} calls cut off, {outcomes.count('refused')} refused\n"
    )


def test_the_judge_finds_the_gaps_of_a_program_that_numbers_by_a_sequence(database_url: str, tmp_path: Path) -> None:
    upgrade(database_url)
    with psycopg.connect(conninfo(database_url)) as connection:
        connection.execute(MUTANT)
    history, rows, _ = run(database_url, tmp_path, calls=600, seed=2)
    assert any("missing" in complaint for complaint in complaints(history, rows))


GOOD_ROWS = [Row(call, 2026, call + 1, f"2026-12-{10 + call}") for call in range(5)] + [Row(5, 2027, 1, "2027-01-01")]
GOOD = [Witness(row.call, row.call * 10, row.call * 10 + 5, "took", row.ordinal, row.day) for row in GOOD_ROWS]


def test_the_judge_has_nothing_to_say_about_a_good_history() -> None:
    cut_off = Witness(6, 70, None, "cut off", None, None)
    assert complaints([*GOOD, cut_off], GOOD_ROWS) == []
    assert complaints([*GOOD, cut_off], [*GOOD_ROWS, Row(6, 2027, 2, "2027-01-02")]) == []


@pytest.mark.parametrize(
    ("defect", "words"),
    [
        (lambda rows: [*rows, replace(rows[0], call=6)], "was given 2 times"),
        (lambda rows: [*rows, replace(rows[0], ordinal=6, day="2026-12-31")], "got 2 numbers"),
        (lambda rows: [row for row in rows if row.call != 2], "are missing"),
        (lambda rows: [row for row in rows if row.call != 4], "is not in the register"),
        (lambda rows: [replace(row, day="2026-12-01") if row.call == 3 else row for row in rows], "before"),
        (lambda rows: [replace(row, day="2026-12-31") if row.call == 5 else row for row in rows], "has the day"),
        (lambda rows: [*rows, Row(7, 2027, 2, "2027-01-02")], "was refused"),
    ],
)
def test_the_judge_finds_every_defect(defect: Callable[[list[Row]], list[Row]], words: str) -> None:
    assert any(words in complaint for complaint in complaints(GOOD, defect(GOOD_ROWS)))


def test_the_judge_finds_who_jumped_the_queue() -> None:
    swapped = [replace(one, ordinal={2: 3, 3: 2}.get(int(one.ordinal or 0), one.ordinal)) for one in GOOD]
    assert any("was asked for after" in complaint for complaint in complaints(swapped, GOOD_ROWS))
