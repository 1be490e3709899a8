"""What a difference between pictures leads to: values only; the pictures themselves are the vectors' business."""

from __future__ import annotations

from dataclasses import replace
from datetime import UTC, datetime, timedelta
from itertools import product

import pytest

from verification.by_picture import is_worth_drawing, not_compared, revisions_to_compare, with_pictures
from verification.facts import Comparison, FileFacts, Reliance, SignatureFacts, SignedRevision
from verification.policy import DEFAULT_POLICY, Check, Weight
from verification.reasons import PASSED
from verification.report import (
    ChangeClass,
    Changes,
    Coverage,
    Indication,
    Level,
    ReadMode,
    SignatureKind,
    SignatureReport,
    ValidationReport,
)

AT = datetime(2026, 1, 1, tzinfo=UTC)
FIRST = SignatureReport(
    field="Sig1",
    kind=SignatureKind.SIGNATURE,
    sub_filter=None,
    level=Level.B_LTA,
    verdict=PASSED,
    intact=True,
    valid=True,
    coverage=Coverage.ENTIRE_REVISION,
    end=700,
    changes_after=Changes(ChangeClass.SIGNING_OR_FORM_FILLING, fields=("Sig2",)),
    signer=None,
    claimed_signing_time=None,
    best_signature_time=None,
    timestamps=(),
    algorithms=None,
    renew_before=AT,
)
LAST = replace(FIRST, field="Sig2", coverage=Coverage.ENTIRE_FILE, end=900, changes_after=Changes(ChangeClass.NONE))
REPORT = ValidationReport(
    file="a.pdf",
    sha256="0" * 64,
    length=900,
    pages=2,
    read=ReadMode.STRICT,
    validated_at=AT,
    policy=DEFAULT_POLICY.label,
    verdict=PASSED,
    signatures=(FIRST, LAST),
)
FACTS = FileFacts(
    file="a.pdf",
    sha256="0" * 64,
    length=900,
    pages=2,
    read=ReadMode.STRICT,
    at=AT,
    tolerance=timedelta(0),
    freshness=None,
    signatures=tuple(
        SignatureFacts(
            field=signature.field,
            kind=SignatureKind.SIGNATURE,
            sub_filter=None,
            revision=number,
            problem=None,
            shared=False,
            coverage=signature.coverage,
            end=signature.end,
            padded=False,
            as_standard=True,
            changes=signature.changes_after,
            names_certificate=True,
            names_another=False,
            intact=True,
            valid=True,
            engine=None,
            level=Level.B_LTA,
            signer=None,
            algorithms=None,
            claimed_signing_time=None,
            best_signature_time=None,
            own_timestamps=(),
            damaged_timestamps=0,
            document_timestamps=(),
            renew_before=AT,
            reliance=Reliance(),
            lack=None,
        )
        for number, signature in enumerate((FIRST, LAST))
    ),
)


def warned(report: ValidationReport) -> list[str]:
    return [caution.code for caution in report.warnings]


def test_only_what_something_follows_is_compared() -> None:
    assert revisions_to_compare(FACTS) == (SignedRevision(700, ("Sig2",)),)
    assert is_worth_drawing(FACTS)
    assert not is_worth_drawing(replace(FACTS, signatures=()))
    assert not is_worth_drawing(replace(FACTS, signatures=FACTS.signatures[1:], length=1 << 30))


def test_equal_pages_are_said_to_be_equal_and_change_nothing_else() -> None:
    seen = with_pictures(REPORT, Comparison(2, (False,), letters_agree=True), DEFAULT_POLICY)
    assert seen.verdict == PASSED
    assert warned(seen) == []
    assert [one.changes_after.page_difference for one in seen.signatures] == [False, None]


def test_a_page_that_differs_fails_the_signature_and_the_file() -> None:
    seen = with_pictures(REPORT, Comparison(2, (True,), letters_agree=True), DEFAULT_POLICY)
    first, last = seen.signatures
    assert (first.indication, last.indication) == (Indication.TOTAL_FAILED, Indication.TOTAL_PASSED)
    assert seen.verdict == first.verdict
    assert first.renew_before is None
    assert warned(seen) == ["page-differs"]


def test_under_a_milder_policy_it_is_a_warning_or_nothing() -> None:
    for weight, told in ((Weight.WARN, ["page-differs"]), (Weight.IGNORE, [])):
        policy = replace(DEFAULT_POLICY, weights={**DEFAULT_POLICY.weights, Check.PAGES_AS_SIGNED: weight})
        seen = with_pictures(REPORT, Comparison(2, (True,), letters_agree=None), policy)
        assert (seen.verdict, warned(seen)) == (PASSED, told)


def test_what_could_not_be_compared_or_is_read_in_two_ways_is_not_passed_over_in_silence() -> None:
    assert warned(with_pictures(REPORT, not_compared(FACTS), DEFAULT_POLICY)) == ["pages-not-compared"]
    seen = with_pictures(REPORT, Comparison(3, (False,), letters_agree=False), DEFAULT_POLICY)
    assert warned(seen) == ["page-count-differs", "letters-differ"]
    assert seen.verdict == PASSED


@pytest.mark.parametrize("weight", Weight)
def test_whatever_weighs_what_only_differing_pictures_change_a_verdict(weight: Weight) -> None:
    policy = replace(DEFAULT_POLICY, weights=dict.fromkeys(Check, weight))
    for pages, differs, agree in product((2, 3), (False, True, None), (False, True, None)):
        seen = with_pictures(REPORT, Comparison(pages, (differs,), letters_agree=agree), policy)
        alone = with_pictures(REPORT, Comparison(2, (differs,), letters_agree=None), policy)
        assert (seen.verdict, seen.signatures) == (alone.verdict, alone.signatures)
        assert (seen.verdict == PASSED) == (differs is not True or weight is not Weight.FAIL)
    last_alone = replace(REPORT, signatures=REPORT.signatures[1:])
    for pages, agree in product((2, 3), (False, True, None)):
        seen = with_pictures(last_alone, Comparison(pages, (), letters_agree=agree), policy)
        assert (seen.verdict, seen.signatures) == (last_alone.verdict, last_alone.signatures)
