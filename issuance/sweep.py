"""Hold the object store against the register: blobs that no revision names, and revisions whose blob is not there.

A blob is written before the row that names it, so a crash in between leaves an orphan, which is harmless. A row without
its blob must not exist; it is told, loudly, and nothing is done about it. An orphan is taken away only once it is older
than the grace period **and** than every intent that is being carried out: a worker that goes on from an intent may make
the same bytes once more and rely on the blob that lies there. Whoever has no intent yet and stores bytes that lie there
makes them young again (``Blobs.put``), so that they are not taken away before the row comes.
"""

from __future__ import annotations

from dataclasses import dataclass, replace
from enum import Enum
from typing import TYPE_CHECKING, Protocol

if TYPE_CHECKING:
    from collections.abc import Iterator
    from datetime import datetime, timedelta

    from issuance.ports import Clock, UnitOfWork


class Removal(Enum):
    """What becomes of an orphan that may go: it is told only, or taken away."""

    TELL = "tell"
    REMOVE = "remove"


@dataclass(frozen=True, slots=True)
class StoredBlob:
    """A blob that the object store has, and when its newest version was written."""

    sha256: str
    stored_at: datetime


class Shelf(Protocol):
    """What the object store holds, for going through all of it."""

    def stored(self) -> Iterator[StoredBlob]:
        """Every blob, by rising SHA-256."""
        ...

    def holds(self, sha256: str) -> bool:
        """Whether a sound version of it is there."""
        ...

    def remove(self, sha256: str, *, before: datetime) -> bool:
        """Take every version away; False where a lock keeps one or one is not older, and then nothing is taken away."""
        ...


@dataclass(frozen=True, slots=True)
class Sweep:
    """What was found. ``young`` and ``locked`` orphans stay; ``missing`` are digests of revisions without a blob."""

    young: int = 0
    locked: int = 0
    orphans: tuple[str, ...] = ()
    removed: tuple[str, ...] = ()
    missing: tuple[str, ...] = ()

    @property
    def clean(self) -> bool:
        """Whether nothing is missing and nothing is left that may go."""
        return not self.orphans and not self.missing


def sweep(
    *, uow: UnitOfWork, shelf: Shelf, clock: Clock, grace: timedelta, removal: Removal, exempt: frozenset[str]
) -> Sweep:
    """Go through both sides in the order of the digests; ``exempt`` are blobs that belong to no document.

    Safe at any time, beside everything else, and any number of times.
    """
    found = Sweep()
    before = _oldest_that_stays(uow, clock, grace)
    with uow() as register:
        differences = list(_differences(shelf.stored(), register.revision_digests()))
    for blob, digest in differences:
        if digest is not None:
            # Listing and reading are not one moment: what came in between is asked for once more.
            if blob is None and not shelf.holds(digest):
                found = replace(found, missing=(*found.missing, digest))
        elif blob is not None and blob.sha256 not in exempt:
            found = _orphan(found, blob, before=before, uow=uow, shelf=shelf, removal=removal)
    return found


def _orphan(
    found: Sweep, blob: StoredBlob, *, before: datetime, uow: UnitOfWork, shelf: Shelf, removal: Removal
) -> Sweep:
    with uow() as register:
        if register.document_by_sha256(blob.sha256) or register.attachment_by_sha256(blob.sha256):
            return found
    if blob.stored_at >= before:
        return replace(found, young=found.young + 1)
    if removal is Removal.TELL:
        return replace(found, orphans=(*found.orphans, blob.sha256))
    if shelf.remove(blob.sha256, before=before):
        return replace(found, removed=(*found.removed, blob.sha256))
    return replace(found, locked=found.locked + 1)


def _oldest_that_stays(uow: UnitOfWork, clock: Clock, grace: timedelta) -> datetime:
    moments = [clock.now() - grace]
    with uow() as register:
        for document_id in register.unfinished_documents():
            document = register.document(document_id)
            if document is not None and document.intent is not None:
                moments.append(document.intent.at)
    return min(moments)


def _differences(stored: Iterator[StoredBlob], named: Iterator[str]) -> Iterator[tuple[StoredBlob | None, str | None]]:
    """What only one side has, as (blob, None) or (None, digest); both come in rising order."""
    blob, digest = next(stored, None), next(named, None)
    while blob is not None or digest is not None:
        if digest is None or (blob is not None and blob.sha256 < digest):
            yield blob, None
            blob = next(stored, None)
        elif blob is None or digest < blob.sha256:
            yield None, digest
            digest = next(named, None)
        else:
            blob, digest = next(stored, None), next(named, None)
