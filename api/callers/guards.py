"""What one server process keeps between requests: hashes, counters of failures, room for uploads. Nothing durable."""

from __future__ import annotations

from dataclasses import dataclass, field
from datetime import timedelta

from api.callers.activation import ActivationGuard
from api.callers.rates import RateLimit
from api.callers.secret_hashes import SecretHashes
from api.uploads.room import Room

_MB = 1024 * 1024
_QUARTER = timedelta(minutes=15)
_MINUTE = timedelta(minutes=1)


def _limit(allowed: int, window: timedelta) -> RateLimit:
    return RateLimit(allowed=allowed, window=window)


@dataclass(frozen=True, slots=True)
class Guards:
    """Joined once for each application.

    Uploads get fewer places together than there are threads (40), so that every other call still finds one.
    """

    hashes: SecretHashes
    activation: ActivationGuard
    failures_of_account: RateLimit = field(default_factory=lambda: _limit(10, _QUARTER))
    failures_of_address: RateLimit = field(default_factory=lambda: _limit(50, _QUARTER))
    missed_lookups: RateLimit = field(default_factory=lambda: _limit(10, _MINUTE))
    lookups: RateLimit = field(default_factory=lambda: _limit(120, _MINUTE))
    verifications: RateLimit = field(default_factory=lambda: _limit(60, _MINUTE))
    drafts: Room = field(default_factory=lambda: Room(size=512 * _MB, callers=24))
    public_uploads: Room = field(default_factory=lambda: Room(size=256 * _MB, callers=12))


def make_guards() -> Guards:
    """Fresh guards."""
    hashes = SecretHashes()
    return Guards(hashes=hashes, activation=ActivationGuard(hashes=hashes))
