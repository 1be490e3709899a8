"""Step 12 of the recipe, and the same again years later: from the facts about a file to the report on it, by a policy.

Facts are found out with the file in hand and are kept apart from any opinion. So an old report can be judged again when
a policy changes: when an algorithm has fallen, when an authority is no longer trusted, when a check weighs more.
"""

from __future__ import annotations

import hashlib
from typing import TYPE_CHECKING

from verification.by_picture import with_pictures
from verification.errors import FactsInsufficient
from verification.facts import FileFacts
from verification.foreign_text import well_formed
from verification.reasons import Cause, because
from verification.report import ReadMode, SignatureReport, ValidationReport
from verification.verdict import cautions, verdict_on_document, verdict_on_signature

if TYPE_CHECKING:
    from datetime import datetime

    from verification.facts import SignatureFacts
    from verification.policy import ValidationPolicy


def judge(facts: FileFacts, policy: ValidationPolicy) -> ValidationReport:
    """The report on a file of which these are the facts."""
    signatures = tuple(_on_signature(each, policy) for each in facts.signatures)
    around = facts.document
    report = ValidationReport(
        file=facts.file,
        sha256=facts.sha256,
        length=facts.length,
        pages=facts.pages,
        read=facts.read,
        validated_at=facts.at,
        policy=policy.label,
        verdict=verdict_on_document(signatures, around, policy) if around else because(_unread(facts)),
        signatures=signatures,
        warnings=cautions(signatures, around, policy, read=facts.read) if around else (),
    )
    return report if facts.comparison is None else with_pictures(report, facts.comparison, policy)


def judge_again(facts: FileFacts, policy: ValidationPolicy) -> ValidationReport:
    """The report under another policy than the one with which the facts were found out.

    A stricter policy fully counts. A laxer one forgives what its checks weigh, but does not overturn what the stricter
    one stopped at, such as an algorithm or an anchor: behind that nothing was looked at. Raises
    :class:`FactsInsufficient` where the policies differ in what only the file can answer.
    """
    if policy.freshness != facts.freshness:
        raise FactsInsufficient(entry="revocation_freshness_hours")
    if policy.clock_tolerance != facts.tolerance:
        raise FactsInsufficient(entry="clock_tolerance_seconds")
    return judge(facts, policy)


def facts_of_unreadable(pdf: bytes, *, cause: Cause, at: datetime, policy: ValidationPolicy, file: str) -> FileFacts:
    """The facts about a file of which nothing could be read."""
    return FileFacts(
        file=well_formed(file),
        sha256=hashlib.sha256(pdf).hexdigest(),
        length=len(pdf),
        pages=0,
        read=ReadMode.UNREADABLE,
        at=at,
        tolerance=policy.clock_tolerance,
        freshness=policy.freshness,
        unreadable=cause,
    )


def _on_signature(facts: SignatureFacts, policy: ValidationPolicy) -> SignatureReport:
    verdict = verdict_on_signature(facts, policy)
    return SignatureReport(
        field=facts.field,
        kind=facts.kind,
        sub_filter=facts.sub_filter,
        level=facts.level,
        verdict=verdict,
        intact=facts.intact,
        valid=facts.valid,
        coverage=facts.coverage,
        end=facts.end,
        changes_after=facts.changes,
        signer=facts.signer,
        claimed_signing_time=facts.claimed_signing_time,
        best_signature_time=facts.best_signature_time,
        timestamps=(*facts.own_timestamps, *facts.document_timestamps),
        algorithms=facts.algorithms,
        renew_before=facts.renew_before if verdict.passed else None,
        claims=facts.claims,
    )


def _unread(facts: FileFacts) -> Cause:
    return facts.unreadable or Cause.UNREADABLE
