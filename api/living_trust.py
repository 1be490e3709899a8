"""Whom this process trusts now: the trust directory as it was at the start, and trusted lists as they come.

A worker fetches newer editions and keeps them in PostgreSQL; every process looks there now and then, so that a service
that was withdrawn stops counting without a restart. While the database is away, what is known goes on.
"""

from __future__ import annotations

import threading
from dataclasses import replace
from datetime import timedelta
from typing import TYPE_CHECKING

import structlog

from certs.errors import CertsError
from storage.errors import StorageError

if TYPE_CHECKING:
    from collections.abc import Iterator
    from datetime import datetime

    from certs.anchors import TrustAnchors
    from certs.list_sources import ListKeeper, ListSource
    from certs.revocation import RevocationInfo
    from certs.trust_store import TrustStore
    from certs.trusted_list import TrustedList
    from issuance.ports import Clock

_LOOK_AGAIN = timedelta(minutes=1)


class LivingTrust:
    """The anchors that count now (:class:`certs.anchors.AnchorSource`); safe to use from several threads."""

    def __init__(self, store: TrustStore, kept: ListKeeper, clock: Clock) -> None:
        self._store = store
        self._kept = kept
        self._clock = clock
        self._anchors = store.anchors
        self._seen: dict[str, bytes] = {}
        self._looked_at: datetime | None = None
        self._lock = threading.Lock()

    @property
    def sources(self) -> tuple[ListSource, ...]:
        """The lists that are believed."""
        return self._store.sources

    @property
    def lists(self) -> dict[str, TrustedList]:
        """Those of them that are at hand, by their names."""
        _ = self.snapshot
        return self._store.lists

    @property
    def known(self) -> RevocationInfo:
        """The certificates of intermediate authorities."""
        return self._store.known

    @property
    def snapshot(self) -> TrustAnchors:
        """All anchors with their periods, as they are known now."""
        if self._store.sources:
            self._look()
        return self._anchors

    @property
    def signing(self) -> tuple[bytes, ...]:
        """Those for signatures and seals that count now."""
        return self.snapshot.at(self._clock.now()).signing

    @property
    def timestamping(self) -> tuple[bytes, ...]:
        """Those for time that count now."""
        return self.snapshot.at(self._clock.now()).timestamping

    def _look(self) -> None:
        """Take over newer editions, at most once a minute."""
        with self._lock:
            now = self._clock.now()
            if self._looked_at is not None and abs(now - self._looked_at) < _LOOK_AGAIN:
                return
            self._looked_at = now
            newer = dict(self._newer())
            if newer:
                self._store = replace(self._store, lists=self._store.lists | newer)
                self._anchors = self._store.anchors

    def _newer(self) -> Iterator[tuple[str, TrustedList]]:
        log = structlog.get_logger("kyso.trust")
        for source in self._store.sources:
            try:
                xml = self._kept.find(source.name)
                if xml is None or xml == self._seen.get(source.name):
                    continue
                found = source.read(xml)
            except (CertsError, StorageError) as error:
                log.warning("trusted list not taken over", list=source.name, code=error.code, reason=str(error))
                continue
            self._seen[source.name] = xml
            held = self._store.lists.get(source.name)
            if held is None or held.sequence < found.sequence:
                yield source.name, found
