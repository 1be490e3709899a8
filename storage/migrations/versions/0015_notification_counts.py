"""How many notifications were delivered, failed and were given up, counted as it happens."""

from __future__ import annotations

from alembic import op

revision = "0015"
down_revision = "0014"
branch_labels = None
depends_on = None


def upgrade() -> None:
    """Make the table, and count what is there."""
    op.execute("""
        CREATE TABLE notification_counts (
            outcome text PRIMARY KEY,
            total bigint NOT NULL DEFAULT 0,
            CONSTRAINT notification_counts_outcome_check CHECK (outcome IN ('delivered', 'failed', 'given_up'))
        )
    """)
    op.execute("""
        INSERT INTO notification_counts (outcome, total)
        SELECT 'delivered', count(*) FROM notifications WHERE delivered_at IS NOT NULL
        UNION ALL
        SELECT 'failed', coalesce(sum(attempts), 0) - count(*) FILTER (WHERE due_at IS NULL) FROM notifications
        UNION ALL
        SELECT 'given_up', count(*) FROM notifications WHERE due_at IS NULL AND delivered_at IS NULL
    """)


def downgrade() -> None:
    """Refuse: the register only grows."""
    msg = "there is no way back; restore a backup instead"
    raise RuntimeError(msg)
