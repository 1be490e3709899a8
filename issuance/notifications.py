"""What is told to the system that sent a document in, and by letter to its followers.

A notification is committed in the transaction of the step that it tells of, so neither is there without the other; a
worker sends it afterwards. Its identifier follows from receiver, event, time and cause: no repetition of a step makes a
second one, and the receiver drops what it has seen. The body holds identifiers and public facts only.
"""

from __future__ import annotations

import json
from dataclasses import dataclass
from datetime import UTC
from typing import TYPE_CHECKING, TypedDict
from uuid import UUID, uuid5

from issuance.documents import DocumentState

if TYPE_CHECKING:
    from datetime import datetime

    from issuance.companions import Attachment
    from issuance.documents import Document
    from issuance.followers import Follower
    from issuance.ports import Repositories

EVENTS = {
    DocumentState.REJECTED: "document.rejected",
    DocumentState.ISSUED: "document.issued",
    DocumentState.DELIVERED: "document.delivered",
    DocumentState.CORRECTED: "document.corrected",
    DocumentState.REPLACED: "document.replaced",
    DocumentState.RECALLED: "document.recalled",
}
"""The steps that are told, each with its event."""

LETTERS = frozenset(
    EVENTS[state]
    for state in (
        DocumentState.ISSUED,
        DocumentState.CORRECTED,
        DocumentState.REPLACED,
        DocumentState.RECALLED,
    )
)
"""The steps that followers are told: what they hold is valid now, or is not what it was."""

DUE_SOON, OVERDUE = "document.due_soon", "document.overdue"
"""What is told of a document that is not issued yet."""


@dataclass(frozen=True, slots=True)
class Notification:
    """One message; ``account`` sent the document in, and its secret signs what goes to ``url``.

    A letter has a ``follower``, whose URN is its ``url``: the mail address stands in the follower's row alone.
    """

    id: UUID
    document_id: UUID
    account: str
    url: str
    event: str
    body: bytes
    created_at: datetime
    follower: UUID | None = None


def announce(register: Repositories, document: Document, *, at: datetime, by: UUID | None = None) -> None:
    """Tell the new state to the address that the sender named and to all followers; ``by`` is the acting document."""
    event, url = EVENTS.get(document.state), document.draft.callback_url
    if event is None:
        return
    cause = f"{event} {at.astimezone(UTC).isoformat()} {by}"
    if url is not None:
        told = _told(document, event, register.attachments(document.id), at=at)
        identifier = uuid5(document.id, cause)
        register.add_notification(_notification(identifier, document, url, told, at=at))
    followers = register.followers(document.id) if event in LETTERS else ()
    if not followers:
        return
    agency = register.agency(document.draft.agency)
    facts = _facts(document, event, agency.name if agency else document.draft.agency)
    for follower in followers:
        register.add_notification(_letter(uuid5(follower.id, cause), document, follower, facts, at=at))


def warn(register: Repositories, document: Document, event: str, *, due_at: datetime, at: datetime) -> bool:
    """Tell of a due date, unless it was told already or nobody wants to know; whether it is told now."""
    url = document.draft.callback_url
    due = due_at.astimezone(UTC)
    identifier = uuid5(document.id, f"{event} {due.isoformat()}")
    if url is None or register.has_notification(identifier):
        return False
    told = _told(document, event, [], at=at)
    told["data"]["due_at"] = due.strftime("%Y-%m-%dT%H:%M:%SZ")
    register.add_notification(_notification(identifier, document, url, told, at=at))
    return True


class LetterFacts(TypedDict):
    """What a letter tells; ``issued_on`` is an ISO 8601 date, ``lookup_code`` in its stored form."""

    event: str
    agency: str
    type: str
    number: str
    issued_on: str
    lookup_code: str


class _Told(TypedDict):
    """The body, as Standard Webhooks has it."""

    type: str
    timestamp: str
    data: dict[str, object]


def _notification(identifier: UUID, document: Document, url: str, told: _Told, *, at: datetime) -> Notification:
    return Notification(
        id=identifier,
        document_id=document.id,
        account=document.created_by,
        url=url,
        event=told["type"],
        body=_json(told),
        created_at=at,
    )


def _letter(
    identifier: UUID, document: Document, follower: Follower, facts: LetterFacts, *, at: datetime
) -> Notification:
    return Notification(
        id=identifier,
        document_id=document.id,
        account=document.created_by,
        url=follower.id.urn,
        event=facts["event"],
        body=_json(facts),
        created_at=at,
        follower=follower.id,
    )


def _facts(document: Document, event: str, agency: str) -> LetterFacts:
    return {
        "event": event,
        "agency": agency,
        "type": document.draft.document_type,
        "number": str(document.number) if document.number else "",
        "issued_on": document.issued_on.isoformat() if document.issued_on else "",
        "lookup_code": document.lookup_code,
    }


def _json(told: object) -> bytes:
    return json.dumps(told, ensure_ascii=False, separators=(",", ":")).encode()


def _told(document: Document, event: str, attachments: list[Attachment], *, at: datetime) -> _Told:
    return {
        "type": event,
        "timestamp": at.astimezone(UTC).strftime("%Y-%m-%dT%H:%M:%SZ"),
        "data": {
            "id": str(document.id),
            "external_id": document.draft.external_id,
            "dossier_code": document.draft.dossier_code,
            "lookup_code": document.lookup_code,
            "state": document.state.value,
            "number": str(document.number) if document.number else None,
            "issued_on": document.issued_on.isoformat() if document.issued_on else None,
            "sha256": document.current.sha256,
            "attachments": [
                {"id": str(one.id), "place": one.place, "sha256": one.current.sha256} for one in attachments
            ],
        },
    }
