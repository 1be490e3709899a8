"""A file of 98 MB: what a signature costs beside hashing it once, and how much memory."""

from __future__ import annotations

import hashlib
from pathlib import Path
from typing import TYPE_CHECKING

from bench.checking import demand_passed, revocation_of_signer
from bench.figures import Row
from bench.large import scanned_draft
from bench.memory import peak_megabytes
from bench.rounds import Clock, Work, milliseconds, ratio, take_turns
from bench.signing import signed_bb
from bench.stock_pyhanko import PEER, Stamp, StockSigner
from signing.layout import SIGNATORY_FIELD
from signing.profiles import Appearance

if TYPE_CHECKING:
    from collections.abc import Iterator

    from bench.ground import Ground
    from bench.softtoken import SoftToken

_ROUNDS = 5


def measure(ground: Ground) -> Iterator[Row]:
    """Wall time by SHA-256, and peak memory; pyHanko is given the same bytes in memory."""
    path = ground.folder / "large.pdf"
    path.write_bytes(scanned_draft())
    yield from _wall_times(ground, path.read_bytes())
    peak = peak_megabytes(_sign_file, str(path), ground.token.sendable(), ground.signature_image)
    yield Row("sign_98mb_peak_mb", peak, note="prepare, lint, sign and complete in one process, bytes in memory")


def _wall_times(ground: Ground, draft: bytes) -> Iterator[Row]:
    stock = StockSigner.on(ground)

    def ours() -> bytes:
        return signed_bb(
            draft,
            certificate=ground.token.certificate,
            device=ground.device,
            appearance=Appearance(ground.signature_image),
        )

    demand_passed(ours(), ground=ground, known=revocation_of_signer(ground))
    readings = take_turns(
        {
            "SHA-256": Work(lambda: hashlib.sha256(draft).digest()),
            "ours": Work(ours),
            "stock": Work(lambda: stock.sign(draft, field_name=SIGNATORY_FIELD, stamp=Stamp.PICTURE)),
        },
        clock=Clock.WALL,
        rounds=_ROUNDS,
    )
    for work, peer in (("ours", None), ("stock", f"{PEER} (in memory)")):
        note = f"{milliseconds(readings, work)} by {milliseconds(readings, 'SHA-256')}"
        yield Row("sign_98mb_wall_per_sha256", ratio(readings, work, "SHA-256"), peer, note)


def _sign_file(path: str, token: SoftToken, image: bytes) -> None:
    draft = Path(path).read_bytes()
    signed_bb(draft, certificate=token.certificate, device=token.open(), appearance=Appearance(image))
