"""How a signature is to be made: level, locks and what it looks like, decided before anything is signed."""

from __future__ import annotations

from dataclasses import dataclass, field
from enum import Enum
from typing import TYPE_CHECKING

from certs.algorithms import SignatureAlgorithm
from signing.claims import NO_CLAIMS, Claims

if TYPE_CHECKING:
    from datetime import datetime


class SignatureLevel(Enum):
    """The baseline levels of ETSI EN 319 142-1, clause 6."""

    B_B = "B_B"
    B_T = "B_T"
    B_LT = "B_LT"
    B_LTA = "B_LTA"


class Certification(Enum):
    """Whether a signature certifies the document (ISO 32000-2, 12.8.2.2), and what it still allows."""

    NONE = "none"
    FILL_FORMS = "fill_forms"
    NO_CHANGES = "no_changes"


@dataclass(frozen=True, slots=True)
class Appearance:
    """What the field shows: a picture that fills its box, or lines of text, never both.

    ``png`` is a PNG with transparency, for signatures and seals, where Decree 30/2020 (Annex I, II.7.d and II.8.a)
    prescribes no text. ``text`` is for attachments and copies (:mod:`signing.display_rules`), where it prescribes no
    picture; a line break begins a new line, and longer lines are broken between words.
    """

    png: bytes | None = None
    text: str | None = None

    def __post_init__(self) -> None:
        if (self.png is None) == (self.text is None):
            msg = "an appearance is a picture or a text"
            raise ValueError(msg)


@dataclass(frozen=True, slots=True)
class SignatureProfile:
    """What to sign with and how it shows; ``reason`` and ``location`` go into the signature dictionary.

    ``claims`` goes into the signed attributes; a reason beside a commitment type is a ``ValueError``.

    ``extra_room`` is how many bytes more than ours a CMS object may take that somebody else's program will make.
    """

    field_name: str
    algorithm: SignatureAlgorithm = SignatureAlgorithm.RSA_SHA256
    certification: Certification = Certification.NONE
    appearance: Appearance | None = None
    reason: str | None = None
    location: str | None = None
    claimed_signing_time: datetime | None = field(default=None)
    claims: Claims = NO_CLAIMS
    extra_room: int = 0

    def __post_init__(self) -> None:
        # EN 319 142-1, 6.3, requirements d and m: one says why, either in words or as a type.
        if self.reason is not None and self.claims.commitment is not None:
            msg = "a reason and a commitment type exclude each other"
            raise ValueError(msg)
