"""A document that the whole service issued, before EU DSS; or any other files that one likes to see there."""

from __future__ import annotations

import json
import subprocess
import sys
from pathlib import Path

from bench.ground import now
from certs.anchors import read_trust_directory
from certs.revocation import EMPTY
from tests.interop.dss import DssOpinion, Question, opinions
from tests.interop.vectors import LEVELS
from verification.report import Indication, SignatureKind
from verification.validate import validate

_PROJECT = Path(__file__).resolve().parents[2]
_EXPLAINED = {
    "Elements overlap on page(s)": "the seal lies over a third of the signature (Decree 30/2020, Annex I, II.8.a)"
}


def run(home: Path) -> list[str]:
    """Let the demonstration issue a document, and compare."""
    folder = (home / "demonstration").resolve()
    command = [sys.executable, "-m", "api.cli.main", "demo", "--home", str(folder), "--json"]
    ran = subprocess.run(command, cwd=_PROJECT, stdout=subprocess.PIPE, text=True, check=True)
    return compare([Path(json.loads(ran.stdout.splitlines()[-1])["pdf"])], trust=folder / "pki" / "trust")


def compare(files: list[Path], *, trust: Path) -> list[str]:
    """Say what both think of each signature; answers where they differ, and remarks of DSS that nothing explains."""
    found: list[str] = []
    for file, opinion in zip(files, opinions(Question(file, trust) for file in files), strict=True):
        found += [f"{file.name}: {fault}" for fault in _faults(file, opinion, trust=trust)]
    return found


def _faults(file: Path, opinion: DssOpinion, *, trust: Path) -> list[str]:
    report = validate(file.read_bytes(), anchors=read_trust_directory(trust), known=EMPTY, at=now())
    theirs = {verdict.field: verdict for verdict in opinion.signatures}
    if opinion.unreadable is not None and report.indication is Indication.TOTAL_PASSED:
        return [f"DSS cannot read it: {opinion.unreadable}"]
    found = []
    for ours in report.signatures:
        if ours.kind is SignatureKind.DOCUMENT_TIMESTAMP:
            continue
        if (verdict := theirs.get(ours.field)) is None:
            found.append(f"DSS does not see {ours.field}")
            continue
        both = f"{ours.indication.value} {ours.level.value}; DSS {verdict.in_words} {verdict.level}"
        print(f"{file.name}, {ours.field}: {both}")
        if (ours.indication.value, ours.level) != (verdict.indication, LEVELS.get(verdict.level)):
            found.append(f"{ours.field}: DSS says {verdict.in_words} {verdict.level}")
        found += [f"{ours.field}: {each}" for each in verdict.remarks if not each.startswith(tuple(_EXPLAINED))]
        found += [f"{ours.field}: undefined change {each}" for each in verdict.undefined_changes]
    return found
