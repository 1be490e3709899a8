"""The table of signatures between their two halves."""

from __future__ import annotations

from sqlalchemy import (
    ARRAY,
    BigInteger,
    CheckConstraint,
    Column,
    ForeignKey,
    ForeignKeyConstraint,
    Integer,
    LargeBinary,
    Table,
    Text,
    Uuid,
    text,
)

from certs.algorithms import SignatureAlgorithm
from issuance.documents import Purpose
from storage.schema_parts import instant as _instant
from storage.schema_parts import listed as _list
from storage.schema_parts import metadata
from storage.schema_parts import together as _together
from storage.schema_parts import values as _values

signature_requests = Table(
    "signature_requests",
    metadata,
    Column("document_id", Uuid, ForeignKey("documents.id"), primary_key=True),
    Column("purpose", Text, primary_key=True),
    Column("turn", Integer, primary_key=True, autoincrement=False, server_default=text("0")),
    Column("base", Text, nullable=False),
    Column("increment", LargeBinary, nullable=False),
    Column("reserved_start", BigInteger, nullable=False),
    Column("reserved_end", BigInteger, nullable=False),
    Column("document_digest", LargeBinary, nullable=False),
    Column("signed_attributes", LargeBinary, nullable=False),
    Column("algorithm", Text, nullable=False),
    Column("credential", Text, ForeignKey("credentials.name"), nullable=False),
    _instant("created_at"),
    Column("value", LargeBinary),
    Column("timestamp", LargeBinary),
    Column("filled", BigInteger, nullable=False, server_default=text("0")),
    Column("id", Uuid, unique=True),
    _instant("expires_at", nullable=True),
    Column("container", LargeBinary),
    Column("redeemed_by", Uuid),
    Column("commitment", Text),
    Column("roles", ARRAY(Text), nullable=False, server_default=text("'{}'::text[]")),
    ForeignKeyConstraint(["document_id", "base"], ["revisions.document_id", "revisions.sha256"]),
    CheckConstraint(f"purpose IN ({_values(Purpose)})", name="purpose"),
    CheckConstraint(f"algorithm IN ({_list(SignatureAlgorithm.__members__)})", name="algorithm"),
    CheckConstraint("turn >= 0", name="turn"),
    CheckConstraint("0 <= reserved_start AND reserved_start < reserved_end", name="reserved"),
    CheckConstraint("timestamp IS NULL OR value IS NOT NULL", name="timestamp"),
    CheckConstraint("filled >= 0", name="filled"),
    CheckConstraint(_together("id", "expires_at"), name="id"),
    CheckConstraint("(redeemed_by IS NULL) = (id IS NULL OR value IS NULL)", name="redeemed_by"),
    CheckConstraint("container IS NULL OR redeemed_by IS NOT NULL", name="container"),
)
