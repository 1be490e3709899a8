"""Raise the sealed document to B-LTA, keep it where nobody can delete it, and issue it."""

from __future__ import annotations

from datetime import timedelta
from typing import TYPE_CHECKING

from certs.revocation import EMPTY
from issuance.attachments import demand_sealed
from issuance.document_types import DAYS_A_YEAR, LONGEST_RETENTION_YEARS
from issuance.documents import Document, DocumentState, Revision
from issuance.errors import Overtaken
from issuance.notifications import announce
from issuance.ports import AuditEvent, TimelineStep
from issuance.validation_data import gather_validation_data
from signing.complete import complete_document_timestamp
from signing.compose import ARCHIVE_FIELDS
from signing.linted import lint_timestamp

if TYPE_CHECKING:
    from issuance.outside import Outside


def archive(document: Document, *, outside: Outside) -> Document:
    """Validation data, document timestamp, validation, object store, register.

    Raises :class:`issuance.errors.Overtaken` where another worker was faster, and the errors of what it reaches for.
    """
    sealed = outside.blobs.get(document.current.sha256)
    # 1. What a validator in thirty years needs to judge both signatures and their timestamps (EN 319 142-1, 5.4), and
    #    a timestamp over all of it.
    prepared = lint_timestamp(
        outside.workshop.prepare_document_timestamp(
            sealed,
            field_name=ARCHIVE_FIELDS[0],
            revocation=gather_validation_data(document.id, outside=outside),
        ),
        base=sealed,
    )
    issued = complete_document_timestamp(prepared, token=outside.stamp(prepared.document_digest)).onto(sealed)
    # 2. TOTAL_PASSED, with nothing but what the file itself carries, or nothing leaves.
    now = outside.clock.now()
    outside.demand_passed(issued, known=EMPTY, at=now)
    # 3. Bytes first, where they cannot be deleted, then the row that names them ★.
    outside.blobs.put(issued, retain_until=now + retention_of(document, outside=outside))
    return _commit(document, issued, outside=outside)


def retention_of(document: Document, *, outside: Outside) -> timedelta:
    """How long the agency keeps this type; "for ever" is the longest that an object store is asked for."""
    with outside.uow() as register:
        found = register.document_type(agency=document.draft.agency, name=document.draft.document_type)
    if found is None:
        return outside.retention
    return timedelta(days=DAYS_A_YEAR * (found.retention_years or LONGEST_RETENTION_YEARS))


def _commit(document: Document, issued: bytes, *, outside: Outside) -> Document:
    now = outside.clock.now()
    actor = document.intent.actor if document.intent else "kyso"
    revision = Revision.of(issued, after=document.current)
    with outside.uow() as register:
        current = register.locked_document(document.id)
        if current is None or current.state is not DocumentState.SEALED or current.current != document.current:
            raise Overtaken
        demand_sealed(register, document)
        finished = current.revised(revision).step_to(DocumentState.ISSUED)
        register.save_document(finished)
        register.add_revision(document.id, revision)
        register.add_timeline_step(document.id, TimelineStep(finished.state, now, actor))
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
    return finished
