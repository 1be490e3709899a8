"""Break every effect of every flow, again and again, as "lost" and as "done, but reported lost"; then look at it all.

The register is PostgreSQL, the blobs are in the S3 server, certificates and timestamps come from running responders. A
caller who gets no answer repeats the call; a worker that knows nothing of the attempt takes the document up again.
"""

from __future__ import annotations

import json
import random
import secrets
import sys
from contextlib import suppress
from dataclasses import dataclass, field, replace
from datetime import UTC, datetime, timedelta
from functools import partial
from itertools import pairwise
from typing import TYPE_CHECKING, TypeVar
from uuid import uuid4

import pytest

from api.webhooks import Herald
from certs.online import OnlineClient
from certs.revocation import EMPTY
from issuance.advance import advance
from issuance.afterwards import correct, recall
from issuance.afterwards import replace as supersede
from issuance.delivery import deliver, make_link, use_link
from issuance.documents import IN_FORCE, MAIN_PATH, PUBLISHED, DocumentState, Purpose
from issuance.errors import NotExamined
from issuance.identifiers import document_id
from issuance.own_tokens import enrol
from issuance.refusals import void_number
from issuance.sweep import Removal, Sweep, sweep
from issuance.token_answers import RawValue
from issuance.token_signature import hand_out, redeem
from storage.blobs import S3Blobs
from storage.database import connect
from storage.job_queue import JobQueue
from storage.migrate import upgrade
from storage.outbox import Outbox
from storage.unit_of_work import PostgresUnitOfWork
from tests.faults.breaking import Broken, FaultTable, breaking, breaking_at_commit
from tests.integration.certs_servers import Answer, demonstration, playing
from tests.material import blank_pdf
from tests.scale import scaled
from tests.scans import scan
from tests.small_agency import AGENCY, COPIES, SmallAgency
from verification.report import Indication
from verification.validate import validate

if TYPE_CHECKING:
    from collections.abc import Callable, Iterator

    from sqlalchemy import Engine

    from issuance.documents import Document
    from issuance.outside import Outside
    from issuance.ports import Credential
    from tests.integration.certs_servers import Demonstration, Playable
    from tests.parts import Bucket
    from verification.workshop import Workshop

SEEDS = range(1, 1 + scaled(1, nightly=5))
TIMES = scaled(1, nightly=10)  # each effect, in each manner, with each seed
MOST_DOCUMENTS = 50 + 15 * TIMES  # one in four is a copy, and counts apart
Outcome = TypeVar("Outcome")


@dataclass
class Walk:
    """Walks documents through their lives while things break; every call is repeated until it is answered."""

    agency: SmallAgency
    token: Credential
    table: FaultTable
    outside: Outside
    herald: Herald
    random: random.Random
    documents: list[Document] = field(default_factory=list)
    issued: list[Document] = field(default_factory=list)
    copies: list[Document] = field(default_factory=list)
    paper: bytes = field(default_factory=scan)
    changed: int = 0
    delivered: int = 0

    def live(self) -> None:
        """One document from draft to what becomes of it; now and then a copy, which has no draft."""
        if self.random.random() < 0.25:
            self.copied()
        else:
            self.seal_or_void(self.numbered())

    def numbered(self, *, with_token: bool | None = None) -> Document:
        """A document that the clerk has begun to issue; chance says which key signs it where nobody does."""
        identifier = document_id(at=datetime.now(UTC), random_bytes=secrets.token_bytes)
        document = self.insist("draft", lambda: self.agency.drafted(identifier=identifier))
        self.documents.append(document)
        name = document_id(at=datetime.now(UTC), random_bytes=secrets.token_bytes)
        self.insist(
            "attachment", lambda: self.agency.attach(document, self.appendix(), title="Phụ lục", identifier=name)
        )
        self.insist("submission", lambda: self.agency.submit(document))
        if with_token or (with_token is None and self.random.random() < 0.4):
            self.signed_with_token(document)
        else:
            self.insist("signature", lambda: self.agency.ask_for_signature(document))
        self.insist("signing", lambda: advance(document.id, outside=self.outside))
        self.insist("issue", lambda: self.agency.ask_for_issue(document))
        return document

    def signed_with_token(self, document: Document) -> None:
        """The data is handed out, and the value taken in; the token itself breaks nothing here."""
        outside, actor, token = self.outside, self.agency.signatory, self.token
        request, answer = uuid4(), uuid4()
        made = self.insist(
            "handing out",
            lambda: hand_out(
                outside=outside,
                actor=actor,
                document_id=document.id,
                certificate=token.certificate,
                request_id=request,
            ),
        )
        value = self.agency.device.sign(key=token.name, dtbs=made.prepared.dtbs, algorithm=token.algorithm)
        self.insist(
            "redeeming",
            lambda: redeem(
                outside=outside,
                actor=actor,
                request_id=request,
                answer=RawValue(value.octets),
                answer_id=answer,
            ),
        )

    def appendix(self) -> bytes:
        """The same file for every document, so that blobs are shared."""
        return blank_pdf(pages=2)

    def copied(self) -> None:
        """A copy of a paper from its scan, ordered and sealed."""
        name = document_id(at=datetime.now(UTC), random_bytes=secrets.token_bytes)
        copy = self.insist("copy", lambda: self.agency.copied(name, self.paper))
        self.copies.append(copy)
        self.insist("sealing a copy", lambda: advance(copy.id, outside=self.outside))

    def seal_or_void(self, document: Document) -> None:
        """Three in ten are given up."""
        if self.random.random() < 0.3:
            self.void(document)
        else:
            self.seal(document)

    def void(self, document: Document) -> None:
        """The number stays, void."""
        void = self.clerks(void_number, document)
        self.insist("void", lambda: void(reason="Bỏ số"))

    def seal(self, document: Document) -> None:
        """Issued; then something may happen to an older document through it."""
        self.insist("sealing", lambda: advance(document.id, outside=self.outside))
        self.afterwards(document)
        self.issued.append(document)
        if self.random.random() < 0.5 or not self.table.points:
            self.hand_over(document)
        self.insist("notification", self.herald.send_due)

    def hand_over(self, document: Document) -> None:
        """By a link, of which several may be made before one is known; then somebody confirms it once more."""
        agency, uow, tokens = self.agency, self.outside.uow, iter(lambda: secrets.token_urlsafe(32), None)

        def link() -> str:
            token = next(tokens)
            make_link(
                uow=uow,
                clock=agency.clock,
                actor=agency.clerk,
                document_id=document.id,
                token=token,
                valid_for=timedelta(hours=1),
            )
            return token

        token = self.insist("link", link)
        self.insist("fetching", lambda: use_link(uow=uow, clock=agency.clock, token=token))
        confirm = self.clerks(deliver, document)
        self.insist("delivery", lambda: confirm(reason="Trả trực tiếp"))
        self.delivered += 1

    def afterwards(self, document: Document) -> None:
        """What this document does to an older one."""
        in_force = [one for one in self.issued if self.agency.read(one).state in IN_FORCE]
        if not in_force:
            return
        act = self.clerks(self.random.choice((correct, supersede, recall)), self.random.choice(in_force))
        self.changed += 1
        self.insist("afterwards", lambda: act(reason="Có sai sót", by=document.id))

    def clerks(self, act: Callable[..., Document], document: Document) -> Callable[..., Document]:
        """An act of the clerk's on this document, still without its reason."""
        uow, agency = self.outside.uow, self.agency
        return partial(act, uow=uow, clock=agency.clock, actor=agency.clerk, document_id=document.id)

    def insist(self, flow: str, call: Callable[[], Outcome]) -> Outcome:
        """Repeat until it is answered."""
        while True:
            # A machine that is too busy to read a file in time is repeated by a worker as well.
            with suppress(Broken, NotExamined), self.table.during(flow):
                return call()


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
    return PostgresUnitOfWork(engine, JobQueue())


@pytest.fixture
def outbox(engine: Engine) -> Outbox:
    return Outbox(engine)


@pytest.fixture
def receiver() -> Iterator[Playable]:
    with playing(lambda _path, _body: Answer(status=204)) as server:
        yield server


@pytest.fixture
def store(bucket: Bucket) -> S3Blobs:
    return S3Blobs(
        endpoint=bucket.endpoint, access_key=bucket.access_key, secret_key=bucket.secret_key, bucket=bucket.name
    )


@pytest.mark.nightly
@pytest.mark.parametrize("seed", SEEDS)
def test_whatever_breaks_nothing_is_lost_and_nothing_is_there_twice(
    authority: Demonstration,
    workshop: Workshop,
    uow: PostgresUnitOfWork,
    store: S3Blobs,
    outbox: Outbox,
    receiver: Playable,
    seed: int,
) -> None:
    dice = random.Random(seed)
    walk = _walk(SmallAgency(authority, workshop), uow, store, outbox=outbox, receiver=receiver, dice=dice)
    walk.seal(walk.numbered(with_token=False))
    walk.seal(walk.numbered(with_token=True))
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
    _look_at_notifications(walk, receiver)
    sys.stdout.write(
        f"{len(walk.table.points)} points, {walk.table.broken.total()} effects broken, "
        f"{len(walk.documents)} documents, {len(walk.issued)} issued\n"
    )


def _walk(
    agency: SmallAgency,
    uow: PostgresUnitOfWork,
    store: S3Blobs,
    *,
    outbox: Outbox,
    receiver: Playable,
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
    agency.callback_url = f"{receiver.url}/told"
    herald = Herald(
        breaking(outbox, table, "outbox"),
        breaking(OnlineClient(frozenset({receiver.authority})), table, "online"),
        agency.clock,
        master="a secret of this test",
        lease=timedelta(0),  # what a dead worker held is due again at once
    )
    token = agency.credential("thiet-bi-rieng", Purpose.SIGNATURE, holder=agency.signatory)
    enrol(
        uow=uow,
        clock=agency.clock,
        operator="quản trị",
        account=agency.signatory.id,
        certificate=token.certificate,
        anchors=agency.anchors,
    )
    return Walk(agency=agency, token=token, table=table, outside=outside, herald=herald, random=dice)


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
        once = [step for step in steps if step is not DocumentState.CORRECTED]
        assert len(once) == len(set(once))
        assert tuple(steps[: len(MAIN_PATH)]) == MAIN_PATH or found.state is DocumentState.VOIDED
        contents = [store.get(revision.sha256) for revision in chain]
        assert all(new.startswith(old) for old, new in pairwise(contents))
        if found.state in PUBLISHED:
            sealed = [store.get(one.sealed.sha256) for one in appendices if one.sealed]
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
    locked = sum(times for (point, _), times in walk.table.broken.items() if point.startswith("sealing"))
    assert again.locked <= locked


def _look_at_notifications(walk: Walk, receiver: Playable) -> None:
    """Each event was told, under one identifier and with one body, however often it arrived."""
    told = {(headers["webhook-id"], body) for _, _, headers, body in receiver.asked}
    identifiers = {identifier for identifier, _ in told}
    assert len(told) == len(identifiers) == len(walk.issued) + walk.changed + walk.delivered
    events = [json.loads(body) for _, body in told]
    issued = [event["data"]["id"] for event in events if event["type"] == "document.issued"]
    assert sorted(issued) == sorted(str(document.id) for document in walk.issued)
