"""The tables of what is kept beside a document: files that go out with it, paper copies, links to fetch it."""

from __future__ import annotations

from sqlalchemy import (
    ARRAY,
    BigInteger,
    CheckConstraint,
    Column,
    ForeignKey,
    Index,
    Integer,
    LargeBinary,
    Table,
    Text,
    UniqueConstraint,
    Uuid,
    text,
)

from signing.copy_form import CopyForm
from storage.schema_parts import SHA256, instant, listed, metadata, together

attachments = Table(
    "attachments",
    metadata,
    Column("id", Uuid, primary_key=True),
    Column("document_id", Uuid, ForeignKey("documents.id"), nullable=False),
    Column("place", Integer, nullable=False),
    Column("title", Text, nullable=False),
    Column("given_sha256", Text, nullable=False),
    Column("given_length", BigInteger, nullable=False),
    Column("sealed_sha256", Text),
    Column("sealed_length", BigInteger),
    UniqueConstraint("document_id", "place"),
    CheckConstraint("place >= 1", name="place"),
    CheckConstraint(f"given_sha256 ~ {SHA256}", name="given_sha256"),
    CheckConstraint(f"sealed_sha256 ~ {SHA256}", name="sealed_sha256"),
    CheckConstraint("given_length > 0", name="given_length"),
    # A sealed file is the given one and more.
    CheckConstraint("sealed_length > given_length", name="sealed_length"),
    CheckConstraint(together("sealed_sha256", "sealed_length"), name="sealed"),
    Index(None, "given_sha256"),
    Index(None, "sealed_sha256"),
)

# Until when issued files are proven: documents' own, and attachments. ``renew_at`` is None once a newer proof is there.
proofs = Table(
    "proofs",
    metadata,
    Column("sha256", Text, primary_key=True),
    Column("length", BigInteger, nullable=False),
    Column("predecessor", Text, nullable=False),
    Column("document_id", Uuid, ForeignKey("documents.id"), nullable=False),
    Column("attachment_id", Uuid, ForeignKey("attachments.id")),
    instant("at"),
    instant("ends_at"),
    instant("renew_at", nullable=True),
    instant("archive_at", nullable=True),
    CheckConstraint(f"sha256 ~ {SHA256}", name="sha256"),
    CheckConstraint("length > 0", name="length"),
    Index(None, "document_id", "at"),
    Index(None, "renew_at", postgresql_where=text("renew_at IS NOT NULL")),
    Index(None, "attachment_id", postgresql_where=text("attachment_id IS NOT NULL AND renew_at IS NOT NULL")),
)

# Seals of attachments between their two halves.
attachment_halves = Table(
    "attachment_halves",
    metadata,
    Column("attachment_id", Uuid, ForeignKey("attachments.id", ondelete="CASCADE"), primary_key=True),
    Column("credential", Text, ForeignKey("credentials.name"), nullable=False),
    Column("increment", LargeBinary, nullable=False),
    Column("reserved_start", BigInteger, nullable=False),
    Column("reserved_end", BigInteger, nullable=False),
    Column("document_digest", LargeBinary, nullable=False),
    Column("signed_attributes", LargeBinary, nullable=False),
    Column("value", LargeBinary),
    Column("timestamp", LargeBinary),
    CheckConstraint("0 <= reserved_start AND reserved_start < reserved_end", name="reserved"),
    CheckConstraint("timestamp IS NULL OR value IS NOT NULL", name="timestamp"),
)

paper_copies = Table(
    "paper_copies",
    metadata,
    Column("id", Uuid, ForeignKey("register_entries.id"), primary_key=True),
    Column("document_id", Uuid, ForeignKey("documents.id"), nullable=False),
    Column("form", Text, nullable=False),
    Column("authority", ARRAY(Text), nullable=False),
    CheckConstraint(f"form IN ({listed(CopyForm.__members__)})", name="form"),
    Index(None, "document_id"),
)

download_links = Table(
    "download_links",
    metadata,
    Column("token_sha256", Text, primary_key=True),
    Column("document_id", Uuid, ForeignKey("documents.id"), nullable=False),
    Column("made_by", Text, nullable=False),
    instant("made_at"),
    instant("expires_at"),
    instant("used_at", nullable=True),
    CheckConstraint(f"token_sha256 ~ {SHA256}", name="token_sha256"),
    Index(None, "document_id"),
)
