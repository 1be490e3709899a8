"""`kyso trust` from outside: a list is published, fetched by another, believed by its pin, and verified with."""

from __future__ import annotations

import hashlib
import json
import tempfile
from pathlib import Path
from typing import TYPE_CHECKING

import pytest

from api.commands.outermost import Exit
from tests.integration.certs_servers import Answer, free_port, playing
from tests.material import blank_pdf
from tests.signing_desk import SigningDesk, signing_desk

if TYPE_CHECKING:
    from collections.abc import Iterator

OPERATOR = """name = "Cơ quan mẫu"
territory = "VN"
street = "1 phố Mẫu"
locality = "Hà Nội"
email = "ds@example.vn"
website = "https://example.vn/danh-sach"
"""


@pytest.fixture(scope="module")
def desk() -> Iterator[SigningDesk]:
    with tempfile.TemporaryDirectory(prefix="kyso-desk-", dir="/tmp") as name, signing_desk(Path(name)) as one:
        yield one


@pytest.fixture(scope="module")
def published(desk: SigningDesk) -> Path:
    """The demonstration's anchors as a list, signed with the official's key for want of another."""
    (desk.home / "operator.toml").write_text(OPERATOR, encoding="utf-8")
    output = desk.home / "list.xml"
    run = publish(desk, output)
    assert run == 0
    return output


def publish(desk: SigningDesk, output: Path) -> int:
    words = ("--operator", desk.home / "operator.toml", "--key", desk.key, "--output", output)
    return desk.run("trust", "publish", str(desk.trust), *map(str, words)).code


def pin_of(desk: SigningDesk) -> str:
    held = [key for token in desk.signer().credentials() for key in token.keys if str(key.uri) == desk.key]
    assert held[0].certificate is not None
    return hashlib.sha256(held[0].certificate).hexdigest()


def believing(desk: SigningDesk, folder: Path, *, url: str, pin: str | None = None) -> Path:
    folder.mkdir()
    (folder / "lists.toml").write_text(f'[[list]]\nname = "vn"\nurl = "{url}"\nsigners = ["{pin or pin_of(desk)}"]\n')
    return folder


def test_a_published_list_is_fetched_and_verified_with(desk: SigningDesk, published: Path, tmp_path: Path) -> None:
    with playing(lambda *_: Answer(published.read_bytes())) as server:
        folder = believing(desk, tmp_path / "trust", url=f"{server.url}/list.xml")
        assert json.loads(desk.run("trust", "list", str(folder), "--json").stdout)["state"] == "absent"
        run = desk.run("trust", "refresh", str(folder), "--allow", server.authority)
        assert (run.code, run.stdout) == (0, "✓ vn: newer\n")
        run = desk.run("trust", "refresh", str(folder), "--allow", server.authority, "--json")
        assert json.loads(run.stdout) == {"list": "vn", "ok": True, "said": "the same"}
    row = json.loads(desk.run("trust", "list", str(folder), "--json").stdout)
    assert (row["state"], row["operator"], row["sequence"]) == ("current", "Cơ quan mẫu", "1")

    (tmp_path / "a.pdf").write_bytes(blank_pdf())
    assert desk.sign(tmp_path / "a.pdf", "--output", tmp_path / "out", "--level", "B-LTA").code == 0
    signed = str(tmp_path / "out" / "a.pdf")
    run = desk.run("verify", "--trust", str(folder), signed)
    assert run.code == 0, run.stdout
    (folder / "lists" / "vn.xml").unlink()
    assert desk.run("verify", "--trust", str(folder), signed).code == 2  # nobody is believed yet


def test_each_edition_has_the_next_number(desk: SigningDesk, published: Path, tmp_path: Path) -> None:
    output = tmp_path / "list.xml"
    output.write_bytes(published.read_bytes())
    assert publish(desk, output) == 0
    folder = believing(desk, tmp_path / "trust", url="https://example.vn/list.xml")
    (folder / "lists").mkdir()
    (folder / "lists" / "vn.xml").write_bytes(output.read_bytes())
    assert json.loads(desk.run("trust", "list", str(folder), "--json").stdout)["sequence"] == "2"


def test_a_list_that_is_not_ours_is_not_built_upon(desk: SigningDesk, published: Path, tmp_path: Path) -> None:
    output = tmp_path / "list.xml"
    output.write_bytes(published.read_bytes().replace(b"granted", b"withdrawn", 1))
    assert publish(desk, output) == Exit.FAILED
    assert b"withdrawn" in output.read_bytes()


def test_what_cannot_be_fetched_or_believed_has_an_exit_code(
    desk: SigningDesk, published: Path, tmp_path: Path
) -> None:
    port = free_port()
    folder = believing(desk, tmp_path / "away", url=f"http://127.0.0.1:{port}/list.xml")
    run = desk.run("trust", "refresh", str(folder), "--allow", f"127.0.0.1:{port}")
    assert (run.code, run.stdout[0]) == (Exit.TRY_AGAIN, "✗")
    assert desk.run("trust", "refresh", str(folder)).code == Exit.FAILED  # our own network
    with playing(lambda *_: Answer(published.read_bytes())) as server:
        folder = believing(desk, tmp_path / "stranger", url=f"{server.url}/list.xml", pin="0" * 64)
        run = desk.run("trust", "refresh", str(folder), "--allow", server.authority)
        assert run.code == Exit.FAILED
        assert "none of those pinned" in run.stdout


def test_a_wrong_list_in_the_folder_stops_verification_with_a_sentence(
    desk: SigningDesk, published: Path, tmp_path: Path
) -> None:
    folder = believing(desk, tmp_path / "trust", url="https://example.vn/list.xml", pin="0" * 64)
    (folder / "lists").mkdir()
    (folder / "lists" / "vn.xml").write_bytes(published.read_bytes())
    (tmp_path / "a.pdf").write_bytes(blank_pdf())
    run = desk.run("verify", "--trust", str(folder), str(tmp_path / "a.pdf"))
    assert run.code != 0
    assert "vn" in run.stderr
    assert "Traceback" not in run.stderr
