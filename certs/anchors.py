"""Trust anchors: the certificates believed without proof, kept apart for signing and for time (RFC 5280, 6.1.1)."""

from __future__ import annotations

import hashlib
from dataclasses import dataclass
from enum import Enum
from typing import TYPE_CHECKING, Protocol, Self

from certs.certificate import SigningCertificate, certificates_from_bytes
from certs.errors import CertificateUnreadable
from certs.pinned_anchors import LIST, SUFFIXES, AnchorPurpose, read_pinned_anchors, read_pinned_entries

if TYPE_CHECKING:
    from datetime import datetime
    from pathlib import Path

_TIMESTAMPING_FOLDER = "tsa"


class AnchorUse(Enum):
    """What a path that ends in the anchor is good for: signatures and seals, or RFC 3161 tokens."""

    SIGNING = "signing"
    TIMESTAMPING = "timestamping"


@dataclass(frozen=True, slots=True)
class AnchorPeriod:
    """When the anchor with this SHA-256 counts, as a trusted list says: from ``since`` until before ``until``."""

    sha256: str
    use: AnchorUse
    since: datetime
    until: datetime


@dataclass(frozen=True, slots=True)
class TrustAnchors:
    """DER certificates that end a path: ``signing`` for signatures and seals, ``timestamping`` for RFC 3161 tokens.

    An anchor that ``periods`` names for a use counts for it in those periods only; any other counts without end.
    """

    signing: tuple[bytes, ...]
    timestamping: tuple[bytes, ...]
    periods: tuple[AnchorPeriod, ...] = ()

    @property
    def snapshot(self) -> Self:
        """These do not change."""
        return self

    def at(self, moment: datetime) -> TrustAnchors:
        """Those that count at this moment (EN 319 102-1 calls the end of a period the anchor's sunset date)."""
        if not self.periods:
            return self
        limited = {(period.sha256, period.use) for period in self.periods}
        running = {(each.sha256, each.use) for each in self.periods if each.since <= moment < each.until}
        over = limited - running
        return TrustAnchors(
            signing=tuple(der for der in self.signing if (fingerprint(der), AnchorUse.SIGNING) not in over),
            timestamping=tuple(
                der for der in self.timestamping if (fingerprint(der), AnchorUse.TIMESTAMPING) not in over
            ),
        )


class AnchorSource(Protocol):
    """Anchors that may change while a process runs, as trusted lists do; :class:`TrustAnchors` are some that do not."""

    @property
    def signing(self) -> tuple[bytes, ...]:
        """Those for signatures and seals that count now."""
        ...

    @property
    def timestamping(self) -> tuple[bytes, ...]:
        """Those for time that count now."""
        ...

    @property
    def snapshot(self) -> TrustAnchors:
        """All of them with their periods, as they are known now."""
        ...


@dataclass(frozen=True, slots=True)
class ListedAnchor:
    """An anchor as an operator looks at it; ``purpose`` is that of the list, or ``signing`` and ``timestamping``."""

    purpose: str
    certificate: SigningCertificate


def listed_anchors(path: Path) -> tuple[ListedAnchor, ...]:
    """The operator's own anchors one by one; raises as :func:`read_trust_directory`."""
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
