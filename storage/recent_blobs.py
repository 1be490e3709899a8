"""Blobs that this process has just stored or read, kept at hand: the next step of a document begins with them.

Bytes under their SHA-256 never change, so nothing here can be out of date. What is stored is stored and read back all
the same; only the look back at it a moment later is spared.
"""

from __future__ import annotations

import threading
from collections import OrderedDict
from typing import TYPE_CHECKING

if TYPE_CHECKING:
    from datetime import datetime

    from issuance.ports import Blobs

_MOST_BYTES = 32 << 20
_LARGEST = 4 << 20


class RecentBlobs:
    """Implements ``issuance.ports.Blobs`` in front of another; may be shared by threads."""

    def __init__(self, behind: Blobs) -> None:
        self._behind = behind
        self._kept: OrderedDict[str, bytes] = OrderedDict()
        self._bytes = 0
        self._lock = threading.Lock()

    def put(self, blob: bytes, *, retain_until: datetime | None = None) -> str:
        """Store behind; answers the SHA-256."""
        sha256 = self._behind.put(blob, retain_until=retain_until)
        self._keep(sha256, blob)
        return sha256

    def get(self, sha256: str) -> bytes:
        """The bytes, from here or from behind."""
        with self._lock:
            if sha256 in self._kept:
                self._kept.move_to_end(sha256)
                return self._kept[sha256]
        blob = self._behind.get(sha256)
        self._keep(sha256, blob)
        return blob

    def _keep(self, sha256: str, blob: bytes) -> None:
        if len(blob) > _LARGEST:
            return
        with self._lock:
            if sha256 not in self._kept:
                self._kept[sha256] = blob
                self._bytes += len(blob)
            while self._bytes > _MOST_BYTES:
                self._bytes -= len(self._kept.popitem(last=False)[1])
