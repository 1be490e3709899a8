"""What a B-B signature costs beside the device's own share of it."""

from __future__ import annotations

from typing import TYPE_CHECKING

from pyhanko.sign.fields import MDPPerm

from bench.checking import demand_passed, revocation_of_signer
from bench.figures import Row
from bench.product import signed_bb
from bench.rounds import Work, milliseconds, ratio, take_turns
from bench.stock_pyhanko import PEER, Stamp, StockSigner
from signing.layout import SIGNATORY_FIELD
from signing.profiles import Appearance

if TYPE_CHECKING:
    from collections.abc import Iterator

    from bench.ground import Ground


def measure(ground: Ground) -> Iterator[Row]:
    """Visible and invisible, ours and stock pyHanko's, by one ``C_Sign``."""
    stock = StockSigner.on(ground)

    def ours(appearance: Appearance | None) -> bytes:
        return signed_bb(
            ground.draft, certificate=ground.token.certificate, device=ground.device, appearance=appearance
        )

    def theirs(stamp: Stamp) -> bytes:
        return stock.sign(ground.draft, field_name=SIGNATORY_FIELD, stamp=stamp, certify=MDPPerm.FILL_FORMS)

    appearance = Appearance(ground.signature_image)
    known = revocation_of_signer(ground)
    for pdf in (ours(appearance), ours(None), *(theirs(stamp) for stamp in Stamp)):
        demand_passed(pdf, ground=ground, known=known)
    readings = take_turns(
        {
            "C_Sign": Work(ground.device.raw(), repeats=40),
            "visible": Work(lambda: ours(appearance), repeats=12),
            "invisible": Work(lambda: ours(None), repeats=12),
            **{stamp.value: Work(lambda stamp=stamp: theirs(stamp), repeats=3) for stamp in Stamp},  # type: ignore[misc]
        }
    )

    def row(figure: str, work: str, *, peer: str | None = None) -> Row:
        note = f"{milliseconds(readings, work)} by {milliseconds(readings, 'C_Sign')}"
        return Row(figure, ratio(readings, work, "C_Sign"), peer, note)

    yield row("sign_visible_cpu_per_csign", "visible")
    yield row("sign_visible_cpu_per_csign", Stamp.PICTURE.value, peer=f"{PEER} ({Stamp.PICTURE.value})")
    yield row("sign_visible_cpu_per_csign", Stamp.TEXT.value, peer=f"{PEER} ({Stamp.TEXT.value})")
    yield row("sign_invisible_cpu_per_csign", "invisible")
    yield row("sign_invisible_cpu_per_csign", Stamp.NONE.value, peer=PEER)
