"""Remember until when each issued file is proven, so that its proof is renewed in time."""

from __future__ import annotations

from alembic import op

revision = "0024"
down_revision = "0023"
branch_labels = None
depends_on = None


def upgrade() -> None:
    """Make the table; the proof of what was issued before is taken to be spent, so that it is looked at first."""
    op.execute("""
        CREATE TABLE proofs (
            sha256 text PRIMARY KEY,
            length bigint NOT NULL,
            predecessor text NOT NULL,
            document_id uuid NOT NULL REFERENCES documents,
            attachment_id uuid REFERENCES attachments,
            at timestamptz NOT NULL,
            ends_at timestamptz NOT NULL,
            renew_at timestamptz,
            CONSTRAINT proofs_sha256_check CHECK (sha256 ~ '^[0-9a-f]{64}$'),
            CONSTRAINT proofs_length_check CHECK (length > 0)
        )
    """)
    op.execute("CREATE INDEX proofs_document_id_at_idx ON proofs (document_id, at)")
    op.execute("CREATE INDEX proofs_renew_at_idx ON proofs (renew_at) WHERE renew_at IS NOT NULL")
    op.execute("""
        INSERT INTO proofs (sha256, length, predecessor, document_id, attachment_id, at, ends_at, renew_at)
        SELECT current_sha256, current_length, current_predecessor, documents.id, NULL, issued.at, issued.at, issued.at
        FROM documents JOIN timeline AS issued ON issued.document_id = documents.id AND issued.state = 'issued'
        UNION ALL
        SELECT sealed_sha256, sealed_length, given_sha256, document_id, attachments.id, issued.at, issued.at, issued.at
        FROM attachments JOIN timeline AS issued USING (document_id)
        WHERE sealed_sha256 IS NOT NULL AND issued.state = 'issued'
    """)


def downgrade() -> None:
    """Refuse: the register only grows."""
    msg = "there is no way back; restore a backup instead"
    raise RuntimeError(msg)
