"""The object store in memory, held to the same contract tests as S3."""

from __future__ import annotations

import hashlib
import threading
from typing import TYPE_CHECKING

from storage.errors import BlobDamaged, BlobMissing

if TYPE_CHECKING:
    from datetime import datetime


class MemoryBlobs:
    """Implements ``issuance.ports.Blobs``; ``retained`` says until when, ``stored`` may be damaged by a test."""

    def __init__(self) -> None:
        self.stored: dict[str, bytes] = {}
        self.retained: dict[str, datetime] = {}
        self._lock = threading.Lock()

    def put(self, blob: bytes, *, retain_until: datetime | None = None) -> str:
        sha256 = hashlib.sha256(blob).hexdigest()
        with self._lock:
            if self.stored.setdefault(sha256, blob) != blob:
                raise BlobDamaged(sha256=sha256)
            if retain_until is not None:
                self.retained[sha256] = max(retain_until, self.retained.get(sha256, retain_until))
        return sha256

    def get(self, sha256: str) -> bytes:
        blob = self.stored.get(sha256)
        if blob is None:
            raise BlobMissing(sha256=sha256)
        if hashlib.sha256(blob).hexdigest() != sha256:
            raise BlobDamaged(sha256=sha256)
        return blob
