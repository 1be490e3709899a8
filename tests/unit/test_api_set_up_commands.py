"""What ``kyso agencies``, ``accounts`` and ``register series`` say, and refuse before any register is asked."""

from __future__ import annotations

import json
from datetime import UTC, datetime
from typing import TYPE_CHECKING

import pytest

from api.cli.main import app
from api.commands import accounts, agencies, series
from api.commands.outermost import Exit, guarded
from issuance.numbers import NumberSeries
from issuance.ports import Account, Agency, Role
from tests.material import picture

if TYPE_CHECKING:
    from pathlib import Path

SECRET = "not-a-secret-of-anybody"
CLERK = Account("vanthu.mau", "H00.12", "Lê Thị Mẫu", "Văn thư", frozenset({Role.CLERK, Role.SIGNATORY}))
OFFICE = Agency("H00.12", "Sở Tư pháp", "Ủy ban nhân dân tỉnh Mẫu", "Mẫu", 36.0, picture("red"))


@pytest.fixture(autouse=True)
def no_settings(monkeypatch: pytest.MonkeyPatch) -> None:
    for name in ("KYSO_DATABASE_URL", "KYSO_CONFIG", "KYSO_DEBUG"):
        monkeypatch.delenv(name, raising=False)


def kyso(*arguments: str) -> int:
    return guarded(lambda: app(list(arguments), standalone_mode=False, prog_name="kyso"), as_json=True)


def test_a_new_account_shows_its_secret_and_one_on_file_does_not() -> None:
    told = accounts.Told.of(CLERK)
    assert SECRET in accounts.Opened(told, SECRET).as_text()
    assert json.loads(accounts.Opened(told, SECRET).as_json())["secret"] == SECRET
    again = accounts.Opened(told, None)
    assert "kyso accounts new-secret" in again.as_text()
    assert json.loads(again.as_json())["secret"] is None


def test_a_secret_is_in_no_representation() -> None:
    assert SECRET not in repr(accounts.Opened(accounts.Told.of(CLERK), SECRET))


def test_an_account_is_one_line_and_one_object() -> None:
    told = accounts.Told.of(CLERK)
    assert told.as_line() == "vanthu.mau: Lê Thị Mẫu, Văn thư, H00.12, clerk, signatory"
    assert json.loads(told.as_json()) == {
        "id": "vanthu.mau",
        "agency": "H00.12",
        "full_name": "Lê Thị Mẫu",
        "position": "Văn thư",
        "roles": ["clerk", "signatory"],
        "has_signature_image": False,
        "closed_at": None,
    }


def test_a_closed_account_says_since_when_and_what_waits_for_it() -> None:
    closed = Account("a", "H00", "A", None, frozenset(), closed_at=datetime(2026, 11, 23, 2, 15, tzinfo=UTC))
    ended = accounts.Ended(accounts.Told.of(closed), ("one", "two"))
    first, *waiting = ended.as_text().splitlines()
    assert first.endswith("2026-11-23T02:15:00Z")
    assert [line.rpartition(" ")[2] for line in waiting] == ["one", "two"]
    assert json.loads(ended.as_json())["unsigned_documents"] == ["one", "two"]


def test_an_agency_and_a_series_are_one_line_and_one_object() -> None:
    told = agencies.Told.of(OFFICE)
    assert told.as_line() == "H00.12: Sở Tư pháp (Ủy ban nhân dân tỉnh Mẫu), Mẫu, dấu (seal) 36 mm"
    assert len(json.loads(told.as_json())["seal_image_sha256"]) == 64
    one = NumberSeries("H00.12", "TB", 2026, "TB-STP")
    assert series.as_line(one) == "2026 TB: …/TB-STP"
    assert json.loads(series.as_json(one)) == {"agency": "H00.12", "name": "TB", "year": 2026, "symbol": "TB-STP"}


@pytest.mark.parametrize(
    ("arguments", "named"),
    [
        (("accounts", "add", "a", "--agency", "H00", "--name", "A", "--role", "king", "--as", "x"), "submitter"),
        (("accounts", "add", "a", "--agency", "H00", "--name", "A", "--as", "x"), "--role"),
        (("accounts", "close", "a"), "--as"),
        (("accounts", "new-secret", "a"), "--as"),
        (
            ("agencies", "add", "H00", "--name", "A", "--place", "A", "--seal-image", "none.png", "--as", "x"),
            "none.png",
        ),
        (("register", "series", "add", "H00", "TB", "--symbol", "TB", "--year", "26", "--as", "x"), "--year"),
        (("register", "series", "add", "H00", "TB", "--as", "x"), "--symbol"),
    ],
)
def test_bad_usage_is_told_before_the_register_is_asked(
    arguments: tuple[str, ...], named: str, capsys: pytest.CaptureFixture[str]
) -> None:
    assert kyso(*arguments) == Exit.USAGE
    told = json.loads(capsys.readouterr().err)
    assert told["error"] == "usage"
    assert named in told["message"]


def test_good_usage_asks_for_the_settings(capsys: pytest.CaptureFixture[str], tmp_path: Path) -> None:
    seal = tmp_path / "seal.png"
    seal.write_bytes(picture("red"))
    for command in (
        ("agencies", "list"),
        ("agencies", "add", "H00", "--name", "A", "--place", "A", "--seal-image", str(seal), "--as", "x"),
        ("accounts", "list"),
        ("accounts", "add", "a", "--agency", "H00", "--name", "A", "--role", "clerk", "--as", "x"),
        ("register", "series", "list", "H00"),
    ):
        assert kyso(*command) == Exit.SETTINGS
        assert json.loads(capsys.readouterr().err)["error"] == "settings-invalid"
