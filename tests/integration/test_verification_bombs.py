"""No file hurts the service: every bomb gets an answer within memory, processor time and wall time."""

from __future__ import annotations

import threading
import time
from contextlib import contextmanager
from datetime import UTC, datetime, timedelta
from pathlib import Path
from typing import TYPE_CHECKING

import pytest

from certs.anchors import TrustAnchors
from certs.revocation import EMPTY
from tests.bombs import BOMBS
from tests.scale import scaled
from tests.vectors import paper
from verification.errors import SandboxFailed
from verification.report import Indication
from verification.sandbox import Sandbox, SandboxLimits, Start
from verification.workshop import Workshop

if TYPE_CHECKING:
    from collections.abc import Iterator

    from verification.report import ValidationReport

MIB = 1024 * 1024
LIMITS = SandboxLimits(
    children=1,
    cpu=timedelta(seconds=scaled(1, nightly=10)),
    wall=timedelta(seconds=scaled(10, nightly=30)),
    spare=0,
)
NAMES = tuple(BOMBS)[:: scaled(2, nightly=1)]
ON_TOP = 30.0  # seconds; a child that was killed is replaced first, on a machine that does other things as well
NOW = datetime(2025, 1, 1, tzinfo=UTC)
NOBODY = TrustAnchors((), ())


@pytest.fixture(scope="module")
def workshop() -> Iterator[Workshop]:
    with Workshop(Sandbox(LIMITS, start=Start.EAGERLY)) as shared:
        yield shared


def verdict(workshop: Workshop, pdf: bytes) -> ValidationReport:
    return workshop.validate(pdf, anchors=NOBODY, known=EMPTY, at=NOW)


def high_water(pid: int) -> int:
    """The most memory a process has ever held, in bytes; 0 when it is gone."""
    try:
        status = Path(f"/proc/{pid}/status").read_text()
    except OSError:
        return 0
    lines = [line for line in status.splitlines() if line.startswith("VmHWM")]
    return int(lines[0].split()[1]) * 1024 if lines else 0


@contextmanager
def watched(workshop: Workshop) -> Iterator[list[int]]:
    """The high-water marks of the workshop's children, while they work."""
    marks, done = [0], threading.Event()

    def watch() -> None:
        while not done.wait(0.01):
            marks[0] = max(marks[0], *map(high_water, workshop._sandbox.child_pids()), 0)

    watcher = threading.Thread(target=watch)
    watcher.start()
    try:
        yield marks
    finally:
        done.set()
        watcher.join()


def outcome(workshop: Workshop, draft: bytes) -> str:
    try:
        return f"found {workshop.inspect(draft)[0].code}"
    except SandboxFailed as failure:
        return failure.reason


def test_there_are_enough_of_them() -> None:
    assert len(BOMBS) >= 60


@pytest.mark.nightly
@pytest.mark.parametrize("name", NAMES)
def test_a_bomb_is_answered_within_the_limits(workshop: Workshop, name: str) -> None:
    bomb = BOMBS[name]()
    with watched(workshop) as marks:
        began = time.monotonic()
        report = verdict(workshop, bomb)
        took = time.monotonic() - began
    assert report.indication is not Indication.TOTAL_PASSED
    assert report.reason.vi
    assert took < LIMITS.wall.total_seconds() + ON_TOP
    assert marks[0] <= LIMITS.memory


@pytest.mark.nightly
@pytest.mark.parametrize("name", [name for name in NAMES if name.startswith(("references", "objects"))])
def test_a_bomb_as_a_draft_is_refused_or_looked_at(workshop: Workshop, name: str) -> None:
    """The look at a draft has declared errors only: findings, or that no child survived."""
    answers = ("found ", "it died", "it took too long", "it used too much processor time")
    assert outcome(workshop, BOMBS[name]()).startswith(answers)


def test_a_slow_file_leaves_its_place_to_others() -> None:
    """One child, and a file that would keep it for half a minute: the next caller need not wait for that."""
    slow = BOMBS["objects/ascii85"]()
    limits = SandboxLimits(children=1, cpu=timedelta(seconds=60), wall=timedelta(seconds=120),
                           slow_after=timedelta(seconds=0.2), spare=1)  # fmt: skip
    with Workshop(Sandbox(limits, start=Start.EAGERLY)) as own:
        verdict(own, paper.draft())
        answers: list[str] = []

        def ask(name: str, pdf: bytes) -> None:
            verdict(own, pdf)
            answers.append(name)

        callers = [
            threading.Thread(target=ask, args=("slow", slow)),
            threading.Thread(target=ask, args=("quick", paper.draft())),
        ]
        callers[0].start()
        time.sleep(0.3)
        callers[1].start()
        for caller in callers:
            caller.join()
        assert answers == ["quick", "slow"]
        assert len(own._sandbox.child_pids()) <= 1 + limits.spare
