"""``kyso demo`` as a newcomer meets it: twice in a row, and with each of its parts killed in the middle."""

from __future__ import annotations

import os
import re
import signal
import threading
import time
from pathlib import Path
from typing import TYPE_CHECKING

import pytest

from tests.e2e.conftest import demonstrate

if TYPE_CHECKING:
    from collections.abc import Iterator

    from tests.e2e.conftest import Demonstration

PARTS = {
    "postgres": r"/postgres -D ",
    "object store": r"/weed .*mini",
    "responders": r"certs\.demonstration",
    "signer": r"kyso signer",
    "worker": r"kyso worker",
    "server": r"kyso serve",
}


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
def killed(demonstration: Demonstration, request: pytest.FixtureRequest) -> Iterator[list[str]]:
    """Kills the named part once, as soon as documents are being handled, and says so in the list."""
    name = str(request.param)
    done: list[str] = []
    stop = threading.Event()

    def kill_once_under_way() -> None:
        while not stop.wait(0.02):
            running = processes_of(demonstration.home)
            if not any(re.search(PARTS["server"], command) for command in running.values()):
                continue
            stop.wait(1.0)
            victims = [process for process, command in running.items() if re.search(PARTS[name], command)]
            for victim in victims[:1]:
                os.kill(victim, signal.SIGKILL)
                done.append(name)
                return

    thread = threading.Thread(target=kill_once_under_way)
    thread.start()
    yield done
    stop.set()
    thread.join()


@pytest.mark.parametrize("killed", PARTS, indirect=True)
def test_a_killed_part_does_not_spoil_the_demonstration(demonstration: Demonstration, killed: list[str]) -> None:
    shown = demonstrate(demonstration.home)
    assert killed, "nothing was killed"
    if shown.exit_code != 0:
        assert "Traceback" not in shown.said
        shown = demonstrate(demonstration.home)
    assert shown.exit_code == 0, shown.said
    assert shown.result["indication"] == "TOTAL_PASSED"
