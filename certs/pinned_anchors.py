"""A trust directory with a list of its anchors: each file pinned by the SHA-256 of its certificate, for one purpose.

Who can put a file into a folder must not thereby make it an anchor. Where ``anchors.toml`` stands in a trust directory,
only what it lists is trusted, and a file that is not what the list says stops the start.
"""

from __future__ import annotations

import hashlib
import tomllib
from enum import Enum
from pathlib import PurePosixPath
from typing import TYPE_CHECKING

from certs.certificate import certificates_from_bytes
from certs.errors import AnchorsUnreadable, CertificateUnreadable

if TYPE_CHECKING:
    from pathlib import Path

LIST = "anchors.toml"


class AnchorPurpose(Enum):
    """What an anchor serves for: signatures under the government's or a public hierarchy, or time."""

    GOVERNMENT = "government"
    PUBLIC = "public"
    TIMESTAMPING = "timestamping"


def read_pinned_anchors(folder: Path) -> dict[AnchorPurpose, tuple[bytes, ...]]:
    """The anchors (DER) that ``anchors.toml`` lists, by purpose.

    Raises :class:`AnchorsUnreadable` for a list that is not written as it should be, a file that is missing or holds
    another certificate, and a list without any anchor for signatures.
    """
    try:
        entries = tomllib.loads((folder / LIST).read_text(encoding="utf-8")).get("anchor")
    except (tomllib.TOMLDecodeError, UnicodeDecodeError, OSError) as error:
        raise AnchorsUnreadable(file=LIST, reason=str(error)) from error
    if not isinstance(entries, list):
        raise AnchorsUnreadable(file=LIST, reason="there is no [[anchor]]")
    found: dict[AnchorPurpose, tuple[bytes, ...]] = {}
    for entry in entries:
        purpose, der = _pinned(entry, folder=folder)
        found[purpose] = (*found.get(purpose, ()), der)
    if not found.keys() - {AnchorPurpose.TIMESTAMPING}:
        raise AnchorsUnreadable(file=LIST, reason="no anchor for signatures is listed")
    return found


def _pinned(entry: object, *, folder: Path) -> tuple[AnchorPurpose, bytes]:
    if not isinstance(entry, dict) or not all(isinstance(entry.get(key), str) for key in ("file", "sha256", "purpose")):
        raise AnchorsUnreadable(file=LIST, reason="each [[anchor]] needs the texts file, sha256 and purpose")
    file, pin = str(entry["file"]), str(entry["sha256"]).replace(":", "").lower()
    try:
        purpose = AnchorPurpose(entry["purpose"])
    except ValueError as error:
        wanted = ", ".join(each.value for each in AnchorPurpose)
        raise AnchorsUnreadable(file=file, reason=f"purpose must be one of {wanted}") from error
    name = PurePosixPath(file)
    if name.is_absolute() or ".." in name.parts:
        raise AnchorsUnreadable(file=file, reason="the file must lie in the trust directory")
    try:
        ders = certificates_from_bytes((folder / name).read_bytes())
    except (CertificateUnreadable, OSError) as error:
        raise AnchorsUnreadable(file=file, reason=str(error)) from error
    for der in ders:
        if hashlib.sha256(der).hexdigest() == pin:
            return purpose, der
    raise AnchorsUnreadable(file=file, reason=f"it does not hold the certificate with SHA-256 {pin}")
