"""Followers, to whom letters go, and what is told to them."""

from __future__ import annotations

from pathlib import Path

from alembic import op

revision = "0026"
down_revision = "0025"
branch_labels = None
depends_on = None


def upgrade() -> None:
    """Make the table, and tell letters from calls."""
    op.execute(Path(__file__).with_suffix(".sql").read_text(encoding="utf-8"))


def downgrade() -> None:
    """Refuse: the register only grows."""
    msg = "there is no way back; restore a backup instead"
    raise RuntimeError(msg)
