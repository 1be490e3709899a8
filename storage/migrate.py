"""Brings the database to the schema of this version; several processes may try at once."""

from __future__ import annotations

from pathlib import Path

from alembic import command
from alembic.config import Config
from sqlalchemy import text

from storage.database import connect_for_upgrade, transaction

_MIGRATIONS = Path(__file__).with_name("migrations")
_LOCK = 0x6B79_736F  # "kyso"; any number that no other program uses on this database


def upgrade(url: str) -> None:
    """Apply what is missing, all of it or nothing.

    Who comes second waits and finds nothing to do. Raises :class:`storage.errors.StorageUnavailable`.
    """
    engine = connect_for_upgrade(url)
    with transaction(engine) as connection:
        connection.execute(text("SELECT pg_advisory_xact_lock(:lock)"), {"lock": _LOCK})
        settings = Config()
        settings.set_main_option("script_location", str(_MIGRATIONS).replace("%", "%%"))
        settings.attributes["connection"] = connection
        command.upgrade(settings, "heads")
