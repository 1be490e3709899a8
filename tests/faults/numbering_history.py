"""Judges a history of numbering from what its callers wrote down and the register's rows; asks the program nothing.

Every rule answers the sentences of its complaint; no complaint means that the history is one that a single clerk with a
paper register could have made.
"""

from __future__ import annotations

from collections import Counter, defaultdict
from dataclasses import dataclass
from typing import TYPE_CHECKING

if TYPE_CHECKING:
    from collections.abc import Iterable, Iterator, Sequence
    from pathlib import Path


@dataclass(frozen=True)
class Row:
    """A row of the register: which call it was for, and what it got; the day as ISO 8601."""

    call: int
    year: int
    ordinal: int
    day: str


@dataclass(frozen=True)
class Witness:
    """One attempt of a caller; ``answered_at`` is None where it was cut off; ``ordinal`` where it heard none."""

    call: int
    asked_at: int
    answered_at: int | None
    outcome: str
    ordinal: int | None
    day: str | None


def witnesses_in(files: Iterable[Path]) -> list[Witness]:
    """What the callers wrote down. An attempt without an end was cut off."""
    found = []
    for file in files:
        open_attempts: dict[int, int] = {}
        for line in file.read_text(encoding="utf-8").splitlines():
            word, number, at, *more = line.split()
            call = int(number)
            if word == "ask":
                if call in open_attempts:
                    found.append(Witness(call, open_attempts[call], None, "cut off", None, None))
                open_attempts[call] = int(at)
            elif word in {"took", "refused"}:
                ordinal, day = (int(more[0]), more[1]) if word == "took" else (None, None)
                found.append(Witness(call, open_attempts.pop(call), int(at), word, ordinal, day))
        found += [Witness(call, at, None, "cut off", None, None) for call, at in open_attempts.items()]
    return found


def complaints(history: Sequence[Witness], rows: Sequence[Row]) -> list[str]:
    """Everything that is wrong."""
    return [
        *_duplicates(rows),
        *_gaps(rows),
        *_disorder(rows),
        *_lost_or_invented(history, rows),
        *_out_of_turn(history),
    ]


def _duplicates(rows: Sequence[Row]) -> Iterator[str]:
    for (year, ordinal), times in Counter((row.year, row.ordinal) for row in rows).items():
        if times > 1:
            yield f"{ordinal}/{year} was given {times} times"
    for call, times in Counter(row.call for row in rows).items():
        if times > 1:
            yield f"call {call} got {times} numbers"


def _gaps(rows: Sequence[Row]) -> Iterator[str]:
    taken = defaultdict(set)
    for row in rows:
        taken[row.year].add(row.ordinal)
    for year, ordinals in taken.items():
        missing = set(range(1, max(ordinals) + 1)) - ordinals
        if missing:
            yield f"{len(missing)} numbers of {year} are missing, the first being {min(missing)}"


def _disorder(rows: Sequence[Row]) -> Iterator[str]:
    newest: dict[int, str] = {}
    for row in sorted(rows, key=lambda row: (row.year, row.ordinal)):
        if row.day < newest.get(row.year, ""):
            yield f"{row.ordinal}/{row.year} has the day {row.day}, before {newest[row.year]}"
        newest[row.year] = max(row.day, newest.get(row.year, ""))
        if not row.day.startswith(str(row.year)):
            yield f"{row.ordinal}/{row.year} has the day {row.day}"


def _lost_or_invented(history: Sequence[Witness], rows: Sequence[Row]) -> Iterator[str]:
    kept = {row.call: row for row in rows}
    may_be_there = {one.call for one in history if one.outcome in {"took", "cut off"}}
    for one in history:
        if one.outcome != "took":
            continue
        row = kept.get(one.call)
        if row is None:
            yield f"call {one.call} heard {one.ordinal} and is not in the register"
        elif (row.ordinal, row.day) != (one.ordinal, one.day):
            yield f"call {one.call} heard {one.ordinal} of {one.day}; the register says {row.ordinal} of {row.day}"
    for call in kept.keys() - may_be_there:
        yield f"call {call} was refused, and is in the register"


def _out_of_turn(history: Sequence[Witness]) -> Iterator[str]:
    """Who was answered before another began has the smaller number (linearizability of a counter)."""
    first_asked: dict[int, int] = {}
    for one in history:
        first_asked[one.call] = min(one.asked_at, first_asked.get(one.call, one.asked_at))
    took = [one for one in history if one.outcome == "took" and one.ordinal is not None and one.day is not None]
    events: list[tuple[int, int, str, int]] = []
    for one in took:
        year = str(one.day)[:4]
        events.append((first_asked[one.call], 1, year, int(one.ordinal or 0)))
        events.append((int(one.answered_at or 0), 0, year, int(one.ordinal or 0)))
    highest: dict[str, int] = {}
    for _, begins, year, ordinal in sorted(events):
        if not begins:
            highest[year] = max(ordinal, highest.get(year, 0))
        elif ordinal < highest.get(year, 0):
            yield f"{ordinal}/{year} was asked for after {highest[year]}/{year} was answered"
