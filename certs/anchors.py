"""Trust anchors: the certificates believed without proof, kept apart for signing and for time (RFC 5280, 6.1.1)."""

from __future__ import annotations

import hashlib
from dataclasses import dataclass
from typing import TYPE_CHECKING

from certs.certificate import SigningCertificate, certificates_from_bytes
from certs.errors import CertificateUnreadable
from certs.pinned_anchors import LIST, SUFFIXES, AnchorPurpose, read_pinned_anchors, read_pinned_entries

if TYPE_CHECKING:
    from pathlib import Path

_TIMESTAMPING_FOLDER = "tsa"


@dataclass(frozen=True, slots=True)
class TrustAnchors:
    """DER certificates that end a path: ``signing`` for signatures and seals, ``timestamping`` for RFC 3161 tokens."""

    signing: tuple[bytes, ...]
    timestamping: tuple[bytes, ...]


@dataclass(frozen=True, slots=True)
class ListedAnchor:
    """An anchor as an operator looks at it; ``purpose`` is that of the list, or ``signing`` and ``timestamping``."""

    purpose: str
    certificate: SigningCertificate


def listed_anchors(path: Path) -> tuple[ListedAnchor, ...]:
    """The anchors of a trust directory one by one; raises as :func:`read_trust_directory`."""
    if (path / LIST).exists():
        entries = [(purpose.value, der) for purpose, der in read_pinned_entries(path)]
    else:
        anchors = read_trust_directory(path)
        entries = [("signing", der) for der in anchors.signing] + [
            ("timestamping", der) for der in anchors.timestamping
        ]
    return tuple(ListedAnchor(purpose, SigningCertificate(der)) for purpose, der in entries)


def fingerprint(der: bytes) -> str:
    """The SHA-256 of a certificate in lower-case hexadecimal: how an anchor is pinned."""
    return hashlib.sha256(der).hexdigest()


def read_trust_directory(path: Path) -> TrustAnchors:
    """The anchors in a folder of ``*.pem``, ``*.crt``, ``*.cer`` and ``*.der`` files, in order of their names.

    ``tsa/`` below it holds those for timestamping; where there is no such folder, the same anchors serve both. Where
    there is an ``anchors.toml``, it alone says what is trusted for what (:mod:`certs.pinned_anchors`).

    Raises :class:`CertificateUnreadable`, naming the file, for a file that holds no certificate, and naming the folder
    where it does not exist or is empty: to trust nobody is nearly always a mistyped path.
    """
    if (path / LIST).exists():
        pinned = read_pinned_anchors(path)
        return TrustAnchors(
            signing=pinned.get(AnchorPurpose.GOVERNMENT, ()) + pinned.get(AnchorPurpose.PUBLIC, ()),
            timestamping=pinned.get(AnchorPurpose.TIMESTAMPING, ()),
        )
    signing = _anchors_in(path)
    apart = path / _TIMESTAMPING_FOLDER
    return TrustAnchors(signing=signing, timestamping=_anchors_in(apart) if apart.is_dir() else signing)


def certificates_in(folder: Path) -> tuple[bytes, ...]:
    """Every certificate in the folder's files, each once; raises :class:`CertificateUnreadable`, naming the file."""
    try:
        files = sorted(file for file in folder.iterdir() if file.suffix.lower() in SUFFIXES and file.is_file())
        return tuple(dict.fromkeys(der for file in files for der in _certificates_of(file)))
    except OSError as error:
        msg = f"{folder}: {error.strerror}"
        raise CertificateUnreadable(msg) from error


def _anchors_in(folder: Path) -> tuple[bytes, ...]:
    anchors = certificates_in(folder)
    if not anchors:
        msg = f"{folder}: no trust anchor (*.pem, *.crt, *.cer, *.der)"
        raise CertificateUnreadable(msg)
    return anchors


def _certificates_of(file: Path) -> tuple[bytes, ...]:
    try:
        return certificates_from_bytes(file.read_bytes())
    except CertificateUnreadable as error:
        msg = f"{file}: {error}"
        raise CertificateUnreadable(msg) from error
