"""``make vectors``: writes every vector with its text beside it, and says which texts are not those of the repository.

The files go to ``var/vectors``, where other validators can be set on them; they differ from run to run, since keys are
made anew. The texts go to ``tests/vectors/texts`` and do not differ unless a declaration has changed. Files are not
kept in the repository because making all of them takes seconds and takes keys.
"""

from __future__ import annotations

import sys
import tomllib
from collections import Counter
from pathlib import Path
from tempfile import TemporaryDirectory
from typing import TYPE_CHECKING

from tests.vectors.catalogue import TEXTS, VECTORS, texts
from tests.vectors.chamber import Chamber
from tests.vectors.files import put, write_files

if TYPE_CHECKING:
    from collections.abc import Iterator


def main() -> None:
    """Write files and texts; print how many there are and what has changed."""
    directory = Path(sys.argv[1] if len(sys.argv) > 1 else "var/vectors")
    with TemporaryDirectory() as keys:
        write_files(Chamber(Path(keys)), directory)
    changed = list(_write_texts())
    for family, count in Counter(vector.family for vector in VECTORS).items():
        print(f"{count:5} {family}")
    print(f"{len(VECTORS):5} files with their texts in {directory}")
    print("\n".join(changed) or f"No text in {TEXTS.relative_to(Path.cwd())} has changed.")


def _write_texts() -> Iterator[str]:
    """Bring the repository's texts up to date and answer what that changed, a line for each vector."""
    written = texts()
    for path in sorted(TEXTS.glob("*.toml")):
        if path.name not in written:
            path.unlink()
            yield f"removed: {path.name}"
    for name, content in written.items():
        path = TEXTS / name
        yield from _differences(path.read_text(encoding="utf-8") if path.exists() else "", content)
        put(path, content.encode())


def _differences(old: str, new: str) -> Iterator[str]:
    before, after = _by_name(old), _by_name(new)
    yield from (f"removed: {name}" for name in before if name not in after)
    yield from (f"added: {name}" for name in after if name not in before)
    yield from (f"changed: {name}" for name in after if name in before and before[name] != after[name])


def _by_name(content: str) -> dict[str, object]:
    return {entry["name"]: entry for entry in tomllib.loads(content).get("vector", ())}


if __name__ == "__main__":
    main()
