"""What all tables are made with: one catalogue, PostgreSQL's own names for constraints, and a few kinds of columns."""

from __future__ import annotations

from typing import TYPE_CHECKING

from sqlalchemy import Column, DateTime, MetaData

if TYPE_CHECKING:
    from collections.abc import Iterable
    from enum import Enum

metadata = MetaData(
    naming_convention={
        "pk": "%(table_name)s_pkey",
        "uq": "%(table_name)s_%(column_0_N_name)s_key",
        "fk": "%(table_name)s_%(column_0_N_name)s_fkey",
        "ck": "%(table_name)s_%(constraint_name)s_check",
        "ix": "%(table_name)s_%(column_0_N_name)s_idx",
    }
)


SHA256 = "'^[0-9a-f]{64}$'"
"""What a digest in hexadecimal looks like, for checks."""


def listed(names: Iterable[str]) -> str:
    """Names as SQL writes them in a list."""
    return ", ".join(f"'{name}'" for name in names)


def values(members: Iterable[Enum]) -> str:
    """The values of an enum's members, in order."""
    return listed(sorted(str(member.value) for member in members))


def together(*columns: str) -> str:
    """A check that these columns are all there, or none of them."""
    return f"num_nulls({', '.join(columns)}) IN (0, {len(columns)})"


def instant(name: str, *, nullable: bool = False) -> Column[object]:
    """A moment in time."""
    return Column(name, DateTime(timezone=True), nullable=nullable)
