"""What is kept beside a document, in memory."""

from __future__ import annotations

from dataclasses import replace
from typing import TYPE_CHECKING

from storage.errors import AlreadyThere, RowRefused
from tests.simulators.state import OpenState

if TYPE_CHECKING:
    from datetime import datetime
    from uuid import UUID

    from issuance.companions import Attachment
    from issuance.delivery import DownloadLink
    from issuance.documents import Revision
    from issuance.half_signed import HalfSigned
    from issuance.paper_copies import PaperCopy
    from issuance.proofs import Proof


class MemoryCompanions(OpenState):
    """Implements :class:`issuance.companions.Companions` in one open transaction."""

    def add_proof(self, proof: Proof) -> None:
        chain = self._state.proofs.get((proof.document_id, proof.attachment_id), ())
        if proof.revision.sha256 in {one.revision.sha256 for one in chain}:
            raise AlreadyThere(rule="proofs_pkey")
        self._state.proofs[proof.document_id, proof.attachment_id] = (*chain, proof)
        if proof.attachment_id is not None and chain:
            found = self._state.attachments[proof.attachment_id]
            self._state.attachments[found.id] = replace(found, renewed=proof.revision)

    def proofs(self, document_id: UUID, *, attachment_id: UUID | None = None) -> list[Proof]:
        return list(self._state.proofs.get((document_id, attachment_id), ()))

    def ending_proofs(self, *, due_by: datetime, made_before: datetime, limit: int) -> list[Proof]:
        newest = [chain[-1] for chain in self._state.proofs.values()]
        due = [one for one in newest if one.renew_at <= due_by and one.at < made_before]
        return sorted(due, key=lambda one: one.renew_at)[:limit]

    def add_attachment(self, attachment: Attachment) -> None:
        if attachment.document_id not in self._state.documents:
            raise RowRefused(rule="attachments_document_id_fkey")
        places = {(one.document_id, one.place) for one in self._state.attachments.values()}
        if attachment.id in self._state.attachments or (attachment.document_id, attachment.place) in places:
            raise AlreadyThere(rule="attachments")
        self._state.attachments[attachment.id] = attachment

    def remove_attachment(self, attachment_id: UUID) -> None:
        found = self._state.attachments.get(attachment_id)
        if found is not None and found.sealed is None:
            del self._state.attachments[attachment_id]
            self._state.halves.pop(attachment_id, None)

    def seal_attachment(self, attachment_id: UUID, sealed: Revision) -> None:
        found = self._state.attachments[attachment_id]
        if sealed.length <= found.given.length:
            raise RowRefused(rule="attachments_sealed_length_check")
        if found.sealed is None:
            self._state.attachments[attachment_id] = replace(found, sealed=sealed)

    def attachment(self, attachment_id: UUID) -> Attachment | None:
        return self._state.attachments.get(attachment_id)

    def attachments(self, document_id: UUID) -> list[Attachment]:
        found = [one for one in self._state.attachments.values() if one.document_id == document_id]
        return sorted(found, key=lambda one: one.place)

    def attachment_by_sha256(self, sha256: str) -> Attachment | None:
        renewed = {
            one.attachment_id for chain in self._state.proofs.values() for one in chain if one.revision.sha256 == sha256
        }
        everyone = self._state.attachments.values()
        found = [one for one in everyone if one.id in renewed or sha256 in {one.given.sha256, one.current.sha256}]
        return max(found, key=lambda one: one.id) if found else None

    def save_attachment_half(self, attachment_id: UUID, half: HalfSigned, *, credential: str) -> None:
        if attachment_id not in self._state.attachments:
            raise RowRefused(rule="attachment_halves_attachment_id_fkey")
        self._state.halves[attachment_id] = (credential, half)

    def attachment_half(self, attachment_id: UUID, *, credential: str) -> HalfSigned | None:
        kept = self._state.halves.get(attachment_id)
        return kept[1] if kept and kept[0] == credential else None

    def add_paper_copy(self, copy: PaperCopy) -> None:
        if copy.id not in self._state.entries or copy.document_id not in self._state.documents:
            raise RowRefused(rule="paper_copies_fkey")
        if copy.id in self._state.paper_copies:
            raise AlreadyThere(rule="paper_copies_pkey")
        self._state.paper_copies[copy.id] = copy

    def paper_copy(self, copy_id: UUID) -> PaperCopy | None:
        return self._state.paper_copies.get(copy_id)

    def entry_is_void(self, entry_id: UUID) -> bool:
        return entry_id in self._state.voided

    def add_download_link(self, link: DownloadLink) -> None:
        if link.document_id not in self._state.documents:
            raise RowRefused(rule="download_links_document_id_fkey")
        if link.token_sha256 in self._state.links:
            raise AlreadyThere(rule="download_links_pkey")
        self._state.links[link.token_sha256] = link

    def download_link(self, token_sha256: str) -> DownloadLink | None:
        return self._state.links.get(token_sha256)

    def locked_download_link(self, token_sha256: str) -> DownloadLink | None:
        return self._state.links.get(token_sha256)

    def use_download_link(self, token_sha256: str, *, at: datetime) -> None:
        found = self._state.links[token_sha256]
        if found.used_at is None:
            self._state.links[token_sha256] = replace(found, used_at=at)
