"""Signature wrapping: the signed bytes stay, but not where they were, or the gap between them holds more than it may.

Some of these files are signed by someone whom the verifier trusts, over byte ranges of his own choice: there the digest
is right and only the look at the coverage is left (ISO 32000-2, 12.8.1; EN 319 142-1, 5.2).
"""

from __future__ import annotations

import hashlib
from functools import partial
from typing import TYPE_CHECKING

from tests.vectors import paper
from tests.vectors.chamber import CHECKED_AT, Base
from tests.vectors.hands import approval
from tests.vectors.slot import Slot, slot
from tests.vectors.vector import FORMAT, PASSED, Case, Expected, Vector, unsure
from verification.report import SubIndication

if TYPE_CHECKING:
    from collections.abc import Callable, Iterable

    from tests.vectors.chamber import Chamber

_CLAUSE = "ISO 32000-2, 12.8.1; EN 319 142-1, 5.2"
_TEXT = paper.stream(b"BT /F 12 Tf 72 720 Td (Another notice altogether) Tj ET")


def _gap(pdf: bytes) -> tuple[int, int]:
    """Where the hexadecimal contents of the last signature begin and end."""
    start = pdf.rindex(b"/Contents <") + len(b"/Contents ")
    return start, pdf.index(b">", start) + 1


def _stuffed(chamber: Chamber, *, head: bytes = b"<", tail: bytes = b">", lead: bytes = b"") -> Case:
    """The gap of the same length, with the zeros behind the CMS object given up for something else."""
    pdf = chamber.honest(Base.APPROVED)
    start, end = _gap(pdf)
    digits = pdf[start + 1 : end - 1].rstrip(b"0")
    digits += b"0" * (len(digits) % 2)
    gap = lead + head + digits + tail
    return Case(pdf[:start] + gap.ljust(end - start) + pdf[end:], chamber.known)


def _moved(chamber: Chamber, *, between: bytes = b"", drop_old: bytes = b"") -> Case:
    """The second signed part moved to the end; its old place holds other objects and the xref table it leads to.

    A second /ByteRange in the gap says where the second part is now, so that the digest is right.
    """
    pdf = chamber.honest(Base.APPROVED)
    start, end = _gap(pdf)
    tail = pdf[end:]
    digits = pdf[start + 1 : end - 1].rstrip(b"0")
    digits += b"0" * (len(digits) % 2)
    at = paper.last_xref(pdf)
    fake = b"<" + digits + b"> /ByteRange [0 %010d %010d %010d] /Type /Sig /Filter /Adobe.PPKLite "
    fake += b"/SubFilter /ETSI.CAdES.detached >>\nendobj\n" + between
    text_at = start + len(fake % (0, 0, 0))
    text = b"4 0 obj\n" + _TEXT + b"\nendobj\n"
    table = b"xref\n4 1\n%010d 00000 n \n7 1\n%s00000 n \n16 1\n%s00000 n \n19 3\n%s00000 n \n%s00000 n \n%s00000 n \n"
    rows = pdf[at:].split(b"00000 n \n")
    offsets = [row[-11:] for row in rows[:-1]]
    table %= (text_at, *offsets[-5:])
    trailer = b"trailer\n<< /Size 22 /Root 1 0 R /Info 16 0 R /Prev %d >>\n" % paper.last_xref(pdf[: start - 100])
    body = (fake % (0, 0, 0) + text).ljust(at - start) + table + trailer + b"startxref\n%d\n%%%%EOF\n" % at
    resumed = start + len(body) + len(drop_old)
    body = (fake % (start, resumed, len(tail)) + text).ljust(at - start) + body[at - start :]
    return Case(pdf[:start] + body + drop_old + tail, chamber.known)


def _by_hand(chamber: Chamber, *, ranges: Callable[[Slot], tuple[int, ...]]) -> Case:
    """Signed by a citizen whom the verifier trusts, over these ranges of offset and length."""
    blank = slot()
    wanted = ranges(blank)
    right = b"[0 %09d %09d %09d]" % (blank.start, blank.end, len(blank.pdf) - blank.end)
    listed = b"[" + b" ".join(b"%d" % n for n in wanted) + b"]"
    pdf = blank.pdf.replace(right, listed.ljust(len(right)))
    pieces = [pdf[max(0, at) : max(0, at) + length] for at, length in zip(wanted[::2], wanted[1::2], strict=False)]
    cms = approval(chamber, hashlib.sha256(b"".join(pieces)).digest(), who="citizen")
    return Case(Slot(pdf, blank.start, blank.end).filled(cms.der()), chamber.known)


_STUFFED: dict[str, tuple[str, dict[str, bytes], Expected]] = {
    "entries-behind-contents": ("The gap holds entries of the dictionary behind the contents.",
        {"tail": b"> /Reason (I approve) /Name (Somebody)"}, FORMAT),
    "entries-before-contents": ("The gap holds an entry before the contents.",
        {"lead": b"null /Name ", "head": b"(x) /Contents <"}, FORMAT),
    "object-in-the-gap": ("The gap ends the dictionary and holds another content stream.",
        {"tail": b"> >>\nendobj\n4 0 obj\n" + _TEXT + b"\nendobj\n<<"}, unsure(SubIndication.SIG_CONSTRAINTS_FAILURE)),
    "comment-in-the-gap": ("The gap holds a comment behind the contents.", {"tail": b"> % x"}, FORMAT),
    "space-in-the-gap": ("The gap holds blanks behind the contents.", {"tail": b">"}, FORMAT),
    "space-before-contents": ("The gap holds blanks before the contents.", {"lead": b"   "}, FORMAT),
    "two-strings-in-the-gap": ("The gap holds a second string.", {"tail": b"><00>"}, FORMAT),
    "data-behind-the-cms-object": ("Something else than zeros fills the contents up.",
        {"tail": b"DEADBEEF" * 16 + b">"}, FORMAT),
    "line-ends-in-the-gap": ("The gap holds line ends among the digits; ISO 32000-2 lets strings be written so, but no "
        "product does, and the gap must be explained to the last byte.", {"head": b"<\n"}, FORMAT),
    "literal-string-in-the-gap": ("The contents are a literal string.", {"head": b"(", "tail": b")"}, FORMAT),
}  # fmt: skip
_BY_HAND: dict[str, tuple[str, Callable[[Slot], tuple[int, ...]], Expected]] = {
    "right-range": ("The right ranges: this one passes.",
        lambda s: (0, s.start, s.end, len(s.pdf) - s.end), PASSED),
    "nothing-covered": ("Nothing is covered.", lambda _: (0, 0, 0, 0), FORMAT),
    "nothing-covered-at-the-end": ("Nothing at the end of the file is covered.",
        lambda s: (len(s.pdf), 0, len(s.pdf), 0), FORMAT),
    "header-not-covered": ("The header is not covered.",
        lambda s: (9, s.start - 9, s.end, len(s.pdf) - s.end), FORMAT),
    "first-half-only": ("Nothing behind the contents is covered.", lambda s: (0, s.start, s.end, 0), FORMAT),
    "second-half-only": ("Nothing before the contents is covered.",
        lambda s: (0, 0, s.end, len(s.pdf) - s.end), FORMAT),
    "gap-begins-early": ("The gap begins one byte early.",
        lambda s: (0, s.start - 1, s.end, len(s.pdf) - s.end), FORMAT),
    "gap-ends-late": ("The gap ends one byte late.",
        lambda s: (0, s.start, s.end + 1, len(s.pdf) - s.end - 1), FORMAT),
    "gap-over-the-dictionary": ("The gap takes in the whole signature dictionary.",
        lambda s: (0, s.start - 200, s.end + 10, len(s.pdf) - s.end - 10), FORMAT),
    "trailer-not-covered": ("The trailer is not covered.",
        lambda s: (0, s.start, s.end, len(s.pdf) - s.end - 60), FORMAT),
    "end-mark-not-covered": ("The end mark is not covered.",
        lambda s: (0, s.start, s.end, len(s.pdf) - s.end - 6), FORMAT),
    "header-twice": ("The header is covered twice, in place of the end.",
        lambda s: (0, s.start, 0, 9), FORMAT),
    "second-gap": ("Three ranges leave a second gap.",
        lambda s: (0, 100, 900, s.start - 900, s.end, len(s.pdf) - s.end), FORMAT),
    "beyond-the-end": ("The second range ends a kilobyte behind the file.",
        lambda s: (0, s.start, s.end, len(s.pdf) - s.end + 1024), FORMAT),
}  # fmt: skip


def _vectors() -> Iterable[Vector]:
    vector = partial(Vector, clause=_CLAUSE, at=CHECKED_AT)
    for name, (about, pieces, expected) in _STUFFED.items():
        make = partial(_stuffed, **pieces)  # type: ignore[arg-type]  # the names are its own
        yield vector(name=f"wrapping/{name}", about=about, expected=expected, make=make)
    yield vector(
        name="wrapping/second-part-moved",
        about="The second signed part moved to the end, other objects in its place.",
        expected=FORMAT,
        make=_moved,
    )
    yield vector(
        name="wrapping/second-part-moved-behind-an-end",
        about="The same, the moved part hidden behind a comment.",
        expected=FORMAT,
        make=partial(_moved, drop_old=b"% "),
    )
    for name, (about, ranges, expected) in _BY_HAND.items():
        yield vector(
            name=f"wrapping/trusted-{name}",
            about=f"Signed by a trusted citizen over ranges of his choice. {about}",
            expected=expected,
            make=partial(_by_hand, ranges=ranges),
        )


VECTORS = tuple(_vectors())
