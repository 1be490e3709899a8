"""Which parts one machine has, what each is told, and where it listens."""

from __future__ import annotations

import os
import socket
from typing import TYPE_CHECKING

import pytest
from pydantic import SecretStr

from api.configuration.settings import OneMachineSettings
from api.listening import Address, free_loopback_address
from api.supervision.supervisor import AddressTaken
from api.supervision.up import Contents, OneMachine

if TYPE_CHECKING:
    from pathlib import Path

    from api.supervision.supervisor import Supervised

SECRETS_OF_TOKENS = {
    "KYSO_PKCS11_MODULES": "pkcs11:token=Test?module-path=/module.so&pin-source=file:/pin",
    "KYSO_PIN_TEST": "1234",
}


def machine(home: Path, contents: Contents, **given: object) -> dict[str, Supervised]:
    settings = OneMachineSettings.model_construct().model_copy(update=given)
    children = OneMachine(home, contents=contents, settings=settings).children()
    return {child.name: child for child in children}


def test_a_demonstration_brings_everything(parts_folder: Path) -> None:
    names = [*machine(parts_folder / "all", Contents.DEMONSTRATION)]
    assert names == ["postgres", "s3", "responders", "signer", "worker", "server"]


def test_what_the_operator_names_is_not_embedded(parts_folder: Path) -> None:
    own = {"database_url": SecretStr("postgresql+psycopg://db/kyso"), "s3_endpoint": "https://s3.example"}
    assert [*machine(parts_folder / "named", Contents.OWN, **own)] == ["worker", "server"]
    assert not (parts_folder / "named/postgres").exists()


@pytest.fixture
def own(parts_folder: Path, monkeypatch: pytest.MonkeyPatch) -> dict[str, Supervised]:
    """An operator's machine with tokens, embedded stores and a variable that is nobody's business."""
    for name, secret in SECRETS_OF_TOKENS.items():
        monkeypatch.setenv(name, secret)
    monkeypatch.setenv("OF_THE_SYSTEM", "kept")
    children = machine(parts_folder / "own", Contents.OWN, pkcs11_modules=("pkcs11:token=Test",))
    children["s3"].prepare()
    return children


def test_pins_reach_the_signer_alone(own: dict[str, Supervised]) -> None:
    assert own["signer"].child().environment.items() >= SECRETS_OF_TOKENS.items()
    for name in own.keys() - {"signer"}:
        assert not own[name].child().environment.keys() & SECRETS_OF_TOKENS.keys()


def test_keys_of_the_stores_reach_those_who_need_them(own: dict[str, Supervised]) -> None:
    for name in ("worker", "server"):
        environment = own[name].child().environment
        assert environment["KYSO_DATABASE_URL"].startswith("postgresql+psycopg://kyso@/kyso?host=")
        assert environment["KYSO_S3_SECRET_KEY"]
        assert environment["OF_THE_SYSTEM"] == "kept"
    assert "KYSO_S3_SECRET_KEY" not in own["signer"].child().environment


def test_every_process_says_which_home_it_belongs_to(own: dict[str, Supervised], parts_folder: Path) -> None:
    homes = {child.child().environment["KYSO_HOME"] for child in own.values()}
    assert homes == {str(parts_folder / "own")}


def test_no_secret_is_on_a_command_line(own: dict[str, Supervised]) -> None:
    secret = own["worker"].child().environment["KYSO_S3_SECRET_KEY"]
    for child in own.values():
        assert not any(word in argument for argument in child.child().argv for word in ("1234", secret))


def test_the_signers_socket_has_a_private_folder(own: dict[str, Supervised], parts_folder: Path) -> None:
    socket_path = own["server"].child().environment["KYSO_SIGNER_SOCKET"]
    assert socket_path == str(parts_folder / "own/signer/signer.sock")
    assert (parts_folder / "own/signer").stat().st_mode & 0o777 == 0o700
    assert (parts_folder / "own/signer").stat().st_uid == os.geteuid()


@pytest.mark.parametrize(
    ("text", "address", "from_here"),
    [
        ("127.0.0.1:8000", Address("127.0.0.1", 8000), "127.0.0.1:8000"),
        ("0.0.0.0:80", Address("0.0.0.0", 80), "127.0.0.1:80"),
        ("[::]:80", Address("::", 80), "[::1]:80"),
        ("[::1]:8000", Address("::1", 8000), "[::1]:8000"),
        ("localhost:1", Address("localhost", 1), "localhost:1"),
    ],
)
def test_an_address_is_read_and_reached(text: str, address: Address, from_here: str) -> None:
    assert Address.parse(text) == address
    assert str(address) == text
    assert str(address.from_here()) == from_here


def test_a_taken_address_is_named() -> None:
    with socket.create_server(("127.0.0.1", 0)) as other:
        taken = Address("127.0.0.1", other.getsockname()[1])
        with pytest.raises(AddressTaken, match=rf"cannot listen on 127\.0\.0\.1:{taken.port}: Address already in use"):
            taken.demand_free()
    free_loopback_address().demand_free()
