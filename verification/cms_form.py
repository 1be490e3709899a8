"""Whether a CMS object is written as its standards ask, told from the bytes alone.

PAdES asks for DER (EN 319 142-1, 5.2) and CMS for exact versions and a fixed order of parts (RFC 5652, 5.1 and 5.3).
Parsers forgive all of that. A signature that is right in spite of it is not refused, but it should not pass in silence:
what one parser forgives is where two of them begin to differ.
"""

from __future__ import annotations

import re
from typing import TYPE_CHECKING, NamedTuple

if TYPE_CHECKING:
    from collections.abc import Iterator

_LONG, _CONSTRUCTED, _MULTI_OCTET = 0x80, 0x20, 0x1F
_INTEGER, _OID, _SEQUENCE, _SET = 0x02, 0x06, 0x30, 0x31
_CERTIFICATES, _CRLS = 0xA0, 0xA1
_SIGNED, _UNSIGNED = 0xA0, 0xA1

# The tags that follow each other, as bytes: what stands where in each structure (RFC 5652, 3, 5.1 and 5.3).
_CONTENT_INFO = re.compile(rb"\x06\xa0")
_SIGNED_DATA = re.compile(rb"\x02\x31\x30\xa0?\xa1?\x31")
_SIGNER_INFO = re.compile(rb"\x02(\x30|\x80)\x30\xa0?\x30\x04\xa1?")
_CERTIFICATE_CHOICES = re.compile(rb"[\x30\xa0-\xa3]+")
_CRL_CHOICES = re.compile(rb"[\x30\xa1]+")
_ONE = re.compile(rb"\x30")
_ONE_OR_MORE = re.compile(rb"\x30+")

_VERSION_1, _VERSION_3 = b"\x01", b"\x03"


class NotDer(ValueError):
    """The bytes are no DER (ITU-T X.690, 10 and 11), or not the structure they should be."""


class Element(NamedTuple):
    """One element: its identifier octet, its content, and both with the length in between."""

    tag: int
    content: bytes
    encoded: bytes


def is_as_standard(cms: bytes) -> bool:
    """Whether a signature's ContentInfo, padding behind it allowed, is DER and put together as RFC 5652 says.

    Certificates, CRLs and unsigned attributes are other people's bytes and only looked at from outside.
    """
    try:
        info = next(_elements(cms))
        _, explicit = _parts(info, _CONTENT_INFO)
        (signed_data,) = _parts(explicit, _ONE)
        _demand_signed_data(signed_data)
    except (NotDer, StopIteration):
        return False
    return True


def _demand_signed_data(signed_data: Element) -> None:
    parts = _parts(signed_data, _SIGNED_DATA)
    version, *middle, signers = parts
    for part in middle:
        if part.tag == _CERTIFICATES:
            _parts(part, _CERTIFICATE_CHOICES)
        elif part.tag == _CRLS:
            _parts(part, _CRL_CHOICES)
        else:
            _demand_der(part)
    versions = {_demand_signer(signer) for signer in _parts(signers, _ONE_OR_MORE)}
    # RFC 5652, 5.1, for signatures: plain data, and certificates of no exotic kind.
    _demand(version.content == (_VERSION_3 if _VERSION_3 in versions else _VERSION_1))


def _demand_signer(signer: Element) -> bytes:
    """The signer's version."""
    version, sid, *rest = _parts(signer, _SIGNER_INFO)
    _demand(version.content == (_VERSION_1 if sid.tag == _SEQUENCE else _VERSION_3))
    for part in (sid, *rest):
        if part.tag == _UNSIGNED:
            _parts(part, _ONE_OR_MORE)
        elif part.tag == _SIGNED:
            attributes = _parts(part, _ONE_OR_MORE)
            encoded = [attribute.encoded for attribute in attributes]
            _demand(encoded == sorted(encoded))  # X.690, 11.6
            _demand_der(part)
        elif part.tag & _CONSTRUCTED:
            _demand_der(part)
    return version.content


def _parts(element: Element, tags: re.Pattern[bytes]) -> list[Element]:
    """What is inside, if it has these tags in this order."""
    inside = list(_elements(element.content))
    _demand(tags.fullmatch(bytes(part.tag for part in inside)) is not None)
    return inside


def _demand_der(element: Element) -> None:
    """All the way down: lengths as short as can be, integers too."""
    if element.tag == _INTEGER:
        first, second = (element.content + b"\x00\x00")[:2]
        long = len(element.content) > 1
        _demand(bool(element.content) and not (long and first in {0x00, 0xFF} and (first ^ second) < _LONG))
    if element.tag & _CONSTRUCTED:
        for inside in _elements(element.content):
            _demand_der(inside)
        _demand(element.tag not in _STRINGS_IN_PIECES)


_STRINGS_IN_PIECES = frozenset(_CONSTRUCTED | tag for tag in (0x03, 0x04, 0x0C, 0x13, 0x16, 0x17, 0x18, 0x1E))


def _elements(octets: bytes) -> Iterator[Element]:
    """One element after the other; lengths are definite and as short as can be."""
    place = 0
    while place < len(octets):
        start = place
        _demand(place + 2 <= len(octets) and octets[place] & _MULTI_OCTET != _MULTI_OCTET)
        tag, length = octets[place], octets[place + 1]
        place += 2
        if length >= _LONG:
            count = length - _LONG
            written = octets[place : place + count]
            length = int.from_bytes(written, "big")
            _demand(0 < count == len(written) and written[0] != 0 and length >= _LONG)
            place += count
        _demand(place + length <= len(octets))
        yield Element(tag, octets[place : place + length], octets[start : place + length])
        place += length


def _demand(holds: bool) -> None:  # noqa: FBT001 - the one argument of a guard
    if not holds:
        raise NotDer
