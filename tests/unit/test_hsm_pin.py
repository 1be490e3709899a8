from __future__ import annotations

import os
from typing import TYPE_CHECKING

import pytest

from hsm.errors import PinUnavailable
from hsm.pin import KEYPAD, Pin, pin_evidence, pin_variable, read_pin, write_pin_file
from hsm.uri import Pkcs11Uri

if TYPE_CHECKING:
    from pathlib import Path

SECRET = "271828"
NOWHERE = Pkcs11Uri(token="Ký số 1")


def from_file(path: Path) -> Pkcs11Uri:
    return Pkcs11Uri(token="Ký số 1", pin_source=f"file:{path}")


def test_a_pin_shows_itself_to_nobody() -> None:
    pin = Pin(SECRET)
    assert SECRET not in f"{pin} {pin!r} {[pin]} {pin:>10}"
    assert pin.secret == SECRET


def test_a_pin_file_is_written_for_its_owner_only_and_read_without_its_newline(tmp_path: Path) -> None:
    path = tmp_path / "pin"
    write_pin_file(path, Pin(SECRET))
    assert path.stat().st_mode & 0o777 == 0o600
    assert read_pin(from_file(path), {}) == Pin(SECRET)
    with pytest.raises(FileExistsError):
        write_pin_file(path, Pin("other"))


@pytest.mark.parametrize("content", ["271828", "271828\n", "271828\r\n"])
def test_one_newline_at_the_end_is_not_part_of_the_pin(tmp_path: Path, content: str) -> None:
    path = tmp_path / "pin"
    path.touch(mode=0o600)
    path.write_bytes(content.encode())
    assert read_pin(from_file(path), {}) == Pin(SECRET)


@pytest.mark.parametrize("mode", [0o640, 0o604, 0o660, 0o777])
def test_a_pin_file_that_others_may_touch_is_refused(tmp_path: Path, mode: int) -> None:
    path = tmp_path / "pin"
    path.write_text(SECRET, encoding="utf-8")
    path.chmod(mode)
    with pytest.raises(PinUnavailable, match="0600") as caught:
        read_pin(from_file(path), {})
    assert SECRET not in str(caught.value)


@pytest.mark.parametrize("content", [b"", b"\n", b"\xff\xfe271828", b"9" * 5000])
def test_a_file_without_a_usable_pin_is_refused_without_showing_it(tmp_path: Path, content: bytes) -> None:
    path = tmp_path / "pin"
    path.touch(mode=0o600)
    path.write_bytes(content)
    with pytest.raises(PinUnavailable, match="holds no PIN") as caught:
        read_pin(from_file(path), {})
    assert "271828" not in repr((caught.value, caught.value.__cause__))


def test_a_missing_file_a_folder_and_a_strange_source_are_refused(tmp_path: Path) -> None:
    for uri in (from_file(tmp_path / "none"), from_file(tmp_path), Pkcs11Uri(token="a", pin_source="|cat /etc/pin")):
        with pytest.raises(PinUnavailable):
            read_pin(uri, {})


@pytest.mark.skipif(os.geteuid() != 0, reason="only root can give a file away")
def test_a_pin_file_of_another_user_is_refused(tmp_path: Path) -> None:
    path = tmp_path / "pin"
    write_pin_file(path, Pin(SECRET))
    os.chown(path, 65534, 65534)
    with pytest.raises(PinUnavailable, match="another user"):
        read_pin(from_file(path), {})


def test_the_environment_holds_a_pin_or_names_its_file(tmp_path: Path) -> None:
    path = tmp_path / "pin"
    write_pin_file(path, Pin("from-file"))
    assert read_pin(NOWHERE, {"KYSO_PIN_KY_SO_1": SECRET}) == Pin(SECRET)
    both = {"KYSO_PIN_KY_SO_1": SECRET, "KYSO_PIN_KY_SO_1_FILE": str(path)}
    assert read_pin(NOWHERE, both) == Pin("from-file")
    with pytest.raises(PinUnavailable, match="KYSO_PIN_KY_SO_1"):
        read_pin(NOWHERE, {})


@pytest.mark.parametrize(
    ("label", "variable"),
    [
        ("Ky So Seal", "KYSO_PIN_KY_SO_SEAL"),
        ("Con dấu – Sở Tư pháp", "KYSO_PIN_CON_DAU_SO_TU_PHAP"),
        ("Đội 7", "KYSO_PIN_DOI_7"),
        ("hsm.prod-01", "KYSO_PIN_HSM_PROD_01"),
    ],
)
def test_the_variable_is_the_label_in_upper_snake_case_without_marks(label: str, variable: str) -> None:
    assert pin_variable(label) == variable


def test_a_rewritten_pin_file_is_noticed(tmp_path: Path) -> None:
    path = tmp_path / "pin"
    write_pin_file(path, Pin(SECRET))
    before = pin_evidence(from_file(path), {})
    path.unlink()
    assert pin_evidence(from_file(path), {}) == ()
    write_pin_file(path, Pin("31415926"))
    assert pin_evidence(from_file(path), {}) not in ((), before)


def test_a_systemd_credential_is_found_by_the_labels_name_where_nothing_else_is_given(tmp_path: Path) -> None:
    credential = tmp_path / "kyso-pin-ky-so-1"
    credential.write_text(SECRET, encoding="utf-8")
    credential.chmod(0o440)  # what systemd's access control list looks like
    environment = {"CREDENTIALS_DIRECTORY": str(tmp_path)}
    assert read_pin(NOWHERE, environment) == Pin(SECRET)
    assert read_pin(NOWHERE, environment | {"KYSO_PIN_KY_SO_1": "314159"}) == Pin("314159")
    assert pin_evidence(NOWHERE, environment) != ()
    with pytest.raises(PinUnavailable):
        read_pin(Pkcs11Uri(token="other"), environment)


@pytest.mark.parametrize("mode", [0o444, 0o460])
def test_a_credential_that_others_may_read_or_the_group_may_write_is_refused(tmp_path: Path, mode: int) -> None:
    credential = tmp_path / "kyso-pin-ky-so-1"
    credential.write_text(SECRET, encoding="utf-8")
    credential.chmod(mode)
    with pytest.raises(PinUnavailable):
        read_pin(NOWHERE, {"CREDENTIALS_DIRECTORY": str(tmp_path)})


def test_a_pin_that_a_person_types_is_looked_for_nowhere_else() -> None:
    environment = {"KYSO_PIN_KY_SO_1": SECRET}
    assert read_pin(Pkcs11Uri(token="Ký số 1", pin_source="keypad:"), environment) == KEYPAD
    with pytest.raises(PinUnavailable, match="ask:"):
        read_pin(Pkcs11Uri(token="Ký số 1", pin_source="ask:"), environment)
