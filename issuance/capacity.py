"""In whose place an official signs (Decree 30/2020, Annex I, II.7.b)."""

from __future__ import annotations

from enum import Enum


class Capacity(Enum):
    """What stands before the authority above a signature."""

    TM = "TM"
    """For a collective (thay mặt)."""
    Q = "Q"
    """As acting head (quyền)."""
    KT = "KT"
    """As deputy, in the head's place (ký thay)."""
    TL = "TL"
    """By the head's order, as head of a unit (thừa lệnh)."""
    TUQ = "TUQ"
    """By a written authorisation, limited in time and content (thừa ủy quyền)."""


COMBINATIONS = frozenset(
    {
        (),  # the head signs as such
        *((one,) for one in Capacity),
        (Capacity.TM, Capacity.KT),
        (Capacity.TM, Capacity.Q),
        (Capacity.TL, Capacity.KT),  # the order went to the head of a unit, whose deputy signs
    }
)
"""What may stand above a signature, line by line. TUQ. stands alone: an authorisation is never passed on."""


def printed_capacity(capacity: tuple[Capacity, ...]) -> str:
    """``TL. KT.``: as it stands on the page, in one line."""
    return " ".join(f"{one.value}." for one in capacity)
