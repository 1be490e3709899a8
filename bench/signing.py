"""What a signature costs beside the device's own share of it."""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING

from bench.checking import demand_passed
from bench.rounds import Work, milliseconds, ratio, take_turns
from bench.figures import Row
from bench.ground import now
from bench.stock_pyhanko import StockSigner
from signing.complete import complete
from signing.layout import SIGNATORY_FIELD
from signing.linted import lint
from signing.prepare import prepare
from signing.profiles import Appearance, Certification, SignatureProfile

if TYPE_CHECKING:
    from collections.abc import Iterator

    from bench.ground import Ground


def signed_bb(ground: Ground, *, appearance: Appearance | None) -> bytes:
    """The product's whole way from a draft to a B-B signature; the sandbox and the stores are left out."""
    profile = SignatureProfile(
        field_name=SIGNATORY_FIELD,
        certification=Certification.FILL_FORMS,
        appearance=appearance,
        claimed_signing_time=now(),
    )
    prepared = prepare(ground.draft, profile=profile, certificate=ground.token.certificate)
    linted = lint(prepared, base=ground.draft).prepared
    return complete(linted, value=ground.device.sign(linted.dtbs), token=None).pdf
