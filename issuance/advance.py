"""What a worker does with a document: all that is due, up to where somebody else's turn begins.

The steps are numbered as in ``docs/issuance-cycle.md``. Each reads the register anew and goes on from what is already
there, so that a first attempt, a repeat after an outage and the recovery after a crash are one and the same code.
"""

from __future__ import annotations

from contextlib import suppress
from dataclasses import dataclass, replace
from functools import partial
from typing import TYPE_CHECKING

from issuance.archive_step import commit_issue, file_to_issue, retention_of
from issuance.attachment_step import seal_attachment, unsealed
from issuance.documents import BEING_ISSUED, DocumentState, Obstacle, Purpose
from issuance.errors import NotExamined, Overtaken
from issuance.signature_step import Made, finish_signature, make_signature, read_due
from verification.errors import SandboxFailed

if TYPE_CHECKING:
    from collections.abc import Callable
    from datetime import timedelta
    from uuid import UUID

    from issuance.companions import Attachment
    from issuance.documents import Document
    from issuance.outside import Outside
    from issuance.ports import Clock, Credential, Repositories, UnitOfWork
    from issuance.signature_step import Due

_SIGNING = frozenset({DocumentState.SIGNING, DocumentState.AWAITING_TIMESTAMP})
TRANSITIONAL = _SIGNING | BEING_ISSUED
"""The states that a worker leaves by itself."""


def advance(document_id: UUID, *, outside: Outside) -> None:
    """Do what is due; safe to call at any time, twice, and after any crash.

    Raises the errors of the packages involved; the document then stays in a state from which the same call goes on.
    """
    with outside.uow() as register:
        step = _due_step(register, register.document(document_id), outside=outside)
    # Another worker may take the same step first; then the work is in its hands.
    with suppress(Overtaken):
        try:
            step()
        except SandboxFailed as error:
            # The file is our own and was read before, so that it is the machine that failed.
            raise NotExamined(error.reason) from error


def _due_step(register: Repositories, document: Document | None, *, outside: Outside) -> Callable[[], None]:
    """What is due, with all that the register says of it: signing ends with somebody else's turn, issuing for good."""
    if document is None or document.state not in TRANSITIONAL:
        return lambda: None
    if document.state in _SIGNING:
        return partial(finish_signature, read_due(register, document, Purpose.SIGNATURE), outside=outside)
    work = _Issue(
        due=read_due(register, document, Purpose.SEAL),
        stamped=tuple(register.stamped_signatures(document.id)) if document.state is DocumentState.SEALED else (),
        attachments=unsealed(register, document),
        retention=retention_of(register, document, usual=outside.retention),
    )
    return partial(work.carry_out, outside=outside)


@dataclass(frozen=True, slots=True)
class _Issue:
    """A document that is to be sealed and issued; ``stamped`` are its signatures where the seal is there already."""

    due: Due
    stamped: tuple[tuple[Credential, bytes], ...]
    attachments: tuple[Attachment, ...]
    retention: timedelta

    def carry_out(self, *, outside: Outside) -> None:
        """Seal, archive and judge; then the attachments; then the commit."""
        document = self.due.document
        issued = file_to_issue(self._sealed(outside=outside), outside=outside)
        for attachment in self.attachments:
            seal_attachment(
                document,
                attachment,
                credential=self.due.signer.credential,
                retention=self.retention,
                outside=outside,
            )
        commit_issue(document, issued, retention=self.retention, outside=outside)

    def _sealed(self, *, outside: Outside) -> Made:
        """The file with its seal, which is made now unless the newest revision carries it."""
        document = self.due.document
        if document.state is DocumentState.SEALED:
            return Made(outside.blobs.get(document.current.sha256), self.stamped)
        return make_signature(self.due, outside=outside)


def record_obstacle(document_id: UUID, *, code: str, text: str, uow: UnitOfWork, clock: Clock) -> None:
    """Remember why the due step was not finished, so that the caller and the page can say it."""
    with uow() as register:
        document = register.locked_document(document_id)
        if document is not None and document.state in TRANSITIONAL:
            register.save_document(replace(document, obstacle=Obstacle(code=code, text=text, at=clock.now())))
