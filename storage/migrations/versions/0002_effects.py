"""Idempotency keys reserve the identifier of what their request makes."""

from __future__ import annotations

from alembic import op

revision = "0002"
down_revision = "0001"
branch_labels = None
depends_on = None


def upgrade() -> None:
    """Add the column; keys from before get an identifier that nothing has yet."""
    op.execute("ALTER TABLE idempotency_keys ADD COLUMN effect uuid NOT NULL DEFAULT gen_random_uuid()")


def downgrade() -> None:
    """Refuse: the register only grows."""
    msg = "there is no way back; restore a backup instead"
    raise RuntimeError(msg)
