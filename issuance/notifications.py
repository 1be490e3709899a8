"""What is told to the system that sent a document in: written down with the step itself, sent by a worker afterwards.

The notification is committed in the transaction of the step that it tells of, so neither is there without the other.
Its identifier follows from document, event, time and cause: no repetition of a step makes a second one, and the
receiver drops what it has seen. The body holds identifiers and public facts only.
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

DUE_SOON, OVERDUE = "document.due_soon", "document.overdue"
"""What is told of a document that is not issued yet."""


@dataclass(frozen=True, slots=True)
class Notification:
    """One message; ``account`` sent the document in, and its secret signs the message."""

    id: UUID
    document_id: UUID
    account: str
    url: str
    event: str
    body: bytes
    created_at: datetime


def announce(register: Repositories, document: Document, *, at: datetime, by: UUID | None = None) -> None:
    """Tell the document's new state to the address that its sender named; ``by`` is the document that changed it."""
    event, url = EVENTS.get(document.state), document.draft.callback_url
    if event is None or url is None:
        return
    told = _told(document, event, register.attachments(document.id), at=at)
    identifier = uuid5(document.id, f"{event} {at.astimezone(UTC).isoformat()} {by}")
    register.add_notification(_notification(identifier, document, url, told, at=at))


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
        body=json.dumps(told, ensure_ascii=False, separators=(",", ":")).encode(),
        created_at=at,
    )


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
