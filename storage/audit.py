"""The audit log: rows that nobody changes, each with the hash that a Merkle tree over them is built from.

A leaf is ``SHA-256(0x00 || entry)`` (RFC 6962, 2.1), the entry being the event as canonical JSON (RFC 8785).
"""

from __future__ import annotations

import hashlib
import json
from datetime import UTC
from typing import TYPE_CHECKING

from storage.open_transaction import OpenTransaction
from storage.schema import audit

if TYPE_CHECKING:
    from issuance.ports import AuditEvent

_LEAF = b"\x00"
_APPEND = audit.insert().inline()  # nobody asks which place the row was given


def audit_entry(event: AuditEvent) -> bytes:
    """The event as canonical JSON; ``at`` in UTC with microseconds, as the database keeps it.

    RFC 8785 orders names by UTF-16 units, which is the order of Python for the ASCII names used here.
    """
    entry = {
        "action": event.action,
        "actor": event.actor,
        "at": event.at.astimezone(UTC).strftime("%Y-%m-%dT%H:%M:%S.%fZ"),
        "document": str(event.document_id) if event.document_id else None,
        "facts": dict(event.facts),
    }
    return json.dumps(entry, ensure_ascii=False, separators=(",", ":"), sort_keys=True).encode()


def audit_leaf(entry: bytes) -> bytes:
    """The leaf hash of an entry (RFC 6962, 2.1)."""
    return hashlib.sha256(_LEAF + entry).digest()


class AuditRows(OpenTransaction):
    """Appends to the log."""

    def append_audit(self, event: AuditEvent) -> None:
        """Append an event; the database refuses to change or remove it."""
        self._connection.execute(
            _APPEND,
            {
                "at": event.at,
                "actor": event.actor,
                "action": event.action,
                "document_id": event.document_id,
                "facts": dict(event.facts),
                "leaf": audit_leaf(audit_entry(event)),
            },
        )
