"""Record that a result reached the one it is for, once: somebody confirms it, or the file is fetched by a link.

The one-stop software or the portal that sent the document in confirms it, or the clerk who handed it over. A link is
for one download: its token is given out once and kept only as a digest, so that whoever reads the register cannot use
it. The first delivery counts; whatever confirms it again changes nothing.
"""

from __future__ import annotations

import hashlib
from dataclasses import dataclass
from datetime import timedelta
from typing import TYPE_CHECKING

from issuance.competence import own_document
from issuance.documents import IN_FORCE, DocumentState
from issuance.errors import LinkSpent, NotCompetent, WrongState
from issuance.outcome import take_step
from issuance.ports import AuditEvent, Role

if TYPE_CHECKING:
    from datetime import datetime
    from uuid import UUID

    from issuance.documents import Document
    from issuance.ports import Account, Clock, Repositories, UnitOfWork

TOKEN_BYTES = 32
LONGEST_VALIDITY = timedelta(days=7)
REPEATABLE_FOR = timedelta(minutes=15)
"""How long after its first use a link still serves the same file, for a download that broke off."""

FETCHER = "người nhận"
"""The actor of a delivery by link: whoever held it; no account stands behind."""

_FETCHED = "Người nhận tải về bằng liên kết dùng một lần"


@dataclass(frozen=True, slots=True)
class DownloadLink:
    """A way to one document for whoever holds the token; ``used_at`` is its first use."""

    token_sha256: str
    document_id: UUID
    made_by: str
    made_at: datetime
    expires_at: datetime
    used_at: datetime | None = None

    def demand_open(self, *, at: datetime) -> None:
        """Raise :class:`LinkSpent` once it is over: past its day, or used a while ago."""
        until = self.expires_at if self.used_at is None else self.used_at + REPEATABLE_FOR
        if at >= until:
            raise LinkSpent


def deliver(*, uow: UnitOfWork, clock: Clock, actor: Account, document_id: UUID, reason: str) -> Document:
    """The result was handed over; ``reason`` says in which way, and names nobody."""
    with uow() as register:
        document = own_document(register, document_id, actor=actor)
        _demand_hander(actor)
        return _handed_over(register, document, clock=clock, actor=actor.id, reason=reason)


def make_link(
    *, uow: UnitOfWork, clock: Clock, actor: Account, document_id: UUID, token: str, valid_for: timedelta
) -> DownloadLink:
    """Open a link for an issued document; ``token`` is told once, to the caller.

    Raises :class:`WrongState` for a document that is not in force.
    """
    now = clock.now()
    with uow() as register:
        document = own_document(register, document_id, actor=actor)
        _demand_hander(actor)
        if document.state not in IN_FORCE:
            raise WrongState(state=document.state.value, step="link")
        link = DownloadLink(
            token_sha256=token_digest(token),
            document_id=document_id,
            made_by=actor.id,
            made_at=now,
            expires_at=now + min(valid_for, LONGEST_VALIDITY),
        )
        register.add_download_link(link)
        facts = {"link": link.token_sha256, "expires_at": link.expires_at.isoformat()}
        register.append_audit(AuditEvent(now, actor.id, "link.made", document_id, facts))
    return link


def open_link(*, uow: UnitOfWork, clock: Clock, token: str) -> Document | None:
    """The document that the link leads to, without using it; None for a token that nobody was given.

    Raises :class:`LinkSpent`, and :class:`WrongState` where the document was replaced or recalled meanwhile.
    """
    with uow() as register:
        link = register.download_link(token_digest(token))
        return None if link is None else _reached(register, link, at=clock.now())


def use_link(*, uow: UnitOfWork, clock: Clock, token: str) -> Document | None:
    """The same, and the document is delivered with it; called once the file is at hand, before it is sent."""
    now = clock.now()
    with uow() as register:
        link = register.locked_download_link(token_digest(token))
        if link is None:
            return None
        document = _reached(register, link, at=now)
        if link.used_at is None:
            register.use_download_link(link.token_sha256, at=now)
            register.append_audit(AuditEvent(now, FETCHER, "link.used", link.document_id, {"link": link.token_sha256}))
        return _handed_over(register, document, clock=clock, actor=FETCHER, reason=_FETCHED)


def token_digest(token: str) -> str:
    """What is kept of a token."""
    return hashlib.sha256(token.encode()).hexdigest()


def _reached(register: Repositories, link: DownloadLink, *, at: datetime) -> Document:
    link.demand_open(at=at)
    document = register.locked_document(link.document_id)
    if document is None or document.state not in IN_FORCE:
        raise WrongState(state=document.state.value if document else "unknown", step="download")
    return document


def _handed_over(register: Repositories, document: Document, *, clock: Clock, actor: str, reason: str) -> Document:
    if any(step.state is DocumentState.DELIVERED for step in register.timeline(document.id)):
        return document
    return take_step(register, document, DocumentState.DELIVERED, clock=clock, actor=actor, reason=reason)


def _demand_hander(actor: Account) -> None:
    if not actor.roles & {Role.SUBMITTER, Role.CLERK}:
        raise NotCompetent(reason="the sending system or the clerk hands results over")
