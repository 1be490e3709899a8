"""Break every effect of every flow, again and again, as "lost" and as "done, but reported lost"; then look at it all.

The register is PostgreSQL, the blobs are in the S3 server, certificates and timestamps come from running responders. A
caller who gets no answer repeats the call; a worker that knows nothing of the attempt takes the document up again.
"""

from __future__ import annotations

import json
import random
import sys
from dataclasses import dataclass, replace
from datetime import UTC, datetime, timedelta
from itertools import pairwise
from typing import TYPE_CHECKING

import pytest

from api.notifying.herald import Herald
from api.notifying.letters import LetterPost
from api.notifying.webhooks import CallPost
from certs.online import OnlineClient
from certs.revocation import EMPTY
from issuance.documents import MAIN_PATH, PUBLISHED, DocumentState, Purpose
from issuance.own_tokens import enrol
from issuance.sweep import Removal, Sweep, sweep
from storage.blobs import S3Blobs
from storage.database import connect
from storage.migrate import upgrade
from storage.outbox import Outbox, Way
from storage.unit_of_work import PostgresUnitOfWork
from tests.faults.breaking import FaultTable, breaking, breaking_at_commit
from tests.faults.walk import Walk
from tests.integration.certs_servers import Answer, demonstration, playing
from tests.mail_server import receiving
from tests.scale import scaled
from tests.small_agency import AGENCY, COPIES, SmallAgency
from verification.report import Indication
from verification.validate import validate

if TYPE_CHECKING:
    from collections.abc import Iterator

    from sqlalchemy import Engine

    from tests.integration.certs_servers import Demonstration, Playable
    from tests.mail_server import Mailbox
    from tests.parts import Bucket
    from verification.workshop import Workshop

SEEDS = range(1, 1 + scaled(1, nightly=5))
TIMES = scaled(1, nightly=10)  # each effect, in each manner, with each seed
MOST_DOCUMENTS = 50 + 20 * TIMES  # one in four is a copy, and counts apart


@pytest.fixture(scope="module")
def authority(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Demonstration]:
    with demonstration(tmp_path_factory.mktemp("authority") / "pki") as running:
        yield running


@pytest.fixture
def engine(database_url: str) -> Iterator[Engine]:
    upgrade(database_url)
    engine = connect(database_url)
    yield engine
    engine.dispose()


@pytest.fixture
def uow(engine: Engine) -> PostgresUnitOfWork:
    return PostgresUnitOfWork(engine)


@pytest.fixture
def receiver() -> Iterator[Playable]:
    with playing(lambda _path, _body: Answer(status=204)) as server:
        yield server


@pytest.fixture
def mailbox() -> Iterator[Mailbox]:
    with receiving() as one:
        yield one


@pytest.fixture
def told(engine: Engine, receiver: Playable, mailbox: Mailbox) -> Told:
    return Told(engine, receiver, mailbox)


@pytest.fixture
def store(bucket: Bucket) -> S3Blobs:
    return S3Blobs(
        endpoint=bucket.endpoint, access_key=bucket.access_key, secret_key=bucket.secret_key, bucket=bucket.name
    )


@dataclass(frozen=True)
class Told:
    """Where notifications wait, and where they arrive."""

    engine: Engine
    receiver: Playable
    mailbox: Mailbox

    def heralds(self, agency: SmallAgency, table: FaultTable) -> tuple[Herald, ...]:
        """Both ways; what a dead worker held is due again at once."""
        online = breaking(OnlineClient(frozenset({self.receiver.authority})), table, "online")
        calls = CallPost(online, master="a secret of this test")
        letters = LetterPost(self.mailbox.server(), sender="ky-so@example.vn", public_url="https://ky-so.example.vn")
        posts = ((Way.CALL, calls, "calls"), (Way.LETTER, breaking(letters, table, "mail"), "letters"))
        return tuple(
            Herald(breaking(Outbox(self.engine, way), table, name), post, agency.clock, lease=timedelta(0))
            for way, post, name in posts
        )


@pytest.mark.nightly
@pytest.mark.parametrize("seed", SEEDS)
def test_whatever_breaks_nothing_is_lost_and_nothing_is_there_twice(
    authority: Demonstration,
    workshop: Workshop,
    uow: PostgresUnitOfWork,
    store: S3Blobs,
    told: Told,
    seed: int,
) -> None:
    dice = random.Random(seed)
    walk = _walk(SmallAgency(authority, workshop), uow, store, told=told, dice=dice)
    walk.seal(walk.numbered(with_token=False), later=False)
    walk.seal(walk.numbered(with_token=True), later=True)
    walk.void(walk.numbered(with_token=False))
    walk.copied()
    walk.table.begin()
    assert len(walk.table.points) >= 15
    while not walk.table.complete:
        assert len(walk.documents) < MOST_DOCUMENTS, walk.table.missing
        walk.live()
    _look_at_numbers(walk)
    _look_at_copies(walk, store, authority)
    _look_at_documents(walk, store, authority)
    _look_at_blobs(uow, store, walk)
    _look_at_notifications(walk, told.receiver)
    _look_at_letters(walk, told.mailbox)
    sys.stdout.write(
        f"{len(walk.table.points)} points, {walk.table.broken.total()} effects broken, "
        f"{len(walk.documents)} documents, {len(walk.issued)} issued\n"
    )


def _walk(
    agency: SmallAgency,
    uow: PostgresUnitOfWork,
    store: S3Blobs,
    *,
    told: Told,
    dice: random.Random,
) -> Walk:
    table = FaultTable(times=TIMES, random=dice)
    agency.move(uow=breaking_at_commit(uow, table), blobs=breaking(store, table, "blobs", kept=frozenset({"get"})))
    outside = agency.outside()
    outside = replace(
        outside,
        device=breaking(outside.device, table, "device"),
        timestamper=breaking(outside.timestamper, table, "timestamper"),
        revocation=breaking(outside.revocation, table, "revocation"),
    )
    agency.callback_url = f"{told.receiver.url}/told"
    token = agency.credential("thiet-bi-rieng", Purpose.SIGNATURE, holder=agency.signatory)
    enrol(
        uow=uow,
        clock=agency.clock,
        operator="quản trị",
        account=agency.signatory.id,
        certificate=token.certificate,
        anchors=agency.anchors,
    )
    return Walk(
        agency=agency, token=token, table=table, outside=outside, heralds=told.heralds(agency, table), random=dice
    )


def _look_at_numbers(walk: Walk) -> None:
    """Contiguous from 01; each belongs to an issued document or is void with its reason."""
    now = datetime.now(UTC)
    with walk.outside.uow() as register:
        entries = register.entries(agency=AGENCY, year=now.year, until=now + timedelta(minutes=1))
    copies = [then for then in entries if then.entry.series == COPIES]
    assert [then.entry.number.ordinal for then in copies] == [*range(1, len(walk.copies) + 1)]
    assert [then.entry.id for then in copies] == [copy.id for copy in walk.copies]
    entries = [then for then in entries if then not in copies]
    assert [then.entry.number.ordinal for then in entries] == [*range(1, len(walk.documents) + 1)]
    states = {walk.agency.read(document).id: walk.agency.read(document).state for document in walk.documents}
    assert {then.entry.id for then in entries} == set(states)
    for then in entries:
        assert (states[then.entry.id] is DocumentState.VOIDED) == (then.void_reason is not None)


def _look_at_documents(walk: Walk, store: S3Blobs, authority: Demonstration) -> None:
    """Every step once; revisions prefixes of each other; every issued document valid by itself."""
    for document in walk.documents:
        found = walk.agency.read(document)
        with walk.outside.uow() as register:
            chain = register.revisions(document.id)
            steps = [step.state for step in register.timeline(document.id)]
            appendices = register.attachments(document.id)
            proofs = [
                register.proofs(document.id),
                *(register.proofs(document.id, attachment_id=one.id) for one in appendices),
            ]
        once = [step for step in steps if step is not DocumentState.CORRECTED]
        assert len(once) == len(set(once))
        assert tuple(steps[: len(MAIN_PATH)]) == MAIN_PATH or found.state is DocumentState.VOIDED
        contents = [store.get(revision.sha256) for revision in chain]
        assert all(new.startswith(old) for old, new in pairwise(contents))
        if found.state in PUBLISHED:
            assert {len(each) for each in proofs} == {2 if document in walk.renewed else 1}
            assert (proofs[0][0].archive_at is not None) == (document in walk.later)
        if found.state in PUBLISHED:
            sealed = [store.get(one.current.sha256) for one in appendices if one.sealed]
            assert len(sealed) == len(appendices) == 1
            assert sealed[0].startswith(walk.appendix())
            for pdf in (contents[-1], *sealed):
                report = validate(pdf, anchors=authority.anchors, known=EMPTY, at=datetime.now(UTC))
                assert report.indication is Indication.TOTAL_PASSED


def _look_at_copies(walk: Walk, store: S3Blobs, authority: Demonstration) -> None:
    """Each is issued and valid by itself, begins with its scan, and took every step once."""
    for copy in walk.copies:
        found = walk.agency.read(copy)
        with walk.outside.uow() as register:
            chain = register.revisions(copy.id)
            steps = [step.state for step in register.timeline(copy.id)]
        assert steps == [DocumentState.NUMBERED, DocumentState.SEALED, DocumentState.ISSUED]
        contents = [walk.paper, *(store.get(revision.sha256) for revision in chain)]
        assert all(new.startswith(old) for old, new in pairwise(contents))
        assert found.current == chain[-1]
        report = validate(contents[-1], anchors=authority.anchors, known=EMPTY, at=datetime.now(UTC))
        assert report.indication is Indication.TOTAL_PASSED


def _look_at_blobs(uow: PostgresUnitOfWork, store: S3Blobs, walk: Walk) -> None:
    """What crashes left behind is taken away, but for finished files whose lock began before their row was lost."""

    def sweep_up(removal: Removal) -> Sweep:
        return sweep(
            uow=uow, shelf=store, clock=walk.agency.clock, grace=timedelta(0), removal=removal, exempt=frozenset()
        )

    first = sweep_up(Removal.REMOVE)
    assert first.removed
    assert not first.missing
    again = sweep_up(Removal.REMOVE)
    assert again.clean
    assert not again.removed
    kept = ("sealing", "renewal", "raising")
    locked = sum(times for (point, _), times in walk.table.broken.items() if point.startswith(kept))
    assert again.locked <= locked


def _look_at_notifications(walk: Walk, receiver: Playable) -> None:
    """Each event was told, under one identifier and with one body, however often it arrived."""
    told = {(headers["webhook-id"], body) for _, _, headers, body in receiver.asked}
    identifiers = {identifier for identifier, _ in told}
    assert len(told) == len(identifiers) == len(walk.issued) + walk.changed + walk.delivered
    events = [json.loads(body) for _, body in told]
    issued = [event["data"]["id"] for event in events if event["type"] == "document.issued"]
    assert sorted(issued) == sorted(str(document.id) for document in walk.issued)


def _look_at_letters(walk: Walk, mailbox: Mailbox) -> None:
    """Each follower was told of each event, under one Message-ID and in the same words, however often it arrived."""
    told = {(receiver, letter["Message-ID"], letter["Subject"]) for _, receiver, letter in mailbox.letters}
    assert len(told) == len({identifier for _, identifier, _ in told}) == len(walk.issued) + walk.changed
    issued = [receiver for receiver, _, subject in told if subject.endswith("đã được ban hành")]
    assert sorted(issued) == sorted(f"{document.lookup_code}@example.vn" for document in walk.issued)
