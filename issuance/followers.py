"""Who besides the sender hears what becomes of a document: by letter, to a mail address that is kept for nothing else.

The address is personal data. It stands in one row, which goes as soon as its holder wants no more letters, or when
nothing can become of the document any more; letters that still wait go with it. No log and no audit event has it.
"""

from __future__ import annotations

import re
from dataclasses import dataclass
from typing import TYPE_CHECKING, Protocol

if TYPE_CHECKING:
    from datetime import datetime
    from uuid import UUID

_ATOM = r"[A-Za-z0-9!#$%&'*+/^_{|}~-]+"
_LABEL = "[A-Za-z0-9](?:[A-Za-z0-9-]{0,61}[A-Za-z0-9])?"
# At most 64 octets stand before the @ (RFC 5321, 4.5.3.1.1).
_ADDRESS = re.compile(rf"(?=[^@]{{1,64}}@){_ATOM}(?:\.{_ATOM})*@(?:{_LABEL}\.)+(?=[A-Za-z]){_LABEL}")

LONGEST_ADDRESS = 254
"""Characters; a longer one fits into no envelope (RFC 5321, 4.5.3.1.3)."""


@dataclass(frozen=True, slots=True)
class Follower:
    """Somebody to whom letters about one document go; whoever knows the random ``id`` can end them."""

    id: UUID
    document_id: UUID
    address: str
    added_by: str
    added_at: datetime


def is_mail_address(text: str) -> bool:
    """Whether this is one plain ``local@domain.tld`` in ASCII, which every mail server takes.

    A dot-atom (RFC 5322, 3.2.3) at a host name: no quotes, comments, address literals or names of people, and nothing
    that could be read as an encoded word (RFC 2047).
    """
    return len(text) <= LONGEST_ADDRESS and _ADDRESS.fullmatch(text) is not None


class Followers(Protocol):
    """The followers of documents: a part of :class:`issuance.ports.Repositories`."""

    def add_follower(self, follower: Follower) -> None:
        """Append; a document has each address once, in whatever case it is written."""
        ...

    def followers(self, document_id: UUID) -> list[Follower]:
        """All of the document, the first one first."""
        ...

    def follower(self, follower_id: UUID) -> Follower | None:
        """The follower, or None."""
        ...

    def remove_follower(self, follower_id: UUID) -> None:
        """Take away, with every letter to it, sent or not; nothing where it is not there."""
        ...

    def useless_followers(self, *, ended_before: datetime, limit: int) -> list[Follower]:
        """Those whose document ended before this moment, so that nothing more will become of it."""
        ...
