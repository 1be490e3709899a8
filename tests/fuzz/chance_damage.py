"""Damage by chance, whatever the bytes mean: bits turned, pieces cut, doubled, moved, or taken from another file."""

from __future__ import annotations

from typing import TYPE_CHECKING

if TYPE_CHECKING:
    from collections.abc import Callable, Sequence
    from random import Random


def _flip(octets: bytes, chance: Random, _seeds: Sequence[tuple[str, bytes]]) -> bytes:
    changed = bytearray(octets)
    for _ in range(chance.choice((1, 1, 4, 32))):
        changed[chance.randrange(len(changed))] ^= 1 << chance.randrange(8)
    return bytes(changed)


def _piece(octets: bytes, chance: Random) -> tuple[int, int]:
    start = chance.randrange(len(octets))
    return start, min(len(octets), start + chance.choice((1, 4, 16, 64, 256, 4096)))


def _cut(octets: bytes, chance: Random, _seeds: Sequence[tuple[str, bytes]]) -> bytes:
    start, end = _piece(octets, chance)
    return octets[:start] + octets[end:] or octets[:1]


def _end_early(octets: bytes, chance: Random, _seeds: Sequence[tuple[str, bytes]]) -> bytes:
    return octets[: chance.randrange(1, len(octets) + 1)]


def _double(octets: bytes, chance: Random, _seeds: Sequence[tuple[str, bytes]]) -> bytes:
    start, end = _piece(octets, chance)
    return octets[:end] + octets[start:end] * chance.choice((1, 2, 50)) + octets[end:]


def _move(octets: bytes, chance: Random, _seeds: Sequence[tuple[str, bytes]]) -> bytes:
    start, end = _piece(octets, chance)
    place = chance.randrange(len(octets))
    return octets[:place] + octets[start:end] + octets[place + end - start :]


def _cross(octets: bytes, chance: Random, seeds: Sequence[tuple[str, bytes]]) -> bytes:
    _, other = chance.choice(seeds)
    return octets[: chance.randrange(1, len(octets) + 1)] + other[chance.randrange(len(other)) :]


CHANCE_DAMAGES: tuple[Callable[[bytes, Random, Sequence[tuple[str, bytes]]], bytes], ...] = (
    _flip,
    _cut,
    _end_early,
    _double,
    _move,
    _cross,
)
