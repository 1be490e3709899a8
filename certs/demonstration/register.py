"""What the demonstration authority has issued and revoked: one JSON object per line, only ever appended to.

A line is written with one call, so that a second process reads whole lines or none; nothing needs a lock.
"""

from __future__ import annotations

import json
import os
from dataclasses import dataclass
from datetime import datetime
from typing import TYPE_CHECKING

from cryptography import x509

if TYPE_CHECKING:
    from pathlib import Path


@dataclass(frozen=True, slots=True)
class Revocation:
    """When and why a certificate was taken back."""

    at: datetime
    reason: x509.ReasonFlags


@dataclass(frozen=True, slots=True)
class Entries:
    """A reading of the register: issuer name and serial number of all that was issued, and what was revoked.

    ``version`` changes with every line written.
    """

    version: int
    issued: frozenset[tuple[str, int]]
    revoked: dict[tuple[str, int], Revocation]

    def issuers_of(self, serial_number: int) -> list[str]:
        """Which issuers used this serial number; in practice one or none."""
        return [issuer for issuer, serial in self.issued if serial == serial_number]


class Register:
    """The file with the register; reads it again only when it has grown."""

    def __init__(self, path: Path) -> None:
        self._path = path
        self._entries = Entries(version=0, issued=frozenset(), revoked={})

    def add_issued(self, *, issuer: str, certificate: x509.Certificate, at: datetime) -> None:
        """Remember a certificate."""
        subject = certificate.subject.rfc4514_string()
        self._append(
            {
                "event": "issued",
                "issuer": issuer,
                "serial": f"{certificate.serial_number:x}",
                "subject": subject,
                "at": at.isoformat(),
            }
        )

    def add_revoked(self, *, issuer: str, serial_number: int, reason: x509.ReasonFlags, at: datetime) -> None:
        """Remember a revocation; the first one counts."""
        self._append(
            {
                "event": "revoked",
                "issuer": issuer,
                "serial": f"{serial_number:x}",
                "reason": reason.value,
                "at": at.isoformat(),
            }
        )

    def entries(self) -> Entries:
        """The register as it stands."""
        size = self._path.stat().st_size if self._path.exists() else 0
        if size != self._entries.version:
            self._entries = _read(self._path.read_bytes()[:size])
        return self._entries

    def _append(self, entry: dict[str, str]) -> None:
        line = json.dumps(entry, ensure_ascii=False).encode() + b"\n"
        descriptor = os.open(self._path, os.O_WRONLY | os.O_APPEND | os.O_CREAT, 0o600)
        try:
            os.write(descriptor, line)
            os.fsync(descriptor)
        finally:
            os.close(descriptor)


def _read(lines: bytes) -> Entries:
    issued: set[tuple[str, int]] = set()
    revoked: dict[tuple[str, int], Revocation] = {}
    for line in lines.splitlines():
        entry: dict[str, str] = json.loads(line)
        key = (entry["issuer"], int(entry["serial"], 16))
        if entry["event"] == "issued":
            issued.add(key)
        else:
            revocation = Revocation(at=datetime.fromisoformat(entry["at"]), reason=x509.ReasonFlags(entry["reason"]))
            revoked.setdefault(key, revocation)
    return Entries(version=len(lines), issued=frozenset(issued), revoked=revoked)
