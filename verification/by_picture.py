"""What pictures add to a report: the verdict of the objects stands, and what the pages show is held against it.

The pictures are made in a job of their own (:mod:`verification.pictures`). A file that draws for ever costs that job
and no more: its report says then that the pages were not compared.
"""

from __future__ import annotations

from dataclasses import replace
from typing import TYPE_CHECKING

from verification.facts import Comparison, SignedRevision
from verification.policy import Check, Weight
from verification.reasons import Cause, because
from verification.report import Coverage
from verification.verdict import warnings, worst

if TYPE_CHECKING:
    from verification.facts import FileFacts, SignatureFacts
    from verification.policy import ValidationPolicy
    from verification.report import SignatureReport, ValidationReport

_LARGEST_UNCHANGED = 16 << 20  # bytes; larger files are opened for pictures only if there is something to compare


def revisions_to_compare(facts: FileFacts) -> tuple[SignedRevision, ...]:
    """The signed revisions that something follows, in the order of the signatures; one for each such signature."""
    return tuple(
        SignedRevision(signature.end, signature.changes.fields)
        for signature in facts.signatures
        if _is_followed(signature)
    )


def signed_revisions(facts: FileFacts) -> tuple[SignedRevision, ...]:
    """The revision of each signature that covers one whole, in the order of the signatures."""
    return tuple(
        SignedRevision(signature.end, signature.changes.fields)
        for signature in facts.signatures
        if signature.coverage is not Coverage.PARTIAL and signature.end > 0
    )


def is_worth_drawing(facts: FileFacts) -> bool:
    """Whether pictures can tell anything of this file."""
    is_small = bool(facts.signatures) and facts.length < _LARGEST_UNCHANGED
    return is_small or any(map(_is_followed, facts.signatures))


def not_compared(facts: FileFacts) -> Comparison:
    """What is known where the comparison did not come to its end."""
    return Comparison(facts.pages, (None,) * len(revisions_to_compare(facts)), letters_agree=None)


def with_pictures(report: ValidationReport, comparison: Comparison, policy: ValidationPolicy) -> ValidationReport:
    """The report with what the comparison found; what does not fail under the policy is warned of."""
    answers = iter(comparison.differs)
    signatures = tuple(
        _compared(signature, next(answers, None), policy) if _is_followed(signature) else signature
        for signature in report.signatures
    )
    noticed = {
        Check.PAGES_COUNTED: comparison.pages != report.pages,
        Check.PAGES_AS_SIGNED: True in comparison.differs,
        Check.PAGES_COMPARED: None in comparison.differs,
        Check.LETTERS_AGREED: comparison.letters_agree is False,
    }
    known = {caution.code for caution in report.warnings}
    found = [caution for caution in warnings(noticed, policy) if caution.code not in known]
    failed = [new.verdict for old, new in zip(report.signatures, signatures, strict=True) if new.verdict != old.verdict]
    return replace(
        report,
        verdict=worst([report.verdict, *failed]) if failed else report.verdict,
        signatures=signatures,
        warnings=(*report.warnings, *found),
    )


def _is_followed(signature: SignatureFacts | SignatureReport) -> bool:
    return signature.coverage is Coverage.ENTIRE_REVISION and signature.end > 0


def _compared(signature: SignatureReport, differs: bool | None, policy: ValidationPolicy) -> SignatureReport:  # noqa: FBT001 - a fact that was found, not a switch
    verdict = signature.verdict
    if differs and policy.weight(Check.PAGES_AS_SIGNED) is Weight.FAIL:
        verdict = worst([verdict, because(Cause.PAGE_DIFFERS)])
    changes = replace(signature.changes_after, page_difference=differs)
    renew_before = signature.renew_before if verdict.passed else None
    return replace(signature, verdict=verdict, changes_after=changes, renew_before=renew_before)
