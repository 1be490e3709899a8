"""The rules of agencies in memory: a part of the simulated register, held to the same contract tests."""

from __future__ import annotations

from dataclasses import replace
from typing import TYPE_CHECKING

from storage.errors import AlreadyThere, RowRefused
from tests.simulators.state import OpenState

if TYPE_CHECKING:
    from collections.abc import Sequence
    from datetime import date, datetime
    from uuid import UUID

    from issuance.delegations import Delegation
    from issuance.document_types import DocumentType
    from issuance.reappointment import Reappointment
    from issuance.working_days import CalendarDay


class MemoryRulebook(OpenState):
    """Implements :class:`issuance.rulebook.Rulebook` in one open transaction."""

    def save_document_type(self, document_type: DocumentType) -> None:
        if document_type.agency not in self._state.agencies:
            raise RowRefused(rule="document_types_agency_fkey")
        self._state.rulebook.types[document_type.agency, document_type.name] = document_type

    def document_type(self, *, agency: str, name: str) -> DocumentType | None:
        return self._state.rulebook.types.get((agency, name))

    def document_types(self, agency: str) -> list[DocumentType]:
        return [one for key, one in sorted(self._state.rulebook.types.items()) if key[0] == agency]

    def add_delegation(self, delegation: Delegation) -> None:
        if delegation.id in self._state.rulebook.delegations:
            raise AlreadyThere(rule="delegations_pkey")
        self._state.rulebook.delegations[delegation.id] = delegation

    def revoke_delegation(self, delegation_id: UUID, *, at: datetime, reason: str) -> None:
        found = self._state.rulebook.delegations[delegation_id]
        if found.revoked_at is None:
            self._state.rulebook.delegations[delegation_id] = replace(found, revoked_at=at, revoke_reason=reason)

    def delegations(self, agency: str) -> list[Delegation]:
        found = [one for one in self._state.rulebook.delegations.values() if one.agency == agency]
        return sorted(found, key=lambda one: one.registered_at, reverse=True)

    def calendar_days(self, *, agency: str, first: date, last: date) -> list[CalendarDay]:
        found = [one for key, one in self._state.rulebook.days.items() if key[0] == agency and first <= one.day <= last]
        return sorted(found, key=lambda one: one.day)

    def replace_calendar_days(self, *, agency: str, year: int, days: Sequence[CalendarDay]) -> None:
        for key in [key for key in self._state.rulebook.days if key[0] == agency and key[1].year == year]:
            del self._state.rulebook.days[key]
        self._state.rulebook.days |= {(agency, one.day): one for one in days}

    def save_reappointment(self, reappointment: Reappointment) -> None:
        self._state.rulebook.reappointments[reappointment.document_id] = reappointment

    def reappointment(self, document_id: UUID) -> Reappointment | None:
        return self._state.rulebook.reappointments.get(document_id)
