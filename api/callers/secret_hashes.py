"""Argon2 hashes of client secrets and activation codes (RFC 9106), and how many are computed at once.

One check takes tens of megabytes and milliseconds on purpose; without a bound on those under way, a burst of log-ins
would take the memory of the whole process. An official who signs a hundred documents in a row gives the same code a
hundred times: a secret that just matched is recognised for some minutes by a keyed digest, whose key lives in this
process alone. What is wrong costs the full price every time.
"""

from __future__ import annotations

import hashlib
import hmac
import secrets
import threading
import time
from collections import OrderedDict
from typing import TYPE_CHECKING

from argon2 import PasswordHasher
from argon2.exceptions import InvalidHashError, VerificationError

if TYPE_CHECKING:
    from collections.abc import Callable

_AT_ONCE = 2
_RECOGNISED_FOR = 600.0  # seconds
_MOST_RECOGNISED = 1024


class SecretHashes:
    """Makes and checks Argon2id hashes; the time of a check does not tell whether there was a hash to check against."""

    def __init__(
        self, hasher: PasswordHasher | None = None, *, monotonic: Callable[[], float] = time.monotonic
    ) -> None:
        self._recognised = _Recognised(monotonic)
        self._hasher = hasher or PasswordHasher()
        self._places = threading.BoundedSemaphore(_AT_ONCE)
        self._nobodys = self._hasher.hash("nobody has this secret")

    def hash(self, secret: str) -> str:
        """The hash of a secret with a fresh salt."""
        with self._places:
            return self._hasher.hash(secret)

    def recognises(self, secret: str, *, hashed: str | None) -> bool:
        """Whether the secret matched lately; costs next to nothing."""
        return hashed is not None and self._recognised.knows(hashed, secret)

    def matches(self, secret: str, *, hashed: str | None) -> bool:
        """Whether the secret belongs to the hash; None stands for an unknown account and costs the same time."""
        if self.recognises(secret, hashed=hashed):
            return True
        with self._places:
            try:
                self._hasher.verify(hashed or self._nobodys, secret)
            except (VerificationError, InvalidHashError):
                return False
        if hashed is not None:
            self._recognised.remember(hashed, secret)
        return hashed is not None


class _Recognised:
    """For each hash that matched lately, which secret did: as a digest under a key that never leaves this object.

    It goes by the stored hash, so that a secret which was changed in the register is not recognised any more.
    """

    def __init__(self, monotonic: Callable[[], float]) -> None:
        self._monotonic = monotonic
        self._key = secrets.token_bytes(hashlib.blake2b.MAX_KEY_SIZE)
        self._lock = threading.Lock()
        self._known: OrderedDict[str, tuple[float, bytes]] = OrderedDict()

    def knows(self, hashed: str, secret: str) -> bool:
        until, digest = self._known.get(hashed, (0.0, b""))
        return self._monotonic() < until and hmac.compare_digest(digest, self._digest(secret))

    def remember(self, hashed: str, secret: str) -> None:
        now = self._monotonic()
        with self._lock:
            self._known.pop(hashed, None)
            self._known[hashed] = (now + _RECOGNISED_FOR, self._digest(secret))
            while len(self._known) > _MOST_RECOGNISED or next(iter(self._known.values()))[0] <= now:
                self._known.popitem(last=False)

    def _digest(self, secret: str) -> bytes:
        return hashlib.blake2b(secret.encode(), key=self._key).digest()
