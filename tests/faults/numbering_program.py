"""Callers that take numbers, die, give up, and write down what they asked and heard: the witnesses of the history.

python -m tests.faults.numbering_program DATABASE_URL FOLDER AGENCY CLERK SERIES CALLS PROCESSES THREADS SEED

The parent only forks and replaces children that were killed. Each child has its own calls and its own history file, to
which every line is written before anything else happens, so that a killed child leaves a complete testimony. A child
that replaces a killed one repeats some of the calls that were cut off, as a client does that lost its answer.
"""

from __future__ import annotations

import mmap
import os
import random
import signal
import struct
import sys
import time
from concurrent.futures import ThreadPoolExecutor
from contextlib import contextmanager
from dataclasses import dataclass
from datetime import UTC, datetime, timedelta
from functools import partial
from pathlib import Path
from typing import TYPE_CHECKING
from uuid import NAMESPACE_OID, UUID, uuid5

from issuance.entries import Registered
from issuance.errors import DateInvalid
from issuance.numbering import number_paper
from issuance.ports import Account, Role
from storage.database import connect
from storage.errors import StorageUnavailable
from storage.unit_of_work import PostgresUnitOfWork
from tests.set_clock import SetClock

if TYPE_CHECKING:
    from collections.abc import Iterator

    from storage.unit_of_work import PostgresRepositories

BEGIN = datetime(2026, 12, 22, 5, tzinfo=UTC)
SPAN = timedelta(days=20)  # the year changes in the middle
CUT_OFF = 0.05  # share of calls whose process is killed under them
ABORTED = 0.02  # share of calls whose transaction is given up
_COUNTER = struct.Struct("<q")


class GivenUp(Exception):
    """The transaction is rolled back."""


@dataclass(frozen=True)
class Plan:
    """What the command line says."""

    url: str
    folder: Path
    agency: str
    clerk: str
    series: str
    calls: int
    processes: int
    threads: int
    seed: int

    def history(self, child: int) -> Path:
        """The testimony of a child and its successors."""
        return self.folder / f"history-{child}"


def entry_id(agency: str, call: int) -> UUID:
    """What the caller names the number that it wants, the same in every repetition."""
    return uuid5(NAMESPACE_OID, f"{agency}/{call}")


class Child:
    """One process with its callers."""

    def __init__(self, plan: Plan, place: int, life: int) -> None:
        self._plan = plan
        self._place = place
        self._random = random.Random(f"{plan.seed}/{place}/{life}")
        self._uow = PostgresUnitOfWork(connect(plan.url, pool_size=plan.threads))
        self._clerk = Account(plan.clerk, plan.agency, "Văn Thư", None, frozenset({Role.CLERK}))
        self._file = os.open(plan.history(place), os.O_WRONLY | os.O_APPEND | os.O_CREAT, 0o600)
        with (plan.folder / "progress").open("r+b") as progress:
            self._progress = mmap.mmap(progress.fileno(), 0)

    def work(self) -> None:
        """Make every call that is still to be made."""
        with ThreadPoolExecutor(self._plan.threads) as threads:
            for done in threads.map(self._call, self._left()):
                self._count(done)

    def _left(self) -> list[int]:
        """The calls of this child that have no answer; of those that were cut off, every other is never repeated."""
        mine = range(self._place, self._plan.calls, self._plan.processes)
        asked: set[int] = set()
        ended: set[int] = set()
        for line in self._plan.history(self._place).read_text().splitlines():
            word, call, *_ = line.split()
            asked.add(int(call))
            if word in {"took", "left"}:
                ended.add(int(call))
        closed = {call for call in asked if call in ended or call % 2}
        self._count(len(closed), absolute=len(closed))
        return [call for call in mine if call not in closed]

    def _call(self, call: int) -> int:
        while True:
            chance = self._random.random()
            self._tell("ask", call)
            try:
                entry = number_paper(
                    uow=partial(self._broken, chance),
                    clock=SetClock(self._now()),
                    actor=self._clerk,
                    entry_id=entry_id(self._plan.agency, call),
                    series=self._plan.series,
                    issued_on=None,
                    registered=Registered(document_type="Quyết định", subject=str(call), signer="Người Ký"),
                )
            except (GivenUp, DateInvalid, StorageUnavailable) as error:
                self._tell("refused", call, type(error).__name__)
                if isinstance(error, GivenUp) and call % 3:
                    self._tell("left", call)
                    return 1
            else:
                self._tell("took", call, str(entry.number.ordinal), str(entry.issued_on))
                return 1

    @contextmanager
    def _broken(self, chance: float) -> Iterator[PostgresRepositories]:
        """A transaction that may be given up, and in which, or just after which, the process may be killed."""
        kill = CUT_OFF / self._plan.threads
        with self._uow() as register:
            yield register
            if chance < kill / 2:
                os.kill(os.getpid(), signal.SIGKILL)
            if chance > 1 - ABORTED:
                raise GivenUp
        if chance < kill:
            os.kill(os.getpid(), signal.SIGKILL)

    def _now(self) -> datetime:
        size = _COUNTER.size
        done: int = sum(_COUNTER.unpack_from(self._progress, place * size)[0] for place in range(self._plan.processes))
        return BEGIN + SPAN * (done / self._plan.calls)

    def _count(self, done: int, *, absolute: int | None = None) -> None:
        at = self._place * _COUNTER.size
        before = _COUNTER.unpack_from(self._progress, at)[0]
        _COUNTER.pack_into(self._progress, at, before + done if absolute is None else max(before, absolute))

    def _tell(self, *words: object) -> None:
        word, call, *more = words
        os.write(self._file, f"{word} {call} {time.monotonic_ns()} {' '.join(map(str, more))}\n".encode())


def main(plan: Plan) -> None:
    """Fork, wait, replace."""
    (plan.folder / "progress").write_bytes(bytes(_COUNTER.size * plan.processes))
    for place in range(plan.processes):
        plan.history(place).touch()
    lives: dict[int, tuple[int, int]] = {}
    for place in range(plan.processes):
        lives[_born(plan, place, 0)] = (place, 0)
    while lives:
        process, status = os.wait()
        place, life = lives.pop(process)
        if os.WIFSIGNALED(status):
            lives[_born(plan, place, life + 1)] = (place, life + 1)
        elif status:
            sys.exit(1)


def _born(plan: Plan, place: int, life: int) -> int:
    process = os.fork()
    if process:
        return process
    try:
        Child(plan, place, life).work()
    except BaseException as error:  # noqa: BLE001 - a child says why it failed and never returns into the parent
        sys.stderr.write(f"{type(error).__name__}: {error}\n")
        sys.stderr.flush()
        os._exit(1)
    os._exit(0)


if __name__ == "__main__":
    url, folder, agency, clerk, series, *figures = sys.argv[1:]
    main(Plan(url, Path(folder), agency, clerk, series, *map(int, figures)))
