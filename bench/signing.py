"""What a B-B signature costs beside the device's own share of it, in one process and in two."""

from __future__ import annotations

import multiprocessing
import statistics
import time
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
    from collections.abc import Callable, Iterator
    from multiprocessing.synchronize import Barrier

    from bench.ground import Ground
    from bench.softtoken import SoftToken

    _Results = multiprocessing.Queue[float]

_SIGNATURES = 150
_RAW = 600
_TWO_PROCESS_ROUNDS = 3


def measure_one_process(ground: Ground) -> Iterator[Row]:
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


def measure_two_processes(ground: Ground) -> Iterator[Row]:
    """Signatures per second of two workers by what two processes get out of the token that do nothing but sign."""
    shares, signed, raw = [], [], []
    for _ in range(_TWO_PROCESS_ROUNDS):
        raw.append(_of_two(_sign_bare, ground, count=_RAW))
        signed.append(_of_two(_sign_documents, ground, count=_SIGNATURES))
        shares.append(signed[-1] / raw[-1])
    note = f"{statistics.median(signed):.0f} by {statistics.median(raw):.0f} a second"
    yield Row("sign_two_processes_share_of_raw", statistics.median(shares), note=note)


def _of_two(work: Callable[..., None], ground: Ground, *, count: int) -> float:
    """How often the work is done in a second by two processes that begin together."""
    spawning = multiprocessing.get_context("spawn")
    ready, results = spawning.Barrier(2), spawning.Queue()
    arguments = (ground.token.sendable(), ground.draft, ground.signature_image, count, ready, results)
    children = [spawning.Process(target=work, args=arguments) for _ in range(2)]
    for child in children:
        child.start()
    rates: list[float] = [results.get(timeout=300) for _ in children]
    for child in children:
        child.join()
    return sum(rates)


def _sign_bare(token: SoftToken, _draft: bytes, _image: bytes, count: int, ready: Barrier, results: _Results) -> None:
    results.put(_rate(token.open().raw(), count=count, ready=ready))


def _sign_documents(
    token: SoftToken, draft: bytes, image: bytes, count: int, ready: Barrier, results: _Results
) -> None:
    device, appearance = token.open(), Appearance(image)

    def sign() -> bytes:
        return signed_bb(draft, certificate=token.certificate, device=device, appearance=appearance)

    results.put(_rate(sign, count=count, ready=ready))


def _rate(call: Callable[[], object], *, count: int, ready: Barrier) -> float:
    for _ in range(10):
        call()
    ready.wait(timeout=120)
    start = time.perf_counter()
    for _ in range(count):
        call()
    return count / (time.perf_counter() - start)
