"""Document identifiers: UUID version 7 (RFC 9562, 5.7), so that they sort by time of making."""

from __future__ import annotations

from typing import TYPE_CHECKING
from uuid import UUID

if TYPE_CHECKING:
    from collections.abc import Callable
    from datetime import datetime


def document_id(*, at: datetime, random_bytes: Callable[[int], bytes]) -> UUID:
    """48 bits of Unix milliseconds, then 74 random bits."""
    milliseconds = int(at.timestamp() * 1000)
    random = int.from_bytes(random_bytes(10), "big")
    value = (milliseconds << 80) | (0x7 << 76) | ((random >> 64) & 0xFFF) << 64
    value |= (0b10 << 62) | (random & ((1 << 62) - 1))
    return UUID(int=value)
