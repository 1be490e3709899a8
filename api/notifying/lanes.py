"""Who may be sent to next, so that a receiver that hangs costs itself time and nobody else.

Each receiver has two places at most; one whose last message did not get through has one, and all of these together have
half of the places. The other half is always there for those that answer.
"""

from __future__ import annotations

from collections import Counter

PLACES = 16
EACH = 2
TROUBLED = PLACES // 2


class Lanes:
    """What is being sent to whom; kept by one thread."""

    def __init__(self) -> None:
        self._sending: Counter[str] = Counter()
        self._troubled: set[str] = set()

    @property
    def has_room(self) -> bool:
        """Whether any place is free."""
        return self._sending.total() < PLACES

    def closed(self) -> tuple[str, ...]:
        """The receivers that get no other place for now."""
        full = {name for name, count in self._sending.items() if count >= (1 if name in self._troubled else EACH)}
        if sum(self._sending[name] for name in self._troubled) >= TROUBLED:
            full |= self._troubled
        return tuple(full)

    def begin(self, receiver: str) -> None:
        """A message is on its way."""
        self._sending[receiver] += 1

    def acknowledged(self, receiver: str) -> None:
        """It got through."""
        self._troubled.discard(receiver)
        self._end(receiver)

    def failed(self, receiver: str) -> None:
        """It did not."""
        self._troubled.add(receiver)
        self._end(receiver)

    def clear(self) -> None:
        """Nothing is on its way any more."""
        self._sending.clear()

    def _end(self, receiver: str) -> None:
        self._sending[receiver] -= 1
        if not self._sending[receiver]:
            del self._sending[receiver]
