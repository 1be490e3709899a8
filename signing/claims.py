"""What a signer says of the signature itself: to what it commits, and in which role it was made.

Both are signed, and both are only claims: nothing but the signer's word stands behind them (ETSI EN 319 122-1, 5.2.3
and 5.2.6). A certificate names a person and not an office, so that it is here that a deputy signs as deputy.
"""

from __future__ import annotations

from dataclasses import dataclass
from enum import Enum
from functools import lru_cache

from certs import der

_COMMITMENT_TYPE = "1.2.840.113549.1.9.16.2.16"
_SIGNER_ATTRIBUTES_V2 = "0.4.0.19122.1.1"
_TITLE = "2.5.4.12"
MOST_ROLES = 8
LONGEST_ROLE = 256


class CommitmentType(Enum):
    """The generic commitment types (RFC 5126, 5.11.1; ETSI TS 119 172-1, Annex B), by their dotted OIDs."""

    ORIGIN = "1.2.840.113549.1.9.16.6.1"
    RECEIPT = "1.2.840.113549.1.9.16.6.2"
    DELIVERY = "1.2.840.113549.1.9.16.6.3"
    SENDER = "1.2.840.113549.1.9.16.6.4"
    APPROVAL = "1.2.840.113549.1.9.16.6.5"
    CREATION = "1.2.840.113549.1.9.16.6.6"


@dataclass(frozen=True, slots=True)
class Claims:
    """``roles`` are what stands above the signer's name, line by line, such as ``KT.`` and ``PHÓ CHỦ TỊCH``."""

    commitment: CommitmentType | None = None
    roles: tuple[str, ...] = ()

    def __post_init__(self) -> None:
        if len(self.roles) > MOST_ROLES or not all(0 < len(role) <= LONGEST_ROLE for role in self.roles):
            msg = f"at most {MOST_ROLES} roles of 1 to {LONGEST_ROLE} characters"
            raise ValueError(msg)

    @property
    def attributes(self) -> tuple[bytes, ...]:
        """The DER signed attributes."""
        return _attributes(self)


NO_CLAIMS = Claims()


@lru_cache(maxsize=1024)
def _attributes(claims: Claims) -> tuple[bytes, ...]:
    found = []
    if claims.commitment is not None:
        found.append(_attribute(_COMMITMENT_TYPE, der.sequence(der.oid(claims.commitment.value))))
    if claims.roles:
        # claimedAttributes [0], each an X.509 attribute; ``title`` (X.520, 6.4.3) takes text, while the syntax of
        # ``role`` takes a URI (RFC 5755, 4.4.5). The module has explicit tags (EN 319 122-1, Annex D).
        claimed = der.sequence(*(_attribute(_TITLE, der.utf8_string(role)) for role in claims.roles))
        found.append(_attribute(_SIGNER_ATTRIBUTES_V2, der.sequence(der.context(0, claimed))))
    return tuple(found)


def _attribute(kind: str, value: bytes) -> bytes:
    return der.sequence(der.oid(kind), der.set_of(value))
