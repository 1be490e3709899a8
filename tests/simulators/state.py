"""What the simulated register remembers: plain containers, copied for each transaction."""

from __future__ import annotations

import copy
from dataclasses import dataclass, field, replace
from typing import TYPE_CHECKING

if TYPE_CHECKING:
    from datetime import date, datetime
    from uuid import UUID

    from issuance.companions import Attachment
    from issuance.delegations import Delegation
    from issuance.delivery import DownloadLink
    from issuance.document_types import DocumentType
    from issuance.documents import Document, Purpose, Revision
    from issuance.entries import RegisterEntry
    from issuance.followers import Follower
    from issuance.half_signed import HalfSigned
    from issuance.notifications import Notification
    from issuance.numbers import NumberingRule, NumberSeries
    from issuance.paper_copies import PaperCopy
    from issuance.ports import Account, Agency, AuditEvent, Credential, SignatureRequest, TimelineStep
    from issuance.proofs import Proof
    from issuance.reappointment import Reappointment
    from issuance.working_days import CalendarDay


@dataclass
class SeriesRow:
    """A series with its next number and its newest date."""

    series: NumberSeries
    next: int = 1
    newest_date: date | None = None


@dataclass
class RulebookState:
    """The rules of agencies; the values are frozen."""

    types: dict[tuple[str, str], DocumentType] = field(default_factory=dict)

    delegations: dict[UUID, Delegation] = field(default_factory=dict)
    days: dict[tuple[str, date], CalendarDay] = field(default_factory=dict)
    reappointments: dict[UUID, Reappointment] = field(default_factory=dict)

    def copied(self) -> RulebookState:
        """Other containers with the same values."""
        return RulebookState(**{name: copy.copy(value) for name, value in vars(self).items()})


@dataclass
class State:
    """Everything; values are frozen but for the series."""

    agencies: dict[str, Agency] = field(default_factory=dict)
    accounts: dict[str, tuple[Account, str]] = field(default_factory=dict)
    credentials: dict[str, tuple[Credential, str]] = field(default_factory=dict)
    series: dict[tuple[str, str, int], SeriesRow] = field(default_factory=dict)
    documents: dict[UUID, Document] = field(default_factory=dict)
    revisions: dict[UUID, list[Revision]] = field(default_factory=dict)
    timeline: dict[UUID, list[TimelineStep]] = field(default_factory=dict)
    requests: dict[tuple[UUID, Purpose, int], SignatureRequest] = field(default_factory=dict)
    rules: dict[tuple[str, str], NumberingRule] = field(default_factory=dict)
    rulebook: RulebookState = field(default_factory=RulebookState)
    entries: dict[UUID, RegisterEntry] = field(default_factory=dict)
    voided: dict[UUID, tuple[datetime, str]] = field(default_factory=dict)
    proofs: dict[tuple[UUID, UUID | None], tuple[Proof, ...]] = field(default_factory=dict)
    attachments: dict[UUID, Attachment] = field(default_factory=dict)
    halves: dict[UUID, tuple[str, HalfSigned]] = field(default_factory=dict)
    paper_copies: dict[UUID, PaperCopy] = field(default_factory=dict)
    links: dict[str, DownloadLink] = field(default_factory=dict)
    followers: dict[UUID, Follower] = field(default_factory=dict)
    audit: list[AuditEvent] = field(default_factory=list)
    notifications: dict[UUID, Notification] = field(default_factory=dict)
    waiting: list[UUID] = field(default_factory=list)

    def copied(self) -> State:
        """Containers are copied; what they hold is frozen, but for the series."""
        clone = State(**{name: copy.copy(value) for name, value in vars(self).items()})
        clone.series = {key: replace(one) for key, one in self.series.items()}
        clone.revisions = {key: list(chain) for key, chain in self.revisions.items()}
        clone.rulebook = self.rulebook.copied()
        clone.timeline = {key: list(steps) for key, steps in self.timeline.items()}
        return clone


class OpenState:
    """What the parts of an open transaction share."""

    def __init__(self, state: State) -> None:
        self._state = state
