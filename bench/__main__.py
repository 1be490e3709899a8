"""``python -m bench [--json] [--ours] [FIGURE…]``: measure the promised figures, or only those that are named.

The table goes to standard output, or with ``--json`` one object a line there and the table to standard error. The exit
code is 1 where something that is asked is missed, and 64 for a figure that nobody promised.
"""

from __future__ import annotations

import argparse
import sys
from typing import TYPE_CHECKING

from rich.console import Console

from bench import (
    end_to_end,
    growth,
    lta,
    numbering,
    peers,
    signing,
    signing_dss,
    signing_large,
    signing_processes,
    verification,
    verification_dss,
)
from bench.figures import FIGURES, Row, table
from bench.ground import Ground, ground

if TYPE_CHECKING:
    from collections.abc import Callable, Container, Iterator

_MEASUREMENTS: tuple[tuple[frozenset[str], Callable[[Ground], Iterator[Row]]], ...] = (
    (frozenset({"sign_visible_cpu_per_csign", "sign_invisible_cpu_per_csign"}), signing.measure),
    (frozenset({"sign_visible_cpu_per_csign", "sign_invisible_cpu_per_csign"}), peers.measure),
    (frozenset({"sign_visible_cpu_per_csign", "sign_invisible_cpu_per_csign"}), signing_dss.measure),
    (frozenset({"sign_two_processes_share_of_raw"}), signing_processes.measure),
    (frozenset({"sign_lta_cpu_per_bb", "sign_lta_cpu_per_csign"}), lta.measure),
    (frozenset({"sign_lta_cpu_per_bb", "sign_lta_cpu_per_csign"}), signing_dss.measure_lta),
    (frozenset({"sign_98mb_wall_per_sha256", "sign_98mb_peak_mb"}), signing_large.measure),
    (frozenset({"sign_98mb_wall_per_sha256"}), signing_dss.measure_large),
    (frozenset({"verify_two_lta_per_pyhanko", "verify_one_bb_per_pyhanko"}), verification.measure_ratios),
    (frozenset({"verify_two_lta_full_per_dss"}), verification_dss.measure),
    (frozenset({"verify_51_signatures_s"}), verification.measure_many_signatures),
    (frozenset({"verify_5000_pages_s"}), verification.measure_many_pages),
    (frozenset({"verify_100mb_peak_mb"}), verification.measure_memory),
    (frozenset({"numbering_per_second"}), numbering.measure),
    (frozenset({"issue_end_to_end_per_second", "issue_p95_quarter_load_s"}), end_to_end.measure),
    (frozenset({"issue_cost_growth_1m_rows"}), growth.measure),
)
_PEERS = frozenset({peers.measure, signing_dss.measure, signing_dss.measure_lta, signing_dss.measure_large})
_BAD_USAGE = 64


def main() -> int:
    """Measure, print, and tell whether all that is asked was reached."""
    parser = argparse.ArgumentParser(prog="python -m bench", description="Measure the promised figures.")
    parser.add_argument("--json", action="store_true", help="one JSON object a line and figure on standard output")
    parser.add_argument("--ours", action="store_true", help="without the peers that must be installed first")
    parser.add_argument("figures", nargs="*", metavar="FIGURE", help="only these; all by default")
    arguments = parser.parse_args()
    wanted = set(arguments.figures) or set(FIGURES)
    if unknown := sorted(wanted - set(FIGURES)):
        sys.stderr.write(f"python -m bench: no such figure: {', '.join(unknown)}; there are {', '.join(FIGURES)}\n")
        return _BAD_USAGE
    left_out = _PEERS if arguments.ours else frozenset()
    rows = _measured(wanted, left_out=left_out)
    Console(stderr=arguments.json, width=160).print(table(rows))
    if arguments.json:
        sys.stdout.writelines(row.as_json() + "\n" for row in rows)
    return 1 if any(row.missed for row in rows) else 0


def _measured(wanted: set[str], *, left_out: Container[Callable[[Ground], Iterator[Row]]]) -> list[Row]:
    console = Console(stderr=True)
    rows: list[Row] = []
    with console.status("set-up") as status, ground() as standing:
        for names, measure in _MEASUREMENTS:
            if names & wanted and measure not in left_out:
                status.update(", ".join(sorted(names & wanted)))
                rows += [row for row in measure(standing) if row.figure in wanted]
    return sorted(rows, key=lambda row: list(FIGURES).index(row.figure))


if __name__ == "__main__":
    sys.exit(main())
