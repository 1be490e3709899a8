"""Remember of a file that was issued at B-T when it is to be raised to B-LTA."""

from __future__ import annotations

from alembic import op

revision = "0027"
down_revision = "0026"
branch_labels = None
depends_on = None


def upgrade() -> None:
    """Add the column: what is there was raised when it was issued."""
    op.execute("ALTER TABLE proofs ADD COLUMN archive_at timestamptz")


def downgrade() -> None:
    """Refuse: the register only grows."""
    msg = "there is no way back; restore a backup instead"
    raise RuntimeError(msg)
