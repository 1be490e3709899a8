"""A PDF with a signature dictionary that waits for its CMS object; what the dictionary says is up to the vector."""

from __future__ import annotations

import hashlib
from dataclasses import dataclass
from typing import TYPE_CHECKING

from tests.vectors import paper

if TYPE_CHECKING:
    from collections.abc import Mapping

_CAPACITY = 9000
_GAP = b"<" + b"0" * (2 * _CAPACITY) + b">"
_RANGE = b"[0 %09d %09d %09d]"
_UNKNOWN = _RANGE % (0, 0, 0)

UNDATED = b"/Type /Sig /Filter /Adobe.PPKLite /SubFilter /ETSI.CAdES.detached"
HEAD = UNDATED + b" /M (D:20250303090000Z)"
"""As PAdES asks: with the time that the signer claims (EN 319 142-1, 6.3, Table 1, d)."""


@dataclass(frozen=True, slots=True)
class Slot:
    """A file and the gap in it: ``start`` is the ``<`` of ``/Contents``, ``end`` is just past its ``>``."""

    pdf: bytes
    start: int
    end: int

    def covered(self) -> bytes:
        """All bytes but the gap."""
        return self.pdf[: self.start] + self.pdf[self.end :]

    def digest(self, name: str = "sha256") -> bytes:
        """The digest that the signature is to carry."""
        return hashlib.new(name, self.covered()).digest()

    def filled(self, cms: bytes) -> bytes:
        """The file with the CMS object in the gap, padded with zeros."""
        digits = cms.hex().encode().ljust(2 * _CAPACITY, b"0")
        return self.pdf[: self.start + 1] + digits + self.pdf[self.end - 1 :]


def slot(*, head: bytes = HEAD, bodies: Mapping[int, bytes] | None = None) -> Slot:
    """The document of :mod:`tests.vectors.paper` with the signatory's field filled, right but for what ``head`` says."""
    objects = dict(bodies or paper.objects())
    number = max(objects) + 1
    objects[paper.SIGNATORY] = objects[paper.SIGNATORY].removesuffix(b">>") + b"/V %d 0 R >>" % number
    objects[number] = b"<< %s /ByteRange %s /Contents %s >>" % (head, _UNKNOWN, _GAP)
    return _measured(paper.whole(objects))


def slot_behind(pdf: bytes, bodies: Mapping[int, bytes], *, number: int, head: bytes = HEAD) -> Slot:
    """An update of a file with these objects and a signature dictionary of this number, whose contents wait."""
    dictionary = b"<< %s /ByteRange %s /Contents %s >>" % (head, _UNKNOWN, _GAP)
    return _measured(paper.appended(pdf, {**bodies, number: dictionary}))


def _measured(pdf: bytes) -> Slot:
    start = pdf.index(_GAP)
    end = start + len(_GAP)
    return Slot(pdf.replace(_UNKNOWN, _RANGE % (start, end, len(pdf) - end)), start, end)
