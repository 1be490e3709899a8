"""Steps 3 to 11 of the recipe, for one signature field: facts only, the verdict comes later.

Damage in one field stays with it; only what strict reading refuses sends the whole file to be read again.
"""

from __future__ import annotations

from typing import TYPE_CHECKING

from verification._pyhanko import Damaged, coverage_of, range_end, reading
from verification._pyhanko_changes import changes_since
from verification._pyhanko_claims import claims_of
from verification._pyhanko_cms import facts_of
from verification._pyhanko_engine import Existence
from verification._pyhanko_form import Form, form_of, names_another_certificate
from verification._pyhanko_level import level_of, proofs_end
from verification._pyhanko_time import judge_signature_timestamps
from verification.coverage import is_padded_with_zeros
from verification.facts import Reliance, SignatureFacts
from verification.reasons import TIMESTAMP_HOLDS, Cause, standing
from verification.report import ChangeClass, Changes, Coverage, Level, SignatureKind, Timestamp

if TYPE_CHECKING:
    from collections.abc import Iterable
    from datetime import datetime

    from verification._pyhanko import FilledField, OpenDocument, Signature
    from verification._pyhanko_engine import Engine, Finding
    from verification._pyhanko_store import Stores
    from verification._pyhanko_time import JudgedToken, Proofs

_BARE_PKCS7 = frozenset({"adbe.pkcs7.detached", "adbe.pkcs7.sha1"})


def examine(
    field: FilledField, document: OpenDocument, *, stores: Stores, engine: Engine, proofs: Proofs
) -> SignatureFacts:
    """What there is to know about one filled signature field."""
    if field.signature is None:
        return _unexamined(field, field.problem or Cause.SIGNATURE_UNREADABLE)
    try:
        with reading(document.reader):
            if field.kind is SignatureKind.DOCUMENT_TIMESTAMP:
                return _examine_timestamp(field, field.signature, document, proofs=proofs)
            return _examine_signature(field, field.signature, document, stores=stores, engine=engine, proofs=proofs)
    except Damaged:
        return _unexamined(field, Cause.SIGNATURE_UNREADABLE)


def _examine_signature(
    field: FilledField, signature: Signature, document: OpenDocument, *, stores: Stores, engine: Engine, proofs: Proofs
) -> SignatureFacts:
    # 3 Coverage.
    coverage = coverage_of(document, signature)

    # 4 CMS and digest (the values are checked by the engine below), and 5 signing certificate.
    cms = facts_of(signature)
    form = form_of(signature)
    if form is Form.BROKEN:
        return _unexamined(field, Cause.SIGNATURE_UNREADABLE)

    # 6 Proofs of existence: document timestamps over the signature, then the tokens inside it.
    over = proofs.covering(field)
    tokens = judge_signature_timestamps(signature, engine, poe=proofs.poe)
    own = tokens.judged
    existence = _existence(signature, own=own, over=over, proofs=proofs)

    # 7 Chain, 8 revocation and 9 algorithms, all at the best signature time.
    finding = engine.judge_signature(signature, proofs=proofs.poe, existence=existence)

    # 10 Level.
    is_bare = field.sub_filter in _BARE_PKCS7
    level = Level.PKCS7 if is_bare else Level.UNKNOWN
    if cms is not None and cms.names_certificate and not is_bare:
        level = level_of(field, stores=stores, signer=finding, own=own, over=over)

    return SignatureFacts(
        field=field.name,
        kind=field.kind,
        sub_filter=field.sub_filter,
        revision=field.revision,
        problem=None,
        shared=field.shared,
        coverage=coverage,
        end=range_end(signature),
        padded=is_padded_with_zeros(signature.pkcs7_content),
        as_standard=form is Form.AS_STANDARD,
        changes=_changes(signature, coverage),  # 11
        names_certificate=cms is None or cms.names_certificate or is_bare,
        names_another=names_another_certificate(signature),
        intact=finding.intact,
        valid=finding.valid,
        engine=(finding.indication, finding.sub_indication),
        level=level,
        signer=cms.signer if cms else None,
        algorithms=cms.algorithms if cms else None,
        claimed_signing_time=cms.claimed_time if cms else None,
        best_signature_time=existence.since if existence.since < proofs.at else None,
        own_timestamps=_timestamps(own),
        damaged_timestamps=tokens.damaged,
        document_timestamps=_timestamps(over),
        renew_before=_renew_before(finding, own=own, over=over),
        reliance=_reliance(finding, tokens=(*own, *over)),
        lack=finding.lack,
        claims=claims_of(signature) if cms else None,
    )


def _existence(
    signature: Signature, *, own: tuple[JudgedToken, ...], over: tuple[JudgedToken, ...], proofs: Proofs
) -> Existence:
    """Since when the signature is proven to exist: the earliest of the proofs that hold (EN 319 102-1, 5.5.4)."""
    since = min([proofs.since(signature.signed_data), *(token.time for token in own if token.finding.passed)])
    is_proven = any(token.finding.passed for token in (*own, *over))
    return Existence(since=since, fresh_at=since, is_proven=is_proven)


def _examine_timestamp(
    field: FilledField, signature: Signature, document: OpenDocument, *, proofs: Proofs
) -> SignatureFacts:
    """A document timestamp was judged among the proofs of existence (steps 6 to 9); 3, 4, 5 and 11 remain."""
    coverage = coverage_of(document, signature)
    cms = facts_of(signature)
    judged = proofs.judged(field)
    finding = judged.finding if judged else None
    return SignatureFacts(
        field=field.name,
        kind=field.kind,
        sub_filter=field.sub_filter,
        revision=field.revision,
        problem=None,
        shared=field.shared,
        coverage=coverage,
        end=range_end(signature),
        padded=is_padded_with_zeros(signature.pkcs7_content),
        as_standard=True,
        changes=_changes(signature, coverage),
        names_certificate=True,
        names_another=False,
        intact=finding.intact if finding else None,
        valid=finding.valid if finding else None,
        engine=(finding.indication, finding.sub_indication) if finding else None,
        level=Level.UNKNOWN,
        signer=cms.signer if cms else None,
        algorithms=cms.algorithms if cms else None,
        claimed_signing_time=None,
        best_signature_time=judged.time if judged and judged.finding.passed else None,
        own_timestamps=(),
        damaged_timestamps=0,
        document_timestamps=_timestamps(proofs.covering(field)),
        renew_before=_renew_before(finding, own=(), over=proofs.covering(field)) if finding else None,
        reliance=_reliance(None, tokens=(judged, *proofs.covering(field)) if judged else ()),
        lack=finding.lack if finding else None,
    )


def _reliance(finding: Finding | None, *, tokens: tuple[JudgedToken, ...]) -> Reliance:
    """What a signature and the tokens that hold for it lean on."""
    held = [token.finding for token in tokens if token.finding.passed]
    good = [finding, *held] if finding is not None and finding.passed else held
    return Reliance(
        algorithms=tuple(dict.fromkeys(use for each in good for use in each.uses)),
        signing_anchor=finding.path[-1].sha256.hex() if finding is not None and finding.passed else None,
        timestamping_anchors=tuple(dict.fromkeys(each.path[-1].sha256.hex() for each in held)),
    )


def _renew_before(finding: Finding, *, own: tuple[JudgedToken, ...], over: tuple[JudgedToken, ...]) -> datetime | None:
    """When the newest document timestamp expires; without one, the first of the chains that are leant on."""
    newest = [token.finding for token in over if token.finding.passed][-1:]
    return proofs_end(*(newest or [finding, *(token.finding for token in own if token.finding.passed)]))


def _changes(signature: Signature, coverage: Coverage) -> Changes:
    if coverage is Coverage.ENTIRE_FILE:
        return Changes(ChangeClass.NONE)
    return Changes(ChangeClass.UNDEFINED) if coverage is Coverage.PARTIAL else changes_since(signature)


def _timestamps(tokens: Iterable[JudgedToken]) -> tuple[Timestamp, ...]:
    return tuple(
        Timestamp(
            time=token.time,
            authority=token.authority,
            field=token.field.name if token.field else None,
            verdict=TIMESTAMP_HOLDS
            if token.finding.sub_indication is None
            else standing(token.finding.indication, token.finding.sub_indication),
        )
        for token in tokens
    )


def _unexamined(field: FilledField, problem: Cause) -> SignatureFacts:
    return SignatureFacts(
        field=field.name,
        kind=field.kind,
        sub_filter=field.sub_filter,
        revision=field.revision,
        problem=problem,
        shared=field.shared,
        coverage=Coverage.PARTIAL,
        end=0,
        padded=True,
        as_standard=True,
        changes=Changes(ChangeClass.UNDEFINED),
        names_certificate=False,
        names_another=False,
        intact=None,
        valid=None,
        engine=None,
        level=Level.UNKNOWN,
        signer=None,
        algorithms=None,
        claimed_signing_time=None,
        best_signature_time=None,
        own_timestamps=(),
        damaged_timestamps=0,
        document_timestamps=(),
        renew_before=None,
        reliance=Reliance(),
        lack=None,
    )
