"""Every vector's verdict beside that of EU DSS: what differs is explained in the vector's text, and nothing else is.

Compared are the indications and, where both pass a file, what they say of each signature: digest and value, level,
class of change, pages that look different. Where both refuse it, their reasons stand side by side in the table that is
written; neither is a measure of the other then.
"""

from __future__ import annotations

import json
from dataclasses import dataclass, replace
from typing import TYPE_CHECKING

from tests.interop.dss import Question, opinions
from tests.vectors.catalogue import VECTORS
from tests.vectors.chamber import Chamber
from tests.vectors.disagreements import DISAGREEMENTS
from tests.vectors.files import TRUST, write_files
from verification.by_picture import revisions_to_compare
from verification.judgement import judge
from verification.pictures import compare_pages
from verification.policy import DEFAULT_POLICY
from verification.report import Indication, Level, ReadMode, SignatureKind, SubIndication
from verification.structure import from_header
from verification.validate import find_out

if TYPE_CHECKING:
    from collections.abc import Iterator
    from pathlib import Path

    from tests.interop.dss import DssOpinion, DssVerdict
    from tests.vectors.vector import Case, Vector
    from verification.report import SignatureReport, ValidationReport

LEVELS = {
    "PAdES-BASELINE-B": Level.B_B,
    "PAdES-BASELINE-T": Level.B_T,
    "PAdES-BASELINE-LT": Level.B_LT,
    "PAdES-BASELINE-LTA": Level.B_LTA,
    "PKCS7-B": Level.PKCS7,
    "PKCS7-T": Level.PKCS7,
}


@dataclass(frozen=True, slots=True)
class Beside:
    """One vector as both see it."""

    name: str
    ours: ValidationReport
    theirs: DssOpinion

    @property
    def difference(self) -> str:
        """What DSS says instead, as the vector's text has it; empty where both say the same."""
        if self.theirs.unreadable is not None:
            unreadable = (Indication.INDETERMINATE, SubIndication.FORMAT_FAILURE)
            return "" if (self.ours.indication, self.ours.sub_indication) == unreadable else self.theirs.in_words
        if self.ours.indication.value != self.theirs.indication:
            return self.theirs.in_words
        return "; ".join(self._details()) if self.ours.indication is Indication.TOTAL_PASSED else ""

    @property
    def fault(self) -> str | None:
        """Why the comparison fails; None where both agree or the vector's text has the explanation."""
        explained, difference = DISAGREEMENTS.get(self.name), self.difference
        if explained is None:
            return f"{self.name}: DSS says {difference}; nothing explains that" if difference else None
        if explained.theirs == difference:
            return None
        return (
            f"{self.name}: is explained by what DSS said ({explained.theirs}); now it says {difference or 'the same'}"
        )

    def _details(self) -> Iterator[str]:
        theirs = {verdict.field: verdict for verdict in self.theirs.signatures}
        for signature in self.ours.signatures:
            if signature.kind is SignatureKind.DOCUMENT_TIMESTAMP:
                continue
            if (verdict := theirs.get(signature.field)) is None:
                yield f"nothing of {signature.field}"
            else:
                yield from _details(signature, verdict)

    def row(self) -> dict[str, object]:
        """All that both say, for the table."""
        return {
            "vector": self.name,
            "ours": {"indication": _stroke(self.ours.indication, self.ours.sub_indication), "signatures": [
                _row(each.field, _stroke(each.indication, each.sub_indication), each.level.value, each.intact,
                    each.valid, each.changes_after.change_class.value, each.changes_after.page_difference)
                for each in self.ours.signatures]},
            "dss": {"indication": self.theirs.in_words, "unreadable": self.theirs.unreadable, "signatures": [
                _row(each.field, each.in_words, each.level, each.intact, each.valid, each.changes, each.page_difference)
                for each in self.theirs.signatures]},
            "difference": self.difference,
        }  # fmt: skip


def compare(home: Path) -> list[Beside]:
    """Make all vectors in this folder and ask both; raises :class:`tests.interop.dss.DssUnavailable`."""
    keys = home / "keys"
    keys.mkdir(parents=True, exist_ok=True)
    chamber = Chamber(keys)
    written = write_files(chamber, home)
    theirs = opinions(
        Question(home / f"{vector.name}.pdf", home / TRUST, known=written[vector.name][1], at=vector.at)
        for vector in VECTORS
    )
    return [
        Beside(vector.name, _judged(chamber, vector, written[vector.name][0]), opinion)
        for vector, opinion in zip(VECTORS, theirs, strict=True)
    ]


def run(home: Path) -> list[str]:
    """Compare, write the table, and answer what is wrong."""
    compared = compare(home / "vectors")
    table = home / "vectors.jsonl"
    table.write_text("".join(json.dumps(each.row()) + "\n" for each in compared), encoding="utf-8")
    differing = sum(bool(each.difference) for each in compared)
    print(f"{len(compared)} vectors: {len(compared) - differing} verdicts agree, {differing} differ; all in {table}")
    gone = [
        f"{name}: is explained and is no vector" for name in DISAGREEMENTS.keys() - {each.name for each in compared}
    ]
    return [fault for each in compared if (fault := each.fault) is not None] + gone


def _judged(chamber: Chamber, vector: Vector, case: Case) -> ValidationReport:
    """As the service does it: the recipe, then the pages as pictures."""
    facts = find_out(case.pdf, anchors=chamber.anchors, known=case.known, at=vector.at)
    pdf = from_header(case.pdf) if facts.read is ReadMode.LAX else case.pdf
    comparison = compare_pages(pdf, revisions=revisions_to_compare(facts))
    return judge(replace(facts, comparison=comparison), DEFAULT_POLICY)


def _details(ours: SignatureReport, theirs: DssVerdict) -> Iterator[str]:
    if (ours.intact, ours.valid) != (theirs.intact, theirs.valid):
        yield f"intact {theirs.intact}, valid {theirs.valid}"
    if LEVELS.get(theirs.level) is not ours.level:
        yield f"level {theirs.level}"
    if ours.changes_after.change_class.value != theirs.changes:
        yield f"changes {theirs.changes}"
    if ours.changes_after.page_difference is not None and ours.changes_after.page_difference != theirs.page_difference:
        yield f"page difference {theirs.page_difference}"


def _stroke(indication: Indication, sub_indication: SubIndication | None) -> str:
    return "/".join(each.value for each in (indication, sub_indication) if each is not None)


def _row(field: str | None, indication: str, level: str, *facts: bool | str | None) -> dict[str, object]:
    names = ("intact", "valid", "changes", "page_difference")
    return {"field": field, "indication": indication, "level": level, **dict(zip(names, facts, strict=True))}
