"""Signing by hand, with any key of the PKI: what an attacker can do who has a certificate, or a signer who cheats."""

from __future__ import annotations

from typing import TYPE_CHECKING

from tests.vectors import paper
from tests.vectors.envelope import Envelope, baseline_attributes, der_set, ecdsa, sealed
from tests.vectors.slot import slot_behind

if TYPE_CHECKING:
    from collections.abc import Mapping

    from tests.vectors.chamber import Chamber


def approval(chamber: Chamber, digest: bytes, *, who: str) -> Envelope:
    """A right PAdES baseline signature over this digest with a key on P-256, without a timestamp."""
    certificate = chamber.certificate(who)
    return sealed(
        der_set(baseline_attributes(certificate, digest)),
        certificate=certificate,
        key=chamber.keys[who],
        scheme=ecdsa(),
        chain=[chamber.certificate("interm")],
    )


def signed_again(chamber: Chamber, pdf: bytes, bodies: Mapping[int, bytes], *, who: str, field: int) -> bytes:
    """The file with an update that is signed: ``bodies`` hold the field, whose ``/V`` is added here."""
    number = max(paper.size_of(pdf), *(n + 1 for n in bodies))
    filled = dict(bodies)
    filled[field] = filled[field].removesuffix(b">>") + b"/V %d 0 R >>" % number
    waiting = slot_behind(pdf, filled, number=number)
    return waiting.filled(approval(chamber, waiting.digest(), who=who).der())
