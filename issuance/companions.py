"""What the register keeps beside a document: a part of :class:`issuance.ports.Repositories`."""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING, Protocol

if TYPE_CHECKING:
    from datetime import datetime
    from uuid import UUID

    from issuance.delivery import DownloadLink
    from issuance.documents import Document, Revision
    from issuance.half_signed import HalfSigned
    from issuance.paper_copies import PaperCopy
    from issuance.proofs import Proof


@dataclass(frozen=True, slots=True)
class Attachment:
    """The file ``given``, and once the clerk issued the document, ``sealed``; ``place`` counts from 1.

    ``renewed`` is the sealed file with younger timestamps.
    """

    id: UUID
    document_id: UUID
    place: int
    title: str
    given: Revision
    sealed: Revision | None = None
    renewed: Revision | None = None

    @property
    def current(self) -> Revision:
        """The newest of them."""
        return self.renewed or self.sealed or self.given


class Companions(Protocol):
    """A document's proofs, files that go out with it, copies, links by which it is fetched, in the open transaction."""

    # proofs
    def add_proof(self, proof: Proof) -> None:
        """Append; what the file had before need not be renewed any more."""
        ...

    def proofs(self, document_id: UUID, *, attachment_id: UUID | None = None) -> list[Proof]:
        """Every proof of the document's own file, or of one that goes out with it, oldest first."""
        ...

    def ending_proofs(self, *, due_by: datetime, made_before: datetime, limit: int) -> list[Proof]:
        """Of all files, the newest proofs that are to be renewed by this moment, the most urgent first.

        Those are left out that were made at ``made_before`` or later.
        """
        ...

    # attachments
    def add_attachment(self, attachment: Attachment) -> None:
        """Append; a document has each place once."""
        ...

    def remove_attachment(self, attachment_id: UUID) -> None:
        """Take away what is not sealed; nothing where it is not there."""
        ...

    def seal_attachment(self, attachment_id: UUID, sealed: Revision) -> None:
        """Name the sealed file, once."""
        ...

    def attachment(self, attachment_id: UUID) -> Attachment | None:
        """The attachment, or None."""
        ...

    def attachments(self, document_id: UUID) -> list[Attachment]:
        """Every attachment of the document, by place."""
        ...

    def attachment_by_sha256(self, sha256: str) -> Attachment | None:
        """The newest attachment that was given, sealed or renewed with this digest."""
        ...

    def save_attachment_half(self, attachment_id: UUID, half: HalfSigned, *, credential: str) -> None:
        """Insert or replace; there is one for each attachment."""
        ...

    def attachment_half(self, attachment_id: UUID, *, credential: str) -> HalfSigned | None:
        """What was kept last of the seal with this credential, or None."""
        ...

    # copies
    def copies_of(self, entry_id: UUID) -> list[Document]:
        """Every copy that was made from what has this entry in the register, oldest first."""
        ...

    def entry_is_void(self, entry_id: UUID) -> bool:
        """Whether this number was given up."""
        ...

    def add_paper_copy(self, copy: PaperCopy) -> None:
        """Append; its entry is in the register already."""
        ...

    def paper_copy(self, copy_id: UUID) -> PaperCopy | None:
        """The paper copy, or None."""
        ...

    # links

    def add_download_link(self, link: DownloadLink) -> None:
        """Append."""
        ...

    def download_link(self, token_sha256: str) -> DownloadLink | None:
        """The link whose token has this digest, or None."""
        ...

    def locked_download_link(self, token_sha256: str) -> DownloadLink | None:
        """The same with its row locked until the transaction ends."""
        ...

    def use_download_link(self, token_sha256: str, *, at: datetime) -> None:
        """Mark as used, once."""
        ...
