"""Settings stop a start that would go wrong, with one sentence for each mistake."""

from __future__ import annotations

from typing import TYPE_CHECKING

import pytest

from api.configuration.settings import Settings, SettingsInvalid, SignerSettings, read_settings

if TYPE_CHECKING:
    from pathlib import Path

SECRET = "q7Jm2vXc9RtY4kLp"
GOOD = {
    "KYSO_DATABASE_URL": "postgresql://kyso@/kyso",
    "KYSO_S3_ACCESS_KEY": SECRET,
    "KYSO_S3_SECRET_KEY": SECRET,
    "KYSO_TRUST_DIR": "/etc/kyso/trust",
}


@pytest.fixture(autouse=True)
def only_these(monkeypatch: pytest.MonkeyPatch) -> None:
    for name, value in GOOD.items():
        monkeypatch.setenv(name, value)


def problems(**changes: str) -> tuple[str, ...]:
    with pytest.MonkeyPatch.context() as patch:
        for name, value in changes.items():
            patch.setenv(name, value)
        with pytest.raises(SettingsInvalid) as invalid:
            read_settings(Settings)
    return invalid.value.problems


def test_lists_are_words(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("KYSO_TSA_URLS", "http://a/tsa\n http://b/tsa ")
    assert read_settings(Settings).tsa_urls == ("http://a/tsa", "http://b/tsa")


def test_modules_of_the_signer_keep_their_commas(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("KYSO_PKCS11_MODULES", "pkcs11:token=A,B?module-path=/m.so pkcs11:token=C?module-path=/m.so")
    assert len(read_settings(SignerSettings).pkcs11_modules) == 2


def test_an_unknown_name_is_told_with_the_nearest_one() -> None:
    assert problems(KYSO_S3_BUKET="x") == ("KYSO_S3_BUKET is no setting; did you mean KYSO_S3_BUCKET?",)


def test_every_mistake_is_told_at_once(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.delenv("KYSO_TRUST_DIR")
    told = problems(KYSO_RETENTION_YEARS="0", KYSO_LISTEN="8000")
    assert [one.partition(":")[0] for one in told] == ["KYSO_RETENTION_YEARS", "KYSO_TRUST_DIR", "KYSO_LISTEN"]


def test_files_are_archived_when_they_are_issued_or_within_a_month(monkeypatch: pytest.MonkeyPatch) -> None:
    assert read_settings(Settings).archive_after_hours == 0
    monkeypatch.setenv("KYSO_ARCHIVE_AFTER_HOURS", "12")
    assert read_settings(Settings).archive_after_hours == 12
    (told,) = problems(KYSO_ARCHIVE_AFTER_HOURS="721")
    assert told.startswith("KYSO_ARCHIVE_AFTER_HOURS")


def test_no_mistake_repeats_what_was_set() -> None:
    assert "hunter2" not in "".join(problems(KYSO_LISTEN="hunter2", KYSO_PUBLIC_URL="ftp://hunter2"))


def test_a_secret_can_be_a_file(monkeypatch: pytest.MonkeyPatch, tmp_path: Path) -> None:
    (tmp_path / "key").write_text("from a file\n", encoding="utf-8")
    monkeypatch.delenv("KYSO_S3_SECRET_KEY")
    monkeypatch.setenv("KYSO_S3_SECRET_KEY_FILE", str(tmp_path / "key"))
    assert read_settings(Settings).s3_secret_key.get_secret_value() == "from a file"


def test_a_secret_given_twice_is_refused(tmp_path: Path) -> None:
    (told,) = problems(KYSO_S3_SECRET_KEY_FILE=str(tmp_path / "key"))
    assert "both set" in told


def test_a_missing_secret_file_is_told(monkeypatch: pytest.MonkeyPatch, tmp_path: Path) -> None:
    monkeypatch.delenv("KYSO_S3_SECRET_KEY")
    (told,) = problems(KYSO_S3_SECRET_KEY_FILE=str(tmp_path / "none"))
    assert "none" in told


def test_a_file_of_settings_is_read_and_the_environment_wins(monkeypatch: pytest.MonkeyPatch, tmp_path: Path) -> None:
    file = tmp_path / "kyso.toml"
    file.write_text(
        'public_url = "http://localhost:9"\nlisten = "[::1]:9"\ns3_bucket = "of-the-file"', encoding="utf-8"
    )
    monkeypatch.setenv("KYSO_CONFIG", str(file))
    monkeypatch.setenv("KYSO_S3_BUCKET", "of-the-environment")
    settings = read_settings(Settings)
    assert (settings.s3_bucket, settings.public_url) == ("of-the-environment", "http://localhost:9")
    assert (settings.listen_host, settings.listen_port) == ("::1", 9)


def test_an_unknown_name_in_the_file_is_told(tmp_path: Path) -> None:
    file = tmp_path / "kyso.toml"
    file.write_text('s3_bukket = "x"', encoding="utf-8")
    (told,) = problems(KYSO_CONFIG=str(file))
    assert told.endswith("s3_bukket is no setting; did you mean s3_bucket?")


def test_a_missing_or_broken_file_is_told(tmp_path: Path) -> None:
    assert "none.toml" in "".join(problems(KYSO_CONFIG=str(tmp_path / "none.toml")))
    (tmp_path / "broken.toml").write_text("[[[", encoding="utf-8")
    assert problems(KYSO_CONFIG=str(tmp_path / "broken.toml"))


@pytest.mark.parametrize(
    ("changes", "mistake"),
    [
        ({"KYSO_PUBLIC_URL": "http://kyso.example.vn"}, "KYSO_PUBLIC_URL must be https://"),
        ({"KYSO_S3_ENDPOINT": "http://s3.example.vn"}, "KYSO_S3_ENDPOINT must be https://"),
        ({"KYSO_S3_SECRET_KEY": "minioadmin"}, "KYSO_S3_SECRET_KEY is short or well known"),
    ],
)
def test_what_is_unsafe_for_others_stops_the_start(changes: dict[str, str], mistake: str) -> None:
    told = problems(**{"KYSO_PUBLIC_URL": "https://kyso.example.vn", **changes})
    assert mistake in "".join(told)


def test_a_safe_production_starts(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("KYSO_PUBLIC_URL", "https://kyso.example.vn/")
    for endpoint in ("http://s3:8333", "http://10.0.0.7:8333", "https://s3.example.vn"):
        monkeypatch.setenv("KYSO_S3_ENDPOINT", endpoint)
        assert read_settings(Settings).public_url == "https://kyso.example.vn"


def test_secrets_do_not_show() -> None:
    assert SECRET not in repr(read_settings(Settings))


def test_letters_need_a_sender() -> None:
    (told,) = problems(KYSO_SMTP_SERVER="mail.example.vn:587")
    assert "KYSO_MAIL_FROM" in told
    (told,) = problems(KYSO_SMTP_SERVER="mail.example.vn:587", KYSO_MAIL_FROM="Ký Số")
    assert told == "KYSO_MAIL_FROM: must be a mail address like ky-so@example.vn"
    (told,) = problems(KYSO_SMTP_SERVER="mail.example.vn", KYSO_MAIL_FROM="ky-so@example.vn")
    assert told == "KYSO_SMTP_SERVER: must be host:port"


@pytest.mark.parametrize(
    ("server", "user", "is_refused"),
    [
        ("mail.example.vn:25", "", True),
        ("10.1.2.3:25", "ky-so", True),
        ("10.1.2.3:25", "", False),
        ("mail:25", "", False),
    ],
)
def test_no_password_and_no_address_leaves_in_clear_text(
    monkeypatch: pytest.MonkeyPatch,
    server: str,
    user: str,
    is_refused: bool,  # noqa: FBT001 - of a row
) -> None:
    facts = {"KYSO_SMTP_SERVER": server, "KYSO_SMTP_USER": user, "KYSO_SMTP_TLS": "none", "KYSO_MAIL_FROM": "a@b.vn"}
    if is_refused:
        (told,) = problems(**facts)
        assert "KYSO_SMTP_TLS" in told
        return
    for name, value in facts.items():
        monkeypatch.setenv(name, value)
    mail_server = read_settings(Settings).mail_server
    assert mail_server is not None
    assert f"{mail_server.host}:{mail_server.port}" == server


def test_without_a_mail_server_there_are_no_letters() -> None:
    assert read_settings(Settings).mail_server is None
