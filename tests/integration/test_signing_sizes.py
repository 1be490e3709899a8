"""The smallest file that is one, and 500 MB: signed by `kyso sign` and judged within what a sandboxed child may use."""

from __future__ import annotations

import random
import subprocess
import tempfile
import threading
from contextlib import contextmanager
from pathlib import Path
from typing import TYPE_CHECKING

import pytest

from certs.anchors import read_trust_directory
from certs.revocation import EMPTY
from tests.signing_desk import SigningDesk, signing_desk
from tests.small_agency import RealClock
from verification.report import Indication, Level
from verification.sandbox import Sandbox, SandboxLimits
from verification.shared_file import SMALLEST
from verification.workshop import Workshop

if TYPE_CHECKING:
    from collections.abc import Iterator

    from verification.report import ValidationReport

_PAGE = b"<< /Type /Page /Parent 2 0 R /MediaBox [0 0 595 842] /Resources << >> >>"
_PIECE = 8 << 20
_LEVELS = ("B-B", "B-T", "B-LT", "B-LTA")


@pytest.fixture(scope="module")
def desk() -> Iterator[SigningDesk]:
    with tempfile.TemporaryDirectory(prefix="kyso-desk-", dir="/tmp") as name, signing_desk(Path(name)) as one:
        yield one


def one_page(*, padding: int = 0) -> bytes:
    """A page with so many bytes of noise behind it, in streams that nothing refers to: 400 bytes at the least."""
    noise = random.Random(1).randbytes(_PIECE)
    streams = [b"<< /Length %d >>\nstream\n%s\nendstream" % (_PIECE, noise)] * (padding // _PIECE)
    catalog, tree = b"<< /Type /Catalog /Pages 2 0 R >>", b"<< /Type /Pages /Count 1 /Kids [3 0 R] >>"
    pieces, rows, at = [b"%PDF-1.4\n"], [b"0000000000 65535 f \n"], 9
    for number, content in enumerate([catalog, tree, _PAGE, *streams], start=1):
        rows.append(b"%010d 00000 n \n" % at)
        pieces.append(b"%d 0 obj\n%s\nendobj\n" % (number, content))
        at += len(pieces[-1])
    end = b"trailer\n<< /Size %d /Root 1 0 R >>\nstartxref\n%d\n%%%%EOF\n" % (len(rows), at)
    return b"".join([*pieces, b"xref\n0 %d\n" % len(rows), *rows, end])


def judged(workshop: Workshop, pdf: bytes, desk: SigningDesk) -> ValidationReport:
    anchors = read_trust_directory(desk.trust)
    return workshop.validate(pdf, anchors=anchors, known=EMPTY, at=RealClock().now())


@contextmanager
def own_memory(pid: int) -> Iterator[list[int]]:
    """The most that a process has had for itself so far, in bytes (proc(5), status: RssAnon)."""
    most, over = [0], threading.Event()

    def watch() -> None:
        while not over.wait(0.002):
            lines = dict(line.split(":", 1) for line in Path(f"/proc/{pid}/status").read_text().splitlines())
            most.append(int(lines["RssAnon"].split()[0]) * 1024)

    watcher = threading.Thread(target=watch)
    watcher.start()
    try:
        yield most
    finally:
        over.set()
        watcher.join()


@pytest.mark.parametrize("level", _LEVELS)
def test_half_a_kilobyte_is_signed_at_every_level(
    desk: SigningDesk, workshop: Workshop, tmp_path: Path, level: str
) -> None:
    small = tmp_path / "nhỏ.pdf"
    assert small.write_bytes(one_page()) < 1000
    run = desk.sign(small, "--output", tmp_path / "out", "--level", level)
    assert run.code == 0, run.stderr
    report = judged(workshop, (tmp_path / "out" / "nhỏ.pdf").read_bytes(), desk)
    assert report.signatures[0].level is Level[level.replace("-", "_")]
    assert report.signatures[0].intact


def test_500_mb_are_signed_and_judged_by_a_child_that_may_use_512(desk: SigningDesk, tmp_path: Path) -> None:
    large = tmp_path / "bản quét.pdf"
    large.write_bytes(one_page(padding=504 << 20))
    assert large.stat().st_size > 500 << 20
    run = desk.sign(large, "--output", tmp_path / "out", "--level", "B-LTA")
    assert run.code == 0, run.stderr
    result = tmp_path / "out" / "bản quét.pdf"
    said = subprocess.run(["pdfsig", "-nocert", result], capture_output=True, text=True, check=True).stdout
    assert said.count("Signature is Valid.") == 1
    with Workshop(sandbox := Sandbox(SandboxLimits(children=1))) as workshop:
        judged(workshop, one_page(), desk)
        (child,) = sandbox.child_pids()
        with own_memory(child) as most:
            report = judged(workshop, result.read_bytes(), desk)
        assert sandbox.child_pids() == (child,)
    assert (report.indication, report.signatures[0].level) == (Indication.TOTAL_PASSED, Level.B_LTA)
    assert 0 < max(most) < SandboxLimits().memory


def test_the_command_judges_it_as_well(desk: SigningDesk, tmp_path: Path) -> None:
    large = tmp_path / "a.pdf"
    large.write_bytes(one_page(padding=2 * SMALLEST))
    assert desk.sign(large, "--output", tmp_path / "out", "--level", "B-LT").code == 0
    run = desk.run("verify", str(tmp_path / "out" / "a.pdf"), "--trust", str(desk.trust), "--json")
    assert run.code == 0, run.stderr
    assert '"TOTAL_PASSED"' in run.stdout
