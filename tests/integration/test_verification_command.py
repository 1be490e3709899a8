"""``kyso verify`` without its typer skin: reports on files, and exit codes that scripts can rely on."""

from __future__ import annotations

import json
from datetime import datetime
from io import StringIO
from typing import TYPE_CHECKING

import pytest
from PIL import Image

from tests import forger
from tests.notary import CHECKED_AT, GATHERED_AT, SIGNATORY, Notary, draft, supply
from verification.command import ReportForm, run

if TYPE_CHECKING:
    from pathlib import Path


class Desk:
    """A folder of files to verify, and a trust directory."""

    def __init__(self, folder: Path) -> None:
        (folder / "keys").mkdir()
        (folder / "trust").mkdir()
        notary = Notary(folder / "keys")
        (folder / "trust" / "root.der").write_bytes(notary.anchors.signing[0])
        issued = notary.issued()
        bare = supply(notary.sign(draft(), SIGNATORY), notary.revocation("signatory", at=GATHERED_AT))
        for name, pdf in {
            "good.pdf": issued,
            "forged.pdf": forger.with_other_value(issued),
            "unsigned.pdf": draft(),
            "bare.pdf": bare,
            "noise.pdf": b"no PDF at all",
        }.items():
            (folder / name).write_bytes(pdf)
        self.folder = folder

    def verify(
        self, *names: str, form: ReportForm = ReportForm.JSON, trusting: bool = True, at: datetime | None = CHECKED_AT
    ) -> tuple[int, str, str]:
        out, err = StringIO(), StringIO()
        trust = self.folder / "trust" if trusting else None
        code = run([self.folder / name for name in names], trust=trust, at=at, form=form, out=out, err=err)
        return code, out.getvalue(), err.getvalue()


@pytest.fixture(scope="module")
def desk(tmp_path_factory: pytest.TempPathFactory) -> Desk:
    return Desk(tmp_path_factory.mktemp("desk"))


def test_all_passed_is_zero(desk: Desk) -> None:
    code, out, err = desk.verify("good.pdf", "good.pdf")
    assert code == 0
    assert [json.loads(line)["indication"] for line in out.splitlines()] == ["TOTAL_PASSED"] * 2
    assert err == ""


def test_the_present_is_asked_of_the_clock_when_no_time_is_given(desk: Desk) -> None:
    _, out, _ = desk.verify("unsigned.pdf", at=None)
    assert datetime.fromisoformat(json.loads(out)["validated_at"]) > CHECKED_AT


def test_a_failed_file_is_one_whatever_else_there_is(desk: Desk) -> None:
    assert desk.verify("good.pdf", "forged.pdf", "noise.pdf", "unsigned.pdf")[0] == 1


def test_an_open_question_or_no_signature_is_two(desk: Desk) -> None:
    assert desk.verify("good.pdf", "unsigned.pdf")[0] == 2
    assert desk.verify("good.pdf", trusting=False)[0] == 2


def test_an_unreadable_or_missing_file_is_three(desk: Desk) -> None:
    assert desk.verify("good.pdf", "noise.pdf")[0] == 3
    code, out, err = desk.verify("missing.pdf")
    assert code == 3
    assert json.loads(out)["read"] == "unreadable"
    assert "missing.pdf" in err


def test_what_was_signed_is_written_with_its_pages(desk: Desk, tmp_path: Path) -> None:
    covered = desk.folder / "covered.pdf"
    covered.write_bytes(forger.with_text_over_the_page((desk.folder / "bare.pdf").read_bytes()))
    files, out, err = [desk.folder / "good.pdf", covered], StringIO(), StringIO()
    run(files, trust=None, at=CHECKED_AT, form=ReportForm.JSON, out=out, err=err, revisions=tmp_path)

    good = (desk.folder / "good.pdf").read_bytes()
    first = (tmp_path / "good" / "revision-1.pdf").read_bytes()
    assert good.startswith(first)
    assert len(first) < len(good)
    assert (tmp_path / "good" / "revision-1-page-1.png").read_bytes().startswith(b"\x89PNG")
    assert not list((tmp_path / "good").glob("now-*"))
    marked = Image.open(tmp_path / "covered" / "now-page-1.png").convert("RGB")
    assert (208, 0, 0) in {color for _, color in marked.getcolors(1 << 24) or []}


def test_bad_usage_is_sixty_four(desk: Desk) -> None:
    assert desk.verify()[0] == 64
    out, err = StringIO(), StringIO()
    nowhere = desk.folder / "nowhere"
    code = run([desk.folder / "good.pdf"], trust=nowhere, at=None, form=ReportForm.JSON, out=out, err=err)
    assert code == 64
    assert "nowhere" in err.getvalue()


def test_the_time_asked_about_decides(desk: Desk) -> None:
    code, out, _ = desk.verify("bare.pdf", at=CHECKED_AT)
    assert code == 0
    assert json.loads(out)["validated_at"] == "2025-03-03T10:00:00Z"
    assert desk.verify("bare.pdf", at=CHECKED_AT.replace(year=2026))[0] == 2


def test_the_text_is_vietnamese_and_says_all_that_matters(desk: Desk) -> None:
    _, out, _ = desk.verify("good.pdf", "forged.pdf", form=ReportForm.TEXT)
    good, forged = out.split("\n\nforged.pdf")
    for piece in ("HỢP LỆ", "Con dấu cơ quan", "Sample Signatory", "03/03/2025 16:00:00 +0700", "B-LTA"):
        assert piece in good
    assert "KHÔNG HỢP LỆ" in forged
    assert "FORMAT_FAILURE" in forged
