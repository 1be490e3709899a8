"""Office documents become PDF/A by the real LibreOffice, which is held as tight as every reader of foreign files."""

from __future__ import annotations

import json
import subprocess
import sys
import tempfile
from datetime import timedelta
from io import BytesIO
from pathlib import Path
from typing import TYPE_CHECKING

import pypdf
import pytest
from PIL import Image

from signing.lint import Severity, inspect
from tests.integration.certs_servers import Answer, playing
from tests.office import docx, odt, package
from verification.errors import OfficeUnreadable, SandboxBusy, SandboxFailed
from verification.office import OfficeConverter, OfficeLimits, installed_libreoffice, is_office_document

if TYPE_CHECKING:
    from collections.abc import Iterator

ROOT = Path(__file__).parents[2]
PROGRAM = installed_libreoffice()
pytestmark = pytest.mark.skipif(
    PROGRAM is None, reason="LibreOffice is not installed (apt-get install libreoffice-writer-nogui)"
)
TEXT = "Ủy ban nhân dân tỉnh thông báo: Số /TB-UBND"


@pytest.fixture
def folder(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Path:
    """Where conversions work in this test."""
    place = tmp_path / "temporary"
    place.mkdir()
    monkeypatch.setattr(tempfile, "tempdir", str(place))
    return place


@pytest.fixture
def converter(folder: Path) -> Iterator[OfficeConverter]:
    yield limited()
    assert list(folder.iterdir()) == []  # whatever happened, nothing of the document is left


def limited(**limits: object) -> OfficeConverter:
    assert PROGRAM is not None
    return OfficeConverter(PROGRAM, OfficeLimits(**limits))  # type: ignore[arg-type]


def stock(document: Path, kind: str, home: Path) -> Path:
    """What LibreOffice makes of a file when nobody holds it."""
    command = ["soffice", f"-env:UserInstallation={home.as_uri()}", "--headless", "--convert-to", kind]
    subprocess.run([*command, "--outdir", str(home), str(document)], check=True, capture_output=True, timeout=120)
    return home / f"{document.stem}.{kind}"


def words(pdf: bytes) -> str:
    return "".join(page.extract_text() for page in pypdf.PdfReader(BytesIO(pdf)).pages)


@pytest.mark.parametrize("kind", ["docx", "odt", "doc"])
def test_it_becomes_pdf_a_that_is_fit_to_be_signed(converter: OfficeConverter, tmp_path: Path, kind: str) -> None:
    document = odt(TEXT) if kind == "odt" else docx(TEXT)
    if kind == "doc":
        (tmp_path / "a.docx").write_bytes(document)
        document = stock(tmp_path / "a.docx", "doc", tmp_path).read_bytes()
    assert is_office_document(document)
    pdf = converter.pdf_of(document)
    assert TEXT in words(pdf)
    metadata = pypdf.PdfReader(BytesIO(pdf)).xmp_metadata
    assert metadata is not None
    said = metadata.stream.get_data()
    assert b"<pdfaid:part>2</pdfaid:part>" in said
    assert b"<pdfaid:conformance>B</pdfaid:conformance>" in said
    assert not [finding for finding in inspect(pdf) if finding.severity is Severity.REFUSE]


@pytest.mark.parametrize(
    "document",
    [
        package({"xl/workbook.xml": "<workbook/>", "[Content_Types].xml": "<Types/>"}),
        package({"mimetype": "application/vnd.oasis.opendocument.spreadsheet", "content.xml": "<a/>"}),
        package({"word/document.xml": "not XML"}),
        b"PK\x03\x04 and nothing more",
        b"\xd0\xcf\x11\xe0\xa1\xb1\x1a\xe1" + bytes(4096),
    ],
)
def test_what_is_no_text_document_is_refused(converter: OfficeConverter, document: bytes) -> None:
    with pytest.raises(OfficeUnreadable):
        converter.pdf_of(document)


def test_a_link_to_the_network_is_never_followed(converter: OfficeConverter, tmp_path: Path) -> None:
    with playing(lambda _path, _body: Answer(status=404)) as server:
        document = docx(TEXT, picture_at=f"{server.url}/far.png")
        assert TEXT in words(converter.pdf_of(document))
        assert server.connections == 0
        (tmp_path / "a.docx").write_bytes(document)
        stock(tmp_path / "a.docx", "pdf", tmp_path)
        stock(tmp_path / "a.docx", "pdf", tmp_path)  # the first time it may only make its profile
        assert server.connections > 0  # nobody held that one


def test_no_file_of_the_service_gets_into_the_pdf_and_no_macro_runs(converter: OfficeConverter, tmp_path: Path) -> None:
    secret = tmp_path / "secret.png"
    Image.new("RGB", (40, 40), "red").save(secret)
    document = docx(TEXT, picture_at=secret.as_uri())
    (tmp_path / "a.docx").write_bytes(document)
    stock(tmp_path / "a.docx", "pdf", tmp_path)
    loose = stock(tmp_path / "a.docx", "pdf", tmp_path).read_bytes()
    assert len(pictures(loose)) == 1  # nobody held that one
    assert pictures(converter.pdf_of(document)) == []

    (tmp_path / "secret.txt").write_text("BI MAT")
    armed = odt(TEXT, on_load='ThisComponent.Text.String = "MACRO"', section_from=(tmp_path / "secret.txt").as_uri())
    text = words(converter.pdf_of(armed))
    assert TEXT in text
    assert "BI MAT" not in text
    assert "MACRO" not in text


def pictures(pdf: bytes) -> list[str]:
    return [picture.name for page in pypdf.PdfReader(BytesIO(pdf)).pages for picture in page.images]


@pytest.mark.parametrize(
    ("limits", "reason"),
    [
        ({"wall": timedelta(seconds=0.2)}, "too long"),
        ({"memory": 300 << 20}, "without a PDF|did not start"),
        ({"cpu": timedelta(seconds=1)}, "processor time"),
        ({"folder_bytes": 500_000}, "too much"),
        ({"file_bytes": 4096}, None),
    ],
)
def test_what_costs_too_much_is_ended(folder: Path, limits: dict[str, object], reason: str | None) -> None:
    long = docx(*(f"{TEXT} {number}" for number in range(20_000)))
    with pytest.raises((SandboxFailed, OfficeUnreadable), match=reason):
        limited(**limits).pdf_of(long)
    assert list(folder.iterdir()) == []


def test_a_document_that_unpacks_to_gigabytes_costs_no_more_than_the_limits(folder: Path) -> None:
    bomb = docx("A" * (200 << 20))
    assert len(bomb) < 1 << 20
    with pytest.raises((SandboxFailed, OfficeUnreadable)):
        limited(memory=1 << 30, cpu=timedelta(seconds=10)).pdf_of(bomb)
    assert list(folder.iterdir()) == []


def test_more_callers_than_places_are_told_to_come_again(folder: Path) -> None:
    busy = limited(at_once=1, patience=timedelta(0))
    busy._places.acquire()
    with pytest.raises(SandboxBusy):
        busy.pdf_of(docx(TEXT))


def test_a_service_without_a_temporary_folder_says_so(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(tempfile, "tempdir", str(tmp_path / "nowhere"))
    with pytest.raises(SandboxFailed, match="no place"):
        limited().pdf_of(docx(TEXT))


ATTEMPTS = """
import json, os, socket, subprocess, sys, threading
from pathlib import Path
from verification.confinement import Allowance, confine_in
folder, secret = Path(sys.argv[1]), Path(sys.argv[2])
allowance = Allowance(memory=1 << 30, cpu=20, file_bytes=1 << 20)
missing = confine_in(folder, parent=os.getppid(), allowance=allowance, reading=())
def attempt(deed):
    try:
        deed()
    except (OSError, RuntimeError, MemoryError, ValueError) as error:
        return type(error).__name__
    return "done"
def script():
    (folder / "run").write_text("#!/bin/sh")
    os.execv(folder / "run", ["run"])
refused = {
    "socket": lambda: socket.socket(),
    "unix": lambda: socket.socket(socket.AF_UNIX),
    "program": lambda: subprocess.run(["/bin/true"]),
    "exec": lambda: os.execv("/bin/true", ["true"]),
    "own program": script,
    "fork": os.fork,
    "write": lambda: secret.write_text("x"),
    "write beside": lambda: (folder.parent / "more").write_text("x"),
    "open up": lambda: secret.chmod(0o777),
    "remove": secret.unlink,
    "carry in": lambda: secret.rename(folder / "taken"),
    "link": lambda: (folder / "link").symlink_to(secret),
    "hard link": lambda: os.link(secret, folder / "link"),
    "secret": secret.read_text,
    "processes": lambda: Path("/proc/self/environ").read_bytes(),
    "large": lambda: (folder / "large").write_bytes(bytes(2 << 20)),
    "signal": lambda: os.kill(os.getppid(), 0),
}
def begin():
    thread = threading.Thread(target=lambda: None)
    thread.start()
    thread.join()
allowed = {
    "thread": begin,
    "own file": lambda: (folder / "own").write_text("x"),
    "own folder": lambda: (folder / "deep").mkdir(),
    "rename": lambda: (folder / "own").rename(folder / "deep" / "own"),
    "remove own": lambda: (folder / "deep" / "own").unlink(),
}
print(json.dumps([missing, *({name: attempt(deed) for name, deed in deeds.items()} for deeds in (refused, allowed))]))
"""


def test_a_confined_converter_works_in_its_folder_and_nowhere_else(tmp_path: Path) -> None:
    secret, code, own = tmp_path / "secret", tmp_path / "code", tmp_path / "own"
    secret.write_text("a pin")
    code.mkdir()
    own.mkdir()
    (code / "attempts.py").write_text(ATTEMPTS)
    answer = subprocess.run(
        [sys.executable, "-s", "-m", "attempts", str(own), str(secret)],
        capture_output=True,
        check=True,
        cwd="/",
        env={"PYTHONPATH": f"{ROOT}:{code}"},
        text=True,
    )
    missing, refused, allowed = json.loads(answer.stdout)
    assert missing == []
    assert "done" not in refused.values(), refused
    assert set(allowed.values()) == {"done"}, allowed
    assert secret.read_text() == "a pin"
    assert secret.stat().st_nlink == 1
