"""Try again where a repeat may help: the demonstration goes on when a part of the service is restarted under it."""

from __future__ import annotations

import time
from datetime import timedelta
from typing import TYPE_CHECKING, TypeVar

from api.client import Refused, Unreachable

if TYPE_CHECKING:
    from collections.abc import Callable

Answered = TypeVar("Answered")

_PAUSE = timedelta(seconds=0.4)
_PASSING = frozenset({429, 502, 503, 504})
_PASSING_CODES = frozenset({"idempotency-in-flight"})


def persistently(call: Callable[[], Answered], *, patience: timedelta, pause: timedelta = _PAUSE) -> Answered:
    """The answer of the call, which must be one that may be repeated.

    Raises the last :class:`Unreachable` or :class:`Refused` once patience is over, and any other refusal at once.
    """
    deadline = time.monotonic() + patience.total_seconds()
    while True:
        try:
            return call()
        except Unreachable:
            if time.monotonic() > deadline:
                raise
        except Refused as refusal:
            if not _may_pass(refusal) or time.monotonic() > deadline:
                raise
        time.sleep(pause.total_seconds())


def _may_pass(refusal: Refused) -> bool:
    return refusal.status in _PASSING or refusal.code in _PASSING_CODES
