"""Everything that signing and the worker's steps reach for outside themselves, joined once in ``api/wiring.py``."""

from __future__ import annotations

from dataclasses import dataclass
from datetime import timedelta
from typing import TYPE_CHECKING

from issuance.errors import ClockSkewed, NotExamined, NotPassed
from verification.reasons import Cause, because
from verification.report import Indication, ReadMode

if TYPE_CHECKING:
    from datetime import datetime

    from certs.anchors import AnchorSource
    from certs.revocation import RevocationInfo
    from certs.timestamps import TimeStampToken
    from issuance.ports import Blobs, Clock, RevocationSource, SigningDevice, Timestamper, UnitOfWork
    from verification.policy import ValidationPolicy
    from verification.report import ValidationReport
    from verification.workshop import Workshop

MOST_SKEW = timedelta(minutes=5)


@dataclass(frozen=True, slots=True)
class SigningMeans:
    """What every signature needs, with a register and without: device, authorities, sandbox, clock."""

    workshop: Workshop
    device: SigningDevice
    timestamper: Timestamper
    revocation: RevocationSource
    anchors: AnchorSource
    policy: ValidationPolicy
    clock: Clock

    def stamp(self, digest: bytes) -> TimeStampToken:
        """A token over the digest; raises :class:`ClockSkewed` where the authority's time is not ours."""
        token = self.timestamper.stamp(digest)
        skew = self.clock.now() - token.gen_time
        if abs(skew) > MOST_SKEW:
            raise ClockSkewed(seconds=skew.total_seconds())
        return token

    def demand_passed(self, pdf: bytes, *, known: RevocationInfo, at: datetime) -> ValidationReport:
        """Raise :class:`NotPassed` unless our own validator says TOTAL_PASSED: nothing else ever leaves.

        Where it could not finish, :class:`NotExamined`: that says nothing of the file, which was read well before.
        """
        report = self.workshop.verdict_on(pdf, anchors=self.anchors.snapshot, known=known, at=at, policy=self.policy)
        if report.read is ReadMode.UNREADABLE and report.reason == because(Cause.NOT_READ_SAFELY).reason:
            raise NotExamined(report.reason.en)
        if report.indication is not Indication.TOTAL_PASSED:
            sub_indication = report.sub_indication.value if report.sub_indication else None
            raise NotPassed(indication=report.indication.value, sub_indication=sub_indication, reason=report.reason.en)
        return report


@dataclass(frozen=True, slots=True)
class Outside(SigningMeans):
    """The stores beside that.

    ``retention`` is how long an issued document cannot be deleted, ``archive_after`` how long after its issue it is
    raised to B-LTA; no time where that is part of issuing it.
    """

    uow: UnitOfWork
    blobs: Blobs
    retention: timedelta
    archive_after: timedelta = timedelta(0)
