"""Let somebody be told by letter what becomes of a document, and end it: by the agency, by the holder, or by time."""

from __future__ import annotations

from datetime import timedelta
from typing import TYPE_CHECKING

from issuance.competence import own_document
from issuance.documents import CLOSED
from issuance.errors import MetadataInvalid, NotCompetent, UnknownName, WrongState
from issuance.followers import Follower, is_mail_address
from issuance.ports import AuditEvent, Role

if TYPE_CHECKING:
    from collections.abc import Iterator
    from uuid import UUID

    from issuance.ports import Account, Clock, Repositories, UnitOfWork

MOST_FOLLOWERS = 10
"""Of one document: it is for those whom it concerns, and no list of the public."""

KEPT_AFTER_THE_END = timedelta(days=30)
"""How long an address is kept once nothing more can become of the document, so that its last letter gets out."""

HOLDER = "người nhận thư"
"""The actor where whoever gets the letters ends them; no account stands behind."""

_AT_ONCE = 100


def follow(
    *, follower_id: UUID, uow: UnitOfWork, clock: Clock, actor: Account, document_id: UUID, address: str
) -> Follower:
    """Tell this address what becomes of the document; one that is told already is answered as it is.

    ``follower_id`` must be random (UUID version 4), since it ends the letters. Raises :class:`MetadataInvalid`,
    :class:`WrongState` for a document that has ended, :class:`NotCompetent`, :class:`UnknownName`.
    """
    if not is_mail_address(address):
        raise MetadataInvalid(problems={"address": "must be a mail address like ten@example.vn"})
    now = clock.now()
    with uow() as register:
        document = own_document(register, document_id, actor=actor)
        _demand_correspondent(actor)
        if document.state in CLOSED:
            raise WrongState(state=document.state.value, step="follow")
        there = register.followers(document_id)
        known = next((one for one in there if one.address.casefold() == address.casefold()), None)
        if known is not None:
            return known
        if len(there) >= MOST_FOLLOWERS:
            raise MetadataInvalid(problems={"address": f"a document has {MOST_FOLLOWERS} addresses at most"})
        follower = Follower(follower_id, document_id, address, actor.id, now)
        register.add_follower(follower)
        register.append_audit(_event("follower.added", follower, clock=clock, actor=actor.id))
    return follower


def followers_of(*, uow: UnitOfWork, actor: Account, document_id: UUID) -> list[Follower]:
    """Everybody who is told by letter; raises :class:`UnknownName`, :class:`NotCompetent`."""
    with uow() as register:
        own_document(register, document_id, actor=actor)
        _demand_correspondent(actor)
        return register.followers(document_id)


def unfollow(*, uow: UnitOfWork, clock: Clock, actor: Account, document_id: UUID, follower_id: UUID) -> None:
    """The agency writes to this follower no more; raises :class:`UnknownName`, :class:`NotCompetent`."""
    with uow() as register:
        own_document(register, document_id, actor=actor)
        _demand_correspondent(actor)
        follower = register.follower(follower_id)
        if follower is None or follower.document_id != document_id:
            raise UnknownName(kind="follower", name=str(follower_id))
        _remove(register, follower, clock=clock, actor=actor.id)


def stop_letters(*, uow: UnitOfWork, clock: Clock, follower_id: UUID) -> bool:
    """Whoever gets the letters wants no more; whether there was anything to end."""
    with uow() as register:
        follower = register.follower(follower_id)
        if follower is not None:
            _remove(register, follower, clock=clock, actor=HOLDER)
    return follower is not None


def forget_followers(*, uow: UnitOfWork, clock: Clock, actor: str) -> Iterator[int]:
    """Forget the addresses that are of no use any more, some at a time; yields how many. May run twice."""
    while True:
        with uow() as register:
            found = register.useless_followers(ended_before=clock.now() - KEPT_AFTER_THE_END, limit=_AT_ONCE)
            for follower in found:
                _remove(register, follower, clock=clock, actor=actor)
        if not found:
            return
        yield len(found)


def _demand_correspondent(actor: Account) -> None:
    if not actor.roles & {Role.SUBMITTER, Role.CLERK}:
        raise NotCompetent(reason="the sending system or the clerk says who is written to")


def _remove(register: Repositories, follower: Follower, *, clock: Clock, actor: str) -> None:
    register.remove_follower(follower.id)
    register.append_audit(_event("follower.removed", follower, clock=clock, actor=actor))


def _event(action: str, follower: Follower, *, clock: Clock, actor: str) -> AuditEvent:
    return AuditEvent(clock.now(), actor, action, follower.document_id, {"follower": str(follower.id)})
