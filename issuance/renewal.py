"""Give an issued document a newer document timestamp before its proof ends (ETSI EN 319 142-1, 5.5).

The new timestamp covers everything that is there, and what is known now of the authority that made the last one. The
document keeps its state: recalled or replaced, it stays provable.
"""

from __future__ import annotations

from typing import TYPE_CHECKING

from issuance.archive_step import retention_of
from issuance.documents import PUBLISHED, Document, Revision
from issuance.errors import Overtaken
from issuance.ports import AuditEvent
from issuance.proofs import Proof, proof_end
from signing.complete import complete_document_timestamp
from signing.compose import ARCHIVE_FIELDS
from signing.linted import lint_timestamp

if TYPE_CHECKING:
    from datetime import datetime
    from uuid import UUID

    from issuance.outside import Outside

_ACTOR = "kyso"


def renew(document_id: UUID, *, made_before: datetime, outside: Outside) -> Document | None:
    """The document with a newer proof; None where nothing is to be done, as where its proof is younger than that.

    Raises :class:`Overtaken` where another worker was faster, and the errors of what it reaches for; the document then
    is as it was, and the same call may be made again.
    """
    with outside.uow() as register:
        document, proofs = register.document(document_id), register.proofs(document_id)
    if document is None or document.state not in PUBLISHED or not proofs or proofs[-1].at >= made_before:
        return None
    base = outside.blobs.get(document.current.sha256)
    # 1. What is there must hold: its last timestamp, too, by what its authority's issuers say of it now.
    now = outside.clock.now()
    last = outside.workshop.chains(base).timestamping[-1:]
    known = outside.revocation.gather(certificates=(), tokens=(), authorities=last, at=now)
    outside.demand_passed(base, known=known, at=now)
    # 2. That, and a timestamp over all of it.
    prepared = lint_timestamp(
        outside.workshop.prepare_document_timestamp(base, field_name=ARCHIVE_FIELDS[len(proofs)], revocation=known),
        base=base,
    )
    token = outside.stamp(prepared.document_digest)
    renewed = complete_document_timestamp(prepared, token=token).onto(base)
    # 3. TOTAL_PASSED with what the file carries; only of the newest timestamp nothing can be in it yet.
    now = outside.clock.now()
    known = outside.revocation.gather(certificates=(), tokens=(token,), at=now)
    report = outside.demand_passed(renewed, known=known, at=now)
    # 4. Bytes first, for as long as the issued file is kept, then the row that names them ★.
    until = proofs[0].at + retention_of(document, outside=outside)
    outside.blobs.put(renewed, retain_until=until if until > now else None)
    revision = Revision.of(renewed, after=document.current)
    proof = Proof(document.id, revision.sha256, at=now, ends_at=proof_end(report))
    return _commit(document, revision, proof, outside=outside)


def _commit(document: Document, revision: Revision, proof: Proof, *, outside: Outside) -> Document:
    with outside.uow() as register:
        current = register.locked_document(document.id)
        if current is None or current.current != document.current:
            raise Overtaken
        grown = current.revised(revision)
        register.save_document(grown)
        register.add_revision(document.id, revision)
        register.add_proof(proof)
        facts = {"sha256": revision.sha256, "ends_at": proof.ends_at.isoformat()}
        register.append_audit(AuditEvent(proof.at, _ACTOR, "proof.renewed", document.id, facts))
    return grown
