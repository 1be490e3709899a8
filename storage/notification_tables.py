"""The tables of what is told: to the systems that sent documents in, and by letter to followers."""

from __future__ import annotations

from sqlalchemy import (
    BigInteger,
    CheckConstraint,
    Column,
    DateTime,
    ForeignKey,
    Index,
    Integer,
    LargeBinary,
    Table,
    Text,
    Uuid,
    func,
    text,
)

from storage.schema_parts import instant, metadata

# The only place where the mail addresses of citizens stand; rows are taken away, unlike those of the register.
followers = Table(
    "followers",
    metadata,
    Column("id", Uuid, primary_key=True),
    Column("document_id", Uuid, ForeignKey("documents.id"), nullable=False),
    Column("address", Text, nullable=False),
    Column("added_by", Text, nullable=False),
    instant("added_at"),
    Index("followers_document_id_address_idx", "document_id", text("lower(address)"), unique=True),
)

# ``due_at`` is None once it was delivered or given up; a letter goes with its follower.
notifications = Table(
    "notifications",
    metadata,
    Column("id", Uuid, primary_key=True),
    Column("document_id", Uuid, ForeignKey("documents.id"), nullable=False),
    Column("account", Text, nullable=False),
    Column("url", Text, nullable=False),
    Column("event", Text, nullable=False),
    Column("body", LargeBinary, nullable=False),
    instant("created_at"),
    Column("due_at", DateTime(timezone=True), server_default=func.now()),
    Column("attempts", Integer, nullable=False, server_default=text("0")),
    instant("delivered_at", nullable=True),
    Column("problem", Text),
    Column("follower", Uuid, ForeignKey("followers.id", ondelete="CASCADE")),
    CheckConstraint("delivered_at IS NULL OR due_at IS NULL", name="delivered"),
    Index("notifications_due_at_idx", "due_at", postgresql_where=text("due_at IS NOT NULL AND follower IS NULL")),
    Index(
        "notifications_letters_due_at_idx",
        "due_at",
        postgresql_where=text("due_at IS NOT NULL AND follower IS NOT NULL"),
    ),
    Index(None, "document_id"),
    Index(None, "follower", postgresql_where=text("follower IS NOT NULL")),
)

# How many attempts came to what, one row for each way and outcome.
notification_counts = Table(
    "notification_counts",
    metadata,
    Column("way", Text, primary_key=True),
    Column("outcome", Text, primary_key=True),
    Column("total", BigInteger, nullable=False, server_default=text("0")),
    CheckConstraint("way IN ('call', 'letter')", name="way"),
    CheckConstraint("outcome IN ('delivered', 'failed', 'given_up')", name="outcome"),
)
