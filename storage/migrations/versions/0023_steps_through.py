"""Find what a document did to others: the lookup of a notice tells what it corrects, replaces or recalls."""

from __future__ import annotations

from alembic import op

revision = "0023"
down_revision = "0022"
branch_labels = None
depends_on = None


def upgrade() -> None:
    """Make the index; few steps name another document."""
    op.execute("CREATE INDEX timeline_other_id_idx ON timeline (other, id) WHERE other IS NOT NULL")


def downgrade() -> None:
    """Refuse: the register only grows."""
    msg = "there is no way back; restore a backup instead"
    raise RuntimeError(msg)
