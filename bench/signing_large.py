"""A file of 98 MB: what a signature costs beside hashing it once, and how much memory."""

from __future__ import annotations

import hashlib
import os
from typing import TYPE_CHECKING

from bench.checking import demand_passed, revocation_of_signer
from bench.figures import Row
from bench.large import scanned_draft
from bench.memory import peak_megabytes
from bench.product import append_to_file, copy, sign_file, sign_in_fresh_process
from bench.rounds import Clock, Work, milliseconds, ratio, take_turns
from bench.stock_pyhanko import PEER, Stamp, StockSigner
from signing.layout import SIGNATORY_FIELD
from signing.profiles import Appearance

if TYPE_CHECKING:
    from collections.abc import Iterator
    from pathlib import Path

    from bench.ground import Ground

_ROUNDS = 5


def measure(ground: Ground) -> Iterator[Row]:
    """Wall time by SHA-256 of the bytes in memory, and peak memory; ours and stock pyHanko's from file to file."""
    path = ground.folder / "large.pdf"
    path.write_bytes(scanned_draft())
    yield from _wall_times(ground, path)
    peak = peak_megabytes(sign_in_fresh_process, str(path), ground.token.sendable(), ground.signature_image)
    yield Row("sign_98mb_peak_mb", peak, note="prepare, lint, sign, complete and write in one process, file to file")


def _wall_times(ground: Ground, path: Path) -> Iterator[Row]:
    stock = StockSigner.on(ground)
    draft = path.read_bytes()
    signed = path.with_name("large-signed.pdf")
    appearance = Appearance(ground.signature_image)

    def ours() -> None:
        sign_file(path, signed, certificate=ground.token.certificate, device=ground.device, appearance=appearance)

    def in_place() -> None:
        append_to_file(path, certificate=ground.token.certificate, device=ground.device, appearance=appearance)
        os.truncate(path, len(draft))

    ours()
    demand_passed(signed.read_bytes(), ground=ground, known=revocation_of_signer(ground))
    readings = take_turns(
        {
            "SHA-256": Work(lambda: hashlib.sha256(draft).digest()),
            "ours": Work(ours),
            "in place": Work(in_place),
            "copy": Work(lambda: copy(path, signed)),
            "stock": Work(lambda: _sign_with(stock, path, signed)),
        },
        clock=Clock.WALL,
        rounds=_ROUNDS,
    )
    for work, peer in (
        ("ours", None),
        ("in place", "ours, appended to the file itself"),
        ("copy", "copying the file, nothing else"),
        ("stock", f"{PEER} (file to file)"),
    ):
        note = f"{milliseconds(readings, work)} by {milliseconds(readings, 'SHA-256')}"
        yield Row("sign_98mb_wall_per_sha256", ratio(readings, work, "SHA-256"), peer, note)


def _sign_with(stock: StockSigner, draft: Path, signed: Path) -> None:
    signed.unlink(missing_ok=True)
    with draft.open("rb") as file, signed.open("w+b") as output:
        stock.sign_stream(file, output, field_name=SIGNATORY_FIELD, stamp=Stamp.PICTURE)
