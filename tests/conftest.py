"""What every test gets: the marker of its folder, so that `-m unit` and the folder tests/unit can never disagree."""

from __future__ import annotations

from pathlib import Path
from typing import TYPE_CHECKING

if TYPE_CHECKING:
    import pytest

pytest_plugins = ["tests.parts"]  # PostgreSQL and S3 for the tests that ask for them

TESTS = Path(__file__).parent
KINDS = ("unit", "integration", "faults", "e2e")


def pytest_collection_modifyitems(items: list[pytest.Item]) -> None:
    for item in items:
        kind = item.path.relative_to(TESTS).parts[0]
        if kind in KINDS:
            item.add_marker(kind)
