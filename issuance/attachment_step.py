"""Seal the files that go out with a document, once the document itself is sealed and found fit to be issued.

The intent is the clerk's, committed with the number; each file then goes the way of every file that is signed
(:mod:`issuance.file_signature`), and what is made on that way is kept in the register, so that whoever goes on after a
crash embeds the value that the device gave and asks it for no other.
"""

from __future__ import annotations

import hashlib
from dataclasses import dataclass
from typing import TYPE_CHECKING

from issuance.documents import BEING_ISSUED, Document, Intent, Revision
from issuance.errors import Overtaken
from issuance.file_signature import FileOrder, sign_file
from issuance.ports import AuditEvent
from issuance.proofs import Proof, proof_end
from signing.claims import Claims, CommitmentType
from signing.display_rules import attachment_text
from signing.field_place import FieldPlace
from signing.layout import SEAL_FIELD
from signing.profiles import Appearance, Certification, SignatureLevel

if TYPE_CHECKING:
    from datetime import timedelta

    from issuance.companions import Attachment
    from issuance.half_signed import HalfSigned
    from issuance.outside import Outside
    from issuance.ports import Credential, Repositories


def unsealed(register: Repositories, document: Document) -> tuple[Attachment, ...]:
    """The attachments that wait for their seal, in order."""
    return tuple(one for one in register.attachments(document.id) if one.sealed is None)


def seal_attachment(
    document: Document,
    attachment: Attachment,
    *,
    credential: Credential,
    retention: timedelta,
    outside: Outside,
) -> None:
    """Seal it with the credential of the document's intent, and keep it as long as the document.

    Raises :class:`Overtaken` where another worker was faster, and the errors of what it reaches for.
    """
    intent = document.intent
    if intent is None:
        msg = "an attachment is sealed only after an intent was recorded"
        raise RuntimeError(msg)
    given = outside.blobs.get(attachment.given.sha256)
    order = _order(document, given, credential, outside=outside)
    kept = _Kept(document, attachment, intent, credential, outside)
    # 1. to 5. as every file: fit now, prepare and look through, record ★ and sign, timestamp ★, raise and validate.
    signed = sign_file(given, order=order, progress=kept, means=outside)
    # 6. Bytes first, where they cannot be deleted, then the row that names them ★.
    now = outside.clock.now()
    outside.blobs.put(signed.pdf, retain_until=now + retention)
    revision = Revision.of(signed.pdf, after=attachment.given)
    proof = Proof(document.id, revision, at=now, ends_at=proof_end(signed.report), attachment_id=attachment.id)
    with outside.uow() as register:
        kept.demand_due(register)
        register.seal_attachment(attachment.id, revision)
        register.add_proof(proof)
        facts = {"attachment": str(attachment.id), "sha256": revision.sha256}
        register.append_audit(AuditEvent(now, intent.actor, "attachment.sealed", document.id, facts))


def _order(document: Document, given: bytes, credential: Credential, *, outside: Outside) -> FileOrder:
    if credential.key is None:
        msg = "the agency's key is with the server"
        raise RuntimeError(msg)
    now = outside.clock.now()
    corner = outside.workshop.corner_box(given)
    return FileOrder(
        key=credential.key,
        certificate=credential.certificate,
        algorithm=credential.algorithm,
        level=SignatureLevel.B_LTA,
        appearance=Appearance(text=attachment_text(number=str(document.number), at=now)),
        where=FieldPlace(page=1, left=corner.left, top=corner.top, width=corner.width, height=corner.height),
        field_name=SEAL_FIELD,
        # Nothing follows but timestamps: the seal is the only signature of the file (ISO 32000-2, 12.8.2.2).
        certification=Certification.NO_CHANGES,
        claimed_at=now,
        claims=Claims(CommitmentType.ORIGIN),
    )


@dataclass(frozen=True, slots=True)
class _Kept:
    """The halves of one attachment's seal, in the register; nothing is kept for a document that no longer waits."""

    document: Document
    attachment: Attachment
    intent: Intent
    credential: Credential
    outside: Outside

    def recall(self) -> HalfSigned | None:
        """What an earlier attempt kept last, with the same credential."""
        with self.outside.uow() as register:
            return register.attachment_half(self.attachment.id, credential=self.credential.name)

    def keep(self, half: HalfSigned) -> None:
        """Write it down, and in the audit log what is going to be signed, or was."""
        now = self.outside.clock.now()
        with self.outside.uow() as register:
            self.demand_due(register)
            register.save_attachment_half(self.attachment.id, half, credential=self.credential.name)
            if half.timestamp is None:
                action = "key.will_sign" if half.value is None else "key.signed"
                register.append_audit(AuditEvent(now, self.intent.actor, action, self.document.id, self._facts(half)))

    def demand_due(self, register: Repositories) -> None:
        """Raise :class:`Overtaken` unless document and attachment still wait for this seal."""
        current = register.locked_document(self.document.id)
        found = register.attachment(self.attachment.id)
        if current is None or current.state not in BEING_ISSUED or found is None or found.sealed is not None:
            raise Overtaken

    def _facts(self, half: HalfSigned) -> dict[str, str]:
        digest = hashlib.new(self.credential.algorithm.digest.value, half.signed_attributes)
        return {
            "purpose": "seal",
            "credential": self.credential.name,
            "dtbsr": digest.hexdigest(),
            "attachment": str(self.attachment.id),
        }
