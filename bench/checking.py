"""No figure without a right result: whatever kind of file is measured passes the full validator once in the run."""

from __future__ import annotations

from typing import TYPE_CHECKING

from bench.ground import now
from certs.revocation import EMPTY, RevocationInfo
from verification.report import Indication
from verification.validate import validate

if TYPE_CHECKING:
    from bench.ground import Ground
    from certs.anchors import TrustAnchors


class NotPassed(RuntimeError):
    """A measured result is not TOTAL_PASSED, so that its speed is worth nothing."""


def demand_passed(pdf: bytes, *, ground: Ground, known: RevocationInfo = EMPTY) -> bytes:
    """The file itself, if the validator passes it with ``known`` and what it carries; raises :class:`NotPassed`."""
    return demand_passed_by(pdf, anchors=ground.anchors, known=known)


def demand_passed_by(pdf: bytes, *, anchors: TrustAnchors, known: RevocationInfo = EMPTY) -> bytes:
    """The same for anchors from elsewhere."""
    report = validate(pdf, anchors=anchors, known=known, at=now())
    if report.indication is not Indication.TOTAL_PASSED:
        raise NotPassed(report.verdict.reason.en)
    return pdf


def revocation_of_signer(ground: Ground) -> RevocationInfo:
    """What a validator must know of the signer's chain where the file carries nothing itself (B-B, B-T)."""
    return ground.gatherer().gather(certificates=(ground.token.certificate,), tokens=(), at=now())
