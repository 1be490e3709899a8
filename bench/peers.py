"""Other programs, installed into an environment that the run makes and throws away (requirements/peers.txt).

They sign with a key of their own in a PKCS#12 file and write files, so that their rows are no like for like: they say
what else can be had, not who is better at the same work.
"""

from __future__ import annotations

import json
import secrets
import statistics
import subprocess
import sys
from dataclasses import dataclass
from datetime import timedelta
from pathlib import Path
from typing import TYPE_CHECKING, cast

from cryptography import x509
from cryptography.hazmat.primitives import hashes
from cryptography.hazmat.primitives.asymmetric import rsa
from cryptography.hazmat.primitives.serialization import BestAvailableEncryption, pkcs12
from cryptography.x509.oid import NameOID

from bench.figures import Row
from bench.ground import now
from bench.rounds import Clock, Work

if TYPE_CHECKING:
    from collections.abc import Iterator

    from bench.ground import Ground

_INSTALL_WITHIN, _SIGN_WITHIN = 180, 120
_VISIBLE, _INVISIBLE = "sign_visible_cpu_per_csign", "sign_invisible_cpu_per_csign"
_HERE = Path(__file__).parent
_LOCK = _HERE.parent / "requirements" / "peers.txt"
_DRIVERS = {"pdfsignerpy": "pdfsignerpy (Rust)", "endesive": "endesive"}


class PeerUnavailable(RuntimeError):
    """The peer cannot be installed or does not run here; the message is the last line that was said about it."""


@dataclass(frozen=True, slots=True)
class _Environment:
    folder: Path

    def run(self, *arguments: str, within: int) -> str:
        """What the environment's own Python prints."""
        command = [str(self.folder / "bin" / "python"), *arguments]
        return _said(command, within=within)


def measure(ground: Ground) -> Iterator[Row]:
    """One row for each figure and peer; where there is no value the row says why."""
    versions = _locked_versions()
    try:
        environment = _installed(ground.folder / "peers")
    except PeerUnavailable as error:
        for name, peer in _DRIVERS.items():
            yield from _absent(f"{peer} {versions[name]}", reason=str(error))
        return
    raw = Work(ground.device.raw(), repeats=40)
    c_sign = statistics.median(raw.seconds(Clock.CPU) for _ in range(9))
    for name, peer in _DRIVERS.items():
        yield from _driven(name, f"{peer} {versions[name]}", environment, ground, c_sign=c_sign)


def _driven(name: str, peer: str, environment: _Environment, ground: Ground, *, c_sign: float) -> Iterator[Row]:
    password = secrets.token_hex(8)
    keystore, draft, image = (ground.folder / f"{name}.{ending}" for ending in ("p12", "pdf", "png"))
    keystore.write_bytes(_keystore(password))
    draft.write_bytes(ground.draft)
    image.write_bytes(ground.signature_image)
    driver = _HERE / f"peer_{name}.py"
    try:
        said = environment.run(str(driver), str(draft), str(keystore), password, str(image), within=_SIGN_WITHIN)
        _demand_sound(draft.with_suffix(".signed.pdf"))
    except PeerUnavailable as error:
        yield from _absent(peer, reason=str(error))
        return
    seconds = cast("dict[str, float]", json.loads(said))
    for figure, kind in ((_VISIBLE, "visible"), (_INVISIBLE, "invisible")):
        yield Row(figure, seconds[kind] / c_sign, peer, f"{seconds[kind] * 1000:.2f} ms; its own key, file to file")


def _demand_sound(signed: Path) -> None:
    """What was measured must be a signature: poppler finds it intact."""
    if "Signature is Valid" not in _said(["pdfsig", "-nocert", str(signed)], within=_SIGN_WITHIN):
        msg = "poppler does not find its signature valid"
        raise PeerUnavailable(msg)


def _locked_versions() -> dict[str, str]:
    words = (line.split()[0] for line in _LOCK.read_text(encoding="ascii").splitlines() if "==" in line)
    return dict(word.split("==") for word in words)


def _absent(peer: str, *, reason: str) -> Iterator[Row]:
    yield from (Row(figure, None, peer, reason) for figure in (_VISIBLE, _INVISIBLE))


def _installed(folder: Path) -> _Environment:
    """A fresh environment with the peers and nothing else, each file held to its hash; :class:`PeerUnavailable`."""
    _said([sys.executable, "-m", "venv", str(folder)], within=_INSTALL_WITHIN)
    environment = _Environment(folder)
    fetch = ("-m", "pip", "install", "--quiet", "--require-hashes", "--only-binary", ":all:", "-r", str(_LOCK))
    environment.run(*fetch, within=_INSTALL_WITHIN)
    return environment


def _said(command: list[str], *, within: int) -> str:
    try:
        ran = subprocess.run(command, capture_output=True, text=True, timeout=within, check=False)
    except (OSError, subprocess.TimeoutExpired) as error:
        raise PeerUnavailable(str(error)) from error
    if ran.returncode != 0:
        raise PeerUnavailable((ran.stderr.strip() or ran.stdout.strip()).rpartition("\n")[2])
    return ran.stdout


def _keystore(password: str) -> bytes:
    """An RSA-2048 key with a certificate of its own."""
    key = rsa.generate_private_key(public_exponent=65537, key_size=2048)
    name = x509.Name([x509.NameAttribute(NameOID.COMMON_NAME, "Người Ký Mẫu")])
    certificate = (
        x509.CertificateBuilder()
        .subject_name(name)
        .issuer_name(name)
        .public_key(key.public_key())
        .serial_number(x509.random_serial_number())
        .not_valid_before(now() - timedelta(days=1))
        .not_valid_after(now() + timedelta(days=1))
        .sign(key, hashes.SHA256())
    )
    encryption = BestAvailableEncryption(password.encode())
    return pkcs12.serialize_key_and_certificates(b"peer", key, certificate, None, encryption)
