"""How EU DSS differs about some vectors, and why."""

from __future__ import annotations

from dataclasses import dataclass

PASSED = "TOTAL_PASSED"
NOTHING = "NO_SIGNATURE_FOUND"
UNREADABLE = "UNREADABLE"
FORMAT = "TOTAL_FAILED/FORMAT_FAILURE"
HASH = "TOTAL_FAILED/HASH_FAILURE"
CRYPTO = "TOTAL_FAILED/SIG_CRYPTO_FAILURE"
CONSTRAINTS = "INDETERMINATE/SIG_CONSTRAINTS_FAILURE"


@dataclass(frozen=True, slots=True, kw_only=True)
class Disagreement:
    """``theirs`` is what DSS says instead: its indication, or in what detail it differs where both pass the file.

    ``because`` is the reason, ``clause`` what decides between the two.
    """

    theirs: str
    because: str
    clause: str
    vectors: tuple[str, ...]


def these(family: str, names: str) -> tuple[str, ...]:
    """Vectors of one family, by the rest of their names."""
    return tuple(f"{family}/{name}" for name in names.split())
