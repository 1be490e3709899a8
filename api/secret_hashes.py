"""Argon2 hashes of client secrets and activation codes (RFC 9106), and how many are computed at once.

One check takes tens of megabytes and milliseconds on purpose; without a bound on those under way, a burst of log-ins
would take the memory of the whole process.
"""

from __future__ import annotations

import threading

from argon2 import PasswordHasher
from argon2.exceptions import InvalidHashError, VerificationError

_AT_ONCE = 2


class SecretHashes:
    """Makes and checks Argon2id hashes; the time of a check does not tell whether there was a hash to check against."""

    def __init__(self, hasher: PasswordHasher | None = None) -> None:
        self._hasher = hasher or PasswordHasher()
        self._places = threading.BoundedSemaphore(_AT_ONCE)
        self._nobodys = self._hasher.hash("nobody has this secret")

    def hash(self, secret: str) -> str:
        """The hash of a secret with a fresh salt."""
        with self._places:
            return self._hasher.hash(secret)

    def matches(self, secret: str, *, hashed: str | None) -> bool:
        """Whether the secret belongs to the hash; None stands for an unknown account and costs the same time."""
        with self._places:
            try:
                self._hasher.verify(hashed or self._nobodys, secret)
            except (VerificationError, InvalidHashError):
                return False
        return hashed is not None
