"""What is kept beside a document, as rows."""

from __future__ import annotations

from dataclasses import asdict
from typing import TYPE_CHECKING

from sqlalchemy import and_, bindparam, or_, select

from issuance.companions import Attachment
from issuance.delivery import DownloadLink
from issuance.documents import Original, Revision
from issuance.half_signed import HalfSigned
from issuance.numbers import DocumentNumber
from issuance.paper_copies import PaperCopy
from signing.copy_form import CopyForm
from signing.prepared import ReservedRegion
from storage.companion_tables import attachment_halves, attachments, download_links, paper_copies, proofs
from storage.open_transaction import OpenTransaction
from storage.schema import agencies, register_entries

if TYPE_CHECKING:
    from datetime import datetime
    from uuid import UUID

    from sqlalchemy import RowMapping, Select

# An attachment with its newest proof; the one that it was sealed with is its first.
_ATTACHMENTS = select(attachments, proofs.c.sha256.label("proven_sha256"), proofs.c.length.label("proven_length")).join(
    proofs, and_(proofs.c.attachment_id == attachments.c.id, proofs.c.renew_at.is_not(None)), isouter=True
)
# Made once: to put a statement together costs as much as to carry it out.
_OF_DOCUMENT = _ATTACHMENTS.where(attachments.c.document_id == bindparam("document")).order_by(attachments.c.place)


class CompanionRows(OpenTransaction):
    """Implements :class:`issuance.companions.Companions`."""

    def add_attachment(self, attachment: Attachment) -> None:
        """Append; :class:`storage.errors.AlreadyThere` where the place is taken."""
        given, sealed = attachment.given, attachment.sealed
        row = {
            "id": attachment.id,
            "document_id": attachment.document_id,
            "place": attachment.place,
            "title": attachment.title,
            "given_sha256": given.sha256,
            "given_length": given.length,
            "sealed_sha256": sealed and sealed.sha256,
            "sealed_length": sealed and sealed.length,
        }
        self._connection.execute(attachments.insert(), row)

    def remove_attachment(self, attachment_id: UUID) -> None:
        """Take away what is not sealed; nothing where it is not there."""
        self._connection.execute(
            attachments.delete().where(attachments.c.id == attachment_id, attachments.c.sealed_sha256.is_(None))
        )

    def seal_attachment(self, attachment_id: UUID, sealed: Revision) -> None:
        """Name the sealed file, once."""
        unsealed = attachments.update().where(attachments.c.id == attachment_id, attachments.c.sealed_sha256.is_(None))
        self._connection.execute(unsealed.values(sealed_sha256=sealed.sha256, sealed_length=sealed.length))

    def attachment(self, attachment_id: UUID) -> Attachment | None:
        """The attachment, or None."""
        return self._attachment(_ATTACHMENTS.where(attachments.c.id == attachment_id))

    def attachments(self, document_id: UUID) -> list[Attachment]:
        """Every attachment of the document, by place."""
        return [
            _attachment(row) for row in self._connection.execute(_OF_DOCUMENT, {"document": document_id}).mappings()
        ]

    def attachment_by_sha256(self, sha256: str) -> Attachment | None:
        """The newest attachment that was given, sealed or renewed with this digest."""
        renewed = select(proofs.c.attachment_id).where(proofs.c.sha256 == sha256)
        holders = or_(
            attachments.c.given_sha256 == sha256,
            attachments.c.sealed_sha256 == sha256,
            attachments.c.id == renewed.scalar_subquery(),
        )
        return self._attachment(_ATTACHMENTS.where(holders).order_by(attachments.c.id.desc()).limit(1))

    def save_attachment_half(self, attachment_id: UUID, half: HalfSigned, *, credential: str) -> None:
        """Insert or replace; there is one for each attachment."""
        row = {
            "attachment_id": attachment_id,
            "credential": credential,
            "increment": half.increment,
            "reserved_start": half.reserved.start,
            "reserved_end": half.reserved.end,
            "document_digest": half.document_digest,
            "signed_attributes": half.signed_attributes,
            "value": half.value,
            "timestamp": half.timestamp,
        }
        self._insert_or_replace(attachment_halves, row)

    def attachment_half(self, attachment_id: UUID, *, credential: str) -> HalfSigned | None:
        """What was kept last of the seal with this credential, or None."""
        query = select(attachment_halves).where(
            attachment_halves.c.attachment_id == attachment_id, attachment_halves.c.credential == credential
        )
        row = self._connection.execute(query).mappings().one_or_none()
        return _half(row) if row is not None else None

    def add_paper_copy(self, copy: PaperCopy) -> None:
        """Append; its entry is in the register already."""
        row = {
            "id": copy.id,
            "document_id": copy.document_id,
            "form": copy.form.name,
            "authority": list(copy.authority),
        }
        self._connection.execute(paper_copies.insert(), row)

    def paper_copy(self, copy_id: UUID) -> PaperCopy | None:
        """The paper copy, with the words of its own entry and of the original's."""
        own, original = register_entries.alias("own"), register_entries.alias("original")
        query = (
            select(
                paper_copies,
                own.c.ordinal,
                own.c.symbol,
                own.c.issued_on,
                own.c.signer,
                own.c.recipients,
                original.c.document_type,
                original.c.ordinal.label("original_ordinal"),
                original.c.symbol.label("original_symbol"),
                original.c.issued_on.label("original_day"),
                agencies.c.name.label("agency"),
            )
            .join(own, own.c.id == paper_copies.c.id)
            .join(original, original.c.id == paper_copies.c.document_id)
            .join(agencies, agencies.c.id == original.c.agency)
            .where(paper_copies.c.id == copy_id)
        )
        row = self._connection.execute(query).mappings().one_or_none()
        return _paper_copy(row) if row is not None else None

    def entry_is_void(self, entry_id: UUID) -> bool:
        """Whether this number was given up."""
        query = select(register_entries.c.id).where(
            register_entries.c.id == entry_id, register_entries.c.voided_at.is_not(None)
        )
        return self._connection.scalar(query) is not None

    def add_download_link(self, link: DownloadLink) -> None:
        """Append."""
        self._connection.execute(download_links.insert(), asdict(link))

    def download_link(self, token_sha256: str) -> DownloadLink | None:
        """The link whose token has this digest, or None."""
        return self._link(select(download_links).where(download_links.c.token_sha256 == token_sha256))

    def locked_download_link(self, token_sha256: str) -> DownloadLink | None:
        """The same with its row locked until the transaction ends."""
        return self._link(select(download_links).where(download_links.c.token_sha256 == token_sha256).with_for_update())

    def use_download_link(self, token_sha256: str, *, at: datetime) -> None:
        """Mark as used, once."""
        unused = download_links.update().where(
            download_links.c.token_sha256 == token_sha256, download_links.c.used_at.is_(None)
        )
        self._connection.execute(unused.values(used_at=at))

    def _attachment(self, query: Select[tuple[object, ...]]) -> Attachment | None:
        row = self._connection.execute(query).mappings().one_or_none()
        return _attachment(row) if row is not None else None

    def _link(self, query: Select[tuple[object, ...]]) -> DownloadLink | None:
        row = self._connection.execute(query).mappings().one_or_none()
        return DownloadLink(**row) if row is not None else None


def _attachment(row: RowMapping) -> Attachment:
    given = Revision(row["given_sha256"], row["given_length"])
    sealed = renewed = None
    if row["sealed_sha256"] is not None:
        sealed = Revision(row["sealed_sha256"], row["sealed_length"], predecessor=given.sha256)
    if sealed is not None and row["proven_sha256"] not in {None, sealed.sha256}:
        renewed = Revision(row["proven_sha256"], row["proven_length"], predecessor=sealed.sha256)
    return Attachment(
        id=row["id"],
        document_id=row["document_id"],
        place=row["place"],
        title=row["title"],
        given=given,
        sealed=sealed,
        renewed=renewed,
    )


def _half(row: RowMapping) -> HalfSigned:
    return HalfSigned(
        increment=row["increment"],
        reserved=ReservedRegion(start=row["reserved_start"], end=row["reserved_end"]),
        document_digest=row["document_digest"],
        signed_attributes=row["signed_attributes"],
        value=row["value"],
        timestamp=row["timestamp"],
    )


def _paper_copy(row: RowMapping) -> PaperCopy:
    return PaperCopy(
        id=row["id"],
        document_id=row["document_id"],
        form=CopyForm[row["form"]],
        original=Original(
            document_type=row["document_type"],
            number=str(DocumentNumber(row["original_ordinal"], row["original_symbol"])),
            issued_on=row["original_day"],
            agency=row["agency"],
            entry=row["document_id"],
        ),
        authority=tuple(row["authority"]),
        number=DocumentNumber(row["ordinal"], row["symbol"]),
        issued_on=row["issued_on"],
        signer=row["signer"],
        recipients=tuple(row["recipients"]),
    )
