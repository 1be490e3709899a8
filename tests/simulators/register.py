"""The register in memory, held to the same contract tests as PostgreSQL.

``MemoryRegister`` is a unit of work whose transactions run one after the other, each on a copy that replaces the whole
when it ends well. It keeps the rules that the database keeps, and raises the same errors for them.
"""

from __future__ import annotations

import copy
import threading
from collections import Counter, defaultdict
from contextlib import contextmanager
from dataclasses import dataclass, field, replace
from datetime import timedelta
from itertools import pairwise
from typing import TYPE_CHECKING

from issuance.advance import TRANSITIONAL
from issuance.calendar import vietnam_date
from issuance.documents import PUBLISHED, DocumentState, Purpose
from issuance.entries import EntryThen
from issuance.errors import DateInvalid, UnknownName
from issuance.numbers import DocumentNumber, NumberSeries
from issuance.statistics import ENDED, Punctuality, StepDuration
from storage.errors import AlreadyThere, RowRefused
from tests.simulators.rulebook import MemoryRulebook, RulebookState

if TYPE_CHECKING:
    from collections.abc import Iterator
    from datetime import date, datetime
    from uuid import UUID

    from issuance.documents import Document, Revision
    from issuance.entries import RegisterEntry
    from issuance.notifications import Notification
    from issuance.numbers import NumberingRule
    from issuance.ports import Account, Agency, AuditEvent, Credential, SignatureRequest, TimelineStep

_NUMBERED = {DocumentState.NUMBERED, DocumentState.SEALED, DocumentState.VOIDED}


@dataclass
class _Series:
    series: NumberSeries
    next: int = 1
    newest_date: date | None = None


@dataclass
class _State:
    agencies: dict[str, Agency] = field(default_factory=dict)
    accounts: dict[str, tuple[Account, str]] = field(default_factory=dict)
    credentials: dict[str, tuple[Credential, str]] = field(default_factory=dict)
    series: dict[tuple[str, str, int], _Series] = field(default_factory=dict)
    documents: dict[UUID, Document] = field(default_factory=dict)
    revisions: dict[UUID, list[Revision]] = field(default_factory=dict)
    timeline: dict[UUID, list[TimelineStep]] = field(default_factory=dict)
    requests: dict[tuple[UUID, Purpose, int], SignatureRequest] = field(default_factory=dict)
    rules: dict[tuple[str, str], NumberingRule] = field(default_factory=dict)
    rulebook: RulebookState = field(default_factory=RulebookState)
    entries: dict[UUID, RegisterEntry] = field(default_factory=dict)
    voided: dict[UUID, tuple[datetime, str]] = field(default_factory=dict)
    audit: list[AuditEvent] = field(default_factory=list)
    notifications: dict[UUID, Notification] = field(default_factory=dict)
    waiting: list[UUID] = field(default_factory=list)

    def copied(self) -> _State:
        """Containers are copied; what they hold is frozen, but for the series."""
        clone = _State(**{name: copy.copy(value) for name, value in vars(self).items()})
        clone.series = {key: replace(one) for key, one in self.series.items()}
        clone.revisions = {key: list(chain) for key, chain in self.revisions.items()}
        clone.rulebook = self.rulebook.copied()
        clone.timeline = {key: list(steps) for key, steps in self.timeline.items()}
        return clone


class MemoryRegister:
    """A unit of work; ``audit`` and ``waiting_jobs`` show what was committed."""

    def __init__(self) -> None:
        self._lock = threading.Lock()
        self._holder: int | None = None
        self._state = _State()

    @property
    def audit(self) -> list[AuditEvent]:
        """Every event, oldest first."""
        return list(self._state.audit)

    @property
    def waiting_jobs(self) -> list[UUID]:
        """Documents that a worker was asked to advance."""
        return list(self._state.waiting)

    def take_job(self) -> UUID | None:
        """The next document to advance, as a worker would take it."""
        with self._lock:
            return self._state.waiting.pop(0) if self._state.waiting else None

    @contextmanager
    def __call__(self) -> Iterator[MemoryRepositories]:
        """Open a transaction. One inside another would wait for itself in the real register: RuntimeError here."""
        if self._holder == threading.get_ident():
            msg = "a transaction inside a transaction"
            raise RuntimeError(msg)
        with self._lock:
            self._holder = threading.get_ident()
            try:
                work = self._state.copied()
                yield MemoryRepositories(work)
                _demand_current_revisions(work)
                self._state = work
            finally:
                self._holder = None


class MemoryRepositories(MemoryRulebook):
    """One open transaction."""

    def __init__(self, state: _State) -> None:
        super().__init__(state.rulebook, agencies=state.agencies)
        self._state = state

    def add_document(self, document: Document) -> None:
        state = self._state
        if document.id in state.documents or self.document_by_lookup_code(document.lookup_code) is not None:
            raise AlreadyThere(rule="documents")
        if document.draft.agency not in state.agencies or document.draft.signatory not in state.accounts:
            raise RowRefused(rule="documents_fkey")
        _demand_consistent(document)
        state.documents[document.id] = document

    def document(self, document_id: UUID) -> Document | None:
        return self._state.documents.get(document_id)

    def locked_document(self, document_id: UUID) -> Document | None:
        return self._state.documents.get(document_id)

    def save_document(self, document: Document) -> None:
        found = self._state.documents.get(document.id)
        if found is None:
            raise UnknownName(kind="document", name=str(document.id))
        _demand_consistent(document)
        taken = {_number_key(one) for one in self._state.documents.values() if one.id != document.id and one.number}
        if document.number is not None and _number_key(document) in taken:
            raise AlreadyThere(rule="documents_number_key")
        # The description never changes, whatever the caller hands over.
        self._state.documents[document.id] = replace(
            document,
            draft=found.draft,
            lookup_code=found.lookup_code,
            created_by=found.created_by,
            created_at=found.created_at,
        )

    def document_by_lookup_code(self, code: str) -> Document | None:
        return next((one for one in self._state.documents.values() if one.lookup_code == code), None)

    def document_by_sha256(self, sha256: str) -> Document | None:
        holders = [key for key, chain in self._state.revisions.items() if any(one.sha256 == sha256 for one in chain)]
        return self._state.documents[max(holders)] if holders else None

    def documents(
        self,
        *,
        agency: str,
        state: DocumentState | None,
        dossier_code: str | None,
        after: UUID | None,
        limit: int,
        due_before: datetime | None = None,
    ) -> list[Document]:
        newest_first = sorted(self._state.documents.values(), key=lambda one: one.id, reverse=True)
        return [
            one
            for one in newest_first
            if one.draft.agency == agency
            and (state is None or one.state is state)
            and (dossier_code is None or one.draft.dossier_code == dossier_code)
            and (after is None or one.id < after)
            and (due_before is None or _waits_beyond(one, due_before))
        ][:limit]

    def due_documents(self, *, agency: str, until: datetime, limit: int) -> list[Document]:
        later = until + timedelta(microseconds=1)
        found = [one for one in self._state.documents.values() if one.draft.agency == agency]
        return sorted((one for one in found if _waits_beyond(one, later)), key=_urgency)[:limit]

    def unfinished_documents(self) -> list[UUID]:
        return sorted(one.id for one in self._state.documents.values() if one.state in TRANSITIONAL)

    def add_revision(self, document_id: UUID, revision: Revision) -> None:
        if document_id not in self._state.documents:
            raise RowRefused(rule="revisions_document_id_fkey")
        chain = self._state.revisions.setdefault(document_id, [])
        if any(one.sha256 == revision.sha256 for one in chain):
            raise AlreadyThere(rule="revisions")
        if revision.predecessor is not None and any(one.predecessor == revision.predecessor for one in chain):
            raise AlreadyThere(rule="revisions")
        if revision.predecessor is not None and revision.predecessor != (chain[-1].sha256 if chain else None):
            raise RowRefused(rule="revisions_ordinal_check")
        chain.append(revision)

    def revisions(self, document_id: UUID) -> list[Revision]:
        return list(self._state.revisions.get(document_id, []))

    def revision_digests(self) -> Iterator[str]:
        yield from sorted({one.sha256 for chain in self._state.revisions.values() for one in chain})

    def add_timeline_step(self, document_id: UUID, step: TimelineStep) -> None:
        self._state.timeline.setdefault(document_id, []).append(step)

    def timeline(self, document_id: UUID) -> list[TimelineStep]:
        return list(self._state.timeline.get(document_id, []))

    def next_number(self, series: NumberSeries, *, issued_on: date) -> DocumentNumber:
        if issued_on.year != series.year:
            raise DateInvalid(reason=f"the series {series.name!r} is for {series.year}")
        row = self._state.series.get((series.agency, series.name, series.year))
        if row is None:
            raise UnknownName(kind="series", name=f"{series.name} {series.year}")
        if row.newest_date is not None and issued_on < row.newest_date:
            raise DateInvalid(reason=f"the series {series.name!r} has reached {row.newest_date:%d/%m/%Y}")
        row.next, row.newest_date = row.next + 1, issued_on
        return DocumentNumber(ordinal=row.next - 1, symbol=series.symbol)

    def series(self, *, agency: str, name: str, year: int) -> NumberSeries | None:
        row = self._state.series.get((agency, name, year))
        return row.series if row else None

    def continued_series(self, *, agency: str, name: str, year: int) -> NumberSeries | None:
        earlier = [key for key in self._state.series if key[:2] == (agency, name) and key[2] <= year]
        if not earlier:
            return None
        series = replace(self._state.series[max(earlier)].series, year=year)
        self.add_series(series)
        return series

    def add_numbering_rule(self, rule: NumberingRule) -> None:
        users = {(one.agency, one.symbol, one.series) for one in self._state.rules.values()}
        users |= {(one.agency, one.symbol, one.name) for one in (row.series for row in self._state.series.values())}
        if any(user[:2] == (rule.agency, rule.symbol) and user[2] != rule.series for user in users):
            raise AlreadyThere(rule="numbering_rules_symbol")
        self._state.rules[rule.agency, rule.document_type] = rule

    def numbering_rule(self, *, agency: str, document_type: str) -> NumberingRule | None:
        return self._state.rules.get((agency, document_type))

    def add_entry(self, entry: RegisterEntry) -> None:
        same_year = [
            one
            for one in self._state.entries.values()
            if (one.agency, one.issued_on.year) == (entry.agency, entry.issued_on.year)
        ]
        in_series = {(one.series, one.number.ordinal) for one in same_year}
        taken = entry.id in self._state.entries or entry.number in {one.number for one in same_year}
        if taken or (entry.series, entry.number.ordinal) in in_series:
            raise AlreadyThere(rule="register_entries")
        self._state.entries[entry.id] = entry

    def void_entry(self, entry_id: UUID, *, at: datetime, reason: str) -> None:
        if entry_id not in self._state.entries:
            raise UnknownName(kind="entry", name=str(entry_id))
        self._state.voided.setdefault(entry_id, (at, reason))

    def entry(self, entry_id: UUID) -> RegisterEntry | None:
        return self._state.entries.get(entry_id)

    def taken_numbers(self, *, agency: str, year: int) -> set[DocumentNumber]:
        found = self._state.entries.values()
        return {one.number for one in found if (one.agency, one.issued_on.year) == (agency, year)}

    def entries(self, *, agency: str, year: int, until: datetime) -> list[EntryThen]:
        found = [
            one
            for one in self._state.entries.values()
            if (one.agency, one.issued_on.year) == (agency, year) and one.taken_at <= until
        ]
        return [self._then(one, until) for one in sorted(found, key=lambda one: (one.series, one.number.ordinal))]

    def _then(self, entry: RegisterEntry, until: datetime) -> EntryThen:
        steps = [step for step in self.timeline(entry.id) if step.at <= until]
        sent = [step.at for step in steps if step.state is DocumentState.ISSUED]
        voided = self._state.voided.get(entry.id)
        return EntryThen(
            entry=entry,
            state=steps[-1].state if steps else None,
            state_reason=steps[-1].reason if steps else None,
            sent_on=vietnam_date(sent[0]) if sent else entry.registered.sent_on,
            void_reason=voided[1] if voided and voided[0] <= until else None,
        )

    def punctuality(self, *, agency: str | None, since: datetime, until: datetime, now: datetime) -> list[Punctuality]:
        counted: dict[tuple[str, str], Counter[str]] = defaultdict(Counter)
        for one in self._due_between(agency, since, until):
            issued = [step.at for step in self.timeline(one.id) if step.state is DocumentState.ISSUED]
            verdict = _verdict(one, issued[0] if issued else None, now=now)
            counted[one.draft.agency, one.draft.procedure_code or ""][verdict] += 1
        names = ("early", "on_time", "late", "overdue", "open", "ended")
        return [
            Punctuality(agency_id, procedure or None, *(verdicts[name] for name in names))
            for (agency_id, procedure), verdicts in sorted(counted.items())
        ]

    def step_durations(self, *, agency: str | None, since: datetime, until: datetime) -> list[StepDuration]:
        stayed: dict[tuple[str, str], list[timedelta]] = defaultdict(list)
        for one in self._due_between(agency, since, until):
            for step, following in pairwise(self.timeline(one.id)):
                stayed[one.draft.agency, step.state.value].append(following.at - step.at)
        return [
            StepDuration(agency_id, DocumentState(state), len(all_), sum(all_, timedelta()) / len(all_), max(all_))
            for (agency_id, state), all_ in sorted(stayed.items())
        ]

    def _due_between(self, agency: str | None, since: datetime, until: datetime) -> list[Document]:
        return [
            one
            for one in self._state.documents.values()
            if (agency is None or one.draft.agency == agency)
            and one.draft.due_at is not None
            and since <= one.draft.due_at <= until
        ]

    def save_signature_request(self, request: SignatureRequest) -> None:
        if request.credential not in self._state.credentials:
            raise RowRefused(rule="signature_requests_credential_fkey")
        self._state.requests[request.document_id, request.purpose, request.turn] = request

    def signature_request(self, document_id: UUID, purpose: Purpose, *, turn: int = 0) -> SignatureRequest | None:
        return self._state.requests.get((document_id, purpose, turn))

    def forget_signature_requests(self, document_id: UUID) -> None:
        for key in [key for key in self._state.requests if key[0] == document_id]:
            del self._state.requests[key]

    def signature_requests(self, document_id: UUID) -> list[SignatureRequest]:
        found = [one for key, one in self._state.requests.items() if key[0] == document_id]
        return sorted(found, key=lambda one: (one.purpose is Purpose.SEAL, one.turn))

    def add_agency(self, agency: Agency) -> None:
        self._state.agencies[agency.id] = agency

    def agency(self, agency_id: str) -> Agency | None:
        return self._state.agencies.get(agency_id)

    def add_series(self, series: NumberSeries) -> None:
        others = {(one.agency, one.year, one.symbol) for one in (row.series for row in self._state.series.values())}
        if (series.agency, series.name, series.year) in self._state.series:
            return
        if (series.agency, series.year, series.symbol) in others:
            raise AlreadyThere(rule="number_series_agency_year_symbol_key")
        self._state.series[series.agency, series.name, series.year] = _Series(series)

    def add_account(self, account: Account, *, secret_hash: str) -> None:
        if account.agency not in self._state.agencies:
            raise RowRefused(rule="accounts_agency_fkey")
        self._state.accounts[account.id] = (account, secret_hash)

    def account(self, account_id: str) -> Account | None:
        found = self._state.accounts.get(account_id)
        return found[0] if found else None

    def account_secret_hash(self, account_id: str) -> str | None:
        found = self._state.accounts.get(account_id)
        return found[1] if found else None

    def add_credential(self, credential: Credential, *, activation_hash: str) -> None:
        if credential.agency not in self._state.agencies:
            raise RowRefused(rule="credentials_agency_fkey")
        self._state.credentials[credential.name] = (credential, activation_hash)

    def credential(self, name: str) -> Credential | None:
        found = self._state.credentials.get(name)
        return found[0] if found else None

    def credentials(self) -> list[Credential]:
        return [found for _, (found, _) in sorted(self._state.credentials.items())]

    def activation_hash(self, credential: str) -> str | None:
        found = self._state.credentials.get(credential)
        return found[1] if found else None

    def add_notification(self, notification: Notification) -> None:
        if notification.id in self._state.notifications:
            raise AlreadyThere(rule="notifications_pkey")
        self._state.notifications[notification.id] = notification

    def append_audit(self, event: AuditEvent) -> None:
        self._state.audit.append(event)

    def enqueue_advance(self, document_id: UUID) -> None:
        if document_id not in self._state.waiting:
            self._state.waiting.append(document_id)


def _urgency(document: Document) -> tuple[datetime, UUID]:
    assert document.draft.due_at is not None
    return document.draft.due_at, document.id


def _waits_beyond(document: Document, moment: datetime) -> bool:
    due = document.draft.due_at
    return due is not None and due < moment and document.state not in ENDED | PUBLISHED


def _verdict(document: Document, issued_at: datetime | None, *, now: datetime) -> str:
    due = document.draft.due_at
    assert due is not None
    if issued_at is None:
        if document.state in ENDED:
            return "ended"
        return "overdue" if due < now else "open"
    if issued_at > due:
        return "late"
    return "early" if vietnam_date(issued_at) < vietnam_date(due) else "on_time"


def _number_key(document: Document) -> tuple[str, int, DocumentNumber | None]:
    return (document.draft.agency, document.issued_on.year if document.issued_on else 0, document.number)


def _demand_consistent(document: Document) -> None:
    if (document.number is None) != (document.issued_on is None):
        raise RowRefused(rule="documents_number_check")
    if document.number is None and document.state in {*PUBLISHED, *_NUMBERED}:
        raise RowRefused(rule="documents_numbered_check")
    if document.intent is None and document.state in TRANSITIONAL:
        raise RowRefused(rule="documents_intended_check")


def _demand_current_revisions(state: _State) -> None:
    for document in state.documents.values():
        if all(one.sha256 != document.current.sha256 for one in state.revisions.get(document.id, [])):
            raise RowRefused(rule="documents_current_fkey")
