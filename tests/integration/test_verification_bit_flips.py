"""The property that carries everything: change any signed bit, and the file does not pass.

Here and not among the unit tests only because each example costs a whole verification.
"""

from __future__ import annotations

from typing import TYPE_CHECKING

import pytest
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st

from tests.notary import CHECKED_AT, GATHERED_AT, Notary
from verification.report import Indication
from verification.validate import validate

if TYPE_CHECKING:
    from certs.revocation import RevocationInfo


class Subject:
    """An issued document, and what is signed of it: all but the document timestamp's own contents."""

    def __init__(self, notary: Notary) -> None:
        self.notary = notary
        self.pdf = notary.issued()
        self.gap_start = self.pdf.index(b"<", self.pdf.rindex(b"/Contents <"))
        self.gap_end = self.pdf.index(b">", self.gap_start) + 1
        self.last_revision = self.pdf.rindex(b"%%EOF", 0, -10)
        self.known: RevocationInfo = notary.revocation("signatory", "seal", at=GATHERED_AT)

    def flipped(self, *, place: int, bit: int) -> bytes:
        """The file with one signed bit changed; ``place`` counts signed bytes only."""
        at = place if place < self.gap_start else place + self.gap_end - self.gap_start
        changed = bytearray(self.pdf)
        changed[at] ^= 1 << bit
        return bytes(changed)

    @property
    def signed_length(self) -> int:
        return len(self.pdf) - (self.gap_end - self.gap_start)


@pytest.fixture(scope="module")
def subject(tmp_path_factory: pytest.TempPathFactory) -> Subject:
    return Subject(Notary(tmp_path_factory.mktemp("keys")))


@settings(max_examples=120, database=None, suppress_health_check=[HealthCheck.function_scoped_fixture])
@given(share=st.floats(0, 1, exclude_max=True), bit=st.integers(0, 7))
def test_one_flipped_bit_anywhere_never_passes(subject: Subject, share: float, bit: int) -> None:
    pdf = subject.flipped(place=int(share * subject.signed_length), bit=bit)
    _demand_not_passed(subject, pdf)


@settings(max_examples=120, database=None, suppress_health_check=[HealthCheck.function_scoped_fixture])
@given(share=st.floats(0, 1, exclude_max=True), bit=st.integers(0, 7))
def test_one_flipped_bit_in_the_last_revision_never_passes(subject: Subject, share: float, bit: int) -> None:
    """Where a bit may make the whole revision disappear from a reader's sight."""
    room = subject.signed_length - subject.last_revision
    pdf = subject.flipped(place=subject.last_revision + int(share * room), bit=bit)
    _demand_not_passed(subject, pdf)


def _demand_not_passed(subject: Subject, pdf: bytes) -> None:
    report = validate(pdf, anchors=subject.notary.anchors, known=subject.known, at=CHECKED_AT)
    assert report.indication is not Indication.TOTAL_PASSED
