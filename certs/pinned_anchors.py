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
SUFFIXES = frozenset({".pem", ".crt", ".cer", ".der"})


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
    found: dict[AnchorPurpose, tuple[bytes, ...]] = {}
    for purpose, der in read_pinned_entries(folder):
        found[purpose] = (*found.get(purpose, ()), der)
    if not found.keys() - {AnchorPurpose.TIMESTAMPING}:
        raise AnchorsUnreadable(file=LIST, reason="no anchor for signatures is listed")
    return found


def read_pinned_entries(folder: Path) -> list[tuple[AnchorPurpose, bytes]]:
    """What the list says, entry by entry; raises :class:`AnchorsUnreadable`."""
    try:
        entries = tomllib.loads((folder / LIST).read_text(encoding="utf-8")).get("anchor")
    except (tomllib.TOMLDecodeError, UnicodeDecodeError, OSError) as error:
        raise AnchorsUnreadable(file=LIST, reason=str(error)) from error
    if not isinstance(entries, list):
        raise AnchorsUnreadable(file=LIST, reason="there is no [[anchor]]")
    return [_pinned(entry, folder=folder) for entry in entries]


def add_pinned_anchor(material: bytes, *, purpose: AnchorPurpose, pin: str, folder: Path) -> str:
    """Write the certificate with this SHA-256 and its entry into the trust directory; answers the file's name.

    Raises :class:`AnchorsUnreadable` where the material (PEM or DER) holds no such certificate, where the folder's list
    cannot be read, and where it has anchors but no list: all of these would cease to be trusted.
    """
    wanted = pin.replace(":", "").lower()
    found = [der for der in certificates_from_bytes(material) if hashlib.sha256(der).hexdigest() == wanted]
    if not found:
        raise AnchorsUnreadable(file="the given file", reason=f"it does not hold the certificate with SHA-256 {wanted}")
    folder.mkdir(parents=True, exist_ok=True)
    known = folder / LIST
    if known.exists():
        read_pinned_entries(folder)
    elif any(each.suffix.lower() in SUFFIXES for each in folder.iterdir()):
        raise AnchorsUnreadable(file=LIST, reason="there are anchors without a list; list them first")
    name = f"{wanted[:16]}.der"
    (folder / name).write_bytes(found[0])
    with known.open("a", encoding="utf-8") as entries:
        entries.write(f'\n[[anchor]]\nfile = "{name}"\nsha256 = "{wanted}"\npurpose = "{purpose.value}"\n')
    return name


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
