"""The supervisor with the real PostgreSQL and S3 server: kills, and what was stored."""

from __future__ import annotations

import io
import os
import signal
import subprocess
import sys
import time
from pathlib import Path

import psycopg
import pytest
from minio import Minio

from api.supervision.supervisor import ChildGaveUp, ChildState, Supervised, Supervisor
from storage.embedded.postgres import EmbeddedPostgres
from storage.embedded.s3 import EmbeddedS3
from tests.parts import wait_until

ROOT = Path(__file__).parents[2]


def parts(home: Path) -> tuple[EmbeddedPostgres, EmbeddedS3]:
    home.mkdir(exist_ok=True, mode=0o711)
    return EmbeddedPostgres(home / "postgres"), EmbeddedS3(home / "s3")


def supervised(postgres: EmbeddedPostgres, s3: EmbeddedS3) -> list[Supervised]:
    return [
        Supervised(name="postgres", child=postgres.child, ready=postgres.is_ready, prepare=postgres.initialise),
        Supervised(name="s3", child=s3.child, ready=s3.is_ready, prepare=s3.initialise),
    ]


class Ledger:
    """Writes to both parts, and remembers what was acknowledged."""

    def __init__(self, postgres: EmbeddedPostgres, s3: EmbeddedS3) -> None:
        self._postgres = postgres
        self._s3 = Minio(s3.endpoint.removeprefix("http://"), s3.access_key, s3.secret_key, secure=False)
        self._acknowledged: list[int] = []

    def open(self) -> None:
        with psycopg.connect(self._postgres.conninfo) as connection:
            connection.execute("CREATE TABLE ledger (n int PRIMARY KEY)")
        self._s3.make_bucket("ledger", object_lock=True)

    def write(self, entry: int) -> None:
        with psycopg.connect(self._postgres.conninfo) as connection:
            connection.execute("INSERT INTO ledger VALUES (%s)", (entry,))
        self._s3.put_object("ledger", str(entry), io.BytesIO(b"%d" % entry), len(b"%d" % entry))
        self._acknowledged.append(entry)

    def check(self) -> None:
        with psycopg.connect(self._postgres.conninfo) as connection:
            rows = [row[0] for row in connection.execute("SELECT n FROM ledger ORDER BY n").fetchall()]
        assert rows == self._acknowledged
        for entry in self._acknowledged:
            with self._s3.get_object("ledger", str(entry)) as answer:
                assert answer.read() == b"%d" % entry


def test_each_killed_part_comes_back_with_everything_it_had_acknowledged(parts_folder: Path) -> None:
    postgres, s3 = parts(parts_folder / "home")
    with Supervisor(parts_folder / "home", supervised(postgres, s3)) as supervisor:
        ledger = Ledger(postgres, s3)
        ledger.open()
        for round_number, index in enumerate((0, 1)):
            ledger.write(round_number)
            former = supervisor.children_status()[index].process
            assert former is not None
            os.kill(former, signal.SIGKILL)

            def is_back(index: int = index, former: int = former) -> bool:
                status = supervisor.children_status()[index]
                return status.state is ChildState.READY and status.process != former

            assert wait_until(is_back, within=30)
            ledger.check()
    began = time.monotonic()
    with Supervisor(parts_folder / "home", supervised(postgres, s3)):
        ledger.check()
    assert time.monotonic() - began < 20


PROGRAM = """
import sys
from pathlib import Path
sys.path.insert(0, sys.argv[2])
from tests.integration.test_supervisor_parts import parts, supervised
from api.supervision.supervisor import Supervisor
home = Path(sys.argv[1])
postgres, s3 = parts(home)
supervisor = Supervisor(home, supervised(postgres, s3))
supervisor.run_until_stopped(once_up=lambda: print(*(c.process for c in supervisor.children_status()), flush=True))
"""


def program(home: Path) -> tuple[subprocess.Popen[str], list[int]]:
    """A process that supervises both parts, and their numbers."""
    running = subprocess.Popen(
        [sys.executable, "-c", PROGRAM, str(home), str(ROOT)], stdout=subprocess.PIPE, text=True, cwd="/"
    )
    assert running.stdout is not None
    return running, [int(number) for number in running.stdout.readline().split()]


def is_alive(process: int) -> bool:
    try:
        state = Path(f"/proc/{process}/stat").read_text().rpartition(")")[2].split()[0]
    except FileNotFoundError:
        return False
    return state != "Z"


def test_ctrl_c_stops_the_parts_cleanly_within_ten_seconds(parts_folder: Path) -> None:
    running, processes = program(parts_folder / "stopped")
    assert all(map(is_alive, processes))
    began = time.monotonic()
    running.send_signal(signal.SIGINT)
    assert running.wait(timeout=15) == 0
    assert time.monotonic() - began < 10
    assert not any(map(is_alive, processes))
    assert "database system is shut down" in (parts_folder / "stopped/log/postgres.log").read_text()


def test_a_killed_supervisor_takes_the_parts_along_and_the_next_one_waits_for_that(parts_folder: Path) -> None:
    running, processes = program(parts_folder / "hasty")
    running.kill()
    running.wait()
    successor, its_processes = program(parts_folder / "hasty")
    assert not any(map(is_alive, processes))
    assert len(its_processes) == 2
    successor.send_signal(signal.SIGTERM)
    assert successor.wait(timeout=15) == 0


def test_a_server_that_cannot_start_is_named_with_its_log(parts_folder: Path) -> None:
    postgres, _ = parts(parts_folder / "broken")
    postgres.initialise()
    (parts_folder / "broken/postgres/pgdata/global/pg_control").unlink()
    child = Supervised(name="postgres", child=postgres.child, ready=postgres.is_ready)
    with pytest.raises(ChildGaveUp, match=r"could not find the database system") as gave_up:
        Supervisor(parts_folder / "broken", [child]).start()
    assert gave_up.value.log == parts_folder / "broken/log/postgres.log"
