"""The door to hexadecimal strings: signatures are long ones, and pyHanko reads them digit by digit.

Half of the time that opening a signed file takes goes into this loop. Here plain strings, digits and white space only
(ISO 32000-2, 7.3.4.3), are read in pieces; whatever is odd about one is left to pyHanko's own reader, so that both say
the same of every string.
"""

from __future__ import annotations

from binascii import unhexlify
from typing import TYPE_CHECKING, BinaryIO

from pyhanko.pdf_utils import generic

if TYPE_CHECKING:
    from pyhanko.pdf_utils.generic import ByteStringObject, TextStringObject

_PIECE = 4096
_SPACE = b"\x00\t\n\x0c\r "
_PLAIN = b"0123456789abcdefABCDEF" + _SPACE
read_digit_by_digit = generic.read_hex_string_from_stream


def read_hexadecimal(stream: BinaryIO) -> ByteStringObject | TextStringObject:
    """The string that begins here with ``<``; leaves the stream behind its ``>``."""
    start = stream.tell()
    digits = _plain_digits(stream)
    if digits is None:
        stream.seek(start)
        return read_digit_by_digit(stream)
    return string_of(digits)


def string_of(digits: bytes) -> ByteStringObject | TextStringObject:
    """The string that these digits, with white space between them, stand for; a last one without a pair is half."""
    pairs = digits.translate(None, _SPACE)
    return generic.pdf_string(unhexlify(pairs + b"0" * (len(pairs) % 2)))


def _plain_digits(stream: BinaryIO) -> bytes | None:
    """The digits and white space up to ``>``.

    None as soon as anything else is met, so that no file makes us read it to its end.
    """
    stream.read(1)
    pieces: list[bytes] = []
    while piece := stream.read(_PIECE):
        end = piece.find(b">")
        said = piece if end < 0 else piece[:end]
        if said.translate(None, _PLAIN):
            return None
        pieces.append(said)
        if end >= 0:
            stream.seek(end + 1 - len(piece), 1)
            return b"".join(pieces)
    return None


def use_it() -> None:
    """Have pyHanko's parser read its strings here; it offers no other way in (pinned, and tested against its own)."""
    generic.read_hex_string_from_stream = read_hexadecimal
