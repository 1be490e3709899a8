"""How large the tests are that say "many": small in `make test`, full in `make test-nightly`."""

from __future__ import annotations

import os


def scaled(small: int, *, nightly: int) -> int:
    """The small figure, or the full one where ``KYSO_NIGHTLY`` is set."""
    return nightly if os.environ.get("KYSO_NIGHTLY") else small
