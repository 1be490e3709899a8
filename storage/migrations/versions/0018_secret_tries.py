"""Wrong tries of a secret, counted for all processes together."""

from __future__ import annotations

from alembic import op

revision = "0018"
down_revision = "0017"
branch_labels = None
depends_on = None


def upgrade() -> None:
    """Make the table."""
    op.execute("""
        CREATE TABLE secret_tries (
            name text PRIMARY KEY,
            wrong integer NOT NULL DEFAULT 0,
            locked_until timestamptz,
            CONSTRAINT secret_tries_wrong_check CHECK (wrong >= 0)
        )
    """)


def downgrade() -> None:
    """Refuse: the register only grows."""
    msg = "there is no way back; restore a backup instead"
    raise RuntimeError(msg)
