"""Why nothing is known about a chain's revocation, although answers may be at hand.

The validator has one word for all of this (TRY_LATER, EN 319 102-1, 5.2.5): a reader can do more with the reason.
"""

from __future__ import annotations

from enum import Enum
from functools import partial
from itertools import pairwise
from typing import TYPE_CHECKING

from certs.paths import load_readable
from certs.revocation_answers import Shortcoming, Unusable, judge_crl, judge_ocsp

if TYPE_CHECKING:
    from collections.abc import Callable, Iterator
    from datetime import datetime

    from cryptography import x509

    from certs.revocation import RevocationInfo
    from certs.revocation_answers import Verdict

_SUSPENDED = "certificateHold"


class Lack(Enum):
    """What keeps revocation open; a later one says more than an earlier one."""

    MISSING = "missing"
    STALE = "stale"
    FUTURE = "future"
    FORGED = "forged"
    SUSPENDED = "suspended"


_LACKS = {
    Shortcoming.OTHER: Lack.MISSING,
    Shortcoming.STALE: Lack.STALE,
    Shortcoming.FUTURE: Lack.FUTURE,
    Shortcoming.FORGED: Lack.FORGED,
}
_ORDER = tuple(Lack)


def lack_of(path: tuple[bytes, ...], known: RevocationInfo, *, at: datetime, now: datetime) -> Lack | None:
    """The worst lack among the certificates (DER) from signer to anchor; None where every one has a good answer.

    An answer is good if it was fresh at this time or is younger, but not of the future as seen from ``now``.
    """
    certificates = load_readable(path)
    lacks = [_lack(below, issuer, known, at=at, now=now) for below, issuer in pairwise(certificates)]
    found = [lack for lack in lacks if lack is not None]
    return max(found, key=_ORDER.index, default=None)


def _lack(
    certificate: x509.Certificate, issuer: x509.Certificate, known: RevocationInfo, *, at: datetime, now: datetime
) -> Lack | None:
    verdicts = list(_verdicts(certificate, issuer, known, at=at, now=now))
    if Lack.SUSPENDED in verdicts:
        return Lack.SUSPENDED
    if None in verdicts:
        return None
    return max((lack for lack in verdicts if lack is not None), key=_ORDER.index, default=Lack.MISSING)


def _verdicts(
    certificate: x509.Certificate, issuer: x509.Certificate, known: RevocationInfo, *, at: datetime, now: datetime
) -> Iterator[Lack | None]:
    for judge, answers in ((judge_ocsp, known.ocsps), (judge_crl, known.crls)):
        for der in answers:
            about = partial(judge, der, certificate=certificate, issuer=issuer)
            lack = _said(about, at=at)
            # Younger than the time that matters is good, even if it has ended by now.
            younger = _said(about, at=now) if lack is Lack.FUTURE else lack
            yield None if lack is Lack.FUTURE and younger is Lack.STALE else younger


def _said(about: Callable[..., Verdict], *, at: datetime) -> Lack | None:
    try:
        verdict = about(at=at)
    except Unusable as error:
        return _LACKS[error.shortcoming]
    return Lack.SUSPENDED if verdict.revoked_at and verdict.reason == _SUSPENDED else None
