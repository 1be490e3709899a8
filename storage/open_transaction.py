"""What the repositories share: the connection of one open transaction."""

from __future__ import annotations

from functools import cache
from typing import TYPE_CHECKING

from sqlalchemy.dialects.postgresql import Insert, insert

if TYPE_CHECKING:
    from collections.abc import Mapping

    from sqlalchemy import Connection, Table


class OpenTransaction:
    """Statements of one transaction; whoever opened the connection commits or rolls back."""

    def __init__(self, connection: Connection) -> None:
        self._connection = connection

    def _insert_or_replace(self, table: Table, row: Mapping[str, object]) -> None:
        self._connection.execute(_replacing(table, tuple(row)), dict(row))


@cache
def _replacing(table: Table, names: tuple[str, ...]) -> Insert:
    """The statement for these columns, made once."""
    statement = insert(table)
    keys = {column.name for column in table.primary_key}
    changed = {name: statement.excluded[name] for name in names if name not in keys}
    return statement.on_conflict_do_update(index_elements=sorted(keys), set_=changed)
