"""Every error class of ours: the bases of all packages, and what is derived from them."""

from __future__ import annotations

from functools import cache

from api.errors import ApiError
from certs.errors import CertsError
from hsm.errors import HsmError
from issuance.errors import IssuanceError
from signing.errors import SigningError
from storage.errors import StorageError
from verification.errors import VerificationError

BASES = (ApiError, CertsError, SigningError, VerificationError, IssuanceError, HsmError, StorageError)

OurError = ApiError | CertsError | SigningError | VerificationError | IssuanceError | HsmError | StorageError


def error_classes() -> tuple[type[OurError], ...]:
    """The bases and all their descendants, parents first."""
    found: dict[type[OurError], None] = {}
    waiting: list[type[OurError]] = list(BASES)
    while waiting:
        one = waiting.pop(0)
        found[one] = None
        waiting.extend(one.__subclasses__())
    return tuple(found)


@cache
def hint_of(code: str) -> str:
    """What the errors with this code tell the operator to do; empty for a code that nobody raises."""
    return next((one.hint for one in error_classes() if one.code == code), "")
