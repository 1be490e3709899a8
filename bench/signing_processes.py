"""How many B-B signatures two workers make in a second, by what two processes get out of the token.

By itself, so that the workers import what they need and nothing that is measured elsewhere.
"""

from __future__ import annotations

import multiprocessing
import statistics
import time
from typing import TYPE_CHECKING

from bench.figures import Row
from bench.product import signed_bb
from signing.profiles import Appearance

if TYPE_CHECKING:
    from collections.abc import Callable, Iterator
    from multiprocessing.synchronize import Barrier

    from bench.ground import Ground
    from bench.softtoken import SoftToken

    _Results = multiprocessing.Queue[float]

_SIGNATURES = 150
_RAW = 600
_ROUNDS = 3


def measure(ground: Ground) -> Iterator[Row]:
    """Signatures per second of two workers by what two processes get out of the token that do nothing but sign."""
    shares, signed, raw = [], [], []
    for _ in range(_ROUNDS):
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
