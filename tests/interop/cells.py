"""The cells of the signing matrix before EU DSS: each passes at the level claimed, and nothing looks changed."""

from __future__ import annotations

from dataclasses import dataclass
from pathlib import Path
from tempfile import TemporaryDirectory
from typing import TYPE_CHECKING

from certs.revocation import EMPTY, RevocationInfo
from signing.layout import SIGNATORY_FIELD
from signing.profiles import SignatureLevel
from tests.interop.dss import Question, opinions
from tests.interop.vectors import LEVELS
from tests.notary import CHECKED_AT
from tests.signing_matrix import ALL, PAIRS, Cell, Office
from tests.vectors.files import put, write_known
from verification.report import Indication
from verification.validate import validate

if TYPE_CHECKING:
    from collections.abc import Iterator, Sequence
    from datetime import datetime

    from tests.interop.dss import DssOpinion

_SELF_CONTAINED = frozenset({SignatureLevel.B_LT, SignatureLevel.B_LTA})


@dataclass(frozen=True, slots=True)
class Shown:
    """A cell's file, and what a verifier needs besides: nothing from B-LT on."""

    cell: Cell
    file: Path
    known: RevocationInfo
    at: datetime

    @classmethod
    def signed(cls, office: Office, cell: Cell, home: Path, *, at: datetime) -> Shown:
        """Sign it into this folder."""
        file = home / f"{cell.name}.pdf"
        put(file, office.signed(cell))
        known = EMPTY if cell.level in _SELF_CONTAINED else office.known(cell.credential.value[0])
        return cls(cell, file, known, at)


def run(home: Path) -> list[str]:
    """The 140 cells in which each two of level, algorithm and kind meet."""
    return _run(PAIRS, home / "cells")


def run_all(home: Path) -> list[str]:
    """All 560."""
    return _run(ALL, home / "cells")


def _run(cells: Sequence[Cell], home: Path) -> list[str]:
    with TemporaryDirectory() as keys:
        office = Office(Path(keys))
        shown = [Shown.signed(office, cell, home, at=CHECKED_AT) for cell in cells]
        found = faults(office, shown, home)
    print(f"{len(cells)} cells of the signing matrix: {len(cells) - len(found)} pass both at the level claimed")
    return found


def faults(office: Office, shown: Sequence[Shown], home: Path) -> list[str]:
    """One line for each file that our validator or EU DSS does not pass at the level of its cell."""
    trust = home / "trust"
    put(trust / "root.pem", office.anchors.read_bytes())
    questions = [
        Question(each.file, trust, known=tuple(write_known(each.known, home / "known")), at=each.at) for each in shown
    ]
    told = zip(shown, opinions(questions), strict=True)
    return [
        f"{each.cell.name}: {'; '.join(found)}"
        for each, opinion in told
        if (found := [*_against(each, office), *_held_against(each.cell, opinion)])
    ]


def _against(shown: Shown, office: Office) -> Iterator[str]:
    report = validate(shown.file.read_bytes(), anchors=office.notary.anchors, known=shown.known, at=shown.at)
    levels = [each.level.name for each in report.signatures if each.field == SIGNATORY_FIELD]
    if report.indication is not Indication.TOTAL_PASSED or levels != [shown.cell.level.name]:
        yield f"we say {report.indication.value} {levels}"


def _held_against(cell: Cell, opinion: DssOpinion) -> Iterator[str]:
    if opinion.indication != "TOTAL_PASSED":
        remarks = [remark for each in opinion.signatures for remark in each.remarks[:2]]
        yield f"DSS says {opinion.in_words} {opinion.unreadable or remarks}"
    for each in opinion.signatures:
        if each.field == SIGNATORY_FIELD and LEVELS[each.level].name != cell.level.name:
            yield f"DSS says level {each.level}"
        if each.undefined_changes or each.page_difference:
            yield f"DSS sees changes after {each.field}: {each.undefined_changes}"
