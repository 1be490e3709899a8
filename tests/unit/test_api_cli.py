"""The command line: help everywhere, promised exit codes, and never a traceback to a user."""

from __future__ import annotations

import json
from typing import TYPE_CHECKING

import pytest
import typer

from api.cli.main import app
from api.commands.outermost import Exit, guarded
from api.configuration.settings import SettingsInvalid
from api.errors import Busy, FileTooLarge

if TYPE_CHECKING:
    from pathlib import Path

COMMANDS = (
    *("up", "demo", "serve", "worker", "signer", "verify", "sign", "openapi", "doctor", "reconcile"),
    *("webhooks secret", "webhooks retry"),
    *("db upgrade", "tokens list", "tokens init", "tokens keygen", "tokens csr", "tokens import-cert", "tokens test"),
    *(
        "types standard",
        "types install",
        "types list",
        "credentials list",
        "credentials add",
        "credentials enrol",
        "credentials withdraw",
    ),
    *("agencies list", "agencies add", "accounts list", "accounts add", "accounts new-secret", "accounts close"),
    *("register series list", "register series add"),
    *("tokens retire", "tokens permit", "tokens destroy enrol", "tokens destroy request", "tokens destroy confirm"),
)


@pytest.fixture(autouse=True)
def no_settings(monkeypatch: pytest.MonkeyPatch) -> None:
    for name in ("KYSO_DATABASE_URL", "KYSO_CONFIG", "KYSO_DEBUG"):
        monkeypatch.delenv(name, raising=False)


def kyso(*arguments: str) -> int:
    return guarded(lambda: app(list(arguments), standalone_mode=False, prog_name="kyso"))


@pytest.mark.parametrize("command", ["", *COMMANDS])
def test_every_command_explains_itself(command: str, capsys: pytest.CaptureFixture[str]) -> None:
    assert kyso(*command.split(), "--help") == 0
    assert f"kyso {command}".strip() in capsys.readouterr().out


@pytest.mark.parametrize("arguments", [["nonsense"], ["serve", "--nonsense"], ["verify"], ["verify", "--at", "x", "a"]])
def test_bad_usage_is_64(arguments: list[str], capsys: pytest.CaptureFixture[str]) -> None:
    assert kyso(*arguments) == Exit.USAGE
    said = capsys.readouterr().err
    assert said.startswith("✗ ")
    assert "--help" in said


def test_bad_usage_names_the_help_of_the_command(capsys: pytest.CaptureFixture[str]) -> None:
    assert kyso("tokens", "keygen", "k") == Exit.USAGE
    assert "kyso tokens keygen --help" in capsys.readouterr().err


@pytest.mark.parametrize("command", ["serve", "worker", "db upgrade"])
def test_missing_settings_are_named(command: str, capsys: pytest.CaptureFixture[str]) -> None:
    assert kyso(*command.split()) == Exit.SETTINGS
    assert "KYSO_DATABASE_URL: field required" in capsys.readouterr().err


def test_tokens_are_listed_without_the_settings_of_a_database(
    capsys: pytest.CaptureFixture[str], monkeypatch: pytest.MonkeyPatch, tmp_path: Path
) -> None:
    monkeypatch.setenv("KYSO_SIGNER_SOCKET", str(tmp_path / "s"))
    assert kyso("tokens", "list") == Exit.TRY_AGAIN
    assert "Start `kyso signer`" in capsys.readouterr().err


def test_the_doctor_looks_at_the_tokens_of_a_machine_that_has_nothing_else(
    capsys: pytest.CaptureFixture[str], monkeypatch: pytest.MonkeyPatch, tmp_path: Path
) -> None:
    monkeypatch.setenv("KYSO_SIGNER_SOCKET", str(tmp_path / "s"))
    assert kyso("doctor", "--json") == Exit.FAILED
    findings = [json.loads(line) for line in capsys.readouterr().out.splitlines()]
    assert all(one["well"] is not bool(one["advice"]) for one in findings)
    ill = [one for one in findings if not one["well"]]
    assert any("Start `kyso signer`" in one["advice"] for one in ill)


@pytest.mark.parametrize(
    ("error", "code", "said"),
    [
        (FileTooLarge(limit=1024 * 1024), Exit.FAILED, "Send a smaller file."),
        (Busy(retry_after=3), Exit.TRY_AGAIN, "Ask again in a few seconds."),
        (SettingsInvalid(problems=("KYSO_X is no setting",)), Exit.SETTINGS, "KYSO_X is no setting"),
        (FileNotFoundError(2, "No such file or directory", "/x"), Exit.FAILED, "/x: No such file or directory"),
        (ZeroDivisionError("division by zero"), Exit.DEFECT, "ZeroDivisionError"),
        (KeyboardInterrupt(), Exit.INTERRUPTED, ""),
    ],
)
def test_every_error_is_one_clear_message(
    error: BaseException, code: Exit, said: str, capsys: pytest.CaptureFixture[str]
) -> None:
    def fail() -> None:
        raise error

    assert guarded(fail) == code
    written = capsys.readouterr().err
    assert said in written
    assert "Traceback" not in written


@pytest.mark.parametrize(
    ("error", "expected"),
    [
        (Busy(retry_after=3), {"error": "busy", "hints": ["Ask again in a few seconds."], "exit": 75}),
        (SettingsInvalid(problems=("KYSO_X is no setting",)), {"error": "settings-invalid", "exit": 78}),
        (FileNotFoundError(2, "No such file or directory", "/x"), {"error": "file-unusable", "hints": [], "exit": 1}),
        (ZeroDivisionError("division by zero"), {"error": "defect", "exit": 70}),
        (typer.BadParameter("no such kind"), {"error": "usage", "exit": 64}),
    ],
)
def test_a_program_is_told_an_error_as_one_json_object(
    error: Exception, expected: dict[str, object], capsys: pytest.CaptureFixture[str]
) -> None:
    def fail() -> None:
        raise error

    code = guarded(fail, as_json=True)
    written = capsys.readouterr()
    told = json.loads(written.err)
    assert told["message"]
    assert expected.items() <= told.items()
    assert code == told["exit"]
    assert written.out == ""


@pytest.mark.parametrize("country", ["VNM", ""])
def test_a_subject_that_no_certificate_can_have_is_bad_usage(country: str, capsys: pytest.CaptureFixture[str]) -> None:
    arguments = ("tokens", "csr", "k", "--token", "t", "--common-name", "Sở", "--country", country)
    assert kyso(*arguments) == Exit.USAGE
    assert "RFC 5280" in capsys.readouterr().err


def test_whoever_debugs_sees_where_it_came_from(
    monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]
) -> None:
    monkeypatch.setenv("KYSO_DEBUG", "1")
    assert guarded(lambda: 1 // 0) == Exit.DEFECT
    assert "Traceback" in capsys.readouterr().err
