"""``Idempotency-Key`` on POST: the same request with the same key has one effect and gets one answer.

Only finished answers are kept. After a refusal of the first attempt nothing was done, and the key is free again. In all
other cases, "still under way" and an obstacle among them, it waits for the same request, which goes on with whatever an
earlier attempt made: each key reserves one identifier for it. Secrets are never part of what identifies a request.
"""

from __future__ import annotations

import hashlib
import json
import re
import secrets
from dataclasses import dataclass
from datetime import UTC, datetime
from typing import TYPE_CHECKING, Self, assert_never
from uuid import UUID

from fastapi import Request, Response
from fastapi.concurrency import run_in_threadpool

from api.errors import IdempotencyInFlight, IdempotencyKeyInvalid, IdempotencyMismatch
from api.problems.error_classes import BASES
from issuance.identifiers import document_id
from storage.errors import StorageError
from storage.idempotency import InFlight, OtherRequest, Replayed, Started, StoredResponse

if TYPE_CHECKING:
    from collections.abc import Mapping

    from issuance.ports import Account
    from storage.idempotency import IdempotencyKeys

_KEY = re.compile(r"[\x21-\x7e]{1,255}")
_KEPT_HEADERS = ("content-type", "location", "content-language")
_KEPT_STATUS = frozenset({200, 201, 204})


@dataclass(slots=True)
class Ticket:
    """The right to carry a request out once, held during a ``with`` block; without a key it is only a form.

    ``effect`` is the identifier of what the request makes, the same for each repetition.
    """

    effect: UUID
    keys: IdempotencyKeys
    client: str
    key: str | None
    started: Started | None

    def keep(self, response: Response) -> Response:
        """Remember a finished answer; an unfinished one leaves the key to the same request."""
        started, self.started = self.started, None
        if started is None or self.key is None:
            return response
        if response.status_code in _KEPT_STATUS:
            headers = {name: response.headers[name] for name in _KEPT_HEADERS if name in response.headers}
            kept = StoredResponse(status=response.status_code, headers=headers, body=bytes(response.body))
            self.keys.finish(started, client=self.client, key=self.key, response=kept)
        else:
            self.keys.release(started, client=self.client, key=self.key)
        return response

    def __enter__(self) -> Self:
        return self

    def __exit__(self, kind: object, error: BaseException | None, trace: object) -> None:
        self._give_back(error)

    async def __aenter__(self) -> Self:
        return self

    async def __aexit__(self, kind: object, error: BaseException | None, trace: object) -> None:
        if self.started is not None:
            await run_in_threadpool(self._give_back, error)

    def _give_back(self, error: BaseException | None) -> None:
        """Free the key where nothing was kept: for any request where nothing was done, else for this one alone."""
        started, self.started = self.started, None
        if started is None or self.key is None:
            return
        if started.attempt == 1 and error is not None and _is_refusal(error):
            self.keys.abandon(started, client=self.client, key=self.key)
        else:
            self.keys.release(started, client=self.client, key=self.key)


def take_ticket(
    keys: IdempotencyKeys, request: Request, actor: Account, identity: Mapping[str, object]
) -> Ticket | Response:
    """A ticket, or the answer that the same request got before.

    ``identity`` is everything that makes two requests the same besides method and path, without secrets. Raises
    :class:`IdempotencyKeyInvalid`, :class:`IdempotencyMismatch`, :class:`IdempotencyInFlight`.
    """
    key = request.headers.get("idempotency-key")
    fresh = document_id(at=datetime.now(UTC), random_bytes=secrets.token_bytes)
    if key is None:
        return Ticket(effect=fresh, keys=keys, client=actor.id, key=None, started=None)
    if not _KEY.fullmatch(key):
        raise IdempotencyKeyInvalid
    outcome = keys.begin(client=actor.id, key=key, request_sha256=_digest(request, identity), effect=fresh)
    match outcome:
        case Started():
            return Ticket(effect=outcome.effect, keys=keys, client=actor.id, key=key, started=outcome)
        case Replayed():
            return _again(outcome.response)
        case InFlight():
            raise IdempotencyInFlight
        case OtherRequest():
            raise IdempotencyMismatch
    assert_never(outcome)


def _is_refusal(error: BaseException) -> bool:
    """Whether this attempt did nothing for certain. What the database refuses may be its second meeting with us."""
    return isinstance(error, BASES) and not isinstance(error, StorageError) and not error.transient


def _digest(request: Request, identity: Mapping[str, object]) -> bytes:
    parts = [request.method, request.url.path, identity]
    return hashlib.sha256(json.dumps(parts, sort_keys=True, ensure_ascii=False).encode()).digest()


def _again(stored: StoredResponse) -> Response:
    headers = {**stored.headers, "Idempotency-Replayed": "true"}
    return Response(stored.body, status_code=stored.status, headers=headers)
