"""The last good edition of each trusted list."""

from __future__ import annotations

from alembic import op

revision = "0016"
down_revision = "0015"
branch_labels = None
depends_on = None


def upgrade() -> None:
    """Add the table."""
    op.execute("""
        CREATE TABLE trusted_lists (
            name text PRIMARY KEY,
            edition bytea NOT NULL,
            kept_at timestamptz NOT NULL
        )
    """)


def downgrade() -> None:
    """Refuse: the register only grows."""
    msg = "there is no way back; restore a backup instead"
    raise RuntimeError(msg)
