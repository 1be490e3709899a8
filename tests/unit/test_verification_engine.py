"""The engine's loop is kept from file to file; what was begun for one file does not go on with the next."""

from __future__ import annotations

import asyncio
from concurrent.futures import ThreadPoolExecutor
from datetime import UTC, datetime
from threading import Barrier

from certs.anchors import TrustAnchors
from verification._pyhanko_engine import Engine
from verification._pyhanko_store import ValidationMaterial
from verification._pyhanko_trust import Trust
from verification.policy import DEFAULT_POLICY

AT = datetime(2026, 1, 2, tzinfo=UTC)


def engine() -> Engine:
    return Engine(Trust(TrustAnchors(signing=(), timestamping=()), DEFAULT_POLICY, ValidationMaterial()), at=AT)


async def some_steps() -> None:
    for _ in range(5):
        await asyncio.sleep(0)


def test_what_one_file_left_behind_does_not_go_on_with_the_next() -> None:
    done: list[str] = []

    async def aside() -> None:
        await some_steps()
        done.append("went on")

    async def fails_beside_another() -> None:
        asyncio.ensure_future(aside())  # noqa: RUF006 - left behind on purpose
        await asyncio.sleep(0)
        raise ValueError

    with engine() as first:
        try:
            first._run(fails_beside_another())
        except ValueError:
            done.append("failed")
    with engine() as second:
        second._run(some_steps())
    assert done == ["failed"]


def test_what_is_gathered_is_awaited() -> None:
    async def answer(number: int) -> int:
        await some_steps()
        return number

    async def gathered() -> list[int]:
        return list(await asyncio.gather(answer(1), answer(2)))

    with engine() as one:
        assert one._run(gathered()) == [1, 2]


def test_threads_do_not_meet() -> None:
    both = Barrier(2, timeout=10)

    async def meet() -> int:
        await some_steps()
        return both.wait()

    def judge() -> int:
        with engine() as one:
            return one._run(meet())

    with ThreadPoolExecutor(2) as pool:
        assert {each.result() for each in [pool.submit(judge), pool.submit(judge)]} == {0, 1}
