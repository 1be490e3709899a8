"""What a test vector is: a file that someone could send, what it is, and the verdict that is right for it.

A vector is declared, not stored: its file is made when it is wanted (a second for hundreds of them), because a signed
file needs keys and keys do not belong in a repository. What is stored is its text.
"""

from __future__ import annotations

from dataclasses import dataclass, field
from typing import TYPE_CHECKING

from verification.report import Indication, SubIndication

if TYPE_CHECKING:
    from collections.abc import Callable
    from datetime import datetime

    from certs.revocation import RevocationInfo
    from tests.vectors.chamber import Chamber


@dataclass(frozen=True, slots=True)
class Expected:
    """A verdict: the indication, its sub-indication, and the codes of the cautions that must be there.

    A file that passes has these cautions and no others.
    """

    indication: Indication
    sub_indication: SubIndication | None = None
    cautions: frozenset[str] = frozenset()

    def with_caution(self, *codes: str) -> Expected:
        """The same verdict with something that must not pass in silence."""
        return Expected(self.indication, self.sub_indication, self.cautions | set(codes))


@dataclass(frozen=True, slots=True)
class Case:
    """The file itself, and the revocation data that the verifier has from elsewhere."""

    pdf: bytes
    known: RevocationInfo


@dataclass(frozen=True, slots=True, kw_only=True)
class Vector:
    """``name`` is ``class/what-is-odd``; ``clause`` is what decides the verdict; ``at`` is when it is asked for."""

    name: str
    about: str
    clause: str
    expected: Expected
    at: datetime
    make: Callable[[Chamber], Case] = field(repr=False)

    @property
    def family(self) -> str:
        """The class of attack that the vector belongs to."""
        return self.name.partition("/")[0]


PASSED = Expected(Indication.TOTAL_PASSED)
FORMAT = Expected(Indication.TOTAL_FAILED, SubIndication.FORMAT_FAILURE)
HASH = Expected(Indication.TOTAL_FAILED, SubIndication.HASH_FAILURE)
CRYPTO = Expected(Indication.TOTAL_FAILED, SubIndication.SIG_CRYPTO_FAILURE)
TOO_EARLY = Expected(Indication.TOTAL_FAILED, SubIndication.NOT_YET_VALID)
UNREADABLE = Expected(Indication.INDETERMINATE, SubIndication.FORMAT_FAILURE)
NO_SIGNATURE = Expected(Indication.NO_SIGNATURE_FOUND)


def unsure(sub_indication: SubIndication) -> Expected:
    """INDETERMINATE, for this reason."""
    return Expected(Indication.INDETERMINATE, sub_indication)
