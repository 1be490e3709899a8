"""Plain arithmetic on bytes: coverage, padding, what stands before and behind; and words for every verdict."""

from __future__ import annotations

from datetime import UTC, datetime

import pytest

from verification.coverage import covered_length, is_padded_with_zeros
from verification.foreign_text import printable, well_formed
from verification.policy import DEFAULT_POLICY
from verification.reasons import Cause, because, standing
from verification.report import Indication, SubIndication
from verification.structure import ends_at_end_mark, from_header, has_signature_behind, header_is_first

FILE = b"0123456789<abcd>tail"


@pytest.mark.parametrize(
    ("byte_range", "covered"),
    [
        ((0, 10, 16, 4), 20),
        ((0, 10, 16, 3), 19),
        ((0, 10, 16, 5), None),
        ((1, 9, 16, 4), None),
        ((0, 9, 16, 4), None),
        ((0, 10, 15, 5), None),
        ((0, 10, 17, 3), None),
        ((0, 16, 10, 10), None),
        ((0, -10, 16, 4), None),
        ((0, 20), None),
        ((0, 10, 16, 4, 0, 0), None),
        ((), None),
        ((0, 10, 16, 10**30), None),
    ],
)
def test_only_one_gap_of_exactly_the_contents_is_coverage(byte_range: tuple[int, ...], covered: int | None) -> None:
    assert covered_length(FILE, byte_range=byte_range, contents=b"\xab\xcd") == covered


def test_other_contents_than_those_in_the_gap_are_no_coverage() -> None:
    assert covered_length(FILE, byte_range=(0, 10, 16, 4), contents=b"\xab\xce") is None


@pytest.mark.parametrize(
    ("contents", "padded"),
    [
        (b"\x30\x01\x00", True),
        (b"\x30\x01\x00\x00\x00", True),
        (b"\x30\x01\x00\x00\x01", False),
        (b"\x30\x81\x01\x05\x00", True),
        (b"\x30\x82\x00\x01\x05\x01", False),
        (b"\x30\x05\x00", False),
        (b"\x30\x80\x05\x00\x00\x00", True),
        (b"\x30", False),
        (b"", False),
    ],
)
def test_only_zeros_may_follow_the_cms_object(contents: bytes, padded: bool) -> None:  # noqa: FBT001
    assert is_padded_with_zeros(contents) is padded


def test_header_and_end_are_found_without_a_parser() -> None:
    assert header_is_first(b"%PDF-1.7")
    assert not header_is_first(b" %PDF-1.7")
    assert from_header(b"xx%PDF-1.7") == b"%PDF-1.7"
    assert from_header(b"x" * 2000 + b"%PDF-1.7").startswith(b"x")
    assert ends_at_end_mark(b"...%%EOF\r\n")
    assert not ends_at_end_mark(b"...%%EOF\n<")
    assert not ends_at_end_mark(b"...")


def test_names_from_a_file_cannot_break_a_report() -> None:
    assert well_formed("Sig\ud800Seal") == "Sig\N{REPLACEMENT CHARACTER}Seal"
    assert well_formed("Chữ ký") == "Chữ ký"
    assert len(well_formed("x" * 100_000)) == 1024
    assert printable("a\x1b[2Jb\u202ec") == "a?[2Jb?c"


def test_a_signature_behind_the_last_one_is_noticed() -> None:
    assert has_signature_behind(b"%%EOF /ByteRange  [0 1]", 5)
    assert not has_signature_behind(b"/ByteRange [0 1] %%EOF", 5)


def test_every_sub_indication_and_every_cause_has_words_in_both_languages() -> None:
    verdicts = [standing(Indication.INDETERMINATE, each) for each in SubIndication] + [because(each) for each in Cause]
    assert all(verdict.reason.vi and verdict.reason.en and verdict.sub_indication for verdict in verdicts)


def test_an_algorithm_is_usable_until_the_policy_says() -> None:
    def usable(name: str, bits: int, year: int) -> bool:
        end = DEFAULT_POLICY.usable_until(name, bits=bits)
        return end is not None and datetime(year, 6, 1, tzinfo=UTC) <= end

    assert usable("sha256", 0, 2100)
    assert not usable("sha1", 0, 2026)
    assert usable("sha1", 0, 2010)
    assert usable("rsassa_pss", 3072, 2026)
    assert not usable("rsassa_pkcs1v15", 1024, 2026)
    assert not usable("rsassa_pkcs1v15", 512, 2000)
    assert not usable("md5", 0, 2000)
