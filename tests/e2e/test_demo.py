"""``kyso demo`` as a newcomer meets it: twice in a row, and with something killed in the middle."""

from __future__ import annotations

import os
import signal
import subprocess
import threading
import time
from pathlib import Path
from typing import TYPE_CHECKING

import pytest

from tests.e2e.conftest import demonstrate

if TYPE_CHECKING:
    from collections.abc import Iterator

    from tests.e2e.conftest import Demonstration

CHILDREN = ("postgres", "s3", "responders", "signer", "worker", "api")


def processes_of(home: Path) -> dict[int, str]:
    """Every living process that names this home in its command line or environment."""
    found = {}
    for entry in Path("/proc").iterdir():
        if not entry.name.isdigit() or int(entry.name) == os.getpid():
            continue
        try:
            command = (entry / "cmdline").read_bytes().replace(b"\0", b" ").decode(errors="replace")
            environment = (entry / "environ").read_bytes()
            state = (entry / "stat").read_text().rsplit(")", 1)[1].split()[0]
        except OSError:
            continue
        if state != "Z" and (str(home) in command or str(home).encode() in environment):
            found[int(entry.name)] = command
    return found


def test_it_works_again_in_the_same_folder_and_takes_the_next_number(demonstration: Demonstration) -> None:
    again = demonstrate(demonstration.home)
    assert again.exit_code == 0, again.said
    numbers = [str(shown.result["number"]).partition("/")[0] for shown in (demonstration, again)]
    assert int(numbers[1]) == int(numbers[0]) + 1
    assert again.result["lookup_code"] != demonstration.result["lookup_code"]


def test_it_leaves_nothing_running(demonstration: Demonstration) -> None:
    deadline = time.monotonic() + 10
    while processes_of(demonstration.home) and time.monotonic() < deadline:
        time.sleep(0.2)
    assert processes_of(demonstration.home) == {}


@pytest.fixture
def killer(demonstration: Demonstration, request: pytest.FixtureRequest) -> Iterator[list[str]]:
    """Kills the named child once, half a second after it is seen, while a demonstration runs."""
    name, killed, stop = request.param, [], threading.Event()
    status = demonstration.home / "children.json"

    def watch() -> None:
        while not stop.wait(0.05):
            pid = child_pid(status, name)
            if pid is not None:
                stop.wait(0.6)
                try:
                    os.kill(pid, signal.SIGKILL)
                except ProcessLookupError:
                    continue
                killed.append(name)
                return

    thread = threading.Thread(target=watch)
    thread.start()
    yield killed
    stop.set()
    thread.join()


def child_pid(status: Path, name: str) -> int | None:
    """The process id of a running child, as the supervisor's status file says it."""
    raise NotImplementedError


@pytest.mark.parametrize("killer", CHILDREN, indirect=True)
def test_a_killed_child_does_not_spoil_the_demonstration(demonstration: Demonstration, killer: list[str]) -> None:
    shown = demonstrate(demonstration.home)
    assert killer, "nothing was killed"
    if shown.exit_code != 0:
        assert "Traceback" not in shown.said
        shown = demonstrate(demonstration.home)
    assert shown.exit_code == 0, shown.said
    assert shown.result["indication"] == "TOTAL_PASSED"


def test_a_second_service_in_the_same_folder_is_refused_clearly(demonstration: Demonstration) -> None:
    holder = subprocess.Popen(["flock", demonstration.home / "lock", "sleep", "30"])
    holder.kill()
    holder.wait()
