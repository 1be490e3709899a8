"""Figures over documents and their steps, in memory."""

from __future__ import annotations

from collections import Counter, defaultdict
from datetime import timedelta
from itertools import pairwise
from typing import TYPE_CHECKING

from issuance.calendar import vietnam_date
from issuance.documents import PUBLISHED, DocumentState
from issuance.statistics import ENDED, Punctuality, StepDuration
from tests.simulators.state import OpenState

if TYPE_CHECKING:
    from datetime import datetime

    from issuance.documents import Document


class MemoryFigures(OpenState):
    """Counts in one open transaction."""

    def punctuality(self, *, agency: str | None, since: datetime, until: datetime, now: datetime) -> list[Punctuality]:
        counted: dict[tuple[str, str], Counter[str]] = defaultdict(Counter)
        for one in self._due_between(agency, since, until):
            steps = self._state.timeline.get(one.id, [])
            issued = [step.at for step in steps if step.state is DocumentState.ISSUED]
            verdicts = counted[one.draft.agency, one.draft.procedure_code or ""]
            verdicts[_verdict(one, issued[0] if issued else None, now=now)] += 1
            delivered = [step.at for step in steps if step.state is DocumentState.DELIVERED]
            if delivered:
                verdicts["delivered_on_time" if delivered[0] <= _due(one) else "delivered_late"] += 1
        names = ("early", "on_time", "late", "overdue", "open", "ended", "delivered_on_time", "delivered_late")
        return [
            Punctuality(agency_id, procedure or None, *(verdicts[name] for name in names))
            for (agency_id, procedure), verdicts in sorted(counted.items())
        ]

    def step_durations(self, *, agency: str | None, since: datetime, until: datetime) -> list[StepDuration]:
        stayed: dict[tuple[str, str, str], list[timedelta]] = defaultdict(list)
        counted: dict[tuple[str, str, str], Counter[str]] = defaultdict(Counter)
        for one in self._due_between(agency, since, until):
            for step, following in pairwise(self._state.timeline.get(one.id, [])):
                if step.state in PUBLISHED:
                    continue
                what = (one.draft.agency, one.draft.procedure_code or "", step.state.value)
                stayed[what].append(following.at - step.at)
                counted[what][_verdict(one, following.at, now=following.at)] += 1
                counted[what]["turned_late"] += step.at <= _due(one) < following.at
        return [
            StepDuration(
                agency_id,
                procedure or None,
                DocumentState(state),
                len(all_),
                sum(all_, timedelta()) / len(all_),
                max(all_),
                *(counted[agency_id, procedure, state][name] for name in ("early", "on_time", "late", "turned_late")),
            )
            for (agency_id, procedure, state), all_ in sorted(stayed.items())
        ]

    def _due_between(self, agency: str | None, since: datetime, until: datetime) -> list[Document]:
        return [
            one
            for one in self._state.documents.values()
            if (agency is None or one.draft.agency == agency)
            and one.draft.due_at is not None
            and since <= one.draft.due_at <= until
        ]


def _verdict(document: Document, issued_at: datetime | None, *, now: datetime) -> str:
    due = _due(document)
    if issued_at is None:
        if document.state in ENDED:
            return "ended"
        return "overdue" if due < now else "open"
    if issued_at > due:
        return "late"
    return "early" if vietnam_date(issued_at) < vietnam_date(due) else "on_time"


def _due(document: Document) -> datetime:
    assert document.draft.due_at is not None
    return document.draft.due_at
