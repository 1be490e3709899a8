"""A trusted list as values: which services of which providers counted when (ETSI TS 119 612), and the anchors of that.

A list is somebody's word with a date. What it grants counts until the list's own ``NextUpdate`` and not longer, so that
a list which is kept stays true of earlier times, without a network, and lends no trust to times that it cannot know.
"""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING

from certs.anchors import AnchorPeriod, AnchorUse, TrustAnchors, fingerprint

if TYPE_CHECKING:
    from collections.abc import Iterable, Iterator
    from datetime import datetime

NAMESPACE = "{http://uri.etsi.org/02231/v2#}"
ROOT = f"{NAMESPACE}TrustServiceStatusList"
_TYPES = "http://uri.etsi.org/TrstSvc/Svctype"
_STATUSES = "http://uri.etsi.org/TrstSvc/TrustedList/Svcstatus"

SERVICE_USES = {
    f"{_TYPES}/CA/QC": AnchorUse.SIGNING,
    f"{_TYPES}/NationalRootCA-QC": AnchorUse.SIGNING,
    f"{_TYPES}/TSA/QTST": AnchorUse.TIMESTAMPING,
}
"""Service types that end a path (5.5.1.1 and 5.5.1.3); all others of a list are passed over."""
GRANTED, WITHDRAWN = f"{_STATUSES}/granted", f"{_STATUSES}/withdrawn"
RECOGNISED = f"{_STATUSES}/recognisedatnationallevel"
COUNTING = frozenset(
    {
        GRANTED,
        RECOGNISED,
        *(
            f"{_STATUSES}/{name}"
            for name in ("setbynationallaw", "undersupervision", "supervisionincessation", "accredited")
        ),
    }
)
"""Statuses under which a service counts (5.5.4, and those of before July 2016 in histories); no other does."""


@dataclass(frozen=True, slots=True)
class Standing:
    """A service's type and status from this moment until the next one of the same service (5.5.4, 5.6)."""

    kind: str
    status: str
    since: datetime


@dataclass(frozen=True, slots=True)
class ListedService:
    """A service, its certificates (DER), and how it stood when, the oldest first."""

    provider: str
    name: str
    certificates: tuple[bytes, ...]
    standings: tuple[Standing, ...]

    def periods(self, *, until: datetime) -> Iterator[tuple[AnchorUse, datetime, datetime]]:
        """What the service counted for, from when until when; the last standing ends with the list."""
        ends = [*(later.since for later in self.standings[1:]), until]
        for standing, end in zip(self.standings, ends, strict=True):
            use = SERVICE_USES.get(standing.kind)
            if use is not None and standing.status in COUNTING and standing.since < min(end, until):
                yield use, standing.since, min(end, until)


@dataclass(frozen=True, slots=True)
class TrustedList:
    """A list whose signature was checked; ``signer`` is the SHA-256 of the certificate that it was pinned by."""

    operator: str
    territory: str
    sequence: int
    issued_at: datetime
    next_update: datetime
    signer: str
    services: tuple[ListedService, ...]


def with_lists(own: TrustAnchors, lists: Iterable[TrustedList]) -> TrustAnchors:
    """The operator's own anchors, which count without end, and those of the lists in their periods."""
    found: dict[AnchorUse, dict[bytes, None]] = {use: {} for use in AnchorUse}
    periods: dict[AnchorPeriod, None] = {}
    held = {AnchorUse.SIGNING: own.signing, AnchorUse.TIMESTAMPING: own.timestamping}
    for each in lists:
        for service in each.services:
            for use, since, until in service.periods(until=each.next_update):
                for der in service.certificates:
                    if der not in held[use]:
                        found[use][der] = None
                        periods[AnchorPeriod(fingerprint(der), use, since, until)] = None
    return TrustAnchors(
        signing=(*own.signing, *found[AnchorUse.SIGNING]),
        timestamping=(*own.timestamping, *found[AnchorUse.TIMESTAMPING]),
        periods=(*own.periods, *periods),
    )
