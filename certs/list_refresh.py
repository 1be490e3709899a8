"""A newer edition of a trusted list, fetched, believed and kept; where it cannot be had, the last good one stays.

An edition never takes the place of one with a higher sequence number, so that nobody on the way can bring back a
service that was withdrawn (TS 119 612, 5.3.2).
"""

from __future__ import annotations

from contextlib import suppress
from datetime import timedelta
from enum import Enum
from typing import TYPE_CHECKING

from certs.errors import TrustedListRefused

if TYPE_CHECKING:
    from datetime import datetime

    from certs.list_sources import ListKeeper, ListSource
    from certs.online import OnlineClient
    from certs.trusted_list import TrustedList

_CLOCKS_DIFFER = timedelta(minutes=5)


class Refreshed(Enum):
    """What a look at a list's address brought."""

    NEWER = "newer"
    THE_SAME = "the same"


def refresh(source: ListSource, *, online: OnlineClient, kept: ListKeeper, at: datetime) -> Refreshed:
    """Fetch one list through the guarded client and keep it if it is newer than what is kept.

    Raises ``OnlineUnavailable`` and ``AddressForbidden`` where it cannot be had, :class:`TrustedListRefused` where it
    is not to be believed, is older than what is kept, or is over already. What is kept stays in all of these cases.
    """
    if source.url is None:
        raise TrustedListRefused(name=source.name, reason="it has no address to be fetched from")
    xml = online.fetch(source.url)
    found, old_xml = source.read(xml), kept.find(source.name)
    if xml == old_xml:
        return Refreshed.THE_SAME
    if found.issued_at > at + _CLOCKS_DIFFER:
        raise TrustedListRefused(name=source.name, reason="it is dated in the future")
    if found.next_update <= at:
        raise TrustedListRefused(name=source.name, reason=f"it ended on {found.next_update:%F}")
    old = _readable(source, old_xml)
    if old is not None and found.sequence <= old.sequence:
        reason = f"it has number {found.sequence}, where number {old.sequence} is known already"
        raise TrustedListRefused(name=source.name, reason=reason)
    kept.keep(source.name, xml, instead_of=old_xml)
    return Refreshed.NEWER


def _readable(source: ListSource, xml: bytes | None) -> TrustedList | None:
    """What is kept counts as an edition only while its signer is pinned: new pins begin anew."""
    if xml is not None:
        with suppress(TrustedListRefused):
            return source.read(xml)
    return None
