"""Who signs a document before the official who answers for it: initials first, then other signatories, in order."""

from __future__ import annotations

from dataclasses import dataclass
from enum import Enum
from typing import TYPE_CHECKING

if TYPE_CHECKING:
    from issuance.capacity import Capacity

MOST_COSIGNERS = 8


class Part(Enum):
    """What a cosigner's signature says."""

    INITIAL = "initial"
    """The content was checked (ký nháy); the law gives it no place on the page."""
    SIGNATURE = "signature"
    """The official shares the authority that the document is issued by."""


@dataclass(frozen=True, slots=True)
class Cosigner:
    """One who signs before the signatory; the place on the page, if any, is in the layout."""

    account: str
    part: Part
    capacity: tuple[Capacity, ...] = ()
