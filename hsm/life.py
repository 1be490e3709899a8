"""A key's years: when its certificate ends and how loudly to say so, and which of several keys of a name is in use.

At a rollover the old and the new key lie on the token under one label for a while, each with its certificate.
"""

from __future__ import annotations

from dataclasses import dataclass
from datetime import timedelta
from enum import Enum
from typing import TYPE_CHECKING

from certs.certificate import parse_certificate
from hsm.errors import KeyAbsent

if TYPE_CHECKING:
    from collections.abc import Collection, Iterable
    from datetime import datetime

    from hsm.inventory import KeyDescription
    from hsm.uri import Pkcs11Uri


class Urgency(Enum):
    """How soon a certificate ends; the value is the days before its end from which on this is said."""

    EXPIRED = 0
    URGENT = 7
    SOON = 30
    NOTICE = 90


@dataclass(frozen=True, slots=True)
class ExpiryWarning:
    """A key in use whose certificate ends within 90 days, or has ended."""

    key: Pkcs11Uri
    expires: datetime
    urgency: Urgency


def urgency_of(expires: datetime, *, at: datetime) -> Urgency | None:
    """How urgent a renewal is; None where it can wait."""
    return next((urgency for urgency in Urgency if expires - at <= timedelta(days=urgency.value)), None)


def expiry_warnings(
    keys: Iterable[KeyDescription], *, at: datetime, retired: Collection[Pkcs11Uri] = ()
) -> tuple[ExpiryWarning, ...]:
    """The keys to act upon, the most urgent first.

    Neither retired ones nor those that another key of the same label outlasts.
    """
    last: dict[tuple[str | None, str | None, str], tuple[datetime, Pkcs11Uri]] = {}
    for key in keys:
        if key.certificate is None or key.uri in retired:
            continue
        expires = parse_certificate(key.certificate).not_valid_after_utc
        name = (key.uri.token, key.uri.serial, key.uri.object or str(key.uri))
        if name not in last or last[name][0] < expires:
            last[name] = (expires, key.uri)
    judged = [(uri, expires, urgency_of(expires, at=at)) for expires, uri in last.values()]
    due = [ExpiryWarning(uri, expires, urgency) for uri, expires, urgency in judged if urgency is not None]
    return tuple(sorted(due, key=lambda warning: warning.expires))


def key_in_use(
    keys: Iterable[KeyDescription], name: Pkcs11Uri, *, at: datetime, retired: Collection[Pkcs11Uri] = ()
) -> KeyDescription:
    """Of the keys that the name fits, the one whose certificate is valid now and became so last.

    Raises :class:`~hsm.errors.KeyAbsent` where none is.
    """
    found = []
    for key in keys:
        if key.certificate is None or key.uri in retired or not name.names_key(key.uri):
            continue
        certificate = parse_certificate(key.certificate)
        if certificate.not_valid_before_utc <= at <= certificate.not_valid_after_utc:
            found.append((certificate.not_valid_before_utc, key))
    if not found:
        raise KeyAbsent(token=name.name, key=str(name), reason="none has a certificate that is valid now")
    return max(found, key=lambda pair: pair[0])[1]
