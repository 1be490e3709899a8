"""The supervisor with small children of its own making: order, restarts, giving up, stopping."""

from __future__ import annotations

import os
import signal
import subprocess
import sys
import time
from dataclasses import replace
from datetime import timedelta
from pathlib import Path
from typing import TYPE_CHECKING

import pytest

from api.supervision.supervisor import (
    ChildGaveUp,
    ChildNews,
    ChildState,
    HomeTaken,
    HomeUnusable,
    RestartPolicy,
    Supervised,
    Supervisor,
)
from storage.embedded.child import Child
from tests.parts import wait_until

if TYPE_CHECKING:
    from collections.abc import Callable

ROOT = Path(__file__).parents[2]


def child_running(program: str, *, name: str = "child", folder: Path) -> Child:
    """A Python one-liner as a child; it finds its folder in FOLDER."""
    return Child(
        name=name,
        argv=(sys.executable, "-I", "-S", "-c", program),
        environment={"FOLDER": str(folder)},
        cwd=folder,
    )


def supervised(program: str, *, name: str, folder: Path, ready: Callable[[], bool] = lambda: True) -> Supervised:
    return Supervised(name=name, child=lambda: child_running(program, name=name, folder=folder), ready=ready)


def is_alive(process: int) -> bool:
    try:
        state = Path(f"/proc/{process}/stat").read_text().rpartition(")")[2].split()[0]
    except FileNotFoundError:
        return False
    return state != "Z"


SLEEP = "import time; time.sleep(600)"


def test_children_start_in_order_each_when_the_one_before_is_ready(tmp_path: Path) -> None:
    marks = tmp_path / "marks"
    touch = "import os, pathlib, time; f = pathlib.Path(os.environ['FOLDER'], '{}'); {}; f.touch(); time.sleep(600)"
    first = supervised(
        touch.format("first", "time.sleep(0.3)"),
        name="first",
        folder=tmp_path,
        ready=(tmp_path / "first").exists,
    )
    second = supervised(
        touch.format("second", "marks = f.with_name('first').exists(); f.with_name('marks').write_text(str(marks))"),
        name="second",
        folder=tmp_path,
        ready=(tmp_path / "second").exists,
    )
    with Supervisor(tmp_path / "home", [first, second]) as supervisor:
        assert marks.read_text() == "True"
        assert [status.name for status in supervisor.children_status()] == ["first", "second"]
        assert {status.state for status in supervisor.children_status()} == {ChildState.READY}
        processes = [status.process for status in supervisor.children_status()]
    assert all(process is not None and not is_alive(process) for process in processes)
    assert {status.state for status in supervisor.children_status()} == {ChildState.STOPPED}


def test_no_children_are_no_reason_to_wait(tmp_path: Path) -> None:
    with Supervisor(tmp_path / "home", []) as supervisor:
        assert supervisor.children_status() == ()


def test_a_child_is_prepared_once(tmp_path: Path) -> None:
    steps: list[str] = []

    def ready() -> bool:
        steps.append("ready")
        return True

    child = Supervised(
        name="child",
        child=lambda: child_running(SLEEP, folder=tmp_path),
        ready=ready,
        prepare=lambda: steps.append("prepare"),
    )
    with Supervisor(tmp_path / "home", [child]) as supervisor:
        kill_and_wait_for_return(supervisor, "child")
    assert steps == ["prepare", "ready", "ready"]


def test_children_that_do_not_need_each_other_start_together(tmp_path: Path) -> None:
    started: list[str] = []

    def child(name: str, needs: tuple[str, ...]) -> Supervised:
        return Supervised(
            name=name,
            child=lambda: child_running(SLEEP, folder=tmp_path),
            ready=lambda: name != "slow" or "other" in started,
            prepare=lambda: started.append(name),
            needs=needs,
        )

    children = [child("slow", ()), child("other", ()), child("last", ("slow", "other"))]
    with Supervisor(tmp_path / "home", children):
        assert started == ["slow", "other", "last"]


def test_children_stop_before_those_they_need_and_together_with_those_they_do_not(tmp_path: Path) -> None:
    # Each takes a moment to stop and notes when it began and when it was done.
    program = (
        "import os, pathlib, signal, sys, time\n"
        "folder = pathlib.Path(os.environ['FOLDER'])\n"
        "note = lambda word: (folder / 'notes').open('a').write(f'{word} {NAME}\\n')\n"
        "def stop(*_): note('begin'); time.sleep(0.5); note('end'); sys.exit()\n"
        "signal.signal(signal.SIGTERM, stop)\n"
        "(folder / NAME).touch()\n"
        "time.sleep(600)\n"
    )

    def child(name: str, needs: tuple[str, ...]) -> Supervised:
        kept = supervised(f"NAME = {name!r}\n{program}", name=name, folder=tmp_path, ready=(tmp_path / name).exists)
        return replace(kept, needs=needs)

    with Supervisor(tmp_path / "home", [child("store", ()), child("one", ("store",)), child("two", ("store",))]):
        pass
    notes = (tmp_path / "notes").read_text().splitlines()
    assert {*notes[:2]} == {"begin one", "begin two"}
    assert notes[-2:] == ["begin store", "end store"]


def test_people_are_told_what_happens(tmp_path: Path) -> None:
    said: list[ChildNews] = []
    child = supervised(SLEEP, name="child", folder=tmp_path)
    with Supervisor(tmp_path / "home", [child], tell=said.append) as supervisor:
        kill_and_wait_for_return(supervisor, "child")
    ready = ChildNews("child", log=tmp_path / "home/log/child.log")
    assert said == [ready, replace(ready, reason="was ended by SIGKILL"), ready]


def kill_and_wait_for_return(supervisor: Supervisor, name: str, *, within: float = 20.0) -> int:
    """Kill a child; answers the number of its successor."""

    def process() -> int | None:
        (status,) = (status for status in supervisor.children_status() if status.name == name)
        return status.process if status.state is ChildState.READY else None

    former = process()
    assert former is not None
    os.kill(former, signal.SIGKILL)
    assert wait_until(lambda: process() not in {None, former}, within=within)
    successor = process()
    assert successor is not None
    return successor


def test_a_killed_child_comes_back_and_its_own_children_are_gone(tmp_path: Path) -> None:
    # The grandchild ignores every polite request.
    program = (
        "import os, pathlib, signal, time\n"
        "if (pid := os.fork()) == 0:\n"
        "    signal.signal(signal.SIGTERM, signal.SIG_IGN)\n"
        "    time.sleep(600)\n"
        "pathlib.Path(os.environ['FOLDER'], 'grandchildren').open('a').write(f'{pid}\\n')\n"
        "time.sleep(600)\n"
    )
    written = tmp_path / "grandchildren"
    child = supervised(program, name="child", folder=tmp_path, ready=written.exists)
    with Supervisor(tmp_path / "home", [child]) as supervisor:
        (former,) = map(int, written.read_text().split())
        kill_and_wait_for_return(supervisor, "child")
        assert wait_until(lambda: not is_alive(former))
        assert wait_until(lambda: len(written.read_text().split()) == 2)
        assert supervisor.children_status()[0].restarts == 1
    assert wait_until(lambda: not any(is_alive(int(number)) for number in written.read_text().split()))


def test_a_child_that_never_comes_up_is_given_up_with_its_last_words_and_its_log(tmp_path: Path) -> None:
    child = supervised("raise SystemExit('the port is taken')", name="broken", folder=tmp_path, ready=lambda: False)
    other = supervised(SLEEP, name="other", folder=tmp_path)
    supervisor = Supervisor(tmp_path / "home", [other, child])
    with pytest.raises(ChildGaveUp) as caught:
        supervisor.start()
    error = caught.value
    assert error.name == "broken"
    assert error.attempts == 3
    assert "the port is taken" in error.last_words
    assert str(error.log) in str(error)
    assert "ended with status 1" in str(error)
    assert error.log.read_text().count("the port is taken") == 3
    assert supervisor.children_status()[0].state is ChildState.STOPPED


def test_a_child_that_stays_silent_is_given_up_and_killed(tmp_path: Path) -> None:
    child = Supervised(
        name="silent",
        child=lambda: child_running(SLEEP, folder=tmp_path),
        ready=lambda: False,
        ready_within=timedelta(seconds=0.2),
    )
    with pytest.raises(ChildGaveUp, match="no sign of being ready"):
        Supervisor(tmp_path / "home", [child], policy=RestartPolicy(attempts_at_start=2)).start()


def test_a_child_that_keeps_dying_later_ends_the_run_with_a_message(tmp_path: Path) -> None:
    # Comes up once; afterwards the mark is there and it fails.
    program = (
        "import os, pathlib, time\n"
        "mark = pathlib.Path(os.environ['FOLDER'], 'mark')\n"
        "if mark.exists(): raise SystemExit('cannot any more')\n"
        "mark.touch()\n"
        "time.sleep(600)\n"
    )
    child = supervised(program, name="tired", folder=tmp_path, ready=(tmp_path / "mark").exists)
    supervisor = Supervisor(tmp_path / "home", [child], policy=RestartPolicy(attempts=4))

    def kill_child() -> None:
        process = supervisor.children_status()[0].process
        assert process is not None
        os.kill(process, signal.SIGKILL)

    with pytest.raises(ChildGaveUp, match="cannot any more"):
        supervisor.run_until_stopped(once_up=kill_child)
    assert isinstance(supervisor.failure, ChildGaveUp)


def test_a_program_that_is_not_there_is_named(tmp_path: Path) -> None:
    child = Supervised(
        name="absent",
        child=lambda: Child(name="absent", argv=("/nowhere/program",), environment={}, cwd=tmp_path),
        ready=lambda: False,
    )
    with pytest.raises(ChildGaveUp, match="/nowhere/program cannot be run: No such file"):
        Supervisor(tmp_path / "home", [child]).start()


def test_what_a_preparation_raises_reaches_the_caller_and_stops_the_others(tmp_path: Path) -> None:
    def refuse() -> None:
        msg = "no migration"
        raise LookupError(msg)

    first = supervised(SLEEP, name="first", folder=tmp_path)
    second = Supervised(
        name="second", child=lambda: child_running(SLEEP, folder=tmp_path), ready=lambda: True, prepare=refuse
    )
    supervisor = Supervisor(tmp_path / "home", [first, second])
    with pytest.raises(LookupError, match="no migration"):
        supervisor.start()
    assert supervisor.children_status()[0].state is ChildState.STOPPED


def test_a_child_that_ignores_the_request_to_stop_is_killed(tmp_path: Path) -> None:
    program = (
        "import os, pathlib, signal, time\n"
        "signal.signal(signal.SIGTERM, signal.SIG_IGN)\n"
        "pathlib.Path(os.environ['FOLDER'], 'up').touch()\n"
        "time.sleep(600)\n"
    )
    stubborn = replace(child_running(program, folder=tmp_path), stop_within=timedelta(seconds=0.3))
    child = Supervised(name="stubborn", child=lambda: stubborn, ready=(tmp_path / "up").exists)
    supervisor = Supervisor(tmp_path / "home", [child])
    supervisor.start()
    process = supervisor.children_status()[0].process
    assert process is not None
    began = time.monotonic()
    supervisor.stop()
    assert time.monotonic() - began < 3
    assert not is_alive(process)


def test_a_second_supervisor_on_the_same_home_is_told_who_holds_it(tmp_path: Path) -> None:
    home = tmp_path / "home"
    with (
        Supervisor(home, [supervised(SLEEP, name="child", folder=tmp_path)]),
        pytest.raises(HomeTaken, match=rf"in use by process {os.getpid()} \("),
    ):
        Supervisor(home, []).start()
    with Supervisor(home, []):
        pass


def test_a_home_that_cannot_be_made_is_named(tmp_path: Path) -> None:
    in_the_way = tmp_path / "file"
    in_the_way.touch()
    with pytest.raises(HomeUnusable, match=r"file/home cannot be used: Not a directory"):
        Supervisor(in_the_way / "home", []).start()


def test_a_log_is_capped_and_the_part_before_is_kept(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr("api.supervision.log._LARGEST", 50_000)
    program = (
        "import os, pathlib, time\n"
        "for n in range(9000): print('line', n, flush=n == 8999)\n"
        "pathlib.Path(os.environ['FOLDER'], 'written').touch()\n"
        "time.sleep(600)\n"
    )
    child = supervised(program, name="talker", folder=tmp_path, ready=(tmp_path / "written").exists)
    with Supervisor(tmp_path / "home", [child]):
        log = tmp_path / "home/log/talker.log"
        assert wait_until(lambda: "line 8999\n" in log.read_text())
        assert log.stat().st_size <= 50_000
        older = log.with_name("talker.log.1")
        assert older.stat().st_size <= 50_000
        numbers = [line.split()[1] for file in (older, log) for line in file.read_text().splitlines() if line[0] == "l"]
        assert numbers[-1] == "8999"
        assert [int(number) for number in numbers] == list(range(int(numbers[0]), 9000))


PROGRAM = """
import sys
from pathlib import Path
sys.path.insert(0, sys.argv[2])
from api.supervision.supervisor import Supervised, Supervisor
from storage.embedded.child import Child
from tests.parts import wait_until

home = Path(sys.argv[1])
# Its grandchild and itself ignore the polite request.
stubborn = '''
import os, pathlib, signal, time
signal.signal(signal.SIGTERM, signal.SIG_IGN)
pid = os.fork()
name = "parent" if pid else "grandchild"
pathlib.Path(os.environ["FOLDER"], name).write_text(str(os.getpid()))
time.sleep(600)
'''
child = lambda: Child(
    name="child",
    argv=(sys.executable, "-I", "-S", "-c", stubborn if sys.argv[3] == "stubborn" else "import time; time.sleep(600)"),
    environment={"FOLDER": str(home)},
    cwd=home,
)
ready = {"sleep": lambda: True, "stubborn": (home / "parent").exists, "never ready": lambda: False}[sys.argv[3]]
supervisor = Supervisor(home, [Supervised(name="child", child=child, ready=ready)])
supervisor.run_until_stopped(once_up=lambda: print(supervisor.children_status()[0].process, flush=True))
print("stopped", flush=True)
"""


def program(home: Path, kind: str) -> subprocess.Popen[str]:
    """A process that runs a supervisor until it is stopped; it says the number of its child first."""
    return subprocess.Popen(
        [sys.executable, "-c", PROGRAM, str(home), str(ROOT), kind], stdout=subprocess.PIPE, text=True
    )


def first_line(process: subprocess.Popen[str]) -> str:
    assert process.stdout is not None
    return process.stdout.readline().strip()


@pytest.mark.parametrize("request_to_stop", [signal.SIGINT, signal.SIGTERM])
def test_a_signal_stops_everything(tmp_path: Path, request_to_stop: signal.Signals) -> None:
    running = program(tmp_path, "sleep")
    child = int(first_line(running))
    assert is_alive(child)
    running.send_signal(request_to_stop)
    assert first_line(running) == "stopped"
    assert running.wait(timeout=10) == 0
    assert not is_alive(child)


@pytest.mark.parametrize("request_to_stop", [signal.SIGINT, signal.SIGTERM])
def test_a_signal_during_the_start_stops_everything(tmp_path: Path, request_to_stop: signal.Signals) -> None:
    running = program(tmp_path, "never ready")
    log = tmp_path / "log/child.log"
    assert wait_until(lambda: log.exists() and "started as process" in log.read_text())
    child = int(log.read_text().split()[-1])
    assert is_alive(child)
    running.send_signal(request_to_stop)
    assert first_line(running) == "stopped"
    assert running.wait(timeout=10) == 0
    assert not is_alive(child)


def test_a_killed_supervisor_leaves_nothing_and_the_next_one_waits_for_that(tmp_path: Path) -> None:
    running = program(tmp_path, "sleep")
    child = int(first_line(running))
    running.kill()
    running.wait()
    with Supervisor(tmp_path, []):
        assert not is_alive(child)


def test_a_killed_supervisor_takes_even_stubborn_grandchildren_along(tmp_path: Path) -> None:
    running = program(tmp_path, "stubborn")
    child = int(first_line(running))
    assert wait_until((tmp_path / "grandchild").exists)
    grandchild = int((tmp_path / "grandchild").read_text())
    running.kill()
    running.wait()
    began = time.monotonic()
    assert wait_until(lambda: not is_alive(child) and not is_alive(grandchild), within=20)
    assert time.monotonic() - began < 15


def test_a_killed_undertaker_is_replaced(tmp_path: Path) -> None:
    running = program(tmp_path, "sleep")
    child = int(first_line(running))
    (undertaker,) = (number for number in children_of(running.pid) if number != child)
    os.kill(undertaker, signal.SIGKILL)
    assert wait_until(lambda: len(set(children_of(running.pid)) - {undertaker, child}) == 1)
    running.send_signal(signal.SIGTERM)
    assert running.wait(timeout=10) == 0
    assert not is_alive(child)


def children_of(process: int) -> list[int]:
    listing = subprocess.run(["ps", "-o", "pid=", "--ppid", str(process)], capture_output=True, text=True, check=False)
    return [int(number) for number in listing.stdout.split() if is_alive(int(number))]
