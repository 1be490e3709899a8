"""Hexadecimal strings read in pieces: the same value, the same end and the same refusals as digit by digit."""

from __future__ import annotations

from io import BytesIO
from random import Random

from pyhanko.pdf_utils import generic
from pyhanko.pdf_utils.misc import PdfError

from verification import _pyhanko_hex
from verification._pyhanko_hex import read_hexadecimal

MADE = 400
SEED = 5
ALPHABET = b"0123456789abcdefABCDEF \n\r\t\x00\x0c"
ODD = b"%>(<gZ/]\xff"


def answer(read: object, octets: bytes) -> tuple[object, int]:
    stream = BytesIO(b"x" + octets)
    stream.seek(1)
    try:
        value = read(stream)  # type: ignore[operator]
    except PdfError as error:
        return type(error), -1
    return (type(value), value), stream.tell()


def strings() -> list[bytes]:
    chance = Random(SEED)
    made = [
        b"",
        b"<",
        b"<>",
        b"<A>",
        b"< 4 1 >",
        b"<41" + b"42" * 4095 + b">rest",
        b"<" + b"4" * 4095 + b">",
        b"<41%x\n42>",
    ]
    for _ in range(MADE):
        body = bytes(chance.choices(ALPHABET, k=chance.choice((1, 7, 40, 4094, 4095, 4096, 4097, 9000))))
        if chance.random() < 0.3:
            place = chance.randrange(len(body))
            body = body[:place] + bytes([chance.choice(ODD)]) + body[place:]
        made.append(b"<" + body + chance.choice((b">", b">>", b"> 1 0 R", b"", b"%c\n>")))
    return made


def test_pieces_say_what_digits_say() -> None:
    for octets in strings():
        assert answer(read_hexadecimal, octets) == answer(_pyhanko_hex.read_digit_by_digit, octets), octets[:80]


def test_the_parser_reads_its_strings_in_pieces() -> None:
    _pyhanko_hex.use_it()
    assert generic.read_hex_string_from_stream is read_hexadecimal
