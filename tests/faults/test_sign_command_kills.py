"""`kyso sign` killed in the middle, again and again: what is there is whole, and nothing is signed twice."""

from __future__ import annotations

import hashlib
import json
import random
import signal
import tempfile
import time
from pathlib import Path
from typing import TYPE_CHECKING

import pytest

from certs.anchors import read_trust_directory
from certs.revocation import EMPTY
from tests.scale import scaled
from tests.signing_desk import SigningDesk, signing_desk
from tests.small_agency import RealClock
from tests.softhsm import wait_until
from verification.report import Indication, Level, SignatureKind

if TYPE_CHECKING:
    from collections.abc import Iterator

    from verification.workshop import Workshop

pytestmark = pytest.mark.nightly

FILES = scaled(18, nightly=1_000)
KILLS = scaled(3, nightly=30)
MOST_BETWEEN = FILES // (2 * KILLS)  # results between two kills; some are left for the last run
AT_ONCE = 2
PATIENCE = 120  # seconds for a run to give one more result


@pytest.fixture
def desk() -> Iterator[SigningDesk]:
    with tempfile.TemporaryDirectory(prefix="kyso-desk-", dir="/tmp") as name, signing_desk(Path(name)) as one:
        yield one


def results(folder: Path) -> dict[str, str]:
    """Every file that stands among the results, with its SHA-256."""
    return {file.name: hashlib.sha256(file.read_bytes()).hexdigest() for file in folder.glob("*.pdf")}


def halves(output: Path) -> dict[str, str]:
    """What was to be signed, for each file in hand: its SHA-256, and the digest that its signature covers."""
    kept = [json.loads(file.read_bytes()) for file in (output / ".kyso-sign").glob("?" * 32 + ".json")]
    return {half["base"]: half["signed_attributes"] for half in kept}


def kill_amid(desk: SigningDesk, files: Path, output: Path, *, more: int, pause: float) -> None:
    """Start a run and kill it so many seconds after it gave so many results more."""
    process = desk.start(files, "--output", output, "--jobs", str(AT_ONCE))
    there = len(results(output))
    wait_until(lambda: len(list(output.glob("*.pdf"))) >= there + more, seconds=PATIENCE)
    time.sleep(pause)
    process.kill()
    process.communicate()
    assert process.returncode == -signal.SIGKILL


def test_a_run_that_is_killed_goes_on_and_signs_no_file_twice(desk: SigningDesk, workshop: Workshop) -> None:
    lots = random.Random(4)
    files, output = desk.files("in", count=FILES), desk.home / "out"
    began: dict[str, set[str]] = {}
    seen: dict[str, str] = {}
    for _ in range(KILLS):
        kill_amid(desk, files, output, more=lots.randint(1, MOST_BETWEEN), pause=lots.uniform(0, 0.05))
        for base, attributes in halves(output).items():
            began.setdefault(base, set()).add(attributes)
        now = results(output)
        assert seen.items() <= now.items()
        seen = now
    last = desk.sign(files, "--output", output, "--json")
    told = [json.loads(line) for line in last.stdout.splitlines()]
    assert last.code == 0
    assert {one["status"] for one in told} <= {"signed", "already-signed"}
    assert sum(one["status"] == "already-signed" for one in told) >= len(seen)
    done = results(output)
    assert seen.items() <= done.items()
    assert set(done) == {file.name for file in files.iterdir()}
    # Whatever was begun was finished as it was begun: a device that is asked again signs the same octets again.
    assert all(len(attributes) == 1 for attributes in began.values())
    assert FILES <= desk.signatures() <= FILES + AT_ONCE * KILLS
    print(f"{FILES} files, {KILLS} kills, {desk.signatures()} values, {len(seen)} results before the last run")  # noqa: T201
    anchors = read_trust_directory(desk.trust)
    for file in files.iterdir():
        signed = (output / file.name).read_bytes()
        assert signed.startswith(file.read_bytes())
        report = workshop.validate(signed, anchors=anchors, known=EMPTY, at=RealClock().now())
        assert report.indication is Indication.TOTAL_PASSED
        assert [one.kind for one in report.signatures] == [SignatureKind.SIGNATURE, SignatureKind.DOCUMENT_TIMESTAMP]
        assert report.signatures[0].level is Level.B_LTA
    assert sorted(one.name for one in (output / ".kyso-sign").iterdir()) == ["done.jsonl", "lock", "order.json"]
    again = desk.signatures()
    assert desk.sign(files, "--output", output).code == 0
    assert desk.signatures() == again
