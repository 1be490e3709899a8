"""At most so many questions to timestamp authorities, whatever the number of processes, and whichever of them dies."""

from __future__ import annotations

import json
import subprocess
import sys
import threading
import time
from concurrent.futures import ThreadPoolExecutor
from contextlib import contextmanager
from datetime import timedelta
from typing import TYPE_CHECKING

import psycopg
import pytest

from certs.authorities import TimestampLimits
from certs.errors import TimestampUnavailable
from storage.database import connect, conninfo
from storage.errors import StorageUnavailable
from storage.standing import standing
from storage.timestamp_places import SharedPlaces

if TYPE_CHECKING:
    from collections.abc import Iterator

PATIENT = TimestampLimits(at_once=3, patience=timedelta(seconds=30))
HURRIED = TimestampLimits(at_once=3, patience=timedelta(seconds=0.3))

# Takes places in eight threads and tells in the end when it had each of them.
ASKING = """
import json, sys, threading, time
from concurrent.futures import ThreadPoolExecutor
from datetime import timedelta
from certs.authorities import TimestampLimits
from storage.timestamp_places import SharedPlaces

places = SharedPlaces(sys.argv[1], TimestampLimits(at_once=3, patience=timedelta(seconds=60)))
marks = []

def ask(number):
    with places.place():
        marks.append((time.monotonic(), 1))
        time.sleep(0.02)
        marks.append((time.monotonic(), -1))

with ThreadPoolExecutor(8) as threads:
    list(threads.map(ask, range(24)))
places.close()
print(json.dumps(marks))
"""
HOLDING = """
import sys, time
from datetime import timedelta
from certs.authorities import TimestampLimits
from contextlib import ExitStack
from storage.timestamp_places import SharedPlaces

places = SharedPlaces(sys.argv[1], TimestampLimits(at_once=3, patience=timedelta(seconds=60)))
with ExitStack() as all_of_them:
    for _ in range(3):
        all_of_them.enter_context(places.place())
    print("holds", flush=True)
    time.sleep(60)
"""


@contextmanager
def shared(url: str, limits: TimestampLimits = PATIENT) -> Iterator[SharedPlaces]:
    places = SharedPlaces(url, limits)
    try:
        yield places
    finally:
        places.close()


def in_another_process(program: str, url: str) -> subprocess.Popen[str]:
    return subprocess.Popen([sys.executable, "-c", program, url], stdout=subprocess.PIPE, text=True)


def most_at_once(marks: list[tuple[float, int]]) -> int:
    now = most = 0
    for _, step in sorted(marks):
        now += step
        most = max(most, now)
    return most


def test_three_processes_with_many_threads_have_as_many_places_as_one(register_url: str) -> None:
    processes = [in_another_process(ASKING, register_url) for _ in range(3)]
    told = [process.communicate(timeout=120)[0] for process in processes]
    assert [process.returncode for process in processes] == [0, 0, 0]
    marks = [(at, step) for printed in told for at, step in json.loads(printed)]
    assert len(marks) == 3 * 24 * 2
    assert most_at_once(marks) == 3


def test_threads_of_one_process_do_not_share_a_place(register_url: str) -> None:
    marks: list[tuple[float, int]] = []

    def ask(_: int) -> None:
        with places.place():
            marks.append((time.monotonic(), 1))
            time.sleep(0.01)
            marks.append((time.monotonic(), -1))

    with shared(register_url) as places, ThreadPoolExecutor(9) as threads:
        list(threads.map(ask, range(45)))
    assert most_at_once(marks) == 3


def test_who_finds_none_in_time_may_come_again_and_the_operator_sees_why(register_url: str) -> None:
    engine = connect(register_url)
    with shared(register_url) as first, shared(register_url, HURRIED) as second:
        assert standing(engine).timestamp_questions == 0
        with first.place(), first.place(), first.place():
            assert standing(engine).timestamp_questions == 3
            with pytest.raises(TimestampUnavailable, match="3 questions") as caught, second.place():
                pass
            assert caught.value.transient
        with second.place():
            assert standing(engine).timestamp_questions == 1
    engine.dispose()


def test_a_killed_process_gives_its_places_back(register_url: str) -> None:
    holder = in_another_process(HOLDING, register_url)
    assert holder.stdout is not None
    assert holder.stdout.readline() == "holds\n"
    with shared(register_url) as places, shared(register_url, HURRIED) as hurried:
        with pytest.raises(TimestampUnavailable), hurried.place():
            pass
        holder.kill()
        holder.communicate()
        begun = time.monotonic()
        with places.place(), places.place(), places.place():
            assert time.monotonic() - begun < 5


def test_a_connection_that_breaks_is_made_anew_and_what_it_held_is_free(register_url: str) -> None:
    with shared(register_url) as places:
        with places.place():
            with psycopg.connect(conninfo(register_url), autocommit=True) as other:
                other.execute(
                    "SELECT pg_terminate_backend(pid) FROM pg_stat_activity"
                    " WHERE application_name = 'kyso-timestamps' AND datname = current_database()"
                )
            with places.place(), places.place():
                pass
        with places.place(), places.place(), places.place():
            pass


def test_a_place_is_waited_for_and_taken_when_its_holder_is_done(register_url: str) -> None:
    alone = TimestampLimits(at_once=1)
    with shared(register_url, alone) as first, shared(register_url, alone) as second:
        done = threading.Event()
        with ThreadPoolExecutor(1) as thread:
            with first.place():
                waiting = thread.submit(lambda: _enter(second, done))
                assert not done.wait(0.3)
            waiting.result(timeout=10)
        assert done.is_set()


def test_a_database_that_is_away_is_told_as_that() -> None:
    with (
        shared("postgresql://nobody@127.0.0.1:1/none") as places,
        pytest.raises(StorageUnavailable) as caught,
        places.place(),
    ):
        pass
    assert caught.value.transient


def _enter(places: SharedPlaces, done: threading.Event) -> None:
    with places.place():
        done.set()
