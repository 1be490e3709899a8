"""Bombs sent to the running service: each gets a report, and whoever asks for something else hardly notices."""

from __future__ import annotations

import time
from concurrent.futures import ThreadPoolExecutor
from typing import TYPE_CHECKING

import pytest

from tests.bombs import BOMBS
from tests.service import Service, running_service

if TYPE_CHECKING:
    from collections.abc import Callable, Iterator

    from tests.parts import Bucket

SLOW = ("structure/pages-by-the-million", "structure/numbers-by-the-million", "structure/string-nested")
LOOKUPS, VERIFICATIONS = 20, 4
LOOKED_UP_WITHIN = 1.0  # seconds, for 95 of 100; or a few times what it takes when nothing else is asked
VERIFIED_WITHIN = 20.0  # seconds; three bombs have two cores between them for ten seconds each


@pytest.fixture(scope="module")
def service(
    tmp_path_factory: pytest.TempPathFactory, module_database_url: str, module_bucket: Bucket
) -> Iterator[Service]:
    with running_service(tmp_path_factory.mktemp("s"), database_url=module_database_url, bucket=module_bucket) as one:
        yield one


def seconds(ask: Callable[[], object], times: int) -> list[float]:
    """How long each answer took, the longest last."""
    taken = []
    for _ in range(times):
        began = time.monotonic()
        ask()
        taken.append(time.monotonic() - began)
    return sorted(taken)


def test_bombs_get_reports_and_others_their_answers_in_time(service: Service) -> None:
    issued = service.issued()
    pdf = service.clerk().file(issued.id)
    bombs = {name: BOMBS[name]() for name in SLOW}

    def look_up() -> object:
        return service.public().lookup(issued.lookup_code)

    def verify() -> object:
        report = service.public().verify(pdf)
        assert report["indication"] == "TOTAL_PASSED"
        return report

    quiet = seconds(look_up, LOOKUPS)[-2]
    with ThreadPoolExecutor(len(bombs)) as senders:
        sent = {name: senders.submit(service.public().verify, bomb) for name, bomb in bombs.items()}
        time.sleep(1)
        beside = seconds(look_up, LOOKUPS)[-2]
        verified = seconds(verify, VERIFICATIONS)[-1]
        reports = {name: answer.result() for name, answer in sent.items()}

    assert beside < max(LOOKED_UP_WITHIN, 5 * quiet)
    assert verified < VERIFIED_WITHIN
    assert {report["indication"] for report in reports.values()} <= {"INDETERMINATE", "NO_SIGNATURE_FOUND"}
    assert service.public().ready()
