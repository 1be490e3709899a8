"""Bearer tokens (RFC 6750): random, short-lived, and kept as digests, so that the database's copy opens nothing.

Times are those of the database, so that all processes agree.
"""

from __future__ import annotations

import hashlib
import secrets
from typing import TYPE_CHECKING

from sqlalchemy import bindparam, func, literal, select

from storage.database import single_statements
from storage.names import account_of
from storage.schema import accounts, bearer_tokens

if TYPE_CHECKING:
    from datetime import timedelta

    from sqlalchemy import Engine

    from issuance.ports import Account

_ENTROPY_BYTES = 32
# Made once: it is asked for every request.
_OWNER = (
    select(accounts)
    .join(bearer_tokens, bearer_tokens.c.account == accounts.c.id)
    .where(
        bearer_tokens.c.token_sha256 == bindparam("token"),
        bearer_tokens.c.expires_at > func.now(),
        accounts.c.closed_at.is_(None),
    )
)


class Sessions:
    """Hands out tokens and says whose they are."""

    def __init__(self, engine: Engine) -> None:
        self._engine = engine

    def issue(self, account_id: str, *, secret_hash: str, ttl: timedelta) -> str | None:
        """A new token of 256 random bits, safe in URLs and headers; it cannot be shown again.

        None where the account, meanwhile, has another secret than the one that was checked, or is closed or not there.
        """
        token = secrets.token_urlsafe(_ENTROPY_BYTES)
        # The shared lock keeps the secret as it is until the session is there for whoever ends it with the secret.
        owner = (
            select(literal(_digest(token)), accounts.c.id, func.now() + ttl)
            .where(accounts.c.id == account_id, accounts.c.secret_hash == secret_hash, accounts.c.closed_at.is_(None))
            .with_for_update(read=True)
        )
        row = bearer_tokens.insert().from_select(["token_sha256", "account", "expires_at"], owner)
        with single_statements(self._engine) as connection:
            made = connection.scalar(row.returning(bearer_tokens.c.account))
        return token if made is not None else None

    def resolve(self, token: str) -> Account | None:
        """The account as it is now, or None for a token that is unknown or expired, or whose account is closed."""
        with single_statements(self._engine) as connection:
            row = connection.execute(_OWNER, {"token": _digest(token)}).mappings().one_or_none()
        return account_of(row) if row is not None else None

    def forget_expired(self) -> None:
        """Delete tokens that open nothing any more."""
        with single_statements(self._engine) as connection:
            connection.execute(bearer_tokens.delete().where(bearer_tokens.c.expires_at <= func.now()))


def _digest(token: str) -> bytes:
    # A fast digest will do: 256 random bits cannot be guessed.
    return hashlib.sha256(token.encode()).digest()
