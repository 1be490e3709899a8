"""What is put on file under a name: the same facts again change nothing, other facts are refused."""

from __future__ import annotations

from dataclasses import fields
from typing import TYPE_CHECKING

from issuance.errors import NameTaken

if TYPE_CHECKING:
    from issuance.numbers import NumberSeries
    from issuance.ports import Account, Agency

    Facts = Agency | Account | NumberSeries


def demand_same(found: Facts, wanted: Facts, *, kind: str, name: str) -> None:
    """Raise :class:`NameTaken`, which tells the facts that differ by name and not by value."""
    differing = (one.name for one in fields(wanted) if getattr(found, one.name) != getattr(wanted, one.name))
    if found != wanted:
        raise NameTaken(kind=kind, name=name, differing=tuple(part.replace("_", " ") for part in differing))
