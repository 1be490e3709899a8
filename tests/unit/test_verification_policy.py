"""Policies as data: what a file may say, and that every verdict has words for people."""

from __future__ import annotations

from dataclasses import replace
from datetime import UTC, datetime, timedelta

import pytest

from certs.revocation_lack import Lack
from verification.errors import PolicyUnreadable
from verification.policy import DEFAULT_POLICY, Check, Purpose, Weight
from verification.policy_file import read_policy, written_policy
from verification.reasons import Cause, because, standing, without_revocation
from verification.report import Indication, SubIndication

SMALL = 'name = "x"\nversion = "2"\nalgorithm = []\n'


def test_the_policy_in_use_can_be_written_and_read_again() -> None:
    assert read_policy(written_policy(DEFAULT_POLICY)) == replace(DEFAULT_POLICY)


def test_all_that_a_policy_says_is_kept() -> None:
    policy = replace(
        DEFAULT_POLICY,
        anchors={Purpose.GOVERNMENT: ("a" * 64,), Purpose.TIMESTAMPING: ("b" * 64, "c" * 64)},
        freshness=timedelta(hours=36),
        weights={Check.PAGES_COUNTED: Weight.INFO},
    )
    assert read_policy(written_policy(policy)) == policy


def test_dates_are_the_beginning_of_the_day_in_utc() -> None:
    policy = read_policy('name="x"\nversion="1"\n[[algorithm]]\nname="sha1"\nuntil=2014-01-01\n')
    assert policy.usable_until("sha1", bits=0) == datetime(2014, 1, 1, tzinfo=UTC)


def test_a_check_that_a_policy_does_not_name_fails_the_signature() -> None:
    assert read_policy(SMALL).weight(Check.HEADER_FIRST) is Weight.FAIL


def test_without_anchors_every_configured_one_counts_and_with_them_only_those() -> None:
    assert DEFAULT_POLICY.trusts("a" * 64, Purpose.PUBLIC)
    pinned = read_policy(SMALL + f'[anchors]\ngovernment = ["{"AB:" * 31}AB"]\n')
    assert pinned.trusts("ab" * 32, Purpose.GOVERNMENT, Purpose.PUBLIC)
    assert not pinned.trusts("ab" * 32, Purpose.PUBLIC)
    assert not pinned.trusts("cd" * 32, Purpose.GOVERNMENT)


@pytest.mark.parametrize(
    ("text", "words"),
    [
        ("name =", "Invalid value"),
        ('version = "1"\nalgorithm = []', "name: must be text"),
        ('name = "a b"\nversion = "1"\nalgorithm = []', "name: letters"),
        ('name = "x"\nversion = 1\nalgorithm = []', "version: must be text"),
        ('name = "x"\nversion = "1"', "algorithm: must be a list"),
        ('name = "x"\nversion = "1"\nalgorithm = [1]', "algorithm: must be a table"),
        (SMALL + "colour = 1", "colour: is no entry"),
        (SMALL + "clock_tolerance_seconds = -1", "must be from 0"),
        (SMALL + "clock_tolerance_seconds = true", "must be a number"),
        (SMALL + "cells = [1]", "cells: must be text"),
        (SMALL + "checks = 1", "checks: must be a table"),
        (SMALL + '[checks]\nno_such = "fail"', "checks: 'no_such' is none of"),
        (SMALL + '[checks]\nheader_first = "shrug"', "'shrug' is none of fail, warn, info, ignore"),
        (SMALL + '[anchors]\npublic = ["00"]', "is no SHA-256"),
        (SMALL + "[anchors]\nfamily = []", "'family' is none of"),
        ('name="x"\nversion="1"\n[[algorithm]]\nname="a"\nuntil="soon"', "until: must be a date"),
        ('name="x"\nversion="1"\n[[algorithm]]\nname="a"\nbits="2"', "bits: must be a number"),
        ('name="x"\nversion="1"\n[[algorithm]]\nname="a"\nsize=2', "algorithm.size: is no entry"),
    ],
)
def test_a_mistake_is_named(text: str, words: str) -> None:
    with pytest.raises(PolicyUnreadable, match=words.replace("(", "\\(")):
        read_policy(text)


def test_there_are_twenty_five_sub_indications_and_each_says_what_is_so_and_what_to_do() -> None:
    assert len(SubIndication) == 25
    verdicts = [standing(Indication.INDETERMINATE, each) for each in SubIndication]
    verdicts += [because(each) for each in Cause] + [without_revocation(each) for each in Lack]
    for verdict in verdicts:
        for sentence in (verdict.reason.vi, verdict.reason.en):
            assert len(sentence) > 40, verdict
            assert sentence.endswith(".")
        assert any(word in verdict.reason.vi for word in ("Hãy", "hãy", "Không sử dụng")), verdict
        assert any(word in verdict.reason.en for word in (" Ask", " ask", " Get", " Download", " Do not use", " Use",
            " Check", " check")), verdict  # fmt: skip
    assert len({standing(Indication.INDETERMINATE, each).reason.vi for each in SubIndication}) == 25
