"""The tables of what agencies lay down for themselves: types, authorisations, working days, results put off."""

from __future__ import annotations

from sqlalchemy import ARRAY, CheckConstraint, Column, Date, ForeignKey, Index, Integer, Table, Text, Uuid

from issuance.capacity import Capacity
from issuance.document_types import LONGEST_RETENTION_YEARS, NumberingOrder, Publication
from issuance.working_days import DayKind
from storage.schema_parts import instant, metadata, together, values

document_types = Table(
    "document_types",
    metadata,
    Column("agency", Text, ForeignKey("agencies.id"), primary_key=True),
    Column("name", Text, primary_key=True),
    Column("template", Text),
    Column("signers", ARRAY(Text), nullable=False),
    Column("capacities", ARRAY(Text), nullable=False),
    Column("retention_years", Integer),
    Column("publication", Text, nullable=False),
    Column("order", Text, nullable=False),
    CheckConstraint(f"capacities <@ ARRAY[{values(Capacity)}]::text[]", name="capacities"),
    CheckConstraint(f"retention_years BETWEEN 1 AND {LONGEST_RETENTION_YEARS}", name="retention_years"),
    CheckConstraint(f"publication IN ({values(Publication)})", name="publication"),
    CheckConstraint(f'"order" IN ({values(NumberingOrder)})', name="order"),
)

delegations = Table(
    "delegations",
    metadata,
    Column("id", Uuid, primary_key=True),
    Column("agency", Text, ForeignKey("agencies.id"), nullable=False),
    Column("delegator", Text, ForeignKey("accounts.id"), nullable=False),
    Column("delegate", Text, ForeignKey("accounts.id"), nullable=False),
    Column("document_types", ARRAY(Text), nullable=False),
    Column("first_day", Date, nullable=False),
    Column("last_day", Date, nullable=False),
    Column("reference", Text, nullable=False),
    instant("registered_at"),
    Column("registered_by", Text, nullable=False),
    instant("revoked_at", nullable=True),
    Column("revoke_reason", Text),
    # Limited in time and content, and never to oneself (Decree 30/2020, Annex I, II.7.b).
    CheckConstraint("delegator <> delegate", name="delegate"),
    CheckConstraint("cardinality(document_types) > 0", name="document_types"),
    CheckConstraint("first_day <= last_day", name="days"),
    CheckConstraint(together("revoked_at", "revoke_reason"), name="revoked"),
    Index(None, "agency", "id"),
)

calendar_days = Table(
    "calendar_days",
    metadata,
    Column("agency", Text, ForeignKey("agencies.id"), primary_key=True),
    Column("day", Date, primary_key=True),
    Column("kind", Text, nullable=False),
    Column("name", Text, nullable=False),
    CheckConstraint(f"kind IN ({values(DayKind)})", name="kind"),
)

reappointments = Table(
    "reappointments",
    metadata,
    # One at most for each document (NĐ 118/2025); the apology is another document, made after this row.
    Column("document_id", Uuid, ForeignKey("documents.id"), primary_key=True),
    Column("slip", Uuid, nullable=False),
    instant("new_due_at"),
    Column("reason", Text, nullable=False),
    instant("at"),
    Column("by", Text, nullable=False),
)
