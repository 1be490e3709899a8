"""The promised figures as data: what is asked, what is aimed at, against what it was measured, and how it is told."""

from __future__ import annotations

import json
from dataclasses import dataclass
from enum import Enum
from typing import TYPE_CHECKING

from rich.table import Table

if TYPE_CHECKING:
    from collections.abc import Iterable


class Unit(Enum):
    """What a figure counts."""

    RATIO = "ratio"
    PER_SECOND = "per_second"
    MEGABYTES = "MB"
    SECONDS = "s"


class Better(Enum):
    """Which way a figure should go."""

    LOWER = "≤"
    HIGHER = "≥"


@dataclass(frozen=True, slots=True)
class Figure:
    """A promise: ``reference`` says against what the value is measured."""

    name: str
    unit: Unit
    asked: float
    aim: float
    reference: str
    better: Better = Better.LOWER

    def met(self, value: float) -> bool:
        """Whether what is asked is reached."""
        return value <= self.asked if self.better is Better.LOWER else value >= self.asked


_C_SIGN = "CPU of one RSA-2048 C_Sign on the same SoftHSM key"
_STOCK = "CPU of stock pyHanko 0.38 on the same file, offline, hard-fail, with difference analysis"
_DSS = "CPU of EU DSS 6.4 on the same file, offline, with its visual comparison, all its threads"

FIGURES = {
    figure.name: figure
    for figure in (
        Figure("sign_visible_cpu_per_csign", Unit.RATIO, 9, 3, _C_SIGN),
        Figure("sign_invisible_cpu_per_csign", Unit.RATIO, 5, 1.5, _C_SIGN),
        Figure(
            "sign_two_processes_share_of_raw",
            Unit.RATIO,
            0.10,
            0.5,
            "C_Sign per second of two processes that do nothing else",
            Better.HIGHER,
        ),
        Figure("sign_98mb_wall_per_sha256", Unit.RATIO, 2, 1.3, "SHA-256 of the same bytes"),
        Figure("sign_98mb_peak_mb", Unit.MEGABYTES, 150, 100, "peak resident memory of the process that signs"),
        Figure("sign_lta_cpu_per_bb", Unit.RATIO, 3, 2, "CPU of the same signature at B-B"),
        Figure("sign_lta_cpu_per_csign", Unit.RATIO, 40, 10, _C_SIGN),
        Figure("verify_two_lta_per_pyhanko", Unit.RATIO, 0.5, 0.2, _STOCK),
        Figure("verify_one_bb_per_pyhanko", Unit.RATIO, 0.4, 0.25, _STOCK),
        Figure("verify_two_lta_full_per_dss", Unit.RATIO, 0.25, 0.1, _DSS),
        Figure("verify_51_signatures_s", Unit.SECONDS, 2, 1, "wall time"),
        Figure("verify_5000_pages_s", Unit.SECONDS, 0.7, 0.3, "wall time, two signatures"),
        Figure("verify_100mb_peak_mb", Unit.MEGABYTES, 300, 150, "peak resident memory of the sandbox's child"),
        Figure(
            "numbering_per_second",
            Unit.PER_SECOND,
            150,
            300,
            "wall time on 2 cores, nothing else",
            Better.HIGHER,
        ),
        Figure(
            "issue_end_to_end_per_second",
            Unit.PER_SECOND,
            10,
            40,
            "wall time on 2 cores, every process and the responders on this machine",
            Better.HIGHER,
        ),
        Figure("issue_p95_quarter_load_s", Unit.SECONDS, 1, 0.5, "wall time at a quarter of the rate above"),
        Figure("issue_cost_growth_1m_rows", Unit.RATIO, 1.2, 1.1, "the same register with 1,000 rows"),
    )
}


@dataclass(frozen=True, slots=True)
class Row:
    """One line of the table: a figure of ours, or (with ``peer``) what another program or an aside was seen to take.

    ``value`` is None where it could not be measured; ``note`` then says why.
    """

    figure: str
    value: float | None
    peer: str | None = None
    note: str = ""

    @property
    def missed(self) -> bool:
        """Whether this is a figure of ours that is not what is asked."""
        return self.peer is None and (self.value is None or not FIGURES[self.figure].met(self.value))

    def as_json(self) -> str:
        """One line; a peer's figure is named ``FIGURE@PEER``, and nothing is asked of it."""
        figure = FIGURES[self.figure]
        ours = self.peer is None
        return json.dumps(
            {
                "figure": self.figure if ours else f"{self.figure}@{self.peer}",
                "value": None if self.value is None else round(self.value, 4),
                "unit": figure.unit.value,
                "asked": figure.asked if ours else None,
                "aim": figure.aim if ours else None,
                "reference": figure.reference,
                "met": not self.missed if ours else None,
                **({"note": self.note} if self.note else {}),
            },
            ensure_ascii=False,
        )


def table(rows: Iterable[Row]) -> Table:
    """All rows for people."""
    shown = Table("figure", "value", "unit", "asked", "aim", "", "note")
    for row in rows:
        figure = FIGURES[row.figure]
        value = "–" if row.value is None else f"{row.value:.2f}"
        if row.peer is not None:
            shown.add_row(f"  [dim]{row.peer}", f"[dim]{value}", "", "", "", "", f"[dim]{row.note}")
            continue
        sign = figure.better.value
        verdict = "[red]missed" if row.missed else "[green]met"
        shown.add_row(
            row.figure,
            value,
            figure.unit.value,
            f"{sign} {figure.asked:g}",
            f"{sign} {figure.aim:g}",
            verdict,
            row.note,
        )
    return shown
