"""Numbers per second, all of one series, each with its entry, its audit row and a durable commit."""

from __future__ import annotations

import time
from concurrent.futures import ProcessPoolExecutor, ThreadPoolExecutor
from multiprocessing import get_context
from typing import TYPE_CHECKING
from uuid import uuid4

from bench.figures import Row
from bench.ground import now
from bench.register_ground import CLERK, SERIES, registers
from issuance.entries import Registered
from issuance.numbering import number_paper
from storage.database import connect
from storage.unit_of_work import PostgresUnitOfWork

if TYPE_CHECKING:
    from collections.abc import Iterator
    from datetime import datetime

    from bench.ground import Ground

_SECONDS = 8.0
_PROCESSES = 2
_THREADS = 4


class _Clock:
    """The time."""

    def now(self) -> datetime:
        """The present moment."""
        return now()


def measure(ground: Ground) -> Iterator[Row]:
    """Two processes with four callers each, on one row lock."""
    with (
        registers() as server,
        server.of_size(1000, certificate=ground.token.certificate) as url,
        ProcessPoolExecutor(_PROCESSES, mp_context=get_context("spawn")) as pool,
    ):
        list(pool.map(_numbers_per_second, [url] * _PROCESSES, [0.5] * _PROCESSES))
        rates = list(pool.map(_numbers_per_second, [url] * _PROCESSES, [_SECONDS] * _PROCESSES))
    note = f"{_PROCESSES} processes of {_THREADS} callers, one series, every commit flushed"
    yield Row("numbering_per_second", sum(rates), note=note)


def _numbers_per_second(url: str, seconds: float) -> float:
    engine = connect(url, pool_size=_THREADS)
    uow = PostgresUnitOfWork(engine)
    registered = Registered(document_type="TB", subject="Thông báo mẫu", signer="Lãnh Đạo Mẫu")
    begun = time.monotonic()

    def take_until_the_end(_caller: int) -> int:
        taken = 0
        while time.monotonic() - begun < seconds:
            number_paper(
                uow=uow,
                clock=_Clock(),
                actor=CLERK,
                entry_id=uuid4(),
                series=SERIES,
                issued_on=None,
                registered=registered,
            )
            taken += 1
        return taken

    with ThreadPoolExecutor(_THREADS) as callers:
        taken = sum(callers.map(take_until_the_end, range(_THREADS)))
    elapsed = time.monotonic() - begun
    engine.dispose()
    return taken / elapsed
