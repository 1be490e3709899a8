"""What every test gets: the marker of its folder, so that `-m unit` and the folder tests/unit can never disagree."""

from __future__ import annotations

from pathlib import Path
from typing import TYPE_CHECKING

from hypothesis import settings

if TYPE_CHECKING:
    import pytest

settings.register_profile("untimed", deadline=None)  # how busy the machine is, is not what a test asks
settings.load_profile("untimed")

pytest_plugins = ["tests.parts"]  # PostgreSQL and S3 for the tests that ask for them

TESTS = Path(__file__).parent
KINDS = ("unit", "integration", "faults", "e2e")


def pytest_collection_modifyitems(items: list[pytest.Item]) -> None:
    for item in items:
        kind = item.path.relative_to(TESTS).parts[0]
        if kind in KINDS:
            item.add_marker(kind)
