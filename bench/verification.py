"""What a verdict costs beside stock pyHanko's, and on files that are large."""

from __future__ import annotations

import resource
from dataclasses import dataclass
from pathlib import Path
from typing import TYPE_CHECKING

from bench.checking import NotPassed, demand_passed, revocation_of_signer
from bench.figures import Row
from bench.ground import now
from bench.large import long_draft, scanned_draft
from bench.lta import Archivist
from bench.memory import peak_megabytes
from bench.product import signed_bb
from bench.rounds import Clock, Work, milliseconds, ratio, take_turns
from bench.stock_pyhanko import PEER, Stamp, StockSigner, validate_everything
from certs.revocation import EMPTY, RevocationInfo
from verification.report import Indication
from verification.sandbox import Sandbox, SandboxLimits
from verification.validate import validate
from verification.workshop import Workshop

if TYPE_CHECKING:
    from collections.abc import Iterator

    from bench.ground import Ground
    from certs.anchors import TrustAnchors

_SIGNATURES = 51
_PAGES = 5000


@dataclass(frozen=True, slots=True)
class _Judges:
    """Both validators with the same anchors and the same knowledge."""

    anchors: TrustAnchors
    known: RevocationInfo

    def ours(self, pdf: bytes) -> None:
        if validate(pdf, anchors=self.anchors, known=self.known, at=now()).indication is not Indication.TOTAL_PASSED:
            raise NotPassed

    def stock(self, pdf: bytes) -> None:
        if not validate_everything(pdf, anchors=self.anchors, known=self.known):
            raise NotPassed


def measure_ratios(ground: Ground) -> Iterator[Row]:
    """Two B-LTA signatures with two document timestamps, and one B-B signature."""
    two = demand_passed(Archivist.on(ground).two_signatures(ground.draft), ground=ground)
    known = revocation_of_signer(ground)
    one = demand_passed(
        signed_bb(ground.draft, certificate=ground.token.certificate, device=ground.device, appearance=None),
        ground=ground,
        known=known,
    )
    for figure, pdf, judges, repeats in (
        ("verify_two_lta_per_pyhanko", two, _Judges(ground.anchors, EMPTY), 2),
        ("verify_one_bb_per_pyhanko", one, _Judges(ground.anchors, known), 6),
    ):
        readings = take_turns(
            {
                "ours": Work(lambda pdf=pdf, judges=judges: judges.ours(pdf), repeats),  # type: ignore[misc]
                "stock": Work(lambda pdf=pdf, judges=judges: judges.stock(pdf), repeats),  # type: ignore[misc]
            }
        )
        note = f"{milliseconds(readings, 'ours')} by {milliseconds(readings, 'stock')}"
        yield Row(figure, ratio(readings, "ours", "stock"), note=note)


def measure_many_signatures(ground: Ground) -> Iterator[Row]:
    """51 B-B signatures in one file."""
    stock = StockSigner.on(ground)
    pdf = long_draft(1)
    for index in range(_SIGNATURES):
        pdf = stock.sign(pdf, field_name=f"Signer{index}", stamp=Stamp.NONE)
    yield from _walls("verify_51_signatures_s", pdf, _Judges(ground.anchors, revocation_of_signer(ground)))


def measure_many_pages(ground: Ground) -> Iterator[Row]:
    """5,000 pages with two B-LTA signatures."""
    pdf = Archivist.on(ground).two_signatures(long_draft(_PAGES))
    yield from _walls("verify_5000_pages_s", pdf, _Judges(ground.anchors, EMPTY))


def _walls(figure: str, pdf: bytes, judges: _Judges) -> Iterator[Row]:
    readings = take_turns(
        {"ours": Work(lambda: judges.ours(pdf)), "stock": Work(lambda: judges.stock(pdf))},
        clock=Clock.WALL,
        rounds=3,
    )
    for work, peer in (("ours", None), ("stock", PEER)):
        yield Row(figure, sorted(readings[work])[1], peer, f"{len(pdf) / 1e6:.1f} MB")


def measure_memory(ground: Ground) -> Iterator[Row]:
    """The sandbox's child while it judges a signed file of 98 MB."""
    pdf = signed_bb(scanned_draft(), certificate=ground.token.certificate, device=ground.device, appearance=None)
    path = ground.folder / "large-signed.pdf"
    path.write_bytes(pdf)
    peak = peak_megabytes(_judge_in_sandbox, str(path), ground.anchors, whose=resource.RUSAGE_CHILDREN)
    yield Row("verify_100mb_peak_mb", peak, note=f"file of {len(pdf) / 1e6:.0f} MB")


def _judge_in_sandbox(path: str, anchors: TrustAnchors) -> None:
    with Workshop(Sandbox(SandboxLimits(children=1))) as workshop:
        report = workshop.validate(Path(path).read_bytes(), anchors=anchors, known=EMPTY, at=now())
    if not report.signatures:
        raise NotPassed(report.verdict.reason.en)
