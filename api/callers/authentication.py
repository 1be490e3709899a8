"""Who calls: client credentials for a short-lived bearer token (RFC 6749, 4.4; RFC 6750)."""

from __future__ import annotations

import base64
import binascii
from dataclasses import dataclass, field
from datetime import timedelta
from typing import TYPE_CHECKING
from urllib.parse import parse_qsl, unquote_plus

from api.errors import ClientRefused, GrantUnsupported, MediaTypeUnsupported, RequestInvalid, Unauthenticated

if TYPE_CHECKING:
    from api.callers.guards import Guards
    from api.wiring import Application
    from issuance.ports import Account

TOKEN_LIFETIME = timedelta(minutes=10)
_LONGEST = 200


@dataclass(frozen=True, slots=True)
class ClientCredentials:
    """A client id with its secret."""

    client_id: str
    secret: str = field(repr=False)


def client_credentials(*, media_type: str | None, body: bytes, authorization: str | None) -> ClientCredentials:
    """The credentials of a token request, from HTTP Basic or the form (RFC 6749, 2.3.1)."""
    if (media_type or "").partition(";")[0].strip().lower() != "application/x-www-form-urlencoded":
        raise MediaTypeUnsupported(wanted="application/x-www-form-urlencoded")
    try:
        pairs = parse_qsl(body.decode("utf-8"), keep_blank_values=True, max_num_fields=20)
    except ValueError as error:
        raise RequestInvalid(problems={"body": "is not a well-formed form"}) from error
    form = dict(pairs)
    if len(form) != len(pairs):
        raise RequestInvalid(problems={"body": "names a parameter twice"})
    if form.get("grant_type") != "client_credentials":
        raise GrantUnsupported
    given = _basic(authorization) if authorization else (form.get("client_id", ""), form.get("client_secret", ""))
    if any(not 0 < len(text) <= _LONGEST or "\0" in text for text in given):
        raise ClientRefused
    return ClientCredentials(client_id=given[0], secret=given[1])


def open_session(application: Application, guards: Guards, credentials: ClientCredentials, *, address: str) -> str:
    """A new bearer token; raises :class:`ClientRefused` and, after too many failures, ``TooManyRequests``."""
    of_account = f"{credentials.client_id}\0{address}"
    guards.failures_of_address.demand(address)
    guards.failures_of_account.demand(of_account)
    with application.outside.uow() as register:
        hashed = register.account_secret_hash(credentials.client_id)
    token = None
    if guards.hashes.matches(credentials.secret, hashed=hashed) and hashed is not None:
        token = application.sessions.issue(credentials.client_id, secret_hash=hashed, ttl=TOKEN_LIFETIME)
    if token is None:
        guards.failures_of_address.count(address)
        guards.failures_of_account.count(of_account)
        raise ClientRefused
    guards.failures_of_account.forget(of_account)
    return token


def account_of(application: Application, authorization: str | None) -> Account:
    """The account that the bearer token stands for; raises :class:`Unauthenticated` without saying why."""
    scheme, _, token = (authorization or "").partition(" ")
    token = token.strip()
    if scheme.lower() != "bearer" or not 0 < len(token) <= _LONGEST or not token.isascii():
        raise Unauthenticated
    account = application.sessions.resolve(token)
    if account is None:
        raise Unauthenticated
    return account


def _basic(authorization: str) -> tuple[str, str]:
    """Id and secret of HTTP Basic; RFC 6749 has both form-encoded inside it."""
    scheme, _, encoded = authorization.partition(" ")
    if scheme.lower() != "basic":
        raise ClientRefused
    try:
        client_id, _, secret = base64.b64decode(encoded.strip(), validate=True).decode("utf-8").partition(":")
    except (binascii.Error, UnicodeDecodeError) as error:
        raise ClientRefused from error
    return unquote_plus(client_id), unquote_plus(secret)
