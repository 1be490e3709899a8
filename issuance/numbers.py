"""Numbers and symbols of documents, and the series they come from (Decree 30/2020, art. 15 and Annex I, II.3)."""

from __future__ import annotations

import re
from dataclasses import dataclass

_PRINTED = re.compile(r"(?P<ordinal>\d{1,11})/(?P<symbol>[^\s/][^\s]{0,29})")


@dataclass(frozen=True, slots=True)
class DocumentNumber:
    """A number with its symbol, such as ``05/TB-UBND``; ordinals below 10 are printed with a leading zero."""

    ordinal: int
    symbol: str

    def __post_init__(self) -> None:
        if self.ordinal < 1:
            msg = "numbers start at 01"
            raise ValueError(msg)
        if not self.symbol or any(c.isspace() for c in self.symbol):
            msg = "a symbol has no spaces"
            raise ValueError(msg)

    @property
    def printed_ordinal(self) -> str:
        """The ordinal as it stands on the page."""
        return f"{self.ordinal:02d}"

    def __str__(self) -> str:
        return f"{self.printed_ordinal}/{self.symbol}"

    @classmethod
    def parse(cls, text: str) -> DocumentNumber:
        """Read ``125/QĐ-UBND``; raises :class:`ValueError` for anything else."""
        match = _PRINTED.fullmatch(text.strip())
        if match is None:
            msg = f"{text!r} is not a document number"
            raise ValueError(msg)
        return cls(ordinal=int(match["ordinal"]), symbol=match["symbol"])


@dataclass(frozen=True, slots=True)
class NumberSeries:
    """One agency's run of numbers for a calendar year, from 01 on 1 January; ``symbol`` stands behind each number."""

    agency: str
    name: str
    year: int
    symbol: str


@dataclass(frozen=True, slots=True)
class NumberingRule:
    """Which series the documents of a type take their numbers from, and the symbol behind them.

    The head of the agency decides (Decree 30/2020, art. 15.1.c): one common series, one for each type or for a group
    of types; special ones for specialised documents, copies and councils.
    """

    agency: str
    document_type: str
    series: str
    symbol: str

    def symbol_for(self, unit: str | None) -> str:
        """The symbol of a document that this unit drafted: ``UBND-{unit}`` is ``UBND-VX``, or ``UBND`` without one."""
        return self.symbol.replace(UNIT, unit) if unit else self.symbol.replace(f"-{UNIT}", "")


UNIT = "{unit}"
"""Stands in a symbol for the abbreviation of the unit that drafted, as an official letter has it (Annex I, II.3)."""


def demand_symbol_pattern(symbol: str) -> None:
    """Raise :class:`ValueError` where a number could not carry the symbol, with a unit or without."""
    plain = symbol.replace(f"-{UNIT}", "")
    if "{" in plain or "}" in plain:
        msg = f"{UNIT!r} stands behind a hyphen, once at most, and nothing else stands in braces"
        raise ValueError(msg)
    DocumentNumber.parse(f"01/{plain}")
