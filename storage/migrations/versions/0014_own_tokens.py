"""Credentials whose key the official keeps, and requests for signatures by them."""

from __future__ import annotations

from alembic import op

revision = "0014"
down_revision = "0013"
branch_labels = None
depends_on = None


def upgrade() -> None:
    """Add the columns."""
    op.execute("""
        ALTER TABLE credentials
            ALTER COLUMN key DROP NOT NULL,
            ADD COLUMN withdrawn_at timestamptz,
            ADD CONSTRAINT credentials_key_check CHECK (key IS NOT NULL OR holder IS NOT NULL)
    """)
    op.execute("""
        ALTER TABLE signature_requests
            ADD COLUMN filled bigint NOT NULL DEFAULT 0,
            ADD COLUMN id uuid UNIQUE,
            ADD COLUMN expires_at timestamptz,
            ADD COLUMN container bytea,
            ADD COLUMN redeemed_by uuid,
            ADD CONSTRAINT signature_requests_filled_check CHECK (filled >= 0),
            ADD CONSTRAINT signature_requests_id_check CHECK (num_nulls(id, expires_at) IN (0, 2)),
            ADD CONSTRAINT signature_requests_redeemed_by_check
                CHECK ((redeemed_by IS NULL) = (id IS NULL OR value IS NULL)),
            ADD CONSTRAINT signature_requests_container_check CHECK (container IS NULL OR redeemed_by IS NOT NULL)
    """)


def downgrade() -> None:
    """Refuse: the register only grows."""
    msg = "there is no way back; restore a backup instead"
    raise RuntimeError(msg)
