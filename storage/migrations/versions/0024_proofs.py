"""Remember until when each issued file is proven, so that its proof is renewed in time."""

from __future__ import annotations

from alembic import op

revision = "0024"
down_revision = "0023"
branch_labels = None
depends_on = None


def upgrade() -> None:
    """Make the table; an issued file's proof is taken to be spent, so that it is looked at first."""
    op.execute("""
        CREATE TABLE proofs (
            document_id uuid NOT NULL,
            revision text NOT NULL,
            at timestamptz NOT NULL,
            ends_at timestamptz NOT NULL,
            renew_at timestamptz,
            PRIMARY KEY (document_id, revision),
            FOREIGN KEY (document_id, revision) REFERENCES revisions (document_id, sha256)
        )
    """)
    op.execute("CREATE INDEX proofs_renew_at_idx ON proofs (renew_at) WHERE renew_at IS NOT NULL")
    op.execute("""
        INSERT INTO proofs (document_id, revision, at, ends_at, renew_at)
        SELECT documents.id, current_sha256, issued.at, issued.at, issued.at
        FROM documents JOIN timeline AS issued ON issued.document_id = documents.id AND issued.state = 'issued'
        ON CONFLICT DO NOTHING
    """)


def downgrade() -> None:
    """Refuse: the register only grows."""
    msg = "there is no way back; restore a backup instead"
    raise RuntimeError(msg)
