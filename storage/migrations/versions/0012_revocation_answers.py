"""Answers about revocation, kept until they end."""

from __future__ import annotations

from alembic import op

revision = "0012"
down_revision = "0011"
branch_labels = None
depends_on = None


def upgrade() -> None:
    """Add the table."""
    op.execute("""
        CREATE TABLE revocation_answers (
            issuer_key bytea NOT NULL CHECK (length(issuer_key) = 20),
            serial_number text NOT NULL CHECK (serial_number ~ '^-?[0-9a-f]*$'),
            url text NOT NULL,
            answer bytea NOT NULL,
            good_until timestamptz NOT NULL,
            PRIMARY KEY (issuer_key, serial_number, url)
        )
    """)
    op.execute("CREATE INDEX revocation_answers_good_until_idx ON revocation_answers (good_until)")


def downgrade() -> None:
    """Refuse: the register only grows."""
    msg = "there is no way back; restore a backup instead"
    raise RuntimeError(msg)
