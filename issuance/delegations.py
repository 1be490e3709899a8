"""Written authorisations (ủy quyền): an official signs TUQ. only while one is on file for this type of document.

Limited in time and content, never passed on (Decree 30/2020, Annex I, II.7.b). The clerk registers it with the number
of the paper or document that grants it, and revokes it; a row is never changed otherwise.
"""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING

from issuance.calendar import vietnam_date
from issuance.capacity import Capacity
from issuance.competence import demand_role, open_signatory
from issuance.errors import MetadataInvalid, NotCompetent, UnknownName
from issuance.outcome import demand_reason
from issuance.ports import AuditEvent, Role

if TYPE_CHECKING:
    from collections.abc import Iterable
    from datetime import date, datetime
    from uuid import UUID

    from issuance.documents import Document
    from issuance.ports import Account, Clock, Repositories, UnitOfWork


@dataclass(frozen=True, slots=True)
class Delegation:
    """``delegate`` signs documents of these types for ``delegator`` from one day to another, both included.

    ``reference`` is the number of what grants it. A delegation that was revoked says when and why.
    """

    id: UUID
    agency: str
    delegator: str
    delegate: str
    document_types: tuple[str, ...]
    first_day: date
    last_day: date
    reference: str
    registered_at: datetime
    registered_by: str
    revoked_at: datetime | None = None
    revoke_reason: str | None = None

    def covers(self, document_type: str, *, on: date) -> bool:
        """Whether it stands on this day for this type."""
        return (
            self.revoked_at is None and self.first_day <= on <= self.last_day and document_type in self.document_types
        )


def register_delegation(*, uow: UnitOfWork, clock: Clock, actor: Account, delegation: Delegation) -> Delegation:
    """Put an authorisation on file; repeating the call with the same ``id`` changes nothing.

    Raises :class:`MetadataInvalid` for one without limits, to oneself, or by somebody who holds the same power only by
    an authorisation.
    """
    demand_role(actor, Role.CLERK)
    with uow() as register:
        on_file = register.delegations(actor.agency)
        found = next((one for one in on_file if one.id == delegation.id), None)
        if found is not None:
            return found
        problems = dict(_problems(register, delegation, on_file, agency=actor.agency))
        if problems:
            raise MetadataInvalid(problems=problems)
        register.add_delegation(delegation)
        facts = {"delegation": str(delegation.id), "reference": delegation.reference}
        register.append_audit(AuditEvent(clock.now(), actor.id, "delegation.registered", None, facts))
    return delegation


def revoke_delegation(*, uow: UnitOfWork, clock: Clock, actor: Account, delegation_id: UUID, reason: str) -> Delegation:
    """End an authorisation before its last day; what was signed under it stays signed."""
    demand_role(actor, Role.CLERK)
    demand_reason(reason)
    now = clock.now()
    with uow() as register:
        found = next((one for one in register.delegations(actor.agency) if one.id == delegation_id), None)
        if found is None:
            raise UnknownName(kind="delegation", name=str(delegation_id))
        if found.revoked_at is None:
            register.revoke_delegation(delegation_id, at=now, reason=reason)
            facts = {"delegation": str(delegation_id)}
            register.append_audit(AuditEvent(now, actor.id, "delegation.revoked", None, facts))
        return next(one for one in register.delegations(actor.agency) if one.id == delegation_id)


def delegations_of(*, uow: UnitOfWork, actor: Account) -> tuple[Delegation, ...]:
    """Every authorisation of the actor's agency, the newest first."""
    with uow() as register:
        return tuple(register.delegations(actor.agency))


def may_sign(
    register: Repositories, account: str, capacity: Iterable[Capacity], *, agency: str, document_type: str, on: date
) -> bool:
    """Whether this capacity is the account's on this day: TUQ. needs an authorisation on file, nothing else does."""
    if Capacity.TUQ not in capacity:
        return True
    return any(one.delegate == account and one.covers(document_type, on=on) for one in register.delegations(agency))


def demand_authority(register: Repositories, document: Document, *, actor: Account, on: date) -> None:
    """Raise :class:`NotCompetent` where the official, whose turn it is, would sign without the authorisation needed."""
    draft = document.draft
    turn = next((one for one in draft.cosigners if one.account == actor.id), None)
    capacity = turn.capacity if turn else draft.capacity
    if not may_sign(register, actor.id, capacity, agency=draft.agency, document_type=draft.document_type, on=on):
        raise NotCompetent(reason=f"no authorisation for {draft.document_type!r} is on file today; TUQ. needs one")


def _problems(
    register: Repositories, delegation: Delegation, on_file: Iterable[Delegation], *, agency: str
) -> Iterable[tuple[str, str]]:
    for field, name in (("delegator", delegation.delegator), ("delegate", delegation.delegate)):
        account = open_signatory(register, name)
        if account is None or account.agency != agency:
            yield field, "is not a signatory of the agency"
    if delegation.delegator == delegation.delegate:
        yield "delegate", "is the delegator"
    if not delegation.document_types:
        yield "document_types", "must name what is authorised: an authorisation is limited in content"
    if delegation.last_day < delegation.first_day:
        yield "last_day", "lies before the first day"
    if delegation.last_day < vietnam_date(delegation.registered_at):
        yield "last_day", "has passed"
    received = {name for one in on_file if _held_by(one, delegation) for name in one.document_types}
    if received & set(delegation.document_types):
        yield "delegator", "holds this power by an authorisation, which is not passed on"


def _held_by(held: Delegation, wanted: Delegation) -> bool:
    """Whether the delegator's own power for these days is one that was received."""
    overlap = held.first_day <= wanted.last_day and wanted.first_day <= held.last_day
    return held.delegate == wanted.delegator and held.revoked_at is None and overlap
