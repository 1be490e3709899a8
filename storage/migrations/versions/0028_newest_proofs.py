"""Find the newest proof of an attachment without reading all of them: lookups and verifications do so."""

from __future__ import annotations

from alembic import op

revision = "0028"
down_revision = "0027"
branch_labels = None
depends_on = None


def upgrade() -> None:
    """Add the index."""
    op.execute(
        "CREATE INDEX proofs_attachment_id_idx ON proofs (attachment_id)"
        " WHERE attachment_id IS NOT NULL AND renew_at IS NOT NULL"
    )


def downgrade() -> None:
    """Refuse: the register only grows."""
    msg = "there is no way back; restore a backup instead"
    raise RuntimeError(msg)
