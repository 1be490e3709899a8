"""The register, and the tables of the job queue as the installed procrastinate wants them.

A test knows the digest of that schema, so that a newer procrastinate is noticed and gets a migration of its own.
"""

from __future__ import annotations

from importlib.metadata import version
from pathlib import Path

from alembic import op
from procrastinate.schema import SchemaManager

revision = "0001"
down_revision = None
branch_labels = None
depends_on = None

_HERE = Path(__file__).parent


def upgrade() -> None:
    """Make everything."""
    _run((_HERE / "0001_register.sql").read_text())
    _run(SchemaManager.get_schema())
    _run((_HERE / "0001_wake.sql").read_text())
    # A later migration can tell from this what it starts from.
    _run(f"COMMENT ON TABLE procrastinate_jobs IS 'procrastinate {version('procrastinate')}'")


def downgrade() -> None:
    """Refuse: the register only grows."""
    msg = "there is no way back; restore a backup instead"
    raise RuntimeError(msg)


def _run(statements: str) -> None:
    # The driver reads % as a placeholder even where there are no parameters.
    op.get_bind().exec_driver_sql(statements.replace("%", "%%"))
