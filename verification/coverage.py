"""How much of the file a ``/ByteRange`` covers (ISO 32000-2, 12.8.1; EN 319 142-1, 5.2): plain arithmetic on the bytes.

A signature must cover its revision from the first byte to the last but for one gap, and the gap must be exactly the
hexadecimal ``/Contents`` that was read as the signature. Otherwise the signed bytes could be shown to the verifier and
other bytes to the reader (signature wrapping).
"""

from __future__ import annotations

_RANGE_LENGTH = 4
_LONG_FORM = 0x80


def covered_length(pdf: bytes, *, byte_range: tuple[int, ...], contents: bytes) -> int | None:
    """The number of bytes from the start of the file that are covered; None where the range is not as it must be."""
    if len(byte_range) != _RANGE_LENGTH or min(byte_range) < 0:
        return None
    start, before, resumed, after = byte_range
    end = resumed + after
    if start != 0 or resumed <= before or end > len(pdf):
        return None
    gap = pdf[before:resumed]
    if gap[:1] != b"<" or gap[-1:] != b">":
        return None
    try:
        fits = bytes.fromhex(gap[1:-1].decode("ascii")) == contents
    except ValueError:
        return None
    return end if fits else None


def is_padded_with_zeros(contents: bytes) -> bool:
    """Whether behind the DER object in ``/Contents`` only zero bytes follow, as room that was not needed.

    BER of indefinite length has no length to go by and is left to the CMS parser.
    """
    if len(contents) < 2:  # noqa: PLR2004 - a tag and a length
        return False
    first = contents[1]
    if first == _LONG_FORM:
        return True
    if first < _LONG_FORM:
        end = 2 + first
    else:
        octets = first - _LONG_FORM
        end = 2 + octets + int.from_bytes(contents[2 : 2 + octets], "big")
    return end <= len(contents) and not any(contents[end:])
