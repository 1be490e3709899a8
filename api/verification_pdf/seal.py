"""The service's own signature on a printed verification report, if it can be had without keeping anybody waiting.

Reports are asked for by strangers, and a signature costs a device, an authority's time-stamp and the sandbox. So only a
few are made at a time and in a minute, a device or responder that failed is left alone for a while, and whatever goes
wrong, the answer is the page without a signature, which says so. The way to sign is the one way: :func:`sign_file`.
"""

from __future__ import annotations

import threading
import time
from dataclasses import dataclass, replace
from datetime import timedelta
from typing import TYPE_CHECKING

import structlog

from api.callers.rates import RateLimit
from api.problems.error_classes import BASES
from certs.errors import TimestampRefused, TimestampUnavailable
from issuance.errors import ClockSkewed
from issuance.file_signature import FileOrder, sign_file
from signing.profiles import SignatureLevel

if TYPE_CHECKING:
    from collections.abc import Callable
    from datetime import datetime

    from api.commands.keys import ChosenKey
    from issuance.half_signed import HalfSigned
    from issuance.outside import SigningMeans

_NO_TIME = (TimestampUnavailable, TimestampRefused, ClockSkewed)


@dataclass(frozen=True, slots=True)
class SealLimits:
    """What one process spends: reports at once and in a minute, rest after a failure, and how long it knows its key."""

    at_once: int = 2
    a_minute: int = 30
    rest: timedelta = timedelta(seconds=30)
    key_remembered: timedelta = timedelta(minutes=5)


class ReportSeal:
    """Signs pages with the key that ``choose`` names; without one it signs nothing. Safe to use from several threads.

    At B-LT where a timestamp authority answers, so that the page can be verified for years and without a network; else
    at B-B.
    """

    def __init__(
        self,
        choose: Callable[[datetime], ChosenKey] | None,
        means: SigningMeans,
        limits: SealLimits | None = None,
        *,
        monotonic: Callable[[], float] = time.monotonic,
    ) -> None:
        self._choose = choose
        self._means = means
        self._limits = limits or SealLimits()
        self._monotonic = monotonic
        self._places = threading.BoundedSemaphore(self._limits.at_once)
        self._rate = RateLimit(allowed=self._limits.a_minute, window=timedelta(minutes=1), monotonic=monotonic)
        self._resting_until = 0.0
        self._key: tuple[ChosenKey, float] | None = None

    def signed(self, page: bytes) -> bytes | None:
        """The page with the signature, found TOTAL_PASSED; None where there is none to be had now. Never raises."""
        if self._choose is None or self._monotonic() < self._resting_until:
            return None
        if not self._places.acquire(blocking=False):
            return None
        try:
            if self._rate.wait(""):
                return None
            self._rate.count("")
            return self._at_best_level(page, self._chosen(self._choose))
        except BASES as error:
            self._rest()
            log = structlog.get_logger("kyso.reports")
            log.warning("report not signed", code=error.code, reason=str(error))
            return None
        finally:
            self._places.release()

    def _at_best_level(self, page: bytes, key: ChosenKey) -> bytes:
        order = FileOrder(
            key=key.uri, certificate=key.certificate, algorithm=key.algorithms[0], level=SignatureLevel.B_LT
        )
        progress = _InMemory()
        try:
            return sign_file(page, order=order, progress=progress, means=self._means).pdf
        except _NO_TIME as error:
            log = structlog.get_logger("kyso.reports")
            log.warning("report signed without a time-stamp", code=error.code, reason=str(error))
            # The value is there already and is used, so that the device is not asked twice.
            without = replace(order, level=SignatureLevel.B_B)
            return sign_file(page, order=without, progress=progress, means=self._means).pdf

    def _chosen(self, choose: Callable[[datetime], ChosenKey]) -> ChosenKey:
        known = self._key
        if known is not None and self._monotonic() < known[1]:
            return known[0]
        key = choose(self._means.clock.now())
        self._key = (key, self._monotonic() + self._limits.key_remembered.total_seconds())
        return key

    def _rest(self) -> None:
        self._key = None
        self._resting_until = self._monotonic() + self._limits.rest.total_seconds()


class _InMemory:
    """The halves of one page; a crash loses a page that can be asked for again."""

    def __init__(self) -> None:
        self._half: HalfSigned | None = None

    def recall(self) -> HalfSigned | None:
        return self._half

    def keep(self, half: HalfSigned) -> None:
        self._half = half
