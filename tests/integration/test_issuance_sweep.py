"""The sweep: what differs between register and object store, and what it takes away."""

from __future__ import annotations

import secrets
from dataclasses import replace
from datetime import UTC, datetime, timedelta
from typing import TYPE_CHECKING

import pytest

from api.background.reconciliation import reconcile
from issuance.documents import DocumentState, Obstacle, Revision
from issuance.sweep import Removal
from storage.blobs import S3Blobs
from tests.register_material import intent_of, new_document, settle_people, signing
from tests.small_agency import RealClock

if TYPE_CHECKING:
    from api.background.reconciliation import Reconciliation
    from issuance.documents import Document
    from issuance.ports import UnitOfWork
    from storage.unit_of_work import PostgresUnitOfWork
    from tests.parts import Bucket

NOTHING = timedelta(0)
A_DAY = timedelta(days=1)


@pytest.fixture
def shelf(bucket: Bucket) -> S3Blobs:
    return S3Blobs(
        endpoint=bucket.endpoint, access_key=bucket.access_key, secret_key=bucket.secret_key, bucket=bucket.name
    )


@pytest.fixture
def uow(postgres_register: PostgresUnitOfWork) -> PostgresUnitOfWork:
    return postgres_register


def stored(uow: UnitOfWork, shelf: S3Blobs | None) -> Document:
    """A draft; without a shelf its blob is not there."""
    pdf = secrets.token_bytes(64)
    document = replace(new_document(settle_people(uow)), current=Revision.of(pdf))
    if shelf is not None:
        shelf.put(pdf)
    with uow() as register:
        register.add_document(document)
        register.add_revision(document.id, document.current)
    return document


def run(uow: UnitOfWork, shelf: S3Blobs, *, removal: Removal = Removal.REMOVE, grace: timedelta) -> Reconciliation:
    return reconcile(uow=uow, shelf=shelf, clock=RealClock(), removal=removal, grace=grace)


def test_only_what_no_revision_names_is_taken_away(uow: PostgresUnitOfWork, shelf: S3Blobs) -> None:
    document = stored(uow, shelf)
    orphan = shelf.put(b"a worker died after this")
    told = run(uow, shelf, removal=Removal.TELL, grace=NOTHING).swept
    assert orphan in told.orphans
    assert shelf.holds(orphan)
    assert run(uow, shelf, grace=NOTHING).swept.removed == (orphan,)
    assert not shelf.holds(orphan)
    assert shelf.holds(document.current.sha256)
    assert run(uow, shelf, grace=NOTHING).swept.orphans == ()


def test_a_young_orphan_stays(uow: PostgresUnitOfWork, shelf: S3Blobs) -> None:
    orphan = shelf.put(b"its row may just be coming")
    swept = run(uow, shelf, grace=A_DAY).swept
    assert (swept.young, swept.removed) == (1, ())
    assert shelf.holds(orphan)


def test_a_locked_orphan_stays_whole(uow: PostgresUnitOfWork, shelf: S3Blobs) -> None:
    orphan = shelf.put(b"finished, but its row was lost", retain_until=datetime.now(UTC) + A_DAY)
    swept = run(uow, shelf, grace=NOTHING).swept
    assert (swept.locked, swept.removed) == (1, ())
    assert shelf.holds(orphan)


def test_what_a_worker_may_come_back_to_stays(uow: PostgresUnitOfWork, shelf: S3Blobs) -> None:
    people = settle_people(uow)
    under_way = signing(new_document(people), people)
    long_ago = replace(intent_of(people), at=datetime.now(UTC) - A_DAY)
    with uow() as register:
        register.add_document(replace(under_way, intent=long_ago))
        register.add_revision(under_way.id, under_way.current)
    shelf.put(b"made after the intent")
    try:
        assert run(uow, shelf, grace=NOTHING).swept.young == 1
    finally:
        with uow() as register:
            register.save_document(replace(under_way, state=DocumentState.SIGNED))


def test_a_revision_without_its_blob_is_told(uow: PostgresUnitOfWork, shelf: S3Blobs) -> None:
    document = stored(uow, None)
    swept = run(uow, shelf, grace=NOTHING).swept
    assert document.current.sha256 in swept.missing
    assert not swept.clean


def test_unfinished_documents_are_asked_for_unless_they_wait_for_somebody(
    uow: PostgresUnitOfWork, shelf: S3Blobs
) -> None:
    people = settle_people(uow)
    obstacles = (None, "timestamp-unavailable", "pin-refused")
    documents = [signing(new_document(people), people) for _ in obstacles]
    for document, code in zip(documents, obstacles, strict=True):
        obstacle = Obstacle(code=code, text="-", at=datetime.now(UTC)) if code else None
        with uow() as register:
            register.add_document(replace(document, obstacle=obstacle))
            register.add_revision(document.id, document.current)
    found = run(uow, shelf, grace=A_DAY)
    assert (found.asked_for, found.waiting_for_somebody) == (2, 1)
