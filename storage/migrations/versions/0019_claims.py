"""What a signature claims of itself, kept with its request: recovery signs the same data again."""

from __future__ import annotations

from alembic import op

revision = "0019"
down_revision = "0018"
branch_labels = None
depends_on = None


def upgrade() -> None:
    """Add the columns."""
    op.execute("""
        ALTER TABLE signature_requests
            ADD COLUMN commitment text,
            ADD COLUMN roles text[] NOT NULL DEFAULT '{}'
    """)


def downgrade() -> None:
    """Refuse: the register only grows."""
    msg = "there is no way back; restore a backup instead"
    raise RuntimeError(msg)
