"""The life of documents, walked while things break: what a caller and a worker do who get no answer and try again."""

from __future__ import annotations

import secrets
from contextlib import suppress
from dataclasses import dataclass, field, replace
from datetime import UTC, datetime, timedelta
from functools import partial
from typing import TYPE_CHECKING, TypeVar
from uuid import uuid4

from issuance.advance import advance
from issuance.afterwards import correct, recall
from issuance.afterwards import replace as supersede
from issuance.delivery import deliver, make_link, use_link
from issuance.documents import IN_FORCE
from issuance.errors import NotExamined
from issuance.following import follow
from issuance.identifiers import document_id
from issuance.refusals import void_number
from issuance.renewal import renew
from issuance.token_answers import RawValue
from issuance.token_signature import hand_out, redeem
from tests.faults.breaking import Broken, FaultTable
from tests.material import blank_pdf
from tests.scans import scan

if TYPE_CHECKING:
    import random
    from collections.abc import Callable

    from api.notifying.herald import Herald
    from issuance.documents import Document
    from issuance.outside import Outside
    from issuance.ports import Credential
    from tests.small_agency import SmallAgency

Outcome = TypeVar("Outcome")


@dataclass
class Walk:
    """Walks documents through their lives while things break; every call is repeated until it is answered."""

    agency: SmallAgency
    token: Credential
    table: FaultTable
    outside: Outside
    heralds: tuple[Herald, ...]
    random: random.Random
    documents: list[Document] = field(default_factory=list)
    issued: list[Document] = field(default_factory=list)
    copies: list[Document] = field(default_factory=list)
    later: list[Document] = field(default_factory=list)
    renewed: list[Document] = field(default_factory=list)
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
        self.follow(document)
        self.insist("submission", lambda: self.agency.submit(document))
        if with_token or (with_token is None and self.random.random() < 0.4):
            self.signed_with_token(document)
        else:
            self.insist("signature", lambda: self.agency.ask_for_signature(document))
        self.insist("signing", lambda: advance(document.id, outside=self.outside))
        self.insist("issue", lambda: self.agency.ask_for_issue(document))
        return document

    def follow(self, document: Document) -> None:
        """Somebody is told by letter; each attempt thinks of another identifier."""
        self.insist(
            "following",
            lambda: follow(
                follower_id=uuid4(),
                uow=self.outside.uow,
                clock=self.agency.clock,
                actor=self.agency.clerk,
                document_id=document.id,
                address=f"{document.lookup_code}@example.vn",
            ),
        )

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

    def seal(self, document: Document, *, later: bool | None = None) -> None:
        """Issued, archived at once or later; then something may happen to an older document through it."""
        if later or (later is None and self.random.random() < 0.3):
            outside = replace(self.outside, archive_after=timedelta(hours=12))
            self.insist("sealing for later", lambda: advance(document.id, outside=outside))
            self.later.append(document)
        else:
            self.insist("sealing", lambda: advance(document.id, outside=self.outside))
        self.afterwards(document)
        self.issued.append(document)
        if document in self.later or self.random.random() < 0.7 or not self.table.points:
            self.renew(document)
        if self.random.random() < 0.5 or not self.table.points:
            self.hand_over(document)
        for herald in self.heralds:
            self.insist("notification", herald.send_due)

    def renew(self, document: Document) -> None:
        """It and what went out with it are given newer timestamps, once however often that is tried."""
        with self.outside.uow() as register:
            appendix = register.attachments(document.id)[0].id
            due = [register.proofs(document.id)[-1], register.proofs(document.id, attachment_id=appendix)[-1]]
        for proof in due:
            flow = "renewal" if proof.archive_at is None else "raising"
            self.insist(flow, partial(renew, proof, outside=self.outside))
        self.renewed.append(document)

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
