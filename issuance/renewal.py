"""Give an issued file a newer document timestamp before its proof ends (ETSI EN 319 142-1, 5.5).

The new timestamp covers everything that is there, and what is known now of the authority that made the last one. A file
that was issued at B-T gets its first, over what is known by now of all its signatures and timestamps (5.4). The
document keeps its state: recalled or replaced, it stays provable, and so do the files that went out with it.
"""

from __future__ import annotations

from typing import TYPE_CHECKING

from certs.revocation_search import Chains
from issuance.archive_step import retention_of
from issuance.documents import Document, Revision
from issuance.errors import Overtaken
from issuance.ports import AuditEvent
from issuance.proofs import Proof, proof_end
from signing.complete import complete_document_timestamp
from signing.compose import ARCHIVE_FIELDS
from signing.linted import lint_timestamp

if TYPE_CHECKING:
    from issuance.outside import Outside
    from issuance.ports import Repositories

_ACTOR = "kyso"


def renew(proof: Proof, *, outside: Outside) -> Proof:
    """The newer proof that takes this one's place; where one has already, that one.

    Raises :class:`Overtaken` where another worker was faster, and the errors of what it reaches for; the file then is
    as it was, and the same call may be made again.
    """
    with outside.uow() as register:
        document, known_proofs = register.document(proof.document_id), _proofs(register, proof)
    if document is None or known_proofs[-1].revision != proof.revision:
        return known_proofs[-1]
    base = outside.blobs.get(proof.revision.sha256)
    # 1. What is there must hold: its last timestamp, too, by what its authority's issuers say of it now.
    now = outside.clock.now()
    chains = outside.workshop.chains(base)
    if proof.archive_at is None:
        chains = Chains(timestamping=chains.timestamping[-1:])
    known = outside.revocation.gather(
        certificates=chains.signing, tokens=(), authorities=chains.timestamping, at=now, afterwards=True
    )
    outside.demand_passed(base, known=known, at=now)
    # 2. That, and a timestamp over all of it.
    field = ARCHIVE_FIELDS[sum(one.archive_at is None for one in known_proofs)]
    prepared = outside.workshop.prepare_document_timestamp(base, field_name=field, revocation=known)
    linted = lint_timestamp(prepared, base=base)
    token = outside.stamp(linted.document_digest)
    renewed = complete_document_timestamp(linted, token=token).onto(base)
    # 3. TOTAL_PASSED with what the file carries; only of the newest timestamp nothing can be in it yet.
    now = outside.clock.now()
    known = outside.revocation.gather(certificates=(), tokens=(token,), at=now)
    report = outside.demand_passed(renewed, known=known, at=now)
    # 4. Bytes first, for as long as the issued file is kept, then the row that names them ★.
    with outside.uow() as register:
        until = known_proofs[0].at + retention_of(register, document, usual=outside.retention)
    outside.blobs.put(renewed, retain_until=until if until > now else None)
    revision = Revision.of(renewed, after=proof.revision)
    newer = Proof(document.id, revision, at=now, ends_at=proof_end(report), attachment_id=proof.attachment_id)
    _commit(newer, document, outside=outside)
    return newer


def _commit(newer: Proof, document: Document, *, outside: Outside) -> None:
    facts = {"sha256": newer.revision.sha256, "ends_at": newer.ends_at.isoformat()}
    with outside.uow() as register:
        current = register.locked_document(document.id)
        if current is None or _proofs(register, newer)[-1].revision.sha256 != newer.revision.predecessor:
            raise Overtaken
        if newer.attachment_id is None:
            register.save_document(current.revised(newer.revision))
            register.add_revision(document.id, newer.revision)
        else:
            facts["attachment"] = str(newer.attachment_id)
        register.add_proof(newer)
        register.append_audit(AuditEvent(newer.at, _ACTOR, "proof.renewed", document.id, facts))


def _proofs(register: Repositories, proof: Proof) -> list[Proof]:
    return register.proofs(proof.document_id, attachment_id=proof.attachment_id)
