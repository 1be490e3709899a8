"""`kyso sign` from outside: levels, places, bad input, and what it refuses to do."""

from __future__ import annotations

import fcntl
import json
import subprocess
import tempfile
from pathlib import Path
from typing import TYPE_CHECKING

import pytest

from api.commands.outermost import Exit
from certs.anchors import read_trust_directory
from certs.revocation import EMPTY
from signing.claims import Claims, CommitmentType
from tests.material import blank_pdf, picture
from tests.second_opinion import signatures_in
from tests.signing_desk import Run, SigningDesk, signing_desk
from tests.small_agency import RealClock
from verification.report import Indication, Level

if TYPE_CHECKING:
    from collections.abc import Iterator

    from verification.workshop import Workshop


@pytest.fixture(scope="module")
def desk() -> Iterator[SigningDesk]:
    with tempfile.TemporaryDirectory(prefix="kyso-desk-", dir="/tmp") as name, signing_desk(Path(name)) as one:
        yield one


def told(run: Run) -> dict[str, dict[str, object]]:
    """The objects that a run printed, by file name."""
    objects = [json.loads(line) for line in run.stdout.splitlines()]
    return {Path(one["file"]).name: one for one in objects}


def codes(run: Run) -> dict[str, object]:
    """The code of each failed file's error."""
    return {name: one["error"]["code"] for name, one in told(run).items() if isinstance(one["error"], dict)}


@pytest.mark.parametrize("level", ["B-B", "B-T", "B-LT", "B-LTA"])
def test_every_level_is_reached_and_poppler_agrees(
    desk: SigningDesk, workshop: Workshop, tmp_path: Path, level: str
) -> None:
    file = tmp_path / "a.pdf"
    file.write_bytes(blank_pdf())
    run = desk.sign(file, "--output", tmp_path / "out", "--level", level, "--json")
    assert run.code == 0, run.stderr
    result = Path(str(told(run)["a.pdf"]["output"]))
    said = subprocess.run(["pdfsig", "-nocert", result], capture_output=True, text=True, check=True).stdout
    assert said.count("Signature is Valid.") == 1  # poppler does not judge document timestamps
    anchors, now = read_trust_directory(desk.trust), RealClock().now()
    report = workshop.validate(result.read_bytes(), anchors=anchors, known=EMPTY, at=now)
    assert report.signatures[0].level is Level[level.replace("-", "_")]
    assert report.signatures[0].intact
    assert (report.indication is Indication.TOTAL_PASSED) == (level in {"B-LT", "B-LTA"})


def test_capacity_and_commitment_are_signed_and_stand_for_a_reason(desk: SigningDesk, tmp_path: Path) -> None:
    file = tmp_path / "a.pdf"
    file.write_bytes(blank_pdf())
    wishes = ("--level", "B-B", "--commitment", "approval", "--role", "KT.", "--role", "PHÓ CHỦ TỊCH", "--json")
    run = desk.sign(file, "--output", tmp_path / "out", *wishes)
    assert run.code == 0, run.stderr
    (found,) = signatures_in(Path(str(told(run)["a.pdf"]["output"])).read_bytes())
    for attribute in Claims(CommitmentType.APPROVAL, ("KT.", "PHÓ CHỦ TỊCH")).attributes:
        assert attribute in found.container
    assert desk.sign(file, "--output", tmp_path / "b", *wishes, "--reason", "Phê duyệt").code == Exit.USAGE
    assert desk.sign(file, "--output", tmp_path / "b", "--role", "").code == Exit.USAGE
    other = desk.sign(file, "--output", tmp_path / "out", *wishes[:-1], "--role", "Q.")
    assert "was begun with another key or other options" in other.stderr


def test_a_folder_keeps_its_shape_and_a_picture_stands_on_the_last_page(desk: SigningDesk, tmp_path: Path) -> None:
    (tmp_path / "in" / "2026").mkdir(parents=True)
    (tmp_path / "in" / "2026" / "hai trang.PDF").write_bytes(blank_pdf(pages=2))
    (tmp_path / "in" / "ghi chú.txt").write_text("không phải văn bản", encoding="utf-8")
    (tmp_path / "dấu.png").write_bytes(picture("blue"))
    place = ("--appearance", tmp_path / "dấu.png", "--place", "last,110,200,60,30", "--level", "B-B")
    run = desk.sign(tmp_path / "in", "--output", tmp_path / "out", *place)
    assert run.code == 0, run.stderr
    result = tmp_path / "out" / "2026" / "hai trang.PDF"
    images = subprocess.run(["pdfimages", "-list", result], capture_output=True, text=True, check=True).stdout
    assert {line.split()[0] for line in images.splitlines()[2:]} <= {"2"}
    page = tmp_path / "page"
    subprocess.run(["pdftoppm", "-f", "2", "-l", "2", "-r", "36", "-png", result, page], check=True)
    plain = tmp_path / "plain"
    subprocess.run(
        ["pdftoppm", "-f", "2", "-l", "2", "-r", "36", "-png", tmp_path / "in" / "2026" / "hai trang.PDF", plain],
        check=True,
    )
    assert (tmp_path / "page-2.png").read_bytes() != (tmp_path / "plain-2.png").read_bytes()


def test_bad_files_are_named_one_by_one_and_the_good_ones_are_signed(desk: SigningDesk, tmp_path: Path) -> None:
    bad = tmp_path / "bad"
    bad.mkdir()
    good = blank_pdf()
    (bad / "good.pdf").write_bytes(good)
    (bad / "words.pdf").write_bytes("không phải PDF".encode())
    (bad / "empty.pdf").write_bytes(b"")
    (bad / "half.pdf").write_bytes(good[: len(good) // 2])
    signed = desk.sign(bad / "good.pdf", "--output", tmp_path / "first", "--level", "B-B")
    assert signed.code == 0
    (bad / "signed.pdf").write_bytes((tmp_path / "first" / "good.pdf").read_bytes())
    run = desk.sign(bad, tmp_path / "missing.pdf", "--output", tmp_path / "out", "--level", "B-B", "--json")
    assert run.code == Exit.FAILED
    assert codes(run) == {
        "words.pdf": "draft-refused",
        "empty.pdf": "draft-refused",
        "half.pdf": "draft-refused",
        "signed.pdf": "draft-refused",
        "missing.pdf": "input-unreadable",
    }
    assert told(run)["good.pdf"]["status"] == "signed"
    assert [file.name for file in (tmp_path / "out").glob("*.pdf")] == ["good.pdf"]
    assert "Traceback" not in run.stderr


def test_nothing_is_overwritten_and_nothing_signed_again(desk: SigningDesk, tmp_path: Path) -> None:
    files, output = tmp_path / "in", tmp_path / "out"
    files.mkdir()
    output.mkdir()
    for name in ("a", "b", "c", "d"):
        (files / f"{name}.pdf").write_bytes(blank_pdf() + f"%{name}\n".encode())
    (output / "a.pdf").write_bytes(b"somebody else's")
    order = (files, "--output", output, "--level", "B-B", "--json")
    assert codes(desk.sign(*order)) == {"a.pdf": "output-taken"}
    (files / "b.pdf").write_bytes(blank_pdf(pages=2))
    (output / "c.pdf").unlink()
    (output / "d.pdf").write_bytes((output / "d.pdf").read_bytes() + b"\n")
    before = desk.signatures()
    again = desk.sign(*order)
    assert codes(again) == {
        "a.pdf": "output-taken",
        "b.pdf": "input-changed",
        "c.pdf": "result-gone",
        "d.pdf": "output-taken",
    }
    assert again.code == Exit.FAILED
    assert desk.signatures() == before
    assert (output / "a.pdf").read_bytes() == b"somebody else's"


def test_a_folder_that_was_begun_otherwise_or_is_in_use_is_left_alone(desk: SigningDesk, tmp_path: Path) -> None:
    file, output = tmp_path / "a.pdf", tmp_path / "out"
    file.write_bytes(blank_pdf())
    assert desk.sign(file, "--output", output, "--level", "B-B").code == 0
    other = desk.sign(file, "--output", output, "--level", "B-T")
    assert other.code == Exit.FAILED
    assert "begun with another key" in other.stderr
    with (output / ".kyso-sign" / "lock").open("ab") as lock:
        fcntl.flock(lock, fcntl.LOCK_EX)
        busy = desk.sign(file, "--output", output, "--level", "B-B")
    assert busy.code == Exit.TRY_AGAIN
    assert "another run" in busy.stderr


def test_what_is_missing_is_said_before_any_file_is_touched(desk: SigningDesk, tmp_path: Path) -> None:
    file, output = tmp_path / "a.pdf", tmp_path / "out"
    file.write_bytes(blank_pdf())
    (tmp_path / "b").mkdir()
    (tmp_path / "b" / "a.pdf").write_bytes(blank_pdf())
    order = (file, "--output", output)
    runs = {
        "needs a timestamp authority": desk.sign(*order, KYSO_TSA_URLS=""),
        "every result is validated": desk.sign(*order, KYSO_TRUST_DIR=""),
        "a picture needs a place": desk.sign(*order, "--appearance", file),
        "a place needs a picture": desk.sign(*order, "--place", "1,10,10,10,10"),
        "no PDF file": desk.sign(tmp_path / "b" / "..", "--output", tmp_path),
        "would both be written": desk.sign(*order, tmp_path / "b" / "a.pdf"),
        "none has a certificate": desk.sign(*order, "--key", "pkcs11:object=nobody"),
        "not a usable PKCS#11 URI": desk.sign(*order, "--key", "pkcs11:slot-id=1"),
        "the signer": desk.sign(*order, KYSO_SIGNER_SOCKET=str(tmp_path / "none")),
    }
    for sentence, run in runs.items():
        assert sentence in run.stderr, (sentence, run.stderr)
        assert run.code in {Exit.FAILED, Exit.USAGE, Exit.TRY_AGAIN}
        assert not run.stdout
        assert "Traceback" not in run.stderr
    assert not list(output.glob("*.pdf"))


def test_a_picture_that_leaves_the_page_fails_its_file_only(desk: SigningDesk, tmp_path: Path) -> None:
    (tmp_path / "in").mkdir()
    (tmp_path / "in" / "one.pdf").write_bytes(blank_pdf(pages=1))
    (tmp_path / "in" / "two.pdf").write_bytes(blank_pdf(pages=2))
    (tmp_path / "seal.png").write_bytes(picture("red"))
    place = ("--appearance", tmp_path / "seal.png", "--place", "2,110,200,60,30", "--level", "B-B", "--json")
    run = desk.sign(tmp_path / "in", "--output", tmp_path / "out", *place)
    assert codes(run) == {"one.pdf": "no-place"}
    assert told(run)["two.pdf"]["status"] == "signed"


def test_an_authority_that_is_away_leaves_the_file_for_the_next_run(desk: SigningDesk, tmp_path: Path) -> None:
    file, output = tmp_path / "a.pdf", tmp_path / "out"
    file.write_bytes(blank_pdf())
    order = (file, "--output", output, "--level", "B-T", "--json")
    before = desk.signatures()
    away = desk.sign(*order, "--tsa", "http://127.0.0.1:9/tsa", KYSO_ONLINE_ALLOWED=f"{online(desk)} 127.0.0.1:9")
    assert codes(away) == {"a.pdf": "timestamp-unavailable"}
    assert away.code == Exit.TRY_AGAIN
    assert not list(output.glob("*.pdf"))
    run = desk.sign(*order)
    assert run.code == 0
    assert desk.signatures() == before + 1


def online(desk: SigningDesk) -> str:
    return desk.environment["KYSO_ONLINE_ALLOWED"]
