"""What a whole verdict costs, pages compared, beside EU DSS: ours in the sandbox, theirs in a warm Java process.

Both are asked about the same file in turn, and the CPU of all their processes and threads is counted: of ours the
caller's and the child's, of theirs the virtual machine's with its compilers and collectors.
"""

from __future__ import annotations

import statistics
import subprocess
import time
from contextlib import contextmanager
from dataclasses import dataclass
from typing import TYPE_CHECKING

from bench.checking import NotPassed
from bench.cpu import spent_by
from bench.figures import Row
from bench.ground import now
from bench.lta import Archivist
from certs.revocation import EMPTY
from tests.interop import dss
from verification.report import Indication
from verification.sandbox import Sandbox, SandboxLimits
from verification.workshop import Workshop

if TYPE_CHECKING:
    from collections.abc import Callable, Iterator

    from bench.ground import Ground

_FIGURE = "verify_two_lta_full_per_dss"
_WARM_UP, _ROUNDS = 30, 7
_REPEATS = 4  # in one reading, since the kernel counts other processes' time in hundredths of a second


@dataclass(frozen=True, slots=True)
class _Judge:
    """Gives one verdict a call, and knows how many seconds of CPU all that it uses has used."""

    judge: Callable[[], None]
    spent: Callable[[], float]

    def seconds(self) -> float:
        """For one verdict."""
        before = self.spent()
        for _ in range(_REPEATS):
            self.judge()
        return (self.spent() - before) / _REPEATS


def measure(ground: Ground) -> Iterator[Row]:
    """Two B-LTA signatures with two document timestamps, as they are issued."""
    try:
        dss.build()
    except dss.DssUnavailable as missing:
        yield Row(_FIGURE, None, note=str(missing))
        return
    pdf = Archivist.on(ground).two_signatures(ground.draft)
    path = ground.folder / "two-signatures.pdf"
    path.write_bytes(pdf)
    question = dss.Question(file=path, trust=ground.folder / "pki" / "trust")
    with _in_sandbox(ground, pdf) as ours, _in_java(question) as theirs:
        for judge in (ours, theirs):
            for _ in range(_WARM_UP):
                judge.judge()
        readings = [(ours.seconds(), theirs.seconds()) for _ in range(_ROUNDS)]
    our, their = (statistics.median(side) * 1000 for side in zip(*readings, strict=True))
    ratio = statistics.median(one / other for one, other in readings)
    yield Row(_FIGURE, ratio, note=f"{our:.0f} ms by {their:.0f} ms")


@contextmanager
def _in_sandbox(ground: Ground, pdf: bytes) -> Iterator[_Judge]:
    sandbox = Sandbox(SandboxLimits(children=1, jobs=10_000))

    def judge() -> None:
        report = workshop.validate(pdf, anchors=ground.anchors, known=EMPTY, at=now())
        compared = {signature.changes_after.page_difference for signature in report.signatures[:-1]}
        if report.indication is not Indication.TOTAL_PASSED or compared != {False}:
            raise NotPassed(report.verdict.reason.en)

    with Workshop(sandbox) as workshop:
        yield _Judge(judge, lambda: time.process_time() + sum(map(spent_by, sandbox.child_pids())))


@contextmanager
def _in_java(question: dss.Question) -> Iterator[_Judge]:
    process = subprocess.Popen(dss.COMMAND, stdin=subprocess.PIPE, stdout=subprocess.PIPE, text=True)

    def judge() -> None:
        if process.stdin is None or process.stdout is None:
            raise NotPassed
        process.stdin.write(dss.written(question))
        process.stdin.flush()
        opinion = dss.read(process.stdout.readline())
        if opinion.in_words != "TOTAL_PASSED":
            raise NotPassed(opinion.unreadable or opinion.in_words)

    with process:
        yield _Judge(judge, lambda: spent_by(process.pid))
        process.terminate()
