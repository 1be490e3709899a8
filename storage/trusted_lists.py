"""The last good edition of each trusted list, kept for all processes (:class:`certs.list_sources.ListKeeper`).

Nothing here is believed: whoever takes a list out checks its signature against the pins again.
"""

from __future__ import annotations

from typing import TYPE_CHECKING

from sqlalchemy import func, select, update
from sqlalchemy.dialects.postgresql import insert

from storage.database import single_statements
from storage.trust_tables import trusted_lists as lists

if TYPE_CHECKING:
    from sqlalchemy import Engine


class TrustedLists:
    """One row for each list."""

    def __init__(self, engine: Engine) -> None:
        self._engine = engine

    def find(self, name: str) -> bytes | None:
        """The edition that is kept."""
        with single_statements(self._engine) as connection:
            found = connection.execute(select(lists.c.edition).where(lists.c.name == name)).scalar_one_or_none()
        return bytes(found) if found is not None else None

    def keep(self, name: str, xml: bytes, *, instead_of: bytes | None) -> None:
        """Put this edition in the place of that one; where another process was faster, nothing changes."""
        held = {"edition": xml, "kept_at": func.now()}
        first = insert(lists).values({"name": name} | held).on_conflict_do_nothing()
        later = update(lists).where(lists.c.name == name, lists.c.edition == instead_of).values(held)
        with single_statements(self._engine) as connection:
            connection.execute(first if instead_of is None else later)
