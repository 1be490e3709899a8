"""The door to what a signature carries: its level, and until when its proofs hold (EN 319 142-1, clause 6)."""

from __future__ import annotations

from typing import TYPE_CHECKING

from verification._pyhanko_store import attribute_of, covers
from verification.report import Level

if TYPE_CHECKING:
    from collections.abc import Iterable
    from datetime import datetime

    from asn1crypto import x509

    from verification._pyhanko import FilledField
    from verification._pyhanko_engine import Finding
    from verification._pyhanko_store import Stores
    from verification._pyhanko_time import JudgedToken


def level_of(
    field: FilledField,
    *,
    stores: Stores,
    signer: Finding,
    own: tuple[JudgedToken, ...],
    over: tuple[JudgedToken, ...],
) -> Level:
    """The level of a signature that names its certificate; ``own`` and ``over`` are its judged time-stamps.

    B-T needs a token that is really over this signature; B-LT revocation data in the file for the signer's chain and
    the token's; B-LTA a document timestamp over all of that. Whether any of it is trusted is the verdict's to say.
    """
    token = next((token for token in own if token.finding.sound), None)
    if token is None:
        return Level.B_B
    chains = (*_below_anchor(signer.path), *_below_anchor(token.finding.path))
    if field.signature is None or not signer.path:
        return Level.B_T
    attribute = attribute_of(field.signature)
    sealed = (
        stores.at(stamp.field.revision).with_(attribute)
        for stamp in over
        if stamp.field is not None and stamp.finding.sound
    )
    if any(covers(material, chains) for material in sealed):
        return Level.B_LTA
    return Level.B_LT if covers(stores.last.with_(attribute), chains) else Level.B_T


def proofs_end(*findings: Finding) -> datetime | None:
    """When the first certificate of these chains expires, anchors left out; None without a chain."""
    chain: Iterable[x509.Certificate] = (c for finding in findings for c in _below_anchor(finding.path))
    return min((certificate.not_valid_after for certificate in chain), default=None)


def _below_anchor(path: tuple[x509.Certificate, ...]) -> tuple[x509.Certificate, ...]:
    return path[:-1] if len(path) > 1 else path
