"""A key's life as an operator leads it with `kyso tokens`, on a real token behind a real signer."""

from __future__ import annotations

import json
import os
import subprocess
import sys
import tempfile
from dataclasses import dataclass
from datetime import UTC, datetime, timedelta
from pathlib import Path
from typing import TYPE_CHECKING

import pytest
from cryptography import x509
from cryptography.hazmat.primitives import hashes
from cryptography.hazmat.primitives.asymmetric import ec, rsa
from cryptography.hazmat.primitives.serialization import Encoding, NoEncryption, PrivateFormat

from certs.algorithms import SignatureAlgorithm
from hsm.errors import KeyRetired
from hsm.uri import Pkcs11Uri
from tests.softhsm import ROOT, signer

if TYPE_CHECKING:
    from collections.abc import Iterator

    from cryptography.hazmat.primitives.asymmetric.types import CertificatePublicKeyTypes

NOW = datetime.now(UTC).replace(microsecond=0)
PHRASES = {"an": "cụm từ của An 12", "binh": "cụm từ của Bình"}


@dataclass(frozen=True, slots=True)
class Machine:
    """A folder with a token, and `kyso tokens` set up for it."""

    folder: Path
    environment: dict[str, str]
    uri: Pkcs11Uri

    def run(self, *arguments: str, typed: str = "") -> subprocess.CompletedProcess[str]:
        """The command without a terminal: what it would ask there it takes from its standard input."""
        return subprocess.run(
            [sys.executable, "-m", "api.cli.main", "tokens", *arguments],
            cwd=ROOT,
            env={**os.environ, **self.environment, "COLUMNS": "200"},
            input=typed,
            start_new_session=True,
            capture_output=True,
            text=True,
            check=False,
        )

    def told(self, *arguments: str, typed: str = "") -> dict[str, object]:
        """The JSON object that a command ends with."""
        ended = self.run(*arguments, "--json", typed=typed)
        assert ended.returncode == 0, ended.stderr
        answer = json.loads(ended.stdout)
        assert isinstance(answer, dict)
        return answer


@pytest.fixture
def machine() -> Iterator[Machine]:
    with tempfile.TemporaryDirectory(prefix="kyso-life-", dir="/tmp") as name:
        folder = Path(name)
        made = Machine(folder, {}, Pkcs11Uri()).told("init", "Ký số", "--directory", str(folder / "hsm"))
        environment = {
            "KYSO_PKCS11_MODULES": str(made["uri"]),
            "SOFTHSM2_CONF": str(made["SOFTHSM2_CONF"]),
            "KYSO_SIGNER_SOCKET": str(folder / "run" / "s"),
            "KYSO_HOME": str(folder / "home"),
        }
        yield Machine(folder, environment, Pkcs11Uri.parse(str(made["uri"])))


class Authority:
    """A root and an issuing CA that nobody knows."""

    def __init__(self) -> None:
        self._root, self._issuing = (ec.generate_private_key(ec.SECP256R1()) for _ in range(2))
        self.root = _certified("Gốc", self._root.public_key(), issuer="Gốc", key=self._root, days=3650)
        self.issuing = _certified("Cấp", self._issuing.public_key(), issuer="Gốc", key=self._root, days=1800)

    def issue(self, csr: str, *, days: int = 365, since: datetime = NOW - timedelta(days=1)) -> x509.Certificate:
        request = x509.load_pem_x509_csr(csr.encode())
        assert request.is_signature_valid
        return _certified("Dấu", request.public_key(), issuer="Cấp", key=self._issuing, days=days, since=since)


def _certified(
    name: str,
    public: CertificatePublicKeyTypes,
    *,
    issuer: str,
    key: ec.EllipticCurvePrivateKey,
    days: int,
    since: datetime = NOW - timedelta(days=1),
) -> x509.Certificate:
    subject, by = (x509.Name([x509.NameAttribute(x509.NameOID.COMMON_NAME, text)]) for text in (name, issuer))
    builder = x509.CertificateBuilder(issuer_name=by, subject_name=subject, public_key=public)
    builder = builder.serial_number(x509.random_serial_number())
    return builder.not_valid_before(since).not_valid_after(NOW + timedelta(days=days)).sign(key, hashes.SHA256())


def pem(folder: Path, *certificates: x509.Certificate) -> str:
    file = folder / "certificates.pem"
    file.write_bytes(b"".join(certificate.public_bytes(Encoding.PEM) for certificate in certificates))
    return str(file)


def keygen(machine: Machine, name: str, *more: str) -> str:
    return str(machine.told("keygen", name, "--token", "Ký số", "--kind", "P-256", *more)["uri"])


def csr(machine: Machine, name: str) -> str:
    return str(machine.told("csr", name, "--token", "Ký số", "--common-name", "Sở Thử")["csr"])


def test_a_key_is_made_certified_tested_and_watched(machine: Machine) -> None:
    authority = Authority()
    key = keygen(machine, "seal")
    certificate = authority.issue(csr(machine, "seal"), days=20)
    file = pem(machine.folder, authority.root, certificate, authority.issuing)
    machine.told("import-cert", "seal", file, "--token", "Ký số")
    with signer(machine.folder, machine.uri, environment=machine.environment) as running:
        assert machine.told("test", key)["algorithm"] == "ECDSA_SHA256"
        listed = machine.run("list", "--json")
        assert listed.returncode == 1  # for the certificate ends within 30 days
        (shown,) = json.loads(listed.stdout)["keys"]
        assert (shown["renewal"], shown["signatures"], shown["failures"]) == ("SOON", 1, 0)
        (held,) = running.client.credentials()
        (mine,) = held.keys
        chain = [c.public_bytes(Encoding.DER) for c in (certificate, authority.issuing, authority.root)]
        assert [mine.certificate, *mine.chain] == chain
        assert running.client.health().keys[0].expires == certificate.not_valid_after_utc


def test_a_certificate_or_an_issuer_that_does_not_belong_is_refused_without_a_traceback(machine: Machine) -> None:
    authority, stranger = Authority(), Authority()
    keygen(machine, "seal")
    keygen(machine, "other")
    good, others = authority.issue(csr(machine, "seal")), authority.issue(csr(machine, "other"))
    for certificates in ((others,), (good, stranger.issuing)):
        ended = machine.run("import-cert", "seal", pem(machine.folder, *certificates), "--token", "Ký số")
        assert ended.returncode == 1
        assert ended.stderr.startswith("✗ the certificate does not fit")
        assert "Traceback" not in ended.stderr + ended.stdout


def test_a_rollover_lets_two_keys_of_a_name_overlap(machine: Machine) -> None:
    authority = Authority()
    old = keygen(machine, "seal")
    machine.told("import-cert", "seal", pem(machine.folder, authority.issue(csr(machine, "seal"))), "--token", "Ký số")
    assert machine.run("keygen", "seal", "--token", "Ký số", "--kind", "P-256").returncode == 1
    new = keygen(machine, "seal", "--successor")
    successor = authority.issue(csr(machine, "seal"), since=NOW)
    told = machine.told("import-cert", "seal", pem(machine.folder, successor), "--token", "Ký số")
    assert told["uri"] == new != old
    with signer(machine.folder, machine.uri, environment=machine.environment):
        for key in (old, new):
            machine.told("test", key)
        assert machine.told("test", "pkcs11:object=seal")["key"] == new  # of two, the one whose certificate began last


def test_a_retired_key_signs_no_more_not_even_after_a_restart(machine: Machine) -> None:
    retired, other = keygen(machine, "old"), keygen(machine, "new")
    with signer(machine.folder, machine.uri, environment=machine.environment):
        machine.told("test", retired)
        machine.told("retire", retired, "--reason", "hết dùng")
    with signer(machine.folder, machine.uri, environment=machine.environment) as running:
        for name in (retired, "pkcs11:object=old"):
            with pytest.raises(KeyRetired):
                running.client.sign(key=name, dtbs=b"x", algorithm=SignatureAlgorithm.ECDSA_SHA256)
        machine.told("test", other)
        states = {str(key.uri): (key.retired is not None, key.signatures) for key in running.client.health().keys}
        assert states == {retired: (True, 1), other: (False, 1)}


def test_a_key_is_destroyed_by_two_and_only_when_retired(machine: Machine) -> None:
    key, other = keygen(machine, "old"), keygen(machine, "new")
    for name, phrase in PHRASES.items():
        machine.told("destroy", "enrol", name, typed=f"{phrase}\n{phrase}\n")
    ask = ("destroy", "request", key, "--as", "an", "--reason", "hết dùng")
    with signer(machine.folder, machine.uri, environment=machine.environment) as running:
        assert "retire it first" in machine.run(*ask, typed=PHRASES["an"]).stderr
        machine.told("retire", key, "--reason", "hết dùng")
        code = str(machine.told(*ask, typed=PHRASES["an"])["code"])
        for name, phrase in (("an", PHRASES["an"]), ("binh", PHRASES["an"])):
            ended = machine.run("destroy", "confirm", code, "--as", name, typed=phrase)
            assert (ended.returncode, "not agreed" in ended.stderr) == (1, True)
        machine.told("destroy", "confirm", code, "--as", "binh", typed=PHRASES["binh"])
        (held,) = running.client.credentials()
        assert [str(k.uri) for k in held.keys] == [other]
        machine.told("test", other)
    written = (machine.folder / "home" / "signer" / "consents.jsonl").read_text(encoding="utf-8")
    assert [json.loads(line)["what"] for line in written.splitlines()][-2:] == ["confirmed", "destroyed"]


def test_a_program_is_told_why_in_json(machine: Machine) -> None:
    keygen(machine, "seal")
    (machine.folder / "junk.pem").write_text("-----BEGIN CERTIFICATE-----\nAAAA\n", encoding="ascii")
    (machine.folder / "hsm" / f"{machine.uri.serial}.pin").chmod(0o644)
    for arguments, error in (
        (("csr", "seal", "--token", "Ký số", "--common-name", "Sở"), "pin-unavailable"),
        (("csr", "seal", "--token", "Khác", "--common-name", "Sở"), "token-absent"),
        (("import-cert", "seal", str(machine.folder / "junk.pem"), "--token", "Ký số"), "certificate-unreadable"),
        (("import-cert", "seal", str(machine.folder / "none.pem"), "--token", "Ký số"), "file-unusable"),
        (("test", "pkcs11:object=seal"), "signer-unavailable"),
        (("test", "seal"), "pkcs11-uri-invalid"),
        (("destroy", "enrol", "an"), "nothing-typed"),
        (("keygen", "seal"), "usage"),
    ):
        ended = machine.run(*arguments, "--json")
        told = json.loads(ended.stderr)
        assert (told["error"], told["exit"]) == (error, ended.returncode)
        assert told["hints"] or error == "file-unusable"
        assert ended.stdout == ""


def test_no_command_takes_a_pin(machine: Machine) -> None:
    for command in ("init", "keygen", "csr", "import-cert", "test", "retire", "permit", "destroy confirm"):
        shown = machine.run(*command.split(), "--help").stdout
        assert "--pin" not in shown.lower()


def test_a_weak_key_that_came_from_elsewhere_gets_no_certificate(machine: Machine) -> None:
    weak = rsa.generate_private_key(65537, 1024)
    file = machine.folder / "weak.pem"
    file.write_bytes(weak.private_bytes(Encoding.PEM, PrivateFormat.PKCS8, NoEncryption()))
    pin = Path((machine.uri.pin_source or "").removeprefix("file:")).read_text(encoding="utf-8").strip()
    subprocess.run(
        ["softhsm2-util", "--import", file, "--token", "Ký số", "--label", "weak", "--id", "01", "--pin", pin],
        env={**os.environ, **machine.environment},
        check=True,
        capture_output=True,
    )
    authority = Authority()
    certificate = _certified("x", weak.public_key(), issuer="Cấp", key=authority._issuing, days=9)
    ended = machine.run("import-cert", "weak", pem(machine.folder, certificate), "--token", "Ký số")
    assert ended.returncode == 1
    assert "weak: its modulus has 1024 bits" in ended.stderr
