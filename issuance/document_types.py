"""What an agency lays down for a type of document: who may sign it, in which capacity, how it is numbered and kept.

Types are rows that the operator changes, not code: the 29 kinds of Decree 30/2020, art. 7, are only what an agency
begins with, and licences, certificates and slips come from the ministers of the sectors (art. 3.2, 15.1.b).
"""

from __future__ import annotations

from dataclasses import dataclass
from enum import Enum
from typing import TYPE_CHECKING

if TYPE_CHECKING:
    from issuance.capacity import Capacity
    from issuance.numbers import NumberingRule

LONGEST_RETENTION_YEARS = 100
DAYS_A_YEAR = 365.25


class NumberingOrder(Enum):
    """Whether the clerk gives number and date before the official signs, or between signature and seal."""

    NUMBER_FIRST = "number_first"
    SIGNATURE_FIRST = "signature_first"


class Publication(Enum):
    """What the holder of a lookup code is told."""

    BY_CODE = "by_code"
    """The public facts."""
    CLOSED = "closed"
    """Nothing: papers of the agency's own working life."""


@dataclass(frozen=True, slots=True)
class DocumentType:
    """A type as one agency uses it; series and symbol are in its :class:`issuance.numbers.NumberingRule`.

    ``template`` names the typesetting source, ``signers`` the accounts that may sign (none named: every signatory),
    ``capacities`` what may stand above the signature, ``retention_years`` how long it is kept (None: for ever).
    """

    agency: str
    name: str
    template: str | None
    signers: tuple[str, ...]
    capacities: frozenset[Capacity]
    retention_years: int | None
    publication: Publication
    order: NumberingOrder

    def __post_init__(self) -> None:
        if self.retention_years is not None and not 1 <= self.retention_years <= LONGEST_RETENTION_YEARS:
            msg = f"a document is kept for 1 to {LONGEST_RETENTION_YEARS} years, or for ever"
            raise ValueError(msg)


@dataclass(frozen=True, slots=True)
class TypeDecision:
    """A type with the series and symbol that its documents are numbered in."""

    document_type: DocumentType
    rule: NumberingRule
