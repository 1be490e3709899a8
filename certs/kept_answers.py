"""Answers of responders, kept until they end, so that nobody is asked twice and everything works without a network.

A keeper is believed as little as the network: whoever finds an answer here judges it again, signature and all.
"""

from __future__ import annotations

import threading
from dataclasses import dataclass
from typing import TYPE_CHECKING, Protocol

if TYPE_CHECKING:
    from datetime import datetime

_MOST_IN_MEMORY = 1024


@dataclass(frozen=True, slots=True)
class AnswerSource:
    """What an answer is kept under: whose word, about which certificate, from where.

    ``issuer_key`` is the SHA-1 of the issuer's key (RFC 6960, 4.1.1); ``serial_number`` is None for a CRL, which
    speaks of all certificates.
    """

    issuer_key: bytes
    serial_number: int | None
    url: str


@dataclass(frozen=True, slots=True)
class KeptAnswer:
    """The DER of an ``OCSPResponse`` or a ``CertificateList``, and its ``nextUpdate``."""

    der: bytes
    good_until: datetime


class AnswerKeeper(Protocol):
    """Where answers lie; safe to use from several threads."""

    def find(self, source: AnswerSource, *, at: datetime) -> KeptAnswer | None:
        """What is kept and not over at this moment; None where there is nothing."""
        ...

    def keep(self, source: AnswerSource, answer: KeptAnswer) -> None:
        """Insert or replace."""
        ...


class AnswersInMemory:
    """A bounded number of answers, the oldest of which go first.

    With ``behind``, what is not here is looked for there, and everything is kept in both: the usual arrangement is
    this process's memory in front of the database that all processes share.
    """

    def __init__(self, behind: AnswerKeeper | None = None) -> None:
        self._behind = behind
        self._kept: dict[AnswerSource, KeptAnswer] = {}
        self._lock = threading.Lock()

    def find(self, source: AnswerSource, *, at: datetime) -> KeptAnswer | None:
        """What is kept here or behind and not over at this moment."""
        here = self._kept.get(source)
        if here is not None and at < here.good_until:
            return here
        there = self._behind.find(source, at=at) if self._behind is not None else None
        if there is not None:
            self._remember(source, there)
        return there

    def keep(self, source: AnswerSource, answer: KeptAnswer) -> None:
        """Insert or replace, here and behind."""
        self._remember(source, answer)
        if self._behind is not None:
            self._behind.keep(source, answer)

    def _remember(self, source: AnswerSource, answer: KeptAnswer) -> None:
        with self._lock:
            self._kept.pop(source, None)
            if len(self._kept) >= _MOST_IN_MEMORY:
                del self._kept[next(iter(self._kept))]
            self._kept[source] = answer
