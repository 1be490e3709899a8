"""A signature dictionary whose value is missing yet: the gap in the increment, and what ``/ByteRange`` covers (12.8.1).

The increment is written first; where its gap lies is known then, and so is its length.
"""

from __future__ import annotations

from typing import TYPE_CHECKING

from signing.pdf.values import Verbatim
from signing.prepared import Increment, Placeholder, ReservedRegion

if TYPE_CHECKING:
    from signing.pdf.document import Document
    from signing.pdf.values import Dictionary, Ref

_RANGE = b"[0 %d %d %d]"
_ROOM_FOR_RANGE = b" " * len(_RANGE % (10**12, 10**12, 10**12))


def with_placeholder(document: Document, ref: Ref, signature: Dictionary, *, room: int) -> Placeholder:
    """The increment with this signature dictionary as its object ``ref``, and room for so many octets in it."""
    gap = b"<" + b"0" * (2 * room) + b">"
    # The two come first, so that nothing else of the dictionary can be taken for them.
    document.replace(ref, {"/ByteRange": Verbatim(_ROOM_FOR_RANGE), "/Contents": Verbatim(gap), **signature})
    octets, offsets = document.section()
    base = document.source.length
    at = octets.index(_ROOM_FOR_RANGE, offsets[ref] - base)
    start = octets.index(b"<", at)
    covered = _RANGE % (base + start, base + start + len(gap), len(octets) - start - len(gap))
    filled = b"".join((octets[:at], covered.ljust(len(_ROOM_FOR_RANGE)), octets[at + len(_ROOM_FOR_RANGE) :]))
    return Placeholder(Increment(base, filled), ReservedRegion(start=base + start, end=base + start + len(gap)))
