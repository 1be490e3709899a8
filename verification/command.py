"""The core of ``kyso verify``: files in, one report each, and an exit code that scripts can rely on.

Works alone: no server, no database, no network. Files are opened in the sandbox, here as in the service.
"""

from __future__ import annotations

import json
from dataclasses import dataclass
from datetime import UTC, datetime
from enum import Enum, IntEnum
from typing import TYPE_CHECKING, TextIO

from certs.anchors import TrustAnchors, read_trust_directory
from certs.errors import CertsError
from certs.revocation import EMPTY
from verification.policy import DEFAULT_POLICY
from verification.reasons import Cause
from verification.report import Indication, ReadMode
from verification.sandbox import Sandbox, SandboxLimits
from verification.signed_revisions import write_revisions
from verification.summary import summary
from verification.verdict import report_on_unreadable
from verification.workshop import Workshop

if TYPE_CHECKING:
    from collections.abc import Iterable, Iterator
    from pathlib import Path

    from verification.report import ValidationReport


class ReportForm(Enum):
    """Text for people, or one JSON object per file and line."""

    TEXT = "text"
    JSON = "json"


class ExitCode(IntEnum):
    """What ``kyso verify`` promises to scripts; the gravest that any file deserves."""

    ALL_PASSED = 0
    SOME_FAILED = 1
    NOT_DECIDED = 2
    SOME_UNREADABLE = 3
    BAD_USAGE = 64


@dataclass(frozen=True, slots=True)
class _Question:
    anchors: TrustAnchors
    at: datetime
    revisions: Path | None


def run(
    files: list[Path],
    *,
    trust: Path | None,
    at: datetime | None,
    form: ReportForm,
    out: TextIO,
    err: TextIO,
    revisions: Path | None = None,
) -> int:
    """Verify the files in order and print a report on each as soon as it is there; answers the exit code.

    Without ``trust`` nobody is trusted, so that at best a signature is INDETERMINATE. ``at`` is now by default; a time
    without zone is meant in UTC. Into ``revisions`` goes what each signature signed, as a file and as pictures.
    """
    if not files:
        err.write("kyso verify: cần ít nhất một tệp PDF (no file given)\n")
        return ExitCode.BAD_USAGE
    try:
        anchors = read_trust_directory(trust) if trust is not None else TrustAnchors((), ())
    except CertsError as error:
        err.write(f"kyso verify: --trust: {error}\n")
        return ExitCode.BAD_USAGE
    # The command line is where a clock may be asked; everything below is told the time.
    moment = at or datetime.now(UTC)  # noqa: TID251
    question = _Question(anchors, moment if moment.tzinfo else moment.replace(tzinfo=UTC), revisions)
    with Workshop(Sandbox(SandboxLimits(children=1))) as workshop:
        return _exit_code(_printed(_reports(files, question, workshop, err), form, out))


def _reports(files: list[Path], question: _Question, workshop: Workshop, err: TextIO) -> Iterator[ValidationReport]:
    for file in files:
        try:
            pdf = file.read_bytes()
        except OSError as error:
            err.write(f"kyso verify: {file}: {error.strerror}\n")
            yield report_on_unreadable(
                b"", cause=Cause.UNREADABLE, at=question.at, policy=DEFAULT_POLICY, file=file.name
            )
            continue
        report = workshop.validate(pdf, anchors=question.anchors, known=EMPTY, at=question.at, file=file.name)
        if question.revisions is not None:
            try:
                write_revisions(pdf, report, workshop, into=question.revisions / file.stem)
            except OSError as error:
                err.write(f"kyso verify: {error.filename}: {error.strerror}\n")
        yield report


def _printed(reports: Iterable[ValidationReport], form: ReportForm, out: TextIO) -> Iterator[ValidationReport]:
    for index, report in enumerate(reports):
        if form is ReportForm.JSON:
            out.write(json.dumps(report.as_json(), ensure_ascii=False) + "\n")
        else:
            out.write(("\n" if index else "") + summary(report))
        out.flush()
        yield report


def _exit_code(reports: Iterable[ValidationReport]) -> ExitCode:
    """A failed signature outweighs an unreadable file, which outweighs an open question."""
    seen = [(report.indication, report.read) for report in reports]
    if any(indication is Indication.TOTAL_FAILED for indication, _ in seen):
        return ExitCode.SOME_FAILED
    if any(read is ReadMode.UNREADABLE for _, read in seen):
        return ExitCode.SOME_UNREADABLE
    passed = all(indication is Indication.TOTAL_PASSED for indication, _ in seen)
    return ExitCode.ALL_PASSED if passed else ExitCode.NOT_DECIDED
