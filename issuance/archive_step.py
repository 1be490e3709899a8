"""Raise the sealed file to B-LTA, judge it whole, keep it where nobody can delete it, and issue the document.

An agency may have files raised later (:mod:`issuance.renewal`); they are issued at B-T then.
"""

from __future__ import annotations

from dataclasses import dataclass
from datetime import timedelta
from typing import TYPE_CHECKING

from certs.revocation import EMPTY
from issuance.attachments import demand_sealed
from issuance.document_types import DAYS_A_YEAR, LONGEST_RETENTION_YEARS
from issuance.documents import BEING_ISSUED, Document, DocumentState, Revision
from issuance.errors import Overtaken
from issuance.notifications import announce
from issuance.ports import AuditEvent, TimelineStep
from issuance.proofs import Proof, proof_end
from issuance.validation_data import gather_validation_data
from signing.complete import complete_document_timestamp
from signing.compose import ARCHIVE_FIELDS
from signing.linted import lint_timestamp

if TYPE_CHECKING:
    from datetime import datetime

    from issuance.outside import Outside
    from issuance.ports import Repositories
    from issuance.signature_step import Made

_LEAST_LEFT = timedelta(days=7)
"""Of the certificates, when a file is raised later: of those that have expired there is no news any more."""
_STEPS = {
    DocumentState.NUMBERED: (DocumentState.SEALED, DocumentState.ISSUED),
    DocumentState.SEALED: (DocumentState.ISSUED,),
}


@dataclass(frozen=True, slots=True)
class FileToIssue:
    """A file that may leave, until when it proves itself, and when it is to be raised where that was not done yet."""

    pdf: bytes
    proven_until: datetime
    archive_at: datetime | None = None


def file_to_issue(sealed: Made, *, outside: Outside) -> FileToIssue:
    """The sealed file with validation data and document timestamp, or without where they come later: TOTAL_PASSED.

    Raises :class:`issuance.errors.NotPassed`, and the errors of what it reaches for.
    """
    known = gather_validation_data(sealed.stamped, outside=outside)
    if outside.archive_after:
        # 5. and 6. with what is known now, which the file itself will carry later.
        now = outside.clock.now()
        later = now + outside.archive_after
        end = proof_end(outside.demand_passed(sealed.pdf, known=known, at=now))
        if end - later > _LEAST_LEFT:
            return FileToIssue(sealed.pdf, proven_until=end, archive_at=later)
    # 5. What a validator in thirty years needs to judge both signatures and their timestamps (EN 319 142-1, 5.4), and
    #    a timestamp over all of it.
    prepared = lint_timestamp(
        outside.workshop.prepare_document_timestamp(sealed.pdf, field_name=ARCHIVE_FIELDS[0], revocation=known),
        base=sealed.pdf,
    )
    issued = complete_document_timestamp(prepared, token=outside.stamp(prepared.document_digest)).onto(sealed.pdf)
    # 6. TOTAL_PASSED, with nothing but what the file itself carries, or nothing leaves.
    report = outside.demand_passed(issued, known=EMPTY, at=outside.clock.now())
    return FileToIssue(issued, proven_until=proof_end(report))


def commit_issue(document: Document, issued: FileToIssue, *, retention: timedelta, outside: Outside) -> None:
    """The object store, for as long as ``retention``, then the register: the document is sealed and issued in one.

    Raises :class:`issuance.errors.Overtaken` where another worker was faster.
    """
    # 7. Bytes first, where they cannot be deleted, then the row that names them ★.
    outside.blobs.put(issued.pdf, retain_until=outside.clock.now() + retention)
    _commit(document, issued, outside=outside)


def retention_of(register: Repositories, document: Document, *, usual: timedelta) -> timedelta:
    """How long the agency keeps this type; "for ever" is the longest that an object store is asked for."""
    found = register.document_type(agency=document.draft.agency, name=document.draft.document_type)
    if found is None:
        return usual
    return timedelta(days=DAYS_A_YEAR * (found.retention_years or LONGEST_RETENTION_YEARS))


def _commit(document: Document, issued: FileToIssue, *, outside: Outside) -> None:
    now = outside.clock.now()
    actor = document.intent.actor if document.intent else "kyso"
    revision = Revision.of(issued.pdf, after=document.current)
    with outside.uow() as register:
        current = register.locked_document(document.id)
        if current is None or current.state not in BEING_ISSUED or current.current != document.current:
            raise Overtaken
        demand_sealed(register, document)
        finished = current.revised(revision)
        for state in _STEPS[current.state]:
            finished = finished.step_to(state)
            register.add_timeline_step(document.id, TimelineStep(state, now, actor))
        register.save_document(finished)
        register.add_revision(document.id, revision)
        register.add_proof(
            Proof(document.id, revision, at=now, ends_at=issued.proven_until, archive_at=issued.archive_at)
        )
        announce(register, finished, at=now)
        register.append_audit(
            AuditEvent(
                now,
                actor,
                "document.issued",
                document.id,
                {"sha256": revision.sha256, "number": str(document.number)},
            )
        )
