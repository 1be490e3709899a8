"""Damage to DER by grammar: one element is changed, and the lengths around it are made to fit again.

Without that nearly every change ends at the first length that is wrong, and what stands behind is never reached.
Elements inside of OCTET STRINGs and BIT STRINGs count as well: extensions, keys and signature values are written so.
"""

from __future__ import annotations

from functools import lru_cache
from typing import TYPE_CHECKING, NamedTuple

from certs.der import integer, oid, sequence, tlv

if TYPE_CHECKING:
    from collections.abc import Callable, Iterator, Sequence
    from random import Random

_CONSTRUCTED, _LONG, _MULTI_OCTET = 0x20, 0x80, 0x1F
_BIT_STRING, _OCTET_STRING = 0x03, 0x04
_DEEPEST = 40
_TAGS = (0x01, 0x02, 0x03, 0x04, 0x05, 0x06, 0x0A, 0x0C, 0x13, 0x16, 0x17, 0x18, 0x1E, 0x24, 0x30, 0x31, 0x80, 0x82,
         0x86, 0xA0, 0xA1, 0xA3, 0xBF)  # fmt: skip
_CONTENTS = (
    b"", b"\x00", b"\x01", b"\x7f", b"\x80", b"\xff", b"\x00\x00", b"\x00\x80", b"\xff\xff\xff\xff", b"\x80" + bytes(8),
    b"\x7f" + b"\xff" * 8, b"\x01" + bytes(300), b"991231235959Z", b"000000000000Z", b"500101000000Z",
    b"20250229000000Z", b"99991231235959Z", b"00000101000000Z", b"20250303090000.5Z", b"20250303090000+0700",
    b"2025", b"\xc3\x28", b"\x00a\x00", b"http://[", b"ldap://a", b"\x80\x01", b"\x88\x37", b"\xff" * 40,
    b"\x2a\x86\x48\x86\xf7\x0d\x01\x01\x0a",
)  # fmt: skip
_WHOLE = tuple(
    sequence(oid(name), parameters)
    for name in ("1.2.840.113549.1.1.10", "1.2.840.113549.1.1.1", "1.2.840.113549.1.1.5", "1.2.840.113549.2.5",
                 "1.2.840.10045.4.3.2", "1.3.101.112", "1.3.101.113", "2.16.840.1.101.3.4.2.1",
                 "2.16.840.1.101.3.4.2.17")
    for parameters in (b"", b"\x05\x00", b"\x30\x00", integer(1))
)  # fmt: skip


class Element(NamedTuple):
    """Where an element lies: its identifier, its content, its end, and the number of the one around it."""

    parent: int
    start: int
    length_at: int
    content: int
    end: int


@lru_cache(maxsize=4096)
def elements_of(der: bytes) -> tuple[Element, ...]:
    """Every element that can be found, outermost first; damaged places are left alone."""
    found: list[Element] = []
    waiting = [(-1, 0, len(der), 0)]
    while waiting:
        parent, place, end, depth = waiting.pop()
        while (element := _element_at(der, place, end, parent)) is not None:
            number = len(found)
            found.append(element)
            inside = _inside(der, element)
            if inside is not None and depth < _DEEPEST:
                waiting.append((number, inside, element.end, depth + 1))
            place = element.end
    return tuple(found)


def change_element(der: bytes, chance: Random, seeds: Sequence[tuple[str, bytes]]) -> bytes:
    """One element put out of order; mostly with all lengths right."""
    elements = elements_of(der)
    if not elements:
        return der
    element = chance.choice(elements)
    changed = chance.choice(_CHANGES)(der, element, chance, seeds)
    if chance.random() < 0.1:
        return der[: element.start] + changed + der[element.end :]
    return _rebuilt(der, elements, element, changed)


def _rebuilt(der: bytes, elements: Sequence[Element], element: Element, changed: bytes) -> bytes:
    while element.parent >= 0:
        around = elements[element.parent]
        content = der[around.content : element.start] + changed + der[element.end : around.end]
        changed = der[around.start : around.length_at] + tlv(0, content)[1:]
        element = around
    return der[: element.start] + changed + der[element.end :]


def _element_at(der: bytes, start: int, limit: int, parent: int) -> Element | None:
    if start + 2 > limit:
        return None
    place = start + 1
    if der[start] & _MULTI_OCTET == _MULTI_OCTET:
        while place < limit and der[place] & _LONG:
            place += 1
        place += 1
    length_at = place
    if length_at >= limit:
        return None
    length = der[place]
    place += 1
    if length >= _LONG:
        octets = length - _LONG
        length = int.from_bytes(der[place : place + octets])
        place += octets
    if place + length > limit:
        return None
    return Element(parent, start, length_at, place, place + length)


def _inside(der: bytes, element: Element) -> int | None:
    """Where the elements inside begin; None where there are none."""
    tag, place = der[element.start], element.content
    if tag & _CONSTRUCTED:
        return place
    if tag == _BIT_STRING:
        place += 1
    elif tag != _OCTET_STRING:
        return None
    first = _element_at(der, place, element.end, 0)
    return place if first is not None and first.end == element.end and der[place] in (0x30, 0x31, *_TAGS) else None


# Each gives the octets that stand in the element's place.


def _retag(der: bytes, element: Element, chance: Random, _seeds: object) -> bytes:
    return bytes([chance.choice(_TAGS)]) + der[element.start + 1 : element.end]


def _refill(der: bytes, element: Element, chance: Random, _seeds: object) -> bytes:
    return der[element.start : element.length_at] + tlv(0, chance.choice(_CONTENTS))[1:]


def _drop(_der: bytes, _element: Element, _chance: Random, _seeds: object) -> bytes:
    return b""


def _repeat(der: bytes, element: Element, chance: Random, _seeds: object) -> bytes:
    return der[element.start : element.end] * chance.choice((2, 2, 3, 20))


def _exchange(_der: bytes, _element: Element, chance: Random, seeds: Sequence[tuple[str, bytes]]) -> bytes:
    _, other = chance.choice(seeds)
    elements = elements_of(other)
    if not elements:
        return other
    taken = chance.choice(elements)
    return other[taken.start : taken.end]


def _swap_within(der: bytes, element: Element, chance: Random, _seeds: object) -> bytes:
    taken = chance.choice(elements_of(der))
    return der[taken.start : taken.end]


def _wrap(der: bytes, element: Element, chance: Random, _seeds: object) -> bytes:
    wrapped = der[element.start : element.end]
    for _ in range(chance.choice((1, 1, 2, 60, 1500))):
        wrapped = tlv(chance.choice((0x30, 0x31, 0xA0, 0x04, 0x24)), wrapped)
    return wrapped


def _unwrap(der: bytes, element: Element, _chance: Random, _seeds: object) -> bytes:
    return der[element.content : element.end]


def _indefinite(der: bytes, element: Element, _chance: Random, _seeds: object) -> bytes:
    return der[element.start : element.length_at] + b"\x80" + der[element.content : element.end] + b"\x00\x00"


def _long_length(der: bytes, element: Element, chance: Random, _seeds: object) -> bytes:
    content = der[element.content : element.end]
    octets = len(content).to_bytes(chance.choice((3, 4, 8, 126)))
    return der[element.start : element.length_at] + bytes([_LONG | len(octets)]) + octets + content


def _wrong_length(der: bytes, element: Element, chance: Random, _seeds: object) -> bytes:
    length = chance.choice((0, 1, 0x7F, 0x80, 0x81, 0x84, 0xFF))
    return der[element.start : element.length_at] + bytes([length]) + der[element.content : element.end]


def _flip_inside(der: bytes, element: Element, chance: Random, _seeds: object) -> bytes:
    octets = bytearray(der[element.start : element.end])
    place = chance.randrange(element.content - element.start, len(octets)) if element.end > element.content else 0
    octets[place] ^= 1 << chance.randrange(8)
    return bytes(octets)


def _algorithm(_der: bytes, _element: Element, chance: Random, _seeds: object) -> bytes:
    return chance.choice(_WHOLE)


_CHANGES: tuple[Callable[[bytes, Element, Random, Sequence[tuple[str, bytes]]], bytes], ...] = (
    *(_retag, _refill, _exchange, _flip_inside) * 2,
    _drop,
    _repeat,
    _swap_within,
    _wrap,
    _unwrap,
    _indefinite,
    _long_length,
    _wrong_length,
    _algorithm,
)


def contents_in(pdf: bytes) -> Iterator[bytes]:
    """The CMS objects between hexadecimal brackets of a PDF, without the zeros behind them."""
    place = 0
    while (place := pdf.find(b"/Contents <", place)) >= 0:
        place += len(b"/Contents <")
        digits = pdf[place : pdf.find(b">", place)]
        try:
            octets = bytes.fromhex(digits.decode("ascii"))
        except ValueError:
            continue
        element = _element_at(octets, 0, len(octets), -1)
        if element is not None and element.end > 2:
            yield octets[: element.end]
