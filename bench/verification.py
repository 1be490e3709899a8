"""What a verdict costs beside stock pyHanko's, and on files that are large."""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING

from bench.checking import NotPassed, demand_passed, revocation_of_signer
from bench.figures import Row
from bench.ground import now
from bench.large import long_draft, scanned_draft
from bench.lta import Archivist
from bench.memory import peak_megabytes_of
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
_ANY = 1 << 40  # bytes that the child may keep, so that it lives until it is looked at


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
    """The time that passes, which is what is promised; CPU in the note tells how much of it others took."""
    works = {"ours": Work(lambda: judges.ours(pdf)), "stock": Work(lambda: judges.stock(pdf))}
    walls, cpus = (take_turns(works, clock=clock, rounds=3) for clock in (Clock.WALL, Clock.CPU))
    for work, peer in (("ours", None), ("stock", PEER)):
        note = f"{len(pdf) / 1e6:.1f} MB, {sorted(cpus[work])[1]:.2f} s CPU"
        yield Row(figure, sorted(walls[work])[1], peer, note)


def measure_memory(ground: Ground) -> Iterator[Row]:
    """The sandbox's child after it has judged a signed file of 98 MB; the caller's memory is its own affair."""
    pdf = signed_bb(scanned_draft(), certificate=ground.token.certificate, device=ground.device, appearance=None)
    sandbox = Sandbox(SandboxLimits(children=1, resident=_ANY))
    with Workshop(sandbox) as workshop:
        report = workshop.validate(pdf, anchors=ground.anchors, known=EMPTY, at=now())
        if not report.signatures:
            raise NotPassed(report.verdict.reason.en)
        peak = max(map(peak_megabytes_of, sandbox.child_pids()))
    yield Row("verify_100mb_peak_mb", peak, note=f"file of {len(pdf) / 1e6:.0f} MB")
