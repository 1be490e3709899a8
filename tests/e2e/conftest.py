"""One demonstration for all end-to-end tests: the command a newcomer types, run once in a folder of its own."""

from __future__ import annotations

import json
import os
import subprocess
import sys
from dataclasses import dataclass
from pathlib import Path

import pytest

KYSO = Path(sys.executable).with_name("kyso")


@dataclass(frozen=True)
class Demonstration:
    """What ``kyso demo`` left behind and said."""

    home: Path
    exit_code: int
    said: str
    result: dict[str, object]

    @property
    def pdf(self) -> Path:
        """The issued document."""
        return Path(str(self.result["pdf"]))

    @property
    def trust(self) -> Path:
        """The demonstration PKI's anchors."""
        return self.home / "pki" / "trust"


def demonstrate(home: Path, *, seconds: float = 240) -> Demonstration:
    """Run the demonstration to its end."""
    answer = subprocess.run(
        [KYSO, "demo", "--home", home, "--json"],
        capture_output=True,
        text=True,
        check=False,
        timeout=seconds,
        env=os.environ | {"NO_COLOR": "1"},
    )
    said = answer.stdout + answer.stderr
    last = answer.stdout.strip().splitlines()[-1:] or [""]
    result = json.loads(last[0]) if last[0].startswith("{") else {}
    return Demonstration(home=home, exit_code=answer.returncode, said=said, result=result)


@pytest.fixture(scope="session")
def demonstration(parts_folder: Path) -> Demonstration:
    """The first demonstration in an empty folder."""
    shown = demonstrate(parts_folder / "demo")
    assert shown.exit_code == 0, shown.said
    return shown
