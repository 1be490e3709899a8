"""Verification of a signed PDF, as a recipe: ETSI EN 319 102-1 with what PDF adds to it.

The same step titles, with their reasons, stand in ``docs/verification.md``. Steps 3 to 11 concern one signature field
and are in :mod:`verification.examine`.
"""

from __future__ import annotations

import hashlib
from contextlib import closing
from dataclasses import dataclass
from typing import TYPE_CHECKING

from certs.anchors import TrustAnchors, fingerprint
from verification._pyhanko import Damaged, Unreadable, covered_end, has_other_fields, open_document, text_cells
from verification._pyhanko_engine import Engine
from verification._pyhanko_places import counts_its_pages, first_revision_end, later_placements
from verification._pyhanko_store import Stores, attribute_of, material_of
from verification._pyhanko_time import proofs_of_existence
from verification._pyhanko_trust import Trust
from verification.cells import cells_in_disagreement
from verification.examine import examine
from verification.facts import DocumentFacts, FileFacts
from verification.foreign_text import well_formed
from verification.form_fields import fields_in_disagreement
from verification.judgement import facts_of_unreadable, judge
from verification.overlay import placements_over_text
from verification.policy import DEFAULT_POLICY, SIGNING_PURPOSES, Purpose
from verification.quiet_memory import swept_afterwards
from verification.reasons import Cause
from verification.report import ChangeClass, ReadMode, SignatureKind
from verification.structure import (
    behind_the_end,
    ends_at_end_mark,
    has_signature_behind,
    header_is_first,
    speaks_pdf,
)

if TYPE_CHECKING:
    from datetime import datetime

    from certs.revocation import RevocationInfo
    from verification._pyhanko import OpenDocument
    from verification._pyhanko_store import ValidationMaterial
    from verification.facts import SignatureFacts
    from verification.policy import ValidationPolicy
    from verification.report import ValidationReport


_TIME = Purpose.TIMESTAMPING


@dataclass(frozen=True, slots=True)
class Question:
    """What a verdict depends on besides the file: whom to trust, what is known, when, and under which policy."""

    anchors: TrustAnchors
    known: RevocationInfo
    at: datetime
    policy: ValidationPolicy
    file: str


def validate(
    pdf: bytes,
    *,
    anchors: TrustAnchors,
    known: RevocationInfo,
    at: datetime,
    policy: ValidationPolicy = DEFAULT_POLICY,
    file: str = "document.pdf",
) -> ValidationReport:
    """Judge every signature in the file at this moment, offline; never raises for bad bytes."""
    return judge(find_out(pdf, anchors=anchors, known=known, at=at, policy=policy, file=file), policy)


def find_out(
    pdf: bytes,
    *,
    anchors: TrustAnchors,
    known: RevocationInfo,
    at: datetime,
    policy: ValidationPolicy = DEFAULT_POLICY,
    file: str = "document.pdf",
) -> FileFacts:
    """The facts about a file, to be judged now or later; never raises for bad bytes.

    Revocation data comes from the file and from ``known``. The steps:

    1.  Parse: strictly, then with errors forgiven, and say which.
    2.  Count every filled signature field.
    3.  Coverage: the byte range holds the whole revision but the signature itself.
    4.  CMS and digest.
    5.  Signing certificate: the signature names its certificate.
    6.  Proofs of existence: time-stamps, the newest first.
    7.  Chain at the best signature time.
    8.  Revocation at that time.
    9.  Algorithms at that time.
    10. Level.
    11. Changes since each signature.
    12. Report: a verdict on each signature, and on the file the worst of them.
    """
    question = Question(anchors=anchors, known=known, at=at, policy=policy, file=well_formed(file))
    with swept_afterwards():
        return _found_out(pdf, question)


def _found_out(pdf: bytes, question: Question) -> FileFacts:
    try:
        return strictly_then_laxly(pdf, question)
    except Unreadable as refusal:
        cause = refusal.cause
    except MemoryError:
        cause = Cause.NOT_READ_SAFELY
    except Exception:  # noqa: BLE001 - the outermost boundary: whatever the bytes, the answer is a report
        cause = Cause.UNREADABLE
    return facts_of_unreadable(pdf, cause=cause, at=question.at, policy=question.policy, file=question.file)


def strictly_then_laxly(pdf: bytes, question: Question) -> FileFacts:
    """The facts without the net: raises :class:`Unreadable`, and what else escapes is a defect."""
    try:
        return _whole_recipe(pdf, question, mode=ReadMode.STRICT)
    except Unreadable as refusal:
        if refusal.cause is Cause.ENCRYPTED:
            raise
    return _whole_recipe(pdf, question, mode=ReadMode.LAX)


def _whole_recipe(pdf: bytes, question: Question, *, mode: ReadMode) -> FileFacts:
    try:
        # 1 Parse, and 2 count every filled signature field.
        document = open_document(pdf, mode=mode)
        with closing(document.reader):
            return _recipe(pdf, document, question)
    except Damaged as damage:
        # Damage to a signature stays with it; this is in what all of them stand on.
        raise Unreadable(Cause.UNREADABLE) from damage


def _recipe(pdf: bytes, document: OpenDocument, question: Question) -> FileFacts:
    stores = Stores(document.reader)
    trust = Trust(
        _chosen(question.anchors, question.policy), question.policy, _material(document, stores, question.known)
    )

    with Engine(trust, at=question.at) as engine:
        # 6 Proofs of existence: before the signatures, which lean on them.
        proofs = proofs_of_existence(document, stores, engine, at=question.at)
        # 3 to 11, field by field.
        facts = [examine(field, document, stores=stores, engine=engine, proofs=proofs) for field in document.fields]

    # 12 Report: `verification.judgement.judge`, from these facts alone.
    return FileFacts(
        file=question.file,
        sha256=hashlib.sha256(pdf).hexdigest(),
        length=len(pdf),
        pages=document.pages,
        read=document.mode,
        at=question.at,
        tolerance=question.policy.clock_tolerance,
        freshness=question.policy.freshness,
        document=_document_facts(pdf, document, facts, question.policy),
        signatures=tuple(facts),
    )


def _chosen(anchors: TrustAnchors, policy: ValidationPolicy) -> TrustAnchors:
    """Those of the configured anchors that the policy trusts for what they are used for."""
    return TrustAnchors(
        signing=tuple(der for der in anchors.signing if policy.trusts(fingerprint(der), *SIGNING_PURPOSES)),
        timestamping=tuple(der for der in anchors.timestamping if policy.trusts(fingerprint(der), _TIME)),
        periods=anchors.periods,
    )


def _material(document: OpenDocument, stores: Stores, known: RevocationInfo) -> ValidationMaterial:
    """All certificates and revocation data at hand: the caller's, the file's store, and what signatures carry."""
    material = material_of(known).with_(stores.last)
    for field in document.fields:
        if field.signature is not None:
            material = material.with_(attribute_of(field.signature))
    return material


def _document_facts(
    pdf: bytes, document: OpenDocument, facts: list[SignatureFacts], policy: ValidationPolicy
) -> DocumentFacts:
    covered, but = covered_end(document), policy.cells
    tail = behind_the_end(document.pdf, last_section=document.last_section, covered=covered)
    return DocumentFacts(
        header_is_first=header_is_first(pdf),
        ends_at_end_mark=ends_at_end_mark(document.pdf) and not tail,
        speaks_behind_end=speaks_pdf(tail),
        cells_in_disagreement=cells_in_disagreement(document.pdf, text_cells(document, policy.cells)),
        changes_after_last=_changes_after_last(facts),
        has_hidden_signature=has_signature_behind(document.pdf, covered),
        signatures_as_standard=all(each.as_standard for each in facts),
        fields_in_disagreement=(
            fields_in_disagreement(document.pdf, but=but) if has_other_fields(document, but=but) else ()
        ),
        counts_its_pages=counts_its_pages(document),
        over_text=placements_over_text(document.pdf, first_revision_end(document), later_placements(document)),
    )


def _changes_after_last(facts: list[SignatureFacts]) -> ChangeClass:
    """What follows the last signature; document timestamps vouch for time only, unless there is nothing else."""
    own = [each for each in facts if each.kind is not SignatureKind.DOCUMENT_TIMESTAMP] or facts
    readable = [each for each in own if each.problem is None]
    if not readable or len(readable) < len(own):
        return ChangeClass.NONE
    return max(readable, key=lambda each: each.revision).changes.change_class
