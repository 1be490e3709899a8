"""Idempotency keys: one key, one effect, one answer, for 72 hours (IETF draft-ietf-httpapi-idempotency-key-header).

``begin`` is asked before a request is carried out and ``finish`` told the answer; ``abandon`` says that nothing was
done, ``release`` that nobody knows. Who dies in between holds the key until ``LEASE`` is over; then a repetition
carries the request out again. So that this has no second effect, the key reserves the identifier of what the request
makes before it is made: every attempt makes the same thing, and the register holds it once.
"""

from __future__ import annotations

from dataclasses import dataclass
from datetime import timedelta
from functools import cache
from typing import TYPE_CHECKING

from sqlalchemy import and_, bindparam, case, func, null, or_, select
from sqlalchemy.dialects.postgresql import insert

from storage.database import single_statements
from storage.schema import idempotency_keys as keys

if TYPE_CHECKING:
    from collections.abc import Mapping
    from uuid import UUID

    from sqlalchemy import ColumnElement, Connection, Engine
    from sqlalchemy.sql.dml import ReturningInsert

KEPT_FOR = timedelta(hours=72)
LEASE = timedelta(minutes=2)

_HELD = (
    keys.c.client == bindparam("of_client"),
    keys.c.key == bindparam("held"),
    keys.c.attempt == bindparam("held_attempt"),
    keys.c.status.is_(None),
)
_FINISH = keys.update().where(*_HELD)  # made once: every request comes by


@dataclass(frozen=True, slots=True)
class StoredResponse:
    """An answer as it was given the first time; ``headers`` are those worth repeating."""

    status: int
    headers: Mapping[str, str]
    body: bytes


@dataclass(frozen=True, slots=True)
class Started:
    """Carry the request out, then ``finish``, ``abandon`` or ``release`` this ``attempt``.

    Whatever the request makes is named ``effect``; an earlier attempt may have made it already.
    """

    attempt: int
    effect: UUID


@dataclass(frozen=True, slots=True)
class Replayed:
    """Give this answer; nothing is to be done."""

    response: StoredResponse


@dataclass(frozen=True, slots=True)
class InFlight:
    """The same request is being carried out at this moment."""


@dataclass(frozen=True, slots=True)
class OtherRequest:
    """The key was used for another request."""


Outcome = Started | Replayed | InFlight | OtherRequest


class IdempotencyKeys:
    """Keys of all clients; ``client`` is whoever the key belongs to, such as an account's id."""

    def __init__(self, engine: Engine) -> None:
        self._engine = engine

    def begin(self, *, client: str, key: str, request_sha256: bytes, effect: UUID) -> Outcome:
        """Take the key for this request, or say what became of it; ``effect`` is reserved with the first attempt.

        ``request_sha256`` is over everything that makes two requests the same: method, path, body. Raises
        :class:`storage.errors.RowRefused` for a key that is empty or longer than 255 characters.
        """
        with single_statements(self._engine) as connection:
            while True:
                wanted = {"client": client, "key": key, "request_sha256": request_sha256, "effect": effect}
                started = _take(connection, wanted)
                if started is not None:
                    return started
                found = _found(connection, client=client, key=key, request_sha256=request_sha256)
                if found is not None:
                    return found
                # Abandoned between the two statements: it is free again.

    def finish(self, started: Started, *, client: str, key: str, response: StoredResponse) -> None:
        """Keep the answer. One that comes after another attempt has taken over is dropped."""
        row = {"status": response.status, "headers": dict(response.headers), "body": response.body}
        with single_statements(self._engine) as connection:
            connection.execute(_FINISH, row | _held(started, client=client, key=key))

    def abandon(self, started: Started, *, client: str, key: str) -> None:
        """Give the key back: the request had no effect and may be repeated."""
        with single_statements(self._engine) as connection:
            connection.execute(keys.delete().where(*_HELD), _held(started, client=client, key=key))

    def release(self, started: Started, *, client: str, key: str) -> None:
        """Let the same request be repeated at once: whether it had its effect is not known."""
        with single_statements(self._engine) as connection:
            at_once = keys.update().where(*_HELD).values(started_at=func.now() - LEASE - timedelta(seconds=1))
            connection.execute(at_once, _held(started, client=client, key=key))

    def forget_expired(self) -> None:
        """Delete keys that are older than 72 hours."""
        with single_statements(self._engine) as connection:
            connection.execute(keys.delete().where(_is_expired()))


def _take(connection: Connection, wanted: Mapping[str, object]) -> Started | None:
    """Our attempt, or None where the key is not free. One statement, so that only one can win."""
    row = connection.execute(_taking(), wanted).one_or_none()
    return Started(attempt=row.attempt, effect=row.effect) if row is not None else None


@cache
def _taking() -> ReturningInsert[tuple[int, UUID]]:
    """The statement, made once."""
    statement = insert(keys).values({name: bindparam(name) for name in ("client", "key", "request_sha256", "effect")})
    left_behind = and_(
        keys.c.status.is_(None),
        keys.c.started_at < func.now() - LEASE,
        keys.c.request_sha256 == statement.excluded.request_sha256,
    )
    return statement.on_conflict_do_update(
        index_elements=[keys.c.client, keys.c.key],
        set_={
            "request_sha256": statement.excluded.request_sha256,
            "effect": case((_is_expired(), statement.excluded.effect), else_=keys.c.effect),
            "attempt": keys.c.attempt + 1,
            "created_at": case((_is_expired(), func.now()), else_=keys.c.created_at),
            "started_at": func.now(),
            "status": null(),
            "headers": null(),
            "body": null(),
        },
        where=or_(_is_expired(), left_behind),
    ).returning(keys.c.attempt, keys.c.effect)


def _found(
    connection: Connection, *, client: str, key: str, request_sha256: bytes
) -> Replayed | InFlight | OtherRequest | None:
    query = select(keys.c.request_sha256, keys.c.status, keys.c.headers, keys.c.body)
    row = connection.execute(query.where(keys.c.client == client, keys.c.key == key)).one_or_none()
    if row is None:
        return None
    if row.request_sha256 != request_sha256:
        return OtherRequest()
    if row.status is None:
        return InFlight()
    return Replayed(StoredResponse(status=row.status, headers=row.headers, body=row.body))


def _held(started: Started, *, client: str, key: str) -> dict[str, object]:
    return {"of_client": client, "held": key, "held_attempt": started.attempt}


def _is_expired() -> ColumnElement[bool]:
    return keys.c.created_at < func.now() - KEPT_FOR
