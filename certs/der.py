"""A small DER writer, because the CMS objects of a signature are written often and always in the same few shapes.

Functions from values to bytes, composed by nesting: ``sequence(oid("2.5.4.3"), utf8_string("Tên"))``. Only what
RFC 5652, RFC 3161 and RFC 5280 need; reading is left to the parsers of ``cryptography``. Rules: ITU-T X.690, clause 10
and 11.
"""

from __future__ import annotations

from datetime import UTC, datetime
from functools import lru_cache

_LONG_FORM = 0x80
_FIRST_GENERALIZED_YEAR = 2050
_FIRST_UTC_YEAR = 1950


def tlv(tag: int, content: bytes) -> bytes:
    """One element: identifier octet (low tag numbers only), definite length in its shortest form, content."""
    length = len(content)
    if length < _LONG_FORM:
        return bytes((tag, length)) + content
    octets = length.to_bytes((length.bit_length() + 7) // 8, "big")
    return bytes((tag, _LONG_FORM | len(octets))) + octets + content


def sequence(*parts: bytes) -> bytes:
    """``SEQUENCE`` or ``SEQUENCE OF`` already encoded parts; an empty part stands for an absent optional one."""
    return tlv(0x30, b"".join(parts))


def set_of(*parts: bytes) -> bytes:
    """``SET OF`` already encoded parts, sorted by their octets (X.690, 11.6)."""
    return tlv(0x31, b"".join(sorted(parts)))


def boolean_true() -> bytes:
    """``BOOLEAN TRUE``; FALSE is nearly always a DEFAULT, which DER leaves out (X.690, 11.5)."""
    return b"\x01\x01\xff"


def integer(number: int) -> bytes:
    """``INTEGER``: two's complement in as few octets as possible (X.690, 8.3)."""
    bits = number.bit_length() if number >= 0 else (number + 1).bit_length()
    return tlv(0x02, number.to_bytes(bits // 8 + 1, "big", signed=True))


def enumerated(number: int) -> bytes:
    """``ENUMERATED``, encoded like an integer."""
    return b"\x0a" + integer(number)[1:]


def bit_string(octets: bytes) -> bytes:
    """``BIT STRING`` of whole octets, as signature values and public keys are."""
    return tlv(0x03, b"\x00" + octets)


def octet_string(octets: bytes) -> bytes:
    """``OCTET STRING``."""
    return tlv(0x04, octets)


def null() -> bytes:
    """``NULL``."""
    return b"\x05\x00"


@lru_cache(maxsize=256)
def oid(dotted: str) -> bytes:
    """``OBJECT IDENTIFIER`` from its dotted form, at least two arcs. Raises ``ValueError`` for anything else."""
    first, second, *rest = (int(arc) for arc in dotted.split("."))
    allowed_second = 39 if first < 2 else second  # noqa: PLR2004 - X.690, 8.19.4: root arcs 0 and 1 hold 40 children
    if not 0 <= first <= 2 or not 0 <= second <= allowed_second or any(arc < 0 for arc in rest):  # noqa: PLR2004
        msg = f"{dotted!r} is no object identifier"
        raise ValueError(msg)
    return tlv(0x06, b"".join(_base_128(arc) for arc in (first * 40 + second, *rest)))


def utf8_string(text: str) -> bytes:
    """``UTF8String``."""
    return tlv(0x0C, text.encode())


def ia5_string(text: str) -> bytes:
    """``IA5String``. Raises ``UnicodeEncodeError`` for letters outside ASCII."""
    return tlv(0x16, text.encode("ascii"))


def utc_time(at: datetime) -> bytes:
    """``UTCTime`` of an aware time between 1950 and 2049, to the second (X.690, 11.8; RFC 5280, 4.1.2.5.1)."""
    moment = _in_utc(at)
    if not _FIRST_UTC_YEAR <= moment.year < _FIRST_GENERALIZED_YEAR:
        msg = f"UTCTime cannot hold the year {moment.year}"
        raise ValueError(msg)
    return tlv(0x17, f"{moment:%y%m%d%H%M%S}Z".encode())


def generalized_time(at: datetime) -> bytes:
    """``GeneralizedTime`` of an aware time; fractions of a second only as far as there are any (X.690, 11.7)."""
    moment = _in_utc(at)
    fraction = f".{moment.microsecond:06d}".rstrip("0") if moment.microsecond else ""
    return tlv(0x18, f"{moment.year:04d}{moment:%m%d%H%M%S}{fraction}Z".encode())


def context(number: int, content: bytes) -> bytes:
    """Constructed ``[number]``: EXPLICIT over one element, or IMPLICIT over what a constructed one holds."""
    return tlv(0xA0 | number, content)


def context_primitive(number: int, content: bytes) -> bytes:
    """Primitive ``[number]``: IMPLICIT over the content of a primitive type."""
    return tlv(0x80 | number, content)


def _base_128(arc: int) -> bytes:
    octets = [arc & 0x7F]
    while arc := arc >> 7:
        octets.append(0x80 | arc & 0x7F)
    return bytes(reversed(octets))


def _in_utc(at: datetime) -> datetime:
    if at.tzinfo is None:
        msg = "times are aware"
        raise ValueError(msg)
    return at.astimezone(UTC)
