"""The rules of agencies in memory: a part of the simulated register, held to the same contract tests."""

from __future__ import annotations

import copy
from dataclasses import dataclass, field, replace
from typing import TYPE_CHECKING

from storage.errors import AlreadyThere, RowRefused

if TYPE_CHECKING:
    from collections.abc import Mapping, Sequence
    from datetime import date, datetime
    from uuid import UUID

    from issuance.delegations import Delegation
    from issuance.document_types import DocumentType
    from issuance.ports import Agency
    from issuance.reappointment import Reappointment
    from issuance.working_days import CalendarDay


@dataclass
class RulebookState:
    """What is remembered; the values are frozen."""

    types: dict[tuple[str, str], DocumentType] = field(default_factory=dict)

    delegations: dict[UUID, Delegation] = field(default_factory=dict)
    days: dict[tuple[str, date], CalendarDay] = field(default_factory=dict)
    reappointments: dict[UUID, Reappointment] = field(default_factory=dict)

    def copied(self) -> RulebookState:
        """Other containers with the same values."""
        return RulebookState(**{name: copy.copy(value) for name, value in vars(self).items()})


class MemoryRulebook:
    """Implements :class:`issuance.rulebook.Rulebook` in one open transaction."""

    def __init__(self, rules: RulebookState, *, agencies: Mapping[str, Agency]) -> None:
        self._rules = rules
        self._agencies = agencies

    def save_document_type(self, document_type: DocumentType) -> None:
        if document_type.agency not in self._agencies:
            raise RowRefused(rule="document_types_agency_fkey")
        self._rules.types[document_type.agency, document_type.name] = document_type

    def document_type(self, *, agency: str, name: str) -> DocumentType | None:
        return self._rules.types.get((agency, name))

    def document_types(self, agency: str) -> list[DocumentType]:
        return [one for key, one in sorted(self._rules.types.items()) if key[0] == agency]

    def add_delegation(self, delegation: Delegation) -> None:
        if delegation.id in self._rules.delegations:
            raise AlreadyThere(rule="delegations_pkey")
        self._rules.delegations[delegation.id] = delegation

    def revoke_delegation(self, delegation_id: UUID, *, at: datetime, reason: str) -> None:
        found = self._rules.delegations[delegation_id]
        if found.revoked_at is None:
            self._rules.delegations[delegation_id] = replace(found, revoked_at=at, revoke_reason=reason)

    def delegations(self, agency: str) -> list[Delegation]:
        found = [one for one in self._rules.delegations.values() if one.agency == agency]
        return sorted(found, key=lambda one: one.registered_at, reverse=True)

    def calendar_days(self, *, agency: str, first: date, last: date) -> list[CalendarDay]:
        found = [one for key, one in self._rules.days.items() if key[0] == agency and first <= one.day <= last]
        return sorted(found, key=lambda one: one.day)

    def replace_calendar_days(self, *, agency: str, year: int, days: Sequence[CalendarDay]) -> None:
        for key in [key for key in self._rules.days if key[0] == agency and key[1].year == year]:
            del self._rules.days[key]
        self._rules.days |= {(agency, one.day): one for one in days}

    def save_reappointment(self, reappointment: Reappointment) -> None:
        self._rules.reappointments[reappointment.document_id] = reappointment

    def reappointment(self, document_id: UUID) -> Reappointment | None:
        return self._rules.reappointments.get(document_id)
