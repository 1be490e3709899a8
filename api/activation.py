"""The holder's consent to one use of a key: the activation code of a credential, checked before any use case is asked.

Wrong codes are counted for each credential; after five, none is looked at for 15 minutes. Codes never reach a log, an
error or a stored idempotency fingerprint.
"""

from __future__ import annotations

import threading
import time
from dataclasses import dataclass, field
from datetime import timedelta
from math import ceil
from typing import TYPE_CHECKING

from api.errors import ActivationLocked, ActivationRefused
from issuance.documents import Purpose
from issuance.errors import NotCompetent, UnknownName

if TYPE_CHECKING:
    from collections.abc import Callable

    from api.secret_hashes import SecretHashes
    from issuance.ports import Account, Credential, UnitOfWork

WRONG_CODES = 5
LOCK = timedelta(minutes=15)


@dataclass(slots=True)
class _Tries:
    """How one credential stands; ``lock`` lets one code at a time be checked, so that a burst gets no extra tries."""

    lock: threading.Lock = field(default_factory=threading.Lock)
    wrong: int = 0
    locked_until: float = 0.0


class ActivationGuard:
    """Decides whether a key may be used for this request."""

    def __init__(self, *, hashes: SecretHashes, monotonic: Callable[[], float] = time.monotonic) -> None:
        self._hashes = hashes
        self._monotonic = monotonic
        self._tries: dict[str, _Tries] = {}

    def demand(self, *, uow: UnitOfWork, actor: Account, credential: str, activation: str | None) -> None:
        """Raise unless the actor holds this credential and gave its code.

        Raises ``UnknownName`` for a credential that the actor's agency does not have, ``NotCompetent`` for another
        official's, :class:`ActivationLocked` and :class:`ActivationRefused`. A seal whose agency set no activation
        code needs none.
        """
        with uow() as repositories:
            found = repositories.credential(credential)
            hashed = repositories.activation_hash(credential)
        if found is None or found.agency != actor.agency:
            raise UnknownName(kind="credential", name=credential)
        _demand_holder(found, actor)
        if not hashed and found.purpose is Purpose.SEAL:
            return
        tries = self._tries.setdefault(credential, _Tries())
        with tries.lock:
            self._demand_code(tries, activation, hashed or None)

    def _demand_code(self, tries: _Tries, activation: str | None, hashed: str | None) -> None:
        remaining = tries.locked_until - self._monotonic()
        if remaining > 0:
            raise ActivationLocked(retry_after=ceil(remaining))
        if activation is None:
            raise ActivationRefused
        if self._hashes.matches(activation, hashed=hashed):
            tries.wrong = 0
            return
        tries.wrong += 1
        if tries.wrong >= WRONG_CODES:
            tries.wrong = 0
            tries.locked_until = self._monotonic() + LOCK.total_seconds()
        raise ActivationRefused


def _demand_holder(credential: Credential, actor: Account) -> None:
    """Only the holder may try a code, so that nobody can lock a colleague's credential."""
    if credential.holder is not None and credential.holder != actor.id:
        raise NotCompetent(reason="the credential belongs to another official")
