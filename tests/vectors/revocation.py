"""The revocation matrix: who was revoked when and why, how the verifier knows, and what the signature carries.

Every file is checked on 5 May 2025. Revocations are of 1 April (a CA: 15 March); signatures of 3 March are before them,
those of 3 April after. A CRL or OCSP response of that day tells; older ones are stale (EN 319 102-1, 5.2.5, 5.2.6.4 and
5.5.4, steps 4, 6 and 7).
"""

from __future__ import annotations

from dataclasses import dataclass, replace
from datetime import UTC, datetime, timedelta
from enum import Enum
from functools import partial
from typing import TYPE_CHECKING, assert_never

from certs.revocation import RevocationInfo
from tests.notary import Person, supply
from tests.vectors import paper
from tests.vectors.chamber import SIGNED_AT
from tests.vectors.vector import PASSED, TOO_EARLY, Case, Expected, Vector, unsure
from verification.report import Level, SubIndication

if TYPE_CHECKING:
    from collections.abc import Iterable

    from tests.vectors.chamber import Chamber

LATER = datetime(2025, 5, 5, 12, 0, tzinfo=UTC)
EARLY, LATE = SIGNED_AT, datetime(2025, 4, 3, 9, 0, tzinfo=UTC)

_REVOKED = unsure(SubIndication.REVOKED_NO_POE)
_CA_REVOKED = unsure(SubIndication.REVOKED_CA_NO_POE)
_LATER = unsure(SubIndication.TRY_LATER)


class Source(Enum):
    """How the verifier knows the state of the signer's certificate."""

    CRL = "a CRL of the day"
    OCSP = "an OCSP response of the day"
    NOTHING = "nothing"
    OLD_CRL = "a CRL that was current when the file was signed"
    OLD_OCSP = "an OCSP response that was current when the file was signed"
    STALE_CRL = "a CRL that had ended before the file was signed"
    STALE_OCSP = "an OCSP response that had ended before the file was signed"
    FUTURE_CRL = "a CRL dated after the moment of looking"
    FORGED_CRL = "a CRL with a wrong signature"
    FORGED_OCSP = "an OCSP response with a wrong signature"
    FOREIGN_OCSP = "an OCSP response about someone else"
    FILE = "only what the file carries"


@dataclass(frozen=True, slots=True)
class Cell:
    """One cell: the signer's label tells the reason of the revocation."""

    who: str
    signed: datetime
    level: Level
    source: Source
    expected: Expected


_STATES = {
    "signatory": "not revoked",
    "compromised": "revoked, key compromise",
    "superseded": "revoked, superseded",
    "retired": "revoked, cessation of operation",
    "unexplained": "revoked, no reason given",
    "held": "suspended",
    "orphan": "under a CA that was revoked, CA compromise",
    "foundling": "revoked in February, key compromise, under a CA that was revoked later",
}
_UNDER_FALLEN = frozenset({"orphan", "foundling"})
_MATRIX = (
    Cell("signatory", EARLY, Level.B_B, Source.CRL, PASSED),
    Cell("signatory", EARLY, Level.B_B, Source.OCSP, PASSED),
    Cell("signatory", EARLY, Level.B_B, Source.NOTHING, _LATER),
    Cell("signatory", EARLY, Level.B_B, Source.OLD_CRL, _LATER),
    Cell("signatory", EARLY, Level.B_B, Source.OLD_OCSP, _LATER),
    Cell("signatory", EARLY, Level.B_B, Source.FUTURE_CRL, _LATER),
    Cell("signatory", EARLY, Level.B_B, Source.FORGED_CRL, _LATER),
    Cell("signatory", EARLY, Level.B_B, Source.FORGED_OCSP, _LATER),
    Cell("signatory", EARLY, Level.B_B, Source.FOREIGN_OCSP, _LATER),
    Cell("signatory", EARLY, Level.B_T, Source.CRL, PASSED),
    Cell("signatory", EARLY, Level.B_T, Source.OLD_CRL, PASSED),
    Cell("signatory", EARLY, Level.B_T, Source.OLD_OCSP, PASSED),
    Cell("signatory", EARLY, Level.B_T, Source.STALE_CRL, _LATER),
    Cell("signatory", EARLY, Level.B_T, Source.STALE_OCSP, _LATER),
    Cell("signatory", EARLY, Level.B_T, Source.NOTHING, _LATER),
    Cell("signatory", EARLY, Level.B_LT, Source.FILE, PASSED),
    Cell("signatory", EARLY, Level.B_LTA, Source.FILE, PASSED),
    Cell("compromised", EARLY, Level.B_B, Source.CRL, _REVOKED),
    Cell("compromised", EARLY, Level.B_B, Source.OCSP, _REVOKED),
    Cell("compromised", EARLY, Level.B_T, Source.CRL, PASSED),
    Cell("compromised", EARLY, Level.B_T, Source.OCSP, PASSED),
    Cell("compromised", EARLY, Level.B_LT, Source.CRL, PASSED),
    Cell("compromised", EARLY, Level.B_LT, Source.FILE, PASSED),
    Cell("compromised", EARLY, Level.B_LTA, Source.OCSP, PASSED),
    Cell("compromised", LATE, Level.B_B, Source.CRL, _REVOKED),
    Cell("compromised", LATE, Level.B_T, Source.CRL, _REVOKED),
    Cell("compromised", LATE, Level.B_T, Source.OCSP, _REVOKED),
    Cell("compromised", LATE, Level.B_LTA, Source.CRL, _REVOKED),
    Cell("compromised", LATE, Level.B_LTA, Source.FILE, _REVOKED),
    Cell("superseded", EARLY, Level.B_T, Source.CRL, PASSED),
    Cell("superseded", LATE, Level.B_T, Source.CRL, _REVOKED),
    Cell("retired", EARLY, Level.B_T, Source.OCSP, PASSED),
    Cell("retired", LATE, Level.B_LTA, Source.OCSP, _REVOKED),
    Cell("unexplained", LATE, Level.B_B, Source.CRL, _REVOKED),
    Cell("held", EARLY, Level.B_B, Source.CRL, _LATER),
    Cell("held", EARLY, Level.B_T, Source.CRL, PASSED),
    Cell("held", EARLY, Level.B_T, Source.OCSP, PASSED),
    Cell("held", LATE, Level.B_T, Source.CRL, _LATER),
    Cell("held", LATE, Level.B_T, Source.OCSP, _LATER),
    Cell("orphan", EARLY, Level.B_B, Source.CRL, _CA_REVOKED),
    Cell("orphan", EARLY, Level.B_T, Source.CRL, PASSED),
    Cell("orphan", EARLY, Level.B_LTA, Source.CRL, PASSED),
    Cell("orphan", EARLY, Level.B_T, Source.NOTHING, _LATER),
    Cell("orphan", LATE, Level.B_T, Source.CRL, _CA_REVOKED),
    Cell("foundling", EARLY, Level.B_T, Source.CRL, _REVOKED),
)


def _case(chamber: Chamber, *, cell: Cell) -> Case:
    """The file of one cell, and what the verifier knows."""
    person = Person(cell.who, "SigSignatory")
    pdf = chamber.sign(paper.draft(), person, at=None if cell.level is Level.B_B else cell.signed)
    if cell.level in {Level.B_LT, Level.B_LTA}:
        pdf = supply(pdf, _gathered(chamber, cell))
    if cell.level is Level.B_LTA:
        pdf = chamber.archive(pdf, at=cell.signed + timedelta(minutes=7))
    return Case(pdf, _known(chamber, cell))


def _gathered(chamber: Chamber, cell: Cell) -> RevocationInfo:
    """What the signer embeds a minute after the signature."""
    at = cell.signed + timedelta(minutes=1)
    if cell.who in _UNDER_FALLEN:
        return chamber.crls(at=at)
    return chamber.revocation(cell.who, at=at)


def _known(chamber: Chamber, cell: Cell) -> RevocationInfo:
    """Always the issuers and the root's CRL; about the signer what the cell's source says."""
    crls, ocsps = _about_signer(chamber, cell)
    return RevocationInfo(
        certificates=tuple(chamber.certificate(name).dump() for name in ("interm", "fallen", "ocsp")),
        ocsps=ocsps,
        crls=() if cell.source is Source.FILE else (chamber.crl("root", at=LATER), *crls),
    )


def _about_signer(chamber: Chamber, cell: Cell) -> tuple[tuple[bytes, ...], tuple[bytes, ...]]:
    repository = "fallen" if cell.who in _UNDER_FALLEN else "interm"
    crl, ocsp = partial(chamber.crl, repository), partial(chamber.ocsp, cell.who)
    before = datetime(2024, 11, 1, tzinfo=UTC)
    match cell.source:
        case Source.CRL:
            return (crl(at=LATER),), ()
        case Source.OCSP:
            return (), (ocsp(at=LATER),)
        case Source.OLD_CRL:
            return (crl(at=cell.signed),), ()
        case Source.OLD_OCSP:
            return (), (ocsp(at=cell.signed),)
        case Source.STALE_CRL:
            return (crl(at=before),), ()
        case Source.STALE_OCSP:
            return (), (ocsp(at=before),)
        case Source.FUTURE_CRL:
            return (crl(at=LATER + timedelta(days=60)),), ()
        case Source.FORGED_CRL:
            return (_damaged(crl(at=LATER)),), ()
        case Source.FORGED_OCSP:
            return (), (_damaged_response(ocsp(at=LATER)),)
        case Source.FOREIGN_OCSP:
            return (), (chamber.ocsp("deputy", at=LATER),)
        case Source.NOTHING | Source.FILE:
            return (), ()
    assert_never(cell.source)


def _damaged(crl: bytes) -> bytes:
    """The last octet of its signature changed."""
    return crl[:-1] + bytes([crl[-1] ^ 1])


def _damaged_response(response: bytes) -> bytes:
    """A time in what the responder signed changed."""
    return response.replace(b"20250505", b"20250504", 1)


def _vector(cell: Cell) -> Vector:
    when = "before" if cell.signed is EARLY else "after"
    state = _STATES[cell.who]
    when = "" if cell.who == "signatory" else f"-signed-{when}"
    source = cell.source.name.lower().replace("_", "-")
    level = cell.level.value.replace("_", "-").lower()
    return Vector(
        name=f"revocation/{cell.who}{when}-{level}-{source}",
        about=f"{level.upper()}, signed on {cell.signed:%Y-%m-%d}; the signer is {state}; known: {cell.source.value}.",
        clause="EN 319 102-1, 5.2.5, 5.2.6.4 and 5.5.4",
        expected=cell.expected,
        at=LATER,
        make=partial(_case, cell=cell),
    )


def _vectors() -> Iterable[Vector]:
    yield from map(_vector, _MATRIX)
    held = replace(_MATRIX[0], who="deputy")
    yield Vector(
        name="revocation/before-the-certificate",
        about="B-T, stamped before the signer's certificate began.",
        clause="EN 319 102-1, 5.5.4, step 4 b",
        expected=TOO_EARLY,
        at=LATER,
        make=lambda chamber: Case(
            chamber.sign(paper.draft(), Person("short", "SigSignatory"), at=datetime(2023, 6, 1, tzinfo=UTC)),
            _known(chamber, held),
        ),
    )


VECTORS = tuple(_vectors())
