"""Damage to XML by grammar: texts and elements put where others stood; the result is mostly well-formed."""

from __future__ import annotations

import re
from typing import TYPE_CHECKING

if TYPE_CHECKING:
    from collections.abc import Callable, Sequence
    from random import Random

_TEXT = re.compile(rb"(?<=>)[^<>]+(?=<)")
_ELEMENT = re.compile(rb"<([A-Za-z:]+)[^<>/]*>[^<>]*</\1>")
_NAME = re.compile(rb"(?<=[</ ])[A-Za-z][A-Za-z:]+(?=[ />])")
_ATTRIBUTE = re.compile(rb'"[^"<>]*"')
_ODD = (
    b"", b" ", b"0", b"-1", b"6", b"1e9", b"9" * 30, b"AA==", b"====", b"\xc3\xa9", b"2025-02-30T00:00:00Z",
    b"9999-12-31T23:59:59Z", b"0000-01-01T00:00:00Z", b"2026-11-25T00:00:00+14:00", b"2026-11-25", b"<a/>", b"<!-- -->",
    b"<![CDATA[x]]>", b"&amp;", b"&#0;", b"&a;", b"http://[", b"http://uri.etsi.org/TrstSvc/TrustedList/Svcstatus/granted",
    b"<?x y?>",
)  # fmt: skip


def _exchange(pattern: re.Pattern[bytes], xml: bytes, chance: Random, taken: bytes | None) -> bytes:
    """One match given another content: an odd one, or that of another match."""
    places = [match.span() for match in pattern.finditer(xml)]
    if not places:
        return xml
    start, end = chance.choice(places)
    other = chance.choice(places)
    return xml[:start] + (xml[other[0] : other[1]] if taken is None else taken) + xml[end:]


def _odd_text(xml: bytes, chance: Random, _seeds: Sequence[tuple[str, bytes]]) -> bytes:
    return _exchange(_TEXT, xml, chance, chance.choice((*_ODD, None)))


def _odd_attribute(xml: bytes, chance: Random, _seeds: Sequence[tuple[str, bytes]]) -> bytes:
    odd = chance.choice(_ODD)
    return _exchange(_ATTRIBUTE, xml, chance, chance.choice((b'"' + odd + b'"', None)))


def _other_element(xml: bytes, chance: Random, _seeds: Sequence[tuple[str, bytes]]) -> bytes:
    return _exchange(_ELEMENT, xml, chance, None)


def _without_element(xml: bytes, chance: Random, _seeds: Sequence[tuple[str, bytes]]) -> bytes:
    return _exchange(_ELEMENT, xml, chance, b"")


def _other_name(xml: bytes, chance: Random, _seeds: Sequence[tuple[str, bytes]]) -> bytes:
    return _exchange(_NAME, xml, chance, None)


XML_DAMAGES: tuple[Callable[[bytes, Random, Sequence[tuple[str, bytes]]], bytes], ...] = (
    *(_odd_text, _other_element, _without_element) * 4,
    _odd_attribute,
    _other_name,
)
