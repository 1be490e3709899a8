"""Other programs, each installed into an environment that the run makes and throws away.

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
_DRIVER = Path(__file__).with_name("peer_pdfsignerpy.py")


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
    yield from _pdfsignerpy(ground)
    yield from _endesive(ground)


def _pdfsignerpy(ground: Ground) -> Iterator[Row]:
    peer = "pdfsignerpy 0.3.1 (Rust)"
    password = secrets.token_hex(8)
    keystore, draft, image = (ground.folder / name for name in ("peer.p12", "peer.pdf", "peer.png"))
    keystore.write_bytes(_keystore(password))
    draft.write_bytes(ground.draft)
    image.write_bytes(ground.signature_image)
    try:
        environment = _installed("pdfsignerpy==0.3.1", folder=ground.folder / "pdfsignerpy")
        said = environment.run(str(_DRIVER), str(draft), str(keystore), password, str(image), within=_SIGN_WITHIN)
    except PeerUnavailable as error:
        yield from _absent(peer, reason=str(error))
        return
    seconds = cast("dict[str, float]", json.loads(said))
    raw = Work(ground.device.raw(), repeats=40)
    c_sign = statistics.median(raw.seconds(Clock.CPU) for _ in range(9))
    for figure, kind in ((_VISIBLE, "visible"), (_INVISIBLE, "invisible")):
        yield Row(figure, seconds[kind] / c_sign, peer, f"{seconds[kind] * 1000:.2f} ms; its own key, file to file")


def _endesive(ground: Ground) -> Iterator[Row]:
    peer = "endesive 3.0.1"
    try:
        environment = _installed("endesive==3.0.1", folder=ground.folder / "endesive")
        environment.run("-c", "import endesive.pdf.cms", within=_SIGN_WITHIN)
    except PeerUnavailable as error:
        yield from _absent(peer, reason=str(error))
        return
    yield from _absent(peer, reason="it starts here, but nothing drives it yet")


def _absent(peer: str, *, reason: str) -> Iterator[Row]:
    yield from (Row(figure, None, peer, reason) for figure in (_VISIBLE, _INVISIBLE))


def _installed(requirement: str, *, folder: Path) -> _Environment:
    """A fresh environment with nothing but this; raises :class:`PeerUnavailable`."""
    _said([sys.executable, "-m", "venv", str(folder)], within=_INSTALL_WITHIN)
    environment = _Environment(folder)
    environment.run("-m", "pip", "install", "--quiet", "--only-binary", ":all:", requirement, within=_INSTALL_WITHIN)
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
