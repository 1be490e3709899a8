"""What is told to the system that sent a document in: written down with the step itself, sent by a worker afterwards.

The notification is committed in the transaction of the step that it tells of, so neither is there without the other.
Its identifier follows from document, event, time and cause: no repetition of a step makes a second one, and the
receiver drops what it has seen. The body holds identifiers and public facts only.
"""

from __future__ import annotations

import json
from dataclasses import dataclass
from datetime import UTC
from typing import TYPE_CHECKING
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
    register.add_notification(
        Notification(
            id=uuid5(document.id, f"{event} {at.astimezone(UTC).isoformat()} {by}"),
            document_id=document.id,
            account=document.created_by,
            url=url,
            event=event,
            body=_body(document, event, register.attachments(document.id), at=at),
            created_at=at,
        )
    )


def _body(document: Document, event: str, attachments: list[Attachment], *, at: datetime) -> bytes:
    told = {
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
    return json.dumps(told, ensure_ascii=False, separators=(",", ":")).encode()
