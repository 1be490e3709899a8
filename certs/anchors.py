"""Trust anchors: the certificates believed without proof, kept apart for signing and for time (RFC 5280, 6.1.1)."""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING

from certs.certificate import certificates_from_bytes
from certs.errors import CertificateUnreadable

if TYPE_CHECKING:
    from pathlib import Path

_SUFFIXES = frozenset({".pem", ".crt", ".cer", ".der"})
_TIMESTAMPING_FOLDER = "tsa"


@dataclass(frozen=True, slots=True)
class TrustAnchors:
    """DER certificates that end a path: ``signing`` for signatures and seals, ``timestamping`` for RFC 3161 tokens."""

    signing: tuple[bytes, ...]
    timestamping: tuple[bytes, ...]


def read_trust_directory(path: Path) -> TrustAnchors:
    """The anchors in a folder of ``*.pem``, ``*.crt``, ``*.cer`` and ``*.der`` files, in order of their names.

    ``tsa/`` below it holds those for timestamping; where there is no such folder, the same anchors serve both.
    Raises :class:`CertificateUnreadable`, naming the file, for a file that holds no certificate, and naming the folder
    where it does not exist or is empty: to trust nobody is nearly always a mistyped path.
    """
    signing = _anchors_in(path)
    apart = path / _TIMESTAMPING_FOLDER
    return TrustAnchors(signing=signing, timestamping=_anchors_in(apart) if apart.is_dir() else signing)


def _anchors_in(folder: Path) -> tuple[bytes, ...]:
    try:
        files = sorted(file for file in folder.iterdir() if file.suffix.lower() in _SUFFIXES and file.is_file())
        anchors = tuple(dict.fromkeys(der for file in files for der in _anchors_of(file)))
    except OSError as error:
        msg = f"{folder}: {error.strerror}"
        raise CertificateUnreadable(msg) from error
    if not anchors:
        msg = f"{folder}: no trust anchor (*.pem, *.crt, *.cer, *.der)"
        raise CertificateUnreadable(msg)
    return anchors


def _anchors_of(file: Path) -> tuple[bytes, ...]:
    try:
        return certificates_from_bytes(file.read_bytes())
    except CertificateUnreadable as error:
        msg = f"{file}: {error}"
        raise CertificateUnreadable(msg) from error
