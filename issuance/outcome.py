"""One step with its reason: checked, saved, put into the timeline and the audit log, in the caller's transaction."""

from __future__ import annotations

import hashlib
from typing import TYPE_CHECKING

from issuance.errors import MetadataInvalid
from issuance.notifications import announce
from issuance.ports import AuditEvent, TimelineStep

if TYPE_CHECKING:
    from uuid import UUID

    from issuance.documents import Document, DocumentState
    from issuance.ports import Clock, Repositories

LONGEST_REASON = 500


def take_step(
    register: Repositories,
    document: Document,
    state: DocumentState,
    *,
    clock: Clock,
    actor: str,
    reason: str | None,
    other: UUID | None = None,
) -> Document:
    """The document in its new state; one that is there already, through the same other document, is answered as it is.

    The audit log gets the reason's digest, since the log may be shown to those who must not read it. Raises
    :class:`issuance.errors.WrongState`, :class:`MetadataInvalid`.
    """
    if reason is not None:
        demand_reason(reason)
    if _is_repetition(register, document, state, other=other):
        return document
    now = clock.now()
    document = document.step_to(state)
    register.save_document(document)
    register.add_timeline_step(document.id, TimelineStep(state, now, actor, reason=reason, other=other))
    announce(register, document, at=now, by=other)
    facts = {"reason_sha256": hashlib.sha256(reason.encode()).hexdigest()} if reason is not None else {}
    if other is not None:
        facts["other"] = str(other)
    if document.number is not None:
        facts["number"] = str(document.number)
    register.append_audit(AuditEvent(now, actor, f"document.{state.value}", document.id, facts))
    return document


def demand_reason(reason: str) -> None:
    """Raise :class:`MetadataInvalid` where nothing is said, or too much."""
    if not 0 < len(reason.strip()) <= LONGEST_REASON:
        raise MetadataInvalid(problems={"reason": f"must have 1 to {LONGEST_REASON} characters"})


def _is_repetition(register: Repositories, document: Document, state: DocumentState, *, other: UUID | None) -> bool:
    return document.state is state and register.timeline(document.id)[-1].other == other
