"""Damage to PDFs by grammar: numbers, names, references and brackets put where others stood.

It keeps the length where it can, so that cross-references still lead to objects.
"""

from __future__ import annotations

from typing import TYPE_CHECKING

if TYPE_CHECKING:
    from collections.abc import Callable, Iterator, Sequence
    from random import Random

_TOKENS = tuple(
    b"<< >> [ ] ( ) < > obj endobj stream endstream xref trailer startxref %%EOF null true false R 0 1 -1 65535 65536 "
    b"2147483648 9999999999999999999999 1e308 0.0000001 /Type /Kids /Count /Parent /Pages /Root /Prev /Size /W /Index "
    b"/XRefStm /Length /Filter /FlateDecode /DecodeParms /Predictor /AcroForm /Fields /FT /Sig /V /T /ByteRange "
    b"/Contents /SubFilter /ETSI.RFC3161 /adbe.pkcs7.detached /DSS /VRI /Certs /CRLs /OCSPs /Perms /DocMDP /Reference "
    b"/TransformParams /Lock /Encrypt /ObjStm /First /N /Extends /AP /Annots /Rect /MediaBox 1_0_R 3_0_R 7_0_R 9_0_R "
    b"(\\ <feff> <41 #00 /#".split()
)


def _places(pdf: bytes, wanted: bytes) -> Iterator[int]:
    place = pdf.find(wanted)
    while place >= 0:
        yield place
        place = pdf.find(wanted, place + 1)


def _replace_token(pdf: bytes, chance: Random, _seeds: Sequence[tuple[str, bytes]]) -> bytes:
    old, new = (token.replace(b"_", b" ") for token in chance.choices(_TOKENS, k=2))
    places = list(_places(pdf, old))
    if not places:
        return pdf
    place = chance.choice(places)
    kept = new.ljust(len(old)) if chance.random() < 0.8 else new
    return pdf[:place] + kept + pdf[place + max(len(old), len(kept) if len(new) <= len(old) else len(old)) :]


def _overwrite(pdf: bytes, chance: Random, _seeds: Sequence[tuple[str, bytes]]) -> bytes:
    token = chance.choice(_TOKENS).replace(b"_", b" ")
    spaces = [n for n in range(0, len(pdf) - len(token), 7) if pdf[n : n + 1] in b" \n/"]
    place = chance.choice(spaces or [0])
    return pdf[:place] + b" " + token + b" " + pdf[place + len(token) + 2 :]


def _change_number(pdf: bytes, chance: Random, _seeds: Sequence[tuple[str, bytes]]) -> bytes:
    place = chance.randrange(len(pdf))
    while place < len(pdf) and not pdf[place : place + 1].isdigit():
        place += 1
    end = place
    while end < len(pdf) and pdf[end : end + 1].isdigit():
        end += 1
    width = end - place
    number = chance.choice((0, 1, 2, 7, chance.randrange(10 ** min(width, 12) or 1), len(pdf)))
    return pdf[:place] + str(number).encode().rjust(width, b"0")[:width] + pdf[end:]


def _change_cms(pdf: bytes, chance: Random, _seeds: Sequence[tuple[str, bytes]]) -> bytes:
    """One octet of a signature, often of its tags and lengths, which stand in front."""
    places = list(_places(pdf, b"/Contents <"))
    if not places:
        return pdf
    start = chance.choice(places) + len(b"/Contents <")
    length = max(1, pdf.find(b">", start) - start)
    place = start + min(length - 1, int(length * chance.random() ** 4)) // 2 * 2
    octet = b"%02x" % chance.choice((0, 1, 0x7F, 0x80, 0x84, 0xFF, 0x30, 0x31, 0xA0, 6, chance.randrange(256)))
    return pdf[:place] + octet + pdf[place + 2 :]


PDF_DAMAGES: tuple[Callable[[bytes, Random, Sequence[tuple[str, bytes]]], bytes], ...] = (
    _replace_token,
    _overwrite,
    _change_number,
    _change_cms,
)
