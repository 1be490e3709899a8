"""The sandbox against real children: what they cannot do, what they may not exceed, and what their death costs."""

from __future__ import annotations

import json
import os
import re
import signal
import subprocess
import sys
import threading
import time
import zlib
from collections import Counter
from concurrent.futures import ThreadPoolExecutor
from dataclasses import replace
from datetime import timedelta
from io import BytesIO
from pathlib import Path
from typing import TYPE_CHECKING

import pytest
from pypdf import PageObject, PdfReader

from certs.revocation import EMPTY
from signing.errors import DocumentUnfit, FieldUnavailable
from tests.notary import CHECKED_AT, Notary, draft
from verification.by_picture import revisions_to_compare
from verification.errors import SandboxBusy, SandboxFailed
from verification.frames import Frame
from verification.judgement import judge
from verification.page_memory import PageMemory
from verification.pictures import compare_pages
from verification.policy import DEFAULT_POLICY
from verification.report import Indication, ReadMode, ValidationReport
from verification.sandbox import Sandbox, SandboxLimits, Start
from verification.validate import find_out
from verification.workshop import Workshop

if TYPE_CHECKING:
    from collections.abc import Iterator

ROOT = Path(__file__).parents[2]
MIB = 1024 * 1024


@pytest.fixture(scope="module")
def notary(tmp_path_factory: pytest.TempPathFactory) -> Notary:
    return Notary(tmp_path_factory.mktemp("keys"))


@pytest.fixture(scope="module")
def issued(notary: Notary) -> bytes:
    return notary.issued()


@pytest.fixture(scope="module")
def workshop() -> Iterator[Workshop]:
    with Workshop(Sandbox(SandboxLimits(children=2), start=Start.EAGERLY)) as shared:
        yield shared


def verdict(workshop: Workshop, notary: Notary, pdf: bytes) -> ValidationReport:
    return workshop.validate(pdf, anchors=notary.anchors, known=EMPTY, at=CHECKED_AT)


class TestWorkshop:
    def test_its_report_is_the_same_as_outside(self, workshop: Workshop, notary: Notary, issued: bytes) -> None:
        facts = find_out(issued, anchors=notary.anchors, known=EMPTY, at=CHECKED_AT)
        comparison = compare_pages(issued, revisions=revisions_to_compare(facts))
        assert verdict(workshop, notary, issued) == judge(replace(facts, comparison=comparison), DEFAULT_POLICY)

    def test_it_says_the_same_of_each_revision_again_and_of_others_between(
        self, workshop: Workshop, notary: Notary, issued: bytes
    ) -> None:
        other = notary.issued()
        said = [verdict(workshop, notary, pdf) for pdf in (issued, other, issued, other)]
        assert said[:2] == said[2:]

    def test_refusals_arrive_as_the_errors_they_were(self, workshop: Workshop, issued: bytes) -> None:
        with pytest.raises(FieldUnavailable) as refused:
            workshop.fill_cells(issued, number="5", issued_on=CHECKED_AT.date())
        assert refused.value.field_name == "DocNumber"
        with pytest.raises(DocumentUnfit) as unfit:
            workshop.fill_cells(b"%PDF-1.7 nothing", number="5", issued_on=CHECKED_AT.date())
        assert unfit.value.reasons

    def test_findings_arrive_as_values(self, workshop: Workshop) -> None:
        assert [finding.code for finding in workshop.inspect(b"no PDF")] == ["not-a-pdf"]

    def test_the_kernel_here_can_do_all_that_is_asked(self, workshop: Workshop) -> None:
        assert workshop.missing == ()


def test_a_page_is_read_once_however_many_revisions_follow_and_anew_when_it_changes(issued: bytes) -> None:
    memory, read = PageMemory(), list[str]()

    def reading(page: PageObject) -> Counter[str]:
        read.append(page.extract_text())
        return Counter(read[-1])

    ends = [mark.end() for mark in re.finditer(rb"%%EOF\n?", issued)]
    for end in ends[-3:]:
        memory.letters_of(PdfReader(BytesIO(issued[:end])).pages[0], reading)
    assert len(read) == 1
    changed = PdfReader(BytesIO(issued)).pages[0]
    contents = changed.raw_get("/Contents").get_object()
    font = next(iter(changed.get_inherited("/Resources")["/Font"]))
    contents.set_data(contents.get_data() + f" BT {font} 12 Tf (one more) Tj ET".encode())
    memory.letters_of(changed, reading)
    assert len(read) == 2
    assert read[1].replace("\n", "").endswith("one more")


def test_a_child_is_asked_again_about_what_it_knows(notary: Notary, issued: bytes) -> None:
    question = Frame({"task": "inspect", "arguments": {}}, (issued,))
    with Sandbox(SandboxLimits(children=2), start=Start.EAGERLY) as sandbox:
        while len(sandbox.child_pids()) < 2:
            time.sleep(0.05)
        together = threading.Barrier(2)

        def ask(about: bytes) -> None:
            together.wait()
            sandbox.ask(question, about=about)

        with ThreadPoolExecutor(2) as callers:
            list(callers.map(ask, [b"one", b"two"]))
        first, second = sandbox.child_pids()

        def worked(about: bytes) -> set[int]:
            before = {child: _cpu(child) for child in (first, second)}
            for _ in range(20):
                sandbox.ask(question, about=about)
            return {child for child in (first, second) if _cpu(child) - before[child] > 0.02}

        assert len(worked(b"one")) == len(worked(b"two")) == 1


def _cpu(process: int) -> float:
    fields = Path(f"/proc/{process}/stat").read_text().rpartition(")")[2].split()
    return (int(fields[11]) + int(fields[12])) / os.sysconf("SC_CLK_TCK")


ATTEMPTS = """
import json, os, socket, subprocess, sys
from pathlib import Path
from verification.confinement import confine
missing = confine(parent=os.getppid(), memory=256 << 20)
def attempt(deed):
    try:
        deed()
    except (OSError, RuntimeError, MemoryError, ValueError) as error:
        return type(error).__name__
    return "done"
deeds = {
    "socket": lambda: socket.socket(),
    "program": lambda: subprocess.run(["/bin/true"]),
    "exec": lambda: os.execv("/bin/true", ["true"]),
    "fork": os.fork,
    "write": lambda: open(sys.argv[1], "w"),
    "append": lambda: open(sys.argv[1], "a"),
    "remove": lambda: os.unlink(sys.argv[1]),
    "secret": lambda: Path(sys.argv[1]).read_text(),
    "signal": lambda: os.kill(os.getppid(), 0),
    "memory": lambda: bytearray(300 << 20),
    "library": lambda: Path(os.__file__).read_bytes(),
}
print(json.dumps({"missing": missing, **{name: attempt(deed) for name, deed in deeds.items()}}))
"""


@pytest.mark.parametrize("safely", [(), ("-P",)])
def test_a_confined_process_can_compute_and_read_libraries_and_nothing_else(
    tmp_path: Path, safely: tuple[str, ...]
) -> None:
    # Started as children are: as a module, from the root, which Python may then search for modules.
    secret, code = tmp_path / "secret", tmp_path / "code"
    secret.write_text("a pin")
    code.mkdir()
    (code / "attempts.py").write_text(ATTEMPTS)
    answer = subprocess.run(
        [sys.executable, *safely, "-s", "-m", "attempts", str(secret)],
        capture_output=True,
        check=True,
        cwd="/",
        env={"PYTHONPATH": f"{ROOT}:{code}"},
        text=True,
    )
    outcome = json.loads(answer.stdout)
    assert outcome.pop("missing") == []
    assert outcome.pop("library") == "done"
    assert "done" not in outcome.values(), outcome
    assert secret.read_text() == "a pin"


class TestEnvironment:
    def test_no_setting_of_the_service_reaches_a_child(self, monkeypatch: pytest.MonkeyPatch) -> None:
        monkeypatch.setenv("KYSO_S3_SECRET_KEY", "secret")
        with Sandbox(SandboxLimits(children=1)) as sandbox:
            sandbox.ask(_inspection(draft()))
            (pid,) = sandbox.child_pids()
            environment = Path(f"/proc/{pid}/environ").read_bytes()
        assert b"secret" not in environment

    def test_children_die_with_the_service(self) -> None:
        program = (
            "import os, sys\n"
            "from verification.sandbox import Sandbox, SandboxLimits\n"
            "from verification.frames import Frame\n"
            "sandbox = Sandbox(SandboxLimits(children=1))\n"
            "sandbox.ask(Frame({'task': 'inspect', 'arguments': {}}, (b'x',)))\n"
            "print(sandbox.child_pids()[0], flush=True)\n"
            "os.kill(os.getpid(), 9)\n"
        )
        ended = subprocess.run(
            [sys.executable, "-c", program], capture_output=True, check=False, env={"PYTHONPATH": str(ROOT)}, text=True
        )
        child = int(ended.stdout)
        assert _within(5, lambda: not _lives(child))


class TestLimits:
    LIMITS = SandboxLimits(
        children=1,
        memory=192 * MIB,
        cpu=timedelta(seconds=2),
        wall=timedelta(seconds=4),
        patience=timedelta(seconds=60),
    )

    @pytest.fixture
    def tight(self) -> Iterator[Workshop]:
        with Workshop(Sandbox(self.LIMITS, start=Start.EAGERLY)) as own:
            yield own

    @pytest.mark.parametrize("name", ["numbers", "deflated", "revisions", "fields"])
    def test_a_bomb_is_unreadable_and_the_next_file_is_not(
        self, tight: Workshop, notary: Notary, issued: bytes, name: str
    ) -> None:
        bomb = {"numbers": _many_numbers, "deflated": _deflated, "revisions": _revisions, "fields": _fields}[name]
        began = time.monotonic()
        report = verdict(tight, notary, bomb(issued))
        assert report.indication is not Indication.TOTAL_PASSED
        assert time.monotonic() - began < 30
        assert verdict(tight, notary, issued).indication is Indication.TOTAL_PASSED

    def test_resident_memory_stays_below_the_limit(self, notary: Notary) -> None:
        limits = SandboxLimits(children=1, memory=192 * MIB, cpu=timedelta(seconds=20), wall=timedelta(seconds=40))
        with Workshop(Sandbox(limits, start=Start.EAGERLY)) as workshop, ThreadPoolExecutor(1) as caller:
            workshop.inspect(b"x")
            (pid,) = workshop._sandbox.child_pids()
            answer = caller.submit(verdict, workshop, notary, _many_numbers(b""))
            peak = 0
            while not answer.done():
                peak = max(peak, _resident(pid))
                time.sleep(0.005)
            assert answer.result().read is ReadMode.UNREADABLE
        assert 120 * MIB < peak < 256 * MIB

    def test_a_child_that_hangs_is_killed_at_its_wall_limit(
        self, tight: Workshop, notary: Notary, issued: bytes
    ) -> None:
        assert verdict(tight, notary, issued).indication is Indication.TOTAL_PASSED
        (pid,) = tight._sandbox.child_pids()
        os.kill(pid, signal.SIGSTOP)
        report = verdict(tight, notary, issued)
        assert report.read is ReadMode.UNREADABLE
        assert "an toàn" in report.reason.vi
        assert _within(5, lambda: not _lives(pid))
        assert verdict(tight, notary, issued).indication is Indication.TOTAL_PASSED

    def test_other_tasks_say_that_the_sandbox_failed(self, tight: Workshop) -> None:
        tight.inspect(b"x")
        (pid,) = tight._sandbox.child_pids()
        os.kill(pid, signal.SIGSTOP)
        with pytest.raises(SandboxFailed):
            tight.inspect(b"x")


class TestPool:
    def test_killed_children_cost_their_own_answer_and_no_other(self, notary: Notary, issued: bytes) -> None:
        with Workshop(Sandbox(SandboxLimits(children=2), start=Start.EAGERLY)) as workshop:
            verdict(workshop, notary, issued)
            finished = threading.Event()
            killed: list[int] = []

            def kill_now_and_then() -> None:
                while not finished.wait(0.4):
                    for pid in workshop._sandbox.child_pids()[:1]:
                        os.kill(pid, signal.SIGKILL)
                        killed.append(pid)

            killer = threading.Thread(target=kill_now_and_then)
            killer.start()
            try:
                with ThreadPoolExecutor(4) as callers:
                    reports = list(callers.map(lambda _: verdict(workshop, notary, issued), range(24)))
            finally:
                finished.set()
                killer.join()
            passed = [report for report in reports if report.indication is Indication.TOTAL_PASSED]
            lost = [report for report in reports if report.read is ReadMode.UNREADABLE]
            assert len(passed) + len(lost) == 24
            assert passed
            assert _within(5, lambda: not any(map(_lives, killed)))
            assert verdict(workshop, notary, issued).indication is Indication.TOTAL_PASSED

    def test_a_child_that_died_while_idle_costs_nothing(self, notary: Notary, issued: bytes) -> None:
        with Workshop(Sandbox(SandboxLimits(children=1))) as workshop:
            verdict(workshop, notary, issued)
            (pid,) = workshop._sandbox.child_pids()
            os.kill(pid, signal.SIGKILL)
            assert _within(5, lambda: not _lives(pid))
            assert verdict(workshop, notary, issued).indication is Indication.TOTAL_PASSED

    def test_a_child_is_replaced_after_its_share_of_jobs(self) -> None:
        with Sandbox(SandboxLimits(children=1, jobs=2)) as sandbox:
            pids = []
            for _ in range(3):
                sandbox.ask(_inspection(b"x"))
                pids.append(sandbox.child_pids())
            assert pids[0] != pids[2]

    def test_too_many_callers_are_told_to_come_back(self) -> None:
        limits = SandboxLimits(children=1, waiting=1, wall=timedelta(seconds=3))
        with Sandbox(limits) as sandbox:
            sandbox.ask(_inspection(b"x"))
            (pid,) = sandbox.child_pids()
            os.kill(pid, signal.SIGSTOP)
            with ThreadPoolExecutor(2) as callers:
                stuck = callers.submit(sandbox.ask, _inspection(b"x"))
                assert _within(2, lambda: not sandbox._idle)
                waiting = callers.submit(sandbox.ask, _inspection(b"x"))
                assert _within(2, lambda: sandbox._waiting == 1)
                with pytest.raises(SandboxBusy):
                    sandbox.ask(_inspection(b"x"))
                with pytest.raises(SandboxFailed):
                    stuck.result()
                assert waiting.result().header["answer"]

    def test_a_closed_sandbox_answers_no_more(self) -> None:
        sandbox = Sandbox(SandboxLimits(children=1))
        sandbox.ask(_inspection(b"x"))
        (pid,) = sandbox.child_pids()
        sandbox.close()
        assert not _lives(pid)
        with pytest.raises(RuntimeError):
            sandbox.ask(_inspection(b"x"))


def _inspection(pdf: bytes) -> Frame:
    return Frame({"task": "inspect", "arguments": {}}, (pdf,))


def _many_numbers(_issued: bytes) -> bytes:
    """A catalog with so many numbers that, as Python objects, they fill gigabytes."""
    catalog = b"1 0 obj\n<</Type/Catalog/Pages 2 0 R/X[" + b"7 " * 12_000_000 + b"]>>\nendobj\n"
    return _plain_pdf(catalog, b"2 0 obj\n<</Type/Pages/Kids[]/Count 0>>\nendobj\n")


def _plain_pdf(*objects: bytes) -> bytes:
    pdf, places = b"%PDF-1.7\n", []
    for thing in objects:
        places.append(len(pdf))
        pdf += thing
    table = b"".join(b"%010d 00000 n \n" % place for place in places)
    size = len(objects) + 1
    return (
        pdf
        + b"xref\n0 %d\n0000000000 65535 f \n" % size
        + table
        + b"trailer\n<</Size %d/Root 1 0 R>>\nstartxref\n%d\n%%%%EOF\n" % (size, len(pdf))
    )


def _deflated(issued: bytes) -> bytes:
    """A cross-reference stream of two kilobytes that inflates to two gigabytes."""
    bomb = zlib.compress(zlib.compress(bytes(1 << 28), 9) * 8, 9)
    head = b"%%PDF-1.7\n1 0 obj\n<</Type/XRef/Size 9/W[1 2 1]/Root 2 0 R/Filter[/FlateDecode/FlateDecode]/Length %d>>\n"
    return head % len(bomb) + b"stream\n" + bomb + b"\nendstream\nendobj\nstartxref\n9\n%%EOF\n"


def _revisions(issued: bytes) -> bytes:
    """A signed file with twenty thousand revisions behind the signature, each of which must be compared."""
    pdf, previous = bytearray(issued), issued.rsplit(b"startxref\n", 1)[1].split()[0]
    for _ in range(20_000):
        start = len(pdf)
        pdf += b"xref\n0 0\ntrailer\n<</Size 60/Root 1 0 R/Prev " + previous + b">>\nstartxref\n%d\n%%%%EOF\n" % start
        previous = b"%d" % start
    return bytes(pdf)


def _fields(issued: bytes) -> bytes:
    """A form whose field list names the same fields two hundred thousand times."""
    return issued.replace(b"/Fields [", b"/Fields [" + b" 7 0 R" * 200_000, 1)


def _resident(pid: int) -> int:
    try:
        return int(Path(f"/proc/{pid}/statm").read_text().split()[1]) * os.sysconf("SC_PAGE_SIZE")
    except (OSError, IndexError):
        return 0


def _lives(pid: int) -> bool:
    try:
        return Path(f"/proc/{pid}/stat").read_text().rpartition(")")[2].split()[0] != "Z"
    except OSError:
        return False


def _within(seconds: float, condition: object) -> bool:
    deadline = time.monotonic() + seconds
    while time.monotonic() < deadline:
        if callable(condition) and condition():
            return True
        time.sleep(0.02)
    return False
