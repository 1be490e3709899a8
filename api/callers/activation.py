"""The holder's consent to one use of a key: the activation code of a credential, checked before any use case is asked.

Wrong codes are counted for each credential, in PostgreSQL for all server processes together; after five, none is looked
at for 15 minutes. Codes never reach a log, an error or a stored idempotency fingerprint.
"""

from __future__ import annotations

import threading
from datetime import timedelta
from math import ceil
from typing import TYPE_CHECKING

from api.errors import ActivationLocked, ActivationRefused
from issuance.documents import Purpose
from issuance.errors import NotCompetent, UnknownName
from storage.secret_tries import Standing

if TYPE_CHECKING:
    from api.callers.secret_hashes import SecretHashes
    from issuance.ports import Account, Credential, UnitOfWork
    from storage.secret_tries import SecretTries

WRONG_CODES = 5
LOCK = timedelta(minutes=15)


class ActivationGuard:
    """Decides whether a key may be used for this request."""

    def __init__(self, *, hashes: SecretHashes) -> None:
        self._hashes = hashes
        self._turns: dict[str, threading.Lock] = {}

    def demand(
        self, *, uow: UnitOfWork, tries: SecretTries, actor: Account, credential: str, activation: str | None
    ) -> None:
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
        self._demand_code(tries, credential, activation, hashed or None)

    def _demand_code(self, tries: SecretTries, credential: str, activation: str | None, hashed: str | None) -> None:
        name = f"activation of {credential}"
        standing = tries.standing(name)
        _demand_open(standing)
        if activation is None:
            raise ActivationRefused
        if not standing.wrong and self._hashes.recognises(activation, hashed=hashed):
            return  # a hundred signatures in a row wait for no row of the database
        # One of this process at a time, so that a burst of tries holds one connection and not all of them.
        with self._turns.setdefault(credential, threading.Lock()):
            outcome = tries.attempt(name, check=lambda: self._hashes.matches(activation, hashed=hashed))
        if isinstance(outcome, Standing):
            _demand_open(outcome)
        if outcome is not True:
            raise ActivationRefused


def _demand_open(standing: Standing) -> None:
    if standing.is_locked:
        raise ActivationLocked(retry_after=ceil(standing.locked_for.total_seconds()))


def _demand_holder(credential: Credential, actor: Account) -> None:
    """Only the holder may try a code, so that nobody can lock a colleague's credential."""
    if credential.holder is not None and credential.holder != actor.id:
        raise NotCompetent(reason="the credential belongs to another official")
