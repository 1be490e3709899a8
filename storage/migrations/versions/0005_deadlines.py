"""Indexes for deadlines: what is overdue, and what was due in a period."""

from __future__ import annotations

from alembic import op

revision = "0005"
down_revision = "0004"
branch_labels = None
depends_on = None


def upgrade() -> None:
    """Add the indexes."""
    op.execute("CREATE INDEX documents_agency_due_at_idx ON documents (agency, due_at) WHERE due_at IS NOT NULL")
    op.execute("CREATE INDEX documents_due_at_idx ON documents (due_at) WHERE due_at IS NOT NULL")


def downgrade() -> None:
    """Refuse: the register only grows."""
    msg = "there is no way back; restore a backup instead"
    raise RuntimeError(msg)
