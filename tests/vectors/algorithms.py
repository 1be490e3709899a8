"""The algorithm matrix: what was signed with, when it is said to be signed, and when a token proves it to exist.

The policy lets SHA-1 and RSA with 1024 bits end with 2013; MD5 and P-192 were never allowed; RSA with 2048 bits, P-256
and SHA-256 have no end (ETSI TS 119 312; EN 319 102-1, 5.2.8 and 5.5.4, step 4 c). Checked in May 2025.
"""

from __future__ import annotations

from dataclasses import dataclass
from datetime import UTC, datetime
from functools import cache, partial
from typing import TYPE_CHECKING

from tests.vectors.envelope import baseline_attributes, der_set, sealed
from tests.vectors.revocation import LATER
from tests.vectors.slot import UNDATED, Slot, slot
from tests.vectors.stamps import info, stamped, token
from tests.vectors.vector import PASSED, Case, Expected, Vector, unsure
from tests.vectors.workbench import scheme_of
from verification.report import SubIndication

if TYPE_CHECKING:
    from tests.vectors.chamber import Chamber

_EARLY, _BETWEEN, _NOW = (datetime(year, 3, 3, 9, tzinfo=UTC) for year in (2012, 2016, 2025))
_ENDED = unsure(SubIndication.CRYPTO_CONSTRAINTS_FAILURE_NO_POE)
_NEVER = unsure(SubIndication.CRYPTO_CONSTRAINTS_FAILURE)


@dataclass(frozen=True, slots=True)
class Algorithm:
    """A signer's key and the digest, and the verdict for each of the four situations in :data:`_SITUATIONS`."""

    name: str
    who: str
    digest: str
    verdicts: tuple[Expected, Expected, Expected, Expected]


_SITUATIONS: tuple[tuple[datetime, datetime | None], ...] = (
    (_EARLY, None),
    (_EARLY, _EARLY),
    (_EARLY, _BETWEEN),
    (_NOW, _NOW),
)
_ALGORITHMS = (
    Algorithm("sha1", "signatory", "sha1", (_ENDED, PASSED, _ENDED, _ENDED)),
    Algorithm("rsa-1024", "rsa1024", "sha256", (_ENDED, PASSED, _ENDED, _ENDED)),
    Algorithm("md5", "signatory", "md5", (_NEVER, _NEVER, _NEVER, _NEVER)),
    Algorithm("p-192", "p192", "sha256", (_NEVER, _NEVER, _NEVER, _NEVER)),
    Algorithm("rsa-2048", "signatory", "sha256", (PASSED, PASSED, PASSED, PASSED)),
    Algorithm("p-256", "elliptic", "sha384", (PASSED, PASSED, PASSED, PASSED)),
)


@cache
def _waiting(claimed: datetime) -> Slot:
    return slot(head=UNDATED + f" /M (D:{claimed:%Y%m%d%H%M%S}Z)".encode())


def _case(chamber: Chamber, *, algorithm: Algorithm, claimed: datetime, proven: datetime | None) -> Case:
    """The file of one cell."""
    waiting, certificate = _waiting(claimed), chamber.certificate(algorithm.who)
    envelope = sealed(
        der_set(baseline_attributes(certificate, waiting.digest(algorithm.digest))),
        certificate=certificate,
        key=chamber.keys[algorithm.who],
        scheme=scheme_of(algorithm.who, algorithm.digest),
        chain=[chamber.certificate("interm")],
        digest=algorithm.digest,
    )
    value = envelope.signer.signature
    cms = stamped(envelope, token(chamber, info(value, at=proven)).der()) if proven else envelope.der()
    return Case(waiting.filled(cms), chamber.crls(at=LATER))


def _vector(algorithm: Algorithm, claimed: datetime, proven: datetime | None, expected: Expected) -> Vector:
    stamp = f"stamped-{proven:%Y}" if proven else "not-stamped"
    proof = f"a token of {proven:%Y}" if proven else "no token"
    return Vector(
        name=f"algorithms/{algorithm.name}-signed-{claimed:%Y}-{stamp}",
        about=f"Signed with {algorithm.name}, said to be in {claimed:%Y}, with {proof}.",
        clause="ETSI TS 119 312; EN 319 102-1, 5.2.8 and 5.5.4, step 4 c",
        expected=expected,
        at=LATER,
        make=partial(_case, algorithm=algorithm, claimed=claimed, proven=proven),
    )


VECTORS = tuple(
    _vector(algorithm, claimed, proven, expected)
    for algorithm in _ALGORITHMS
    for (claimed, proven), expected in zip(_SITUATIONS, algorithm.verdicts, strict=True)
)
