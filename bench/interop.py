"""``python -m bench.interop [--trust DIR FILE…]``: our verdict on each signature beside that of EU DSS.

Without files the demonstration issues a document first, in ``var/interop``. The exit code is 1 where the two disagree
or DSS remarks something that is not explained here, and 2 where DSS cannot be asked.
"""

from __future__ import annotations

import argparse
import json
import subprocess
import sys
from dataclasses import dataclass
from pathlib import Path

from rich.console import Console
from rich.table import Table

from bench import dss
from bench.ground import PROJECT, now
from certs.anchors import read_trust_directory
from certs.revocation import EMPTY
from verification.report import Level, SignatureKind
from verification.validate import validate

_LEVELS = {
    Level.B_B: "PAdES-BASELINE-B",
    Level.B_T: "PAdES-BASELINE-T",
    Level.B_LT: "PAdES-BASELINE-LT",
    Level.B_LTA: "PAdES-BASELINE-LTA",
}
_EXPLAINED = {
    "Elements overlap on page(s)": "the seal lies over a third of the signature (Decree 30/2020, Annex I, II.8.a)"
}


@dataclass(frozen=True, slots=True)
class Comparison:
    """One signature as both see it; ``ours`` and ``theirs`` are indication and level."""

    field: str
    ours: tuple[str, str]
    theirs: tuple[str, str]
    unexplained: tuple[str, ...]

    @property
    def agreed(self) -> bool:
        """Whether both say the same and DSS remarks nothing but what the law makes unavoidable."""
        return self.ours == self.theirs and not self.unexplained


def compare(file: Path, *, trust: Path) -> tuple[Comparison, ...]:
    """Every signature of the file; raises :class:`bench.dss.DssUnavailable`."""
    report = validate(file.read_bytes(), anchors=read_trust_directory(trust), known=EMPTY, at=now())
    ours = {
        signature.field: (signature.verdict.indication.value, _LEVELS.get(signature.level, signature.level.value))
        for signature in report.signatures
        if signature.kind is not SignatureKind.DOCUMENT_TIMESTAMP
    }
    theirs = {verdict.field: verdict for verdict in dss.judge(file, trust=trust)}
    return tuple(
        Comparison(
            field=field,
            ours=ours.get(field, ("not found", "")),
            theirs=(theirs[field].indication, theirs[field].level) if field in theirs else ("not found", ""),
            unexplained=_unexplained(theirs[field]) if field in theirs else (),
        )
        for field in dict.fromkeys((*ours, *theirs))
    )


def main() -> int:
    """Compare and print."""
    parser = argparse.ArgumentParser(prog="python -m bench.interop", description="Our verdicts beside those of EU DSS.")
    parser.add_argument("--trust", type=Path, help="folder of anchors (with files)")
    parser.add_argument("files", nargs="*", type=Path, metavar="FILE")
    arguments = parser.parse_args()
    if bool(arguments.files) != (arguments.trust is not None):
        parser.error("files need --trust, and --trust needs files")
    console = Console(width=160)
    try:
        dss.build()
        trust, files = (arguments.trust, arguments.files) if arguments.files else _issued()
        comparisons = [(file.name, each) for file in files for each in compare(file, trust=trust)]
    except dss.DssUnavailable as error:
        console.print(f"EU DSS cannot be asked: {error}")
        return 2
    console.print(_table(comparisons))
    return 0 if comparisons and all(each.agreed for _, each in comparisons) else 1


def _issued() -> tuple[Path, list[Path]]:
    """A document that the whole service issued, and the folder of its anchors."""
    home = PROJECT / "var" / "interop"
    command = [sys.executable, "-m", "api.cli", "demo", "--home", str(home), "--json"]
    ran = subprocess.run(command, cwd=PROJECT, stdout=subprocess.PIPE, text=True, check=True)
    return home / "pki" / "trust", [Path(json.loads(ran.stdout.splitlines()[-1])["pdf"])]


def _unexplained(verdict: dss.DssVerdict) -> tuple[str, ...]:
    remarks = (remark for remark in verdict.remarks if not remark.startswith(tuple(_EXPLAINED)))
    return (*remarks, *(f"undefined change: {change}" for change in verdict.undefined_changes))


def _table(comparisons: list[tuple[str, Comparison]]) -> Table:
    shown = Table("file", "signature", "ours", "EU DSS 6.4", "", "remarks of DSS that nothing explains")
    for file, each in comparisons:
        verdict = "[green]agreed" if each.agreed else "[red]differs"
        shown.add_row(
            file, each.field, " ".join(each.ours), " ".join(each.theirs), verdict, "\n".join(each.unexplained)
        )
    shown.caption = "; ".join(f"not listed: “{remark} …”, as {reason}" for remark, reason in _EXPLAINED.items())
    return shown


if __name__ == "__main__":
    sys.exit(main())
