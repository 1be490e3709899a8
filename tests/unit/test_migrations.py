"""Migrations are one line: two that claim one place are noticed before a database meets them."""

from __future__ import annotations

import re
from pathlib import Path

VERSIONS = Path(__file__).parents[2] / "storage" / "migrations" / "versions"


def test_each_migration_follows_the_one_before_it() -> None:
    links: dict[str, tuple[str, str | None]] = {}
    for file in sorted(VERSIONS.glob("*.py")):
        text = file.read_text(encoding="utf-8")
        revision, before = (
            re.search(rf'^{name} = (?:"(\w+)"|None)$', text, re.MULTILINE) for name in ("revision", "down_revision")
        )
        assert revision, file
        assert before, file
        assert file.name.startswith(f"{revision[1]}_"), file
        assert revision[1] not in links, f"{file} and {links[revision[1]]} are both {revision[1]}"
        links[revision[1]] = (file.name, before[1])
    numbers = sorted(links)
    assert [links[number][1] for number in numbers] == [None, *numbers[:-1]]
