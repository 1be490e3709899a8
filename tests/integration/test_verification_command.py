"""``kyso verify`` without its typer skin: reports on files, and exit codes that scripts can rely on."""

from __future__ import annotations

import json
import shutil
from dataclasses import replace
from datetime import UTC, datetime, timedelta
from io import StringIO
from typing import TYPE_CHECKING

import pytest
from PIL import Image

from tests import forger
from tests.notary import CHECKED_AT, GATHERED_AT, SIGNATORY, Notary, draft, supply
from verification.command import Choices, ReportForm, run, run_again
from verification.policy import DEFAULT_POLICY, AlgorithmRule, Check, Purpose, Weight
from verification.policy_file import written_policy

if TYPE_CHECKING:
    from collections.abc import Iterator
    from pathlib import Path

    from verification.policy import ValidationPolicy


NEW = replace(DEFAULT_POLICY, name="new")
WITHOUT_SHA256 = tuple(rule for rule in DEFAULT_POLICY.algorithms if rule.name != "sha256")
SHA256_FELL = (*WITHOUT_SHA256, AlgorithmRule("sha256", until=datetime(2020, 1, 1, tzinfo=UTC)))


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
        self,
        *names: str,
        form: ReportForm = ReportForm.JSON,
        trusting: bool = True,
        at: datetime | None = CHECKED_AT,
        policy: Path | None = None,
        facts: Path | None = None,
    ) -> tuple[int, str, str]:
        out, err = StringIO(), StringIO()
        trust = self.folder / "trust" if trusting else None
        choices = Choices(trust=trust, at=at, policy=policy, facts=facts)
        code = run([self.folder / name for name in names], choices, form=form, out=out, err=err)
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
    run(files, Choices(at=CHECKED_AT, revisions=tmp_path), form=ReportForm.JSON, out=out, err=err)

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
    code = run([desk.folder / "good.pdf"], Choices(trust=nowhere), form=ReportForm.JSON, out=out, err=err)
    assert code == 64
    assert "nowhere" in err.getvalue()


class TestPolicies:
    """Another policy, with the file and from kept facts alone."""

    def policy(self, desk: Desk, policy: ValidationPolicy) -> Path:
        path = desk.folder / f"{policy.label}.toml"
        path.write_text(written_policy(policy), encoding="utf-8")
        return path

    def again(self, desk: Desk, policy: Path | None) -> list[dict[str, object]]:
        out, err = StringIO(), StringIO()
        files = sorted((desk.folder / "facts").iterdir())
        run_again(files, policy=policy, form=ReportForm.JSON, out=out, err=err)
        assert err.getvalue() == ""
        return [json.loads(line) for line in out.getvalue().splitlines()]

    @pytest.fixture
    def kept(self, desk: Desk) -> Iterator[dict[str, dict[str, object]]]:
        """Reports by file, whose facts are kept."""
        names = ("good.pdf", "forged.pdf", "unsigned.pdf", "bare.pdf", "noise.pdf")
        _, out, _ = desk.verify(*names, facts=desk.folder / "facts")
        yield {json.loads(line)["file"]: json.loads(line) for line in out.splitlines()}
        shutil.rmtree(desk.folder / "facts")

    def test_the_same_policy_makes_the_same_reports_without_the_files(
        self, desk: Desk, kept: dict[str, dict[str, object]]
    ) -> None:
        assert {report["file"]: report for report in self.again(desk, None)} == kept

    @pytest.mark.parametrize(
        ("policy", "sub_indication"),
        [
            (replace(NEW, algorithms=WITHOUT_SHA256), "CRYPTO_CONSTRAINTS_FAILURE"),
            (replace(NEW, algorithms=SHA256_FELL), "CRYPTO_CONSTRAINTS_FAILURE"),
            (replace(NEW, anchors={Purpose.PUBLIC: ("0" * 64,)}), "NO_CERTIFICATE_CHAIN_FOUND"),
        ],
    )
    def test_a_stricter_policy_counts_with_the_file_and_without_it(
        self, desk: Desk, kept: dict[str, dict[str, object]], policy: ValidationPolicy, sub_indication: str
    ) -> None:
        path = self.policy(desk, policy)
        _, out, _ = desk.verify("good.pdf", policy=path)
        anew = json.loads(out)
        (again,) = (report for report in self.again(desk, path) if report["file"] == "good.pdf")
        for report in (anew, again):
            # With the file, a time-stamp may fall first, and with it the proof of when.
            assert (report["indication"], str(report["sub_indication"]).removesuffix("_NO_POE")) == (
                "INDETERMINATE",
                sub_indication,
            )
            assert report["policy"] == policy.label
        assert kept["good.pdf"]["indication"] == "TOTAL_PASSED"

    @pytest.mark.usefixtures("kept")
    def test_what_only_the_file_can_answer_is_said_so(self, desk: Desk) -> None:
        path = self.policy(desk, replace(NEW, freshness=timedelta(hours=1)))
        (facts, *_) = (desk.folder / "facts").iterdir()
        out, err = StringIO(), StringIO()
        assert run_again([facts], policy=path, form=ReportForm.JSON, out=out, err=err) == 64
        assert "revocation_freshness_hours" in err.getvalue()

    @pytest.mark.parametrize("text", ["", "{}", '{"format": "kyso-facts@1", "facts": {}}', "[" * 100_000])
    def test_what_is_no_facts_is_bad_usage(self, desk: Desk, text: str) -> None:
        path = desk.folder / "none.json"
        path.write_text(text, encoding="utf-8")
        out, err = StringIO(), StringIO()
        assert run_again([path], policy=None, form=ReportForm.JSON, out=out, err=err) == 64
        assert "none.json" in err.getvalue()

    def test_a_policy_that_cannot_be_read_is_bad_usage(self, desk: Desk) -> None:
        path = desk.folder / "broken.toml"
        path.write_text("name = 1", encoding="utf-8")
        code, _, err = desk.verify("good.pdf", policy=path)
        assert code == 64
        assert "name: must be text" in err
        assert desk.verify("good.pdf", policy=desk.folder / "missing.toml")[0] == 64

    def test_a_failed_check_weighs_what_the_policy_says(self, desk: Desk) -> None:
        (desk.folder / "late.pdf").write_bytes(b"\n" + (desk.folder / "good.pdf").read_bytes())
        seen = []
        for weight in (Weight.WARN, Weight.INFO, Weight.IGNORE):
            policy = replace(NEW, version=weight.value, weights=NEW.weights | {
                Check.HEADER_FIRST: weight, Check.READ_STRICTLY: Weight.IGNORE})  # fmt: skip
            _, out, _ = desk.verify("late.pdf", policy=self.policy(desk, policy))
            seen.append([(caution["code"], caution["weight"]) for caution in json.loads(out)["warnings"]])
        assert seen == [[("bytes-before-header", "warn")], [("bytes-before-header", "info")], []]


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
