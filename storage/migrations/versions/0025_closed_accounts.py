"""Accounts that were closed log in no more; what they did stays under their name."""

from __future__ import annotations

from alembic import op

revision = "0025"
down_revision = "0024"
branch_labels = None
depends_on = None


def upgrade() -> None:
    """Add the column, and find the sessions of an account that end with it."""
    op.execute("ALTER TABLE accounts ADD COLUMN closed_at timestamptz")
    op.execute("CREATE INDEX bearer_tokens_account_idx ON bearer_tokens (account)")


def downgrade() -> None:
    """Refuse: the register only grows."""
    msg = "there is no way back; restore a backup instead"
    raise RuntimeError(msg)
