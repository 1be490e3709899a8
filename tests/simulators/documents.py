"""Documents, their revisions and steps, and their signatures between two halves, in memory."""

from __future__ import annotations

from dataclasses import replace
from datetime import timedelta
from typing import TYPE_CHECKING

from issuance.advance import TRANSITIONAL
from issuance.documents import PUBLISHED, DocumentState, Purpose
from issuance.errors import UnknownName
from issuance.statistics import ENDED
from storage.errors import AlreadyThere, RowRefused
from tests.simulators.state import OpenState, State

if TYPE_CHECKING:
    from collections.abc import Iterator
    from datetime import datetime
    from uuid import UUID

    from issuance.documents import Document, Revision
    from issuance.numbers import DocumentNumber
    from issuance.ports import Credential, SignatureRequest, TimelineStep

_NUMBERED = {DocumentState.NUMBERED, DocumentState.SEALED, DocumentState.VOIDED}


class MemoryDocuments(OpenState):
    """Reads and writes documents in one open transaction."""

    def add_document(self, document: Document) -> None:
        state = self._state
        if document.id in state.documents or self.document_by_lookup_code(document.lookup_code) is not None:
            raise AlreadyThere(rule="documents")
        if document.draft.agency not in state.agencies or document.draft.signatory not in state.accounts:
            raise RowRefused(rule="documents_fkey")
        _demand_consistent(document)
        copy = document.draft.copy
        if copy is not None and copy.original.entry is not None and copy.original.entry not in state.entries:
            raise RowRefused(rule="documents_copy_of_fkey")
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
        saved = replace(
            document,
            draft=found.draft,
            lookup_code=found.lookup_code,
            created_by=found.created_by,
            created_at=found.created_at,
        )
        if found.state is DocumentState.RECALLED and replace(saved, current=found.current) != found:
            raise RowRefused(rule="documents_frozen")
        self._state.documents[document.id] = saved

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

    def expected_documents(self, *, until: datetime, after: UUID | None, limit: int) -> list[Document]:
        later = until + timedelta(microseconds=1)
        found = [one for one in self._state.documents.values() if one.draft.callback_url is not None]
        behind = [one for one in found if _waits_beyond(one, later) and (after is None or one.id > after)]
        return sorted(behind, key=lambda one: one.id)[:limit]

    def copies_of(self, entry_id: UUID) -> list[Document]:
        found = [one for one in self._state.documents.values() if one.draft.copy]
        made = [one for one in found if one.draft.copy and one.draft.copy.original.entry == entry_id]
        return sorted(made, key=lambda one: one.id)

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
        revisions = {one.sha256 for chain in self._state.revisions.values() for one in chain}
        attachments = self._state.attachments.values()
        yield from sorted(
            revisions
            | {one.given.sha256 for one in attachments}
            | {one.current.sha256 for one in attachments}
            | {one.revision.sha256 for chain in self._state.proofs.values() for one in chain}
        )

    def add_timeline_step(self, document_id: UUID, step: TimelineStep) -> None:
        self._state.timeline.setdefault(document_id, []).append(step)

    def timeline(self, document_id: UUID) -> list[TimelineStep]:
        return list(self._state.timeline.get(document_id, []))

    def steps_through(self, document_id: UUID) -> list[tuple[UUID, TimelineStep]]:
        everybodys = self._state.timeline.items()
        found = [(whose, step) for whose, steps in everybodys for step in steps if step.other == document_id]
        return sorted(found, key=lambda each: each[1].at)

    def save_signature_request(self, request: SignatureRequest) -> None:
        if request.credential not in self._state.credentials:
            raise RowRefused(rule="signature_requests_credential_fkey")
        self._state.requests[request.document_id, request.purpose, request.turn] = request

    def signature_request(self, document_id: UUID, purpose: Purpose, *, turn: int = 0) -> SignatureRequest | None:
        return self._state.requests.get((document_id, purpose, turn))

    def signature_request_by_id(self, request_id: UUID) -> SignatureRequest | None:
        return next((one for one in self._state.requests.values() if one.id == request_id), None)

    def redeem_signature_request(self, request: SignatureRequest) -> bool:
        found = self.signature_request_by_id(request.id) if request.id else None
        if found is None or found.value is not None:
            return False
        self._state.requests[request.document_id, request.purpose, request.turn] = request
        return True

    def forget_signature_requests(self, document_id: UUID) -> None:
        for key in [key for key in self._state.requests if key[0] == document_id]:
            del self._state.requests[key]

    def stamped_signatures(self, document_id: UUID) -> list[tuple[Credential, bytes]]:
        return [
            (self._state.credentials[one.credential][0], one.timestamp)
            for one in self.signature_requests(document_id)
            if one.timestamp is not None
        ]

    def signature_requests(self, document_id: UUID) -> list[SignatureRequest]:
        found = [one for key, one in self._state.requests.items() if key[0] == document_id]
        return sorted(found, key=lambda one: (one.purpose is Purpose.SEAL, one.turn))


def demand_current_revisions(state: State) -> None:
    """What PostgreSQL checks as a transaction ends: the current revision is one of the chain."""
    for document in state.documents.values():
        if all(one.sha256 != document.current.sha256 for one in state.revisions.get(document.id, [])):
            raise RowRefused(rule="documents_current_fkey")


def _urgency(document: Document) -> tuple[datetime, UUID]:
    assert document.draft.due_at is not None
    return document.draft.due_at, document.id


def _waits_beyond(document: Document, moment: datetime) -> bool:
    due = document.draft.due_at
    return due is not None and due < moment and document.state not in ENDED | PUBLISHED


def _number_key(document: Document) -> tuple[str, int, DocumentNumber | None]:
    return (document.draft.agency, document.issued_on.year if document.issued_on else 0, document.number)


def _demand_consistent(document: Document) -> None:
    if (document.layout is None) != (document.draft.copy is not None):
        raise RowRefused(rule="documents_layout_check")
    if (document.number is None) != (document.issued_on is None):
        raise RowRefused(rule="documents_number_check")
    if document.number is None and document.state in {*PUBLISHED, *_NUMBERED}:
        raise RowRefused(rule="documents_numbered_check")
    if document.intent is None and document.state in TRANSITIONAL:
        raise RowRefused(rule="documents_intended_check")
