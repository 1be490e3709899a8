"""The tables of what is kept beside a document: links by which it is fetched."""

from __future__ import annotations

from sqlalchemy import CheckConstraint, Column, ForeignKey, Index, Table, Text, Uuid

from storage.schema_parts import SHA256, instant, metadata

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
