"""Documents that reached the one they are for, and the links by which they are fetched."""

from __future__ import annotations

from pathlib import Path

from alembic import op

revision = "0013"
down_revision = "0012"
branch_labels = None
depends_on = None


def upgrade() -> None:
    """Make the table and allow the state."""
    op.execute(Path(__file__).with_suffix(".sql").read_text(encoding="utf-8"))


def downgrade() -> None:
    """Refuse: the register only grows."""
    msg = "there is no way back; restore a backup instead"
    raise RuntimeError(msg)
