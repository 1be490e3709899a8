"""Which files a batch signs and where each result goes, settled before the first is touched."""

from __future__ import annotations

from dataclasses import dataclass
from pathlib import Path
from typing import TYPE_CHECKING

from api.batch.errors import NamesCollide, NothingToSign

if TYPE_CHECKING:
    from collections.abc import Iterator


@dataclass(frozen=True, slots=True)
class Item:
    """A file to sign; ``name`` is the place of its result below the output folder."""

    file: Path
    name: Path


def items_of(places: tuple[Path, ...], *, output: Path) -> tuple[Item, ...]:
    """The named files, and every PDF below the named folders, in order of name; results are left out.

    Raises :class:`NothingToSign` and :class:`NamesCollide`.
    """
    taken: dict[Path, Item] = {}
    for item in _found(places, output=output):
        other = taken.setdefault(item.name, item)
        if other.file.absolute() != item.file.absolute():
            raise NamesCollide(first=other.file, second=item.file)
    if not taken:
        raise NothingToSign(places=places)
    return tuple(taken.values())


def _found(places: tuple[Path, ...], *, output: Path) -> Iterator[Item]:
    results = output.absolute()
    for place in places:
        if not place.is_dir():
            yield Item(file=place, name=Path(place.name))
            continue
        for file in sorted(place.rglob("*")):
            within = file.absolute()
            if file.suffix.lower() == ".pdf" and file.is_file() and results not in within.parents:
                yield Item(file=file, name=file.relative_to(place))
