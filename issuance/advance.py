"""What a worker does with a document: the step that is due, then the next, until nothing is due.

The steps are numbered as in ``docs/issuance-cycle.md``. Each reads the register anew and goes on from what is already
there, so that a first attempt, a repeat after an outage and the recovery after a crash are one and the same code.
"""

from __future__ import annotations

from contextlib import suppress
from dataclasses import replace
from typing import TYPE_CHECKING

from issuance.archive_step import archived, commit_issue
from issuance.attachment_step import seal_attachments
from issuance.documents import BEING_ISSUED, DocumentState, Obstacle, Purpose
from issuance.errors import NotExamined, Overtaken
from issuance.signature_step import finish_signature, make_signature
from verification.errors import SandboxFailed

if TYPE_CHECKING:
    from uuid import UUID

    from issuance.documents import Document
    from issuance.outside import Outside
    from issuance.ports import Clock, UnitOfWork

_SIGNING = frozenset({DocumentState.SIGNING, DocumentState.AWAITING_TIMESTAMP})
TRANSITIONAL = _SIGNING | BEING_ISSUED
"""The states that a worker leaves by itself."""


def advance(document_id: UUID, *, outside: Outside) -> None:
    """Take every step that is due; safe to call at any time, twice, and after any crash.

    Raises the errors of the packages involved; the document then stays in a state from which the same call goes on.
    """
    with outside.uow() as register:
        document = register.document(document_id)
    if document is None:
        return
    # Another worker may take the same step first; then the work is in its hands.
    with suppress(Overtaken):
        try:
            _take_steps(document, outside=outside)
        except SandboxFailed as error:
            # The file is our own and was read before, so that it is the machine that failed.
            raise NotExamined(error.reason) from error


def _take_steps(document: Document, *, outside: Outside) -> None:
    if document.state in _SIGNING:
        document = finish_signature(document, outside=outside)
    if document.state in BEING_ISSUED:
        issued = archived(document, _sealed(document, outside=outside), outside=outside)
        seal_attachments(document, outside=outside)
        commit_issue(document, issued, outside=outside)


def _sealed(document: Document, *, outside: Outside) -> bytes:
    """The file with its seal, which is made now unless the newest revision carries it."""
    if document.state is DocumentState.SEALED:
        return outside.blobs.get(document.current.sha256)
    return make_signature(document, Purpose.SEAL, outside=outside)


def record_obstacle(document_id: UUID, *, code: str, text: str, uow: UnitOfWork, clock: Clock) -> None:
    """Remember why the due step was not finished, so that the caller and the page can say it."""
    with uow() as register:
        document = register.locked_document(document_id)
        if document is not None and document.state in TRANSITIONAL:
            register.save_document(replace(document, obstacle=Obstacle(code=code, text=text, at=clock.now())))
