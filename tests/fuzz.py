"""Damaged files by the thousand, and only declared errors.

``python -m tests.fuzz [--inputs N] [--seed S] [--first K]`` goes through as many as one likes.

Every input is a test vector with some damage: by chance (bits, bytes, pieces moved, cut or doubled) or by grammar
(numbers, names, references and brackets put where others stood; the CMS object changed beneath its hexadecimal digits).
Input number K of a seed is the same file whenever the vectors' keys are the same; what is found is written to
``var/fuzz`` as a file.

A verdict is right to be anything but an escape: the verifier must come to its end without any error but
:class:`Unreadable`, with a report that can be written down, in time; the look at drafts must answer with findings.
"""

from __future__ import annotations

import argparse
import json
import sys
import time
import traceback
from dataclasses import dataclass
from pathlib import Path
from random import Random
from tempfile import TemporaryDirectory
from typing import TYPE_CHECKING

from signing.lint import inspect
from tests.vectors.catalogue import VECTORS
from tests.vectors.chamber import CHECKED_AT, Chamber
from verification._pyhanko import Unreadable
from verification.judgement import judge
from verification.policy import DEFAULT_POLICY
from verification.report import Indication
from verification.validate import Question, strictly_then_laxly

if TYPE_CHECKING:
    from collections.abc import Callable, Iterator, Sequence

LONGEST = 20.0  # seconds for one input, on a machine that does other things as well
_LARGEST = 120_000  # bytes of a seed; larger ones teach nothing more
_TOKENS = tuple(
    b"<< >> [ ] ( ) < > obj endobj stream endstream xref trailer startxref %%EOF null true false R 0 1 -1 65535 65536 "
    b"2147483648 9999999999999999999999 1e308 0.0000001 /Type /Kids /Count /Parent /Pages /Root /Prev /Size /W /Index "
    b"/XRefStm /Length /Filter /FlateDecode /DecodeParms /Predictor /AcroForm /Fields /FT /Sig /V /T /ByteRange "
    b"/Contents /SubFilter /ETSI.RFC3161 /adbe.pkcs7.detached /DSS /VRI /Certs /CRLs /OCSPs /Perms /DocMDP /Reference "
    b"/TransformParams /Lock /Encrypt /ObjStm /First /N /Extends /AP /Annots /Rect /MediaBox 1_0_R 3_0_R 7_0_R 9_0_R "
    b"(\\ <feff> <41 #00 /#".split()
)


@dataclass(frozen=True, slots=True)
class Escape:
    """An error that nobody declared, or an input that took too long."""

    number: int
    seed_file: str
    what: str
    pdf: bytes


class Fuzzer:
    """Seeds and a seed: gives the same inputs in the same order."""

    def __init__(self, chamber: Chamber, *, seed: int) -> None:
        made = ((vector.name, vector.make(chamber).pdf) for vector in VECTORS)
        self.seeds = [(name, pdf) for name, pdf in made if len(pdf) <= _LARGEST]
        self._seed = seed
        self._question = Question(
            anchors=chamber.anchors, known=chamber.known, at=CHECKED_AT, policy=DEFAULT_POLICY, file="fuzzed.pdf"
        )

    def input(self, number: int) -> tuple[str, bytes]:
        """The input of this number, and the vector that it was made of."""
        chance = Random(f"{self._seed}/{number}")
        name, pdf = chance.choice(self.seeds)
        for _ in range(chance.choice((1, 1, 1, 2, 3, 8))):
            pdf = chance.choice(_DAMAGES)(pdf, chance, self.seeds)
        return name, pdf

    def escape(self, number: int) -> Escape | None:
        """What is wrong with how this input is answered; None where nothing is."""
        name, pdf = self.input(number)
        what = self.escape_of(pdf)
        return Escape(number, name, what, pdf) if what is not None else None

    def escape_of(self, pdf: bytes) -> str | None:
        """The traceback of an error that nobody declared, or how long it took; None where all is well."""
        began = time.monotonic()
        try:
            self._ask(pdf)
        except Exception:  # noqa: BLE001 - whatever escapes is what is looked for
            return traceback.format_exc()
        took = time.monotonic() - began
        return f"it took {took:.1f} s" if took > LONGEST else None

    def _ask(self, pdf: bytes) -> None:
        try:
            report = judge(strictly_then_laxly(pdf, self._question), self._question.policy)
        except Unreadable:
            pass
        else:
            json.dumps(report.as_json())
            if not isinstance(report.indication, Indication):
                raise TypeError(report.indication)
        for finding in inspect(pdf):
            json.dumps([finding.code, finding.vi, finding.en])


# Damage by chance.


def _flip(pdf: bytes, chance: Random, _seeds: Sequence[tuple[str, bytes]]) -> bytes:
    octets = bytearray(pdf)
    for _ in range(chance.choice((1, 1, 4, 32))):
        octets[chance.randrange(len(octets))] ^= 1 << chance.randrange(8)
    return bytes(octets)


def _piece(pdf: bytes, chance: Random) -> tuple[int, int]:
    start = chance.randrange(len(pdf))
    return start, min(len(pdf), start + chance.choice((1, 4, 16, 64, 256, 4096)))


def _cut(pdf: bytes, chance: Random, _seeds: Sequence[tuple[str, bytes]]) -> bytes:
    start, end = _piece(pdf, chance)
    return pdf[:start] + pdf[end:] or b"%PDF-"


def _end_early(pdf: bytes, chance: Random, _seeds: Sequence[tuple[str, bytes]]) -> bytes:
    return pdf[: chance.randrange(1, len(pdf) + 1)]


def _double(pdf: bytes, chance: Random, _seeds: Sequence[tuple[str, bytes]]) -> bytes:
    start, end = _piece(pdf, chance)
    return pdf[:end] + pdf[start:end] * chance.choice((1, 2, 50)) + pdf[end:]


def _move(pdf: bytes, chance: Random, _seeds: Sequence[tuple[str, bytes]]) -> bytes:
    start, end = _piece(pdf, chance)
    place = chance.randrange(len(pdf))
    return pdf[:place] + pdf[start:end] + pdf[place + end - start :]


def _cross(pdf: bytes, chance: Random, seeds: Sequence[tuple[str, bytes]]) -> bytes:
    _, other = chance.choice(seeds)
    return pdf[: chance.randrange(1, len(pdf) + 1)] + other[chance.randrange(len(other)) :]


# Damage by grammar: it keeps the length where it can, so that cross-references still lead to objects.


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


_DAMAGES: tuple[Callable[[bytes, Random, Sequence[tuple[str, bytes]]], bytes], ...] = (
    _flip,
    _cut,
    _end_early,
    _double,
    _move,
    _cross,
    *(_replace_token, _overwrite, _change_number, _change_cms) * 2,
)


def main() -> int:
    """Fuzz, tell how far it is once a minute, and write down what was found."""
    parser = argparse.ArgumentParser(
        prog="python -m tests.fuzz", description="Damaged files, and only declared errors."
    )
    parser.add_argument("--inputs", type=int, default=1_000_000)
    parser.add_argument("--first", type=int, default=0, help="the number of the first input")
    parser.add_argument("--seed", type=int, default=5)
    parser.add_argument("--into", type=Path, default=Path("var/fuzz"), help="where escapes are written")
    asked = parser.parse_args()
    escapes, told = 0, time.monotonic()
    with TemporaryDirectory() as keys:
        fuzzer = Fuzzer(Chamber(Path(keys)), seed=asked.seed)
        for number in range(asked.first, asked.first + asked.inputs):
            if (escape := fuzzer.escape(number)) is not None:
                escapes += 1
                _write(escape, asked.into)
            if time.monotonic() - told > 60:
                told = time.monotonic()
                _tell(f"{number + 1 - asked.first} inputs, {escapes} escapes")
    _tell(f"{asked.inputs} inputs of seed {asked.seed} from {asked.first} on, {escapes} escapes")
    return 1 if escapes else 0


def _write(escape: Escape, directory: Path) -> None:
    directory.mkdir(parents=True, exist_ok=True)
    (directory / f"{escape.number}.pdf").write_bytes(escape.pdf)
    (directory / f"{escape.number}.txt").write_text(f"{escape.seed_file}\n{escape.what}", encoding="utf-8")
    _tell(f"{escape.number} ({escape.seed_file}): {escape.what.strip().rpartition(chr(10))[2]}")


def _tell(line: str) -> None:
    sys.stdout.write(line + "\n")
    sys.stdout.flush()


if __name__ == "__main__":
    sys.exit(main())
