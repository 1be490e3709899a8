"""The tables of what is known about others: trusted lists as they were last published, and answers about revocation."""

from __future__ import annotations

from sqlalchemy import CheckConstraint, Column, Index, LargeBinary, Table, Text

from storage.schema_parts import instant, metadata

trusted_lists = Table(
    "trusted_lists",
    metadata,
    # as `lists.toml` in the trust directory calls it
    Column("name", Text, primary_key=True),
    Column("edition", LargeBinary, nullable=False),
    instant("kept_at"),
)

revocation_answers = Table(
    "revocation_answers",
    metadata,
    # SHA-1 of the issuer's key, by which OCSP names an issuer (RFC 6960, 4.1.1)
    Column("issuer_key", LargeBinary, primary_key=True),
    # hexadecimal; empty for a CRL, which speaks of all certificates
    Column("serial_number", Text, primary_key=True),
    Column("url", Text, primary_key=True),
    Column("answer", LargeBinary, nullable=False),
    instant("good_until"),
    CheckConstraint("length(issuer_key) = 20", name="issuer_key"),
    CheckConstraint("serial_number ~ '^-?[0-9a-f]*$'", name="serial_number"),
    Index(None, "good_until"),
)
