"""The core of ``kyso verify``: files in, one report each, and an exit code that scripts can rely on.

Works alone: no server, no database, no network. Files are opened in the sandbox, here as in the service. ``kyso
rejudge`` makes reports again from facts that were kept, without the files.
"""

from __future__ import annotations

import json
from dataclasses import dataclass
from datetime import UTC, datetime
from enum import Enum, IntEnum
from typing import TYPE_CHECKING, TextIO, assert_never

from certs.errors import CertsError
from certs.trust_store import NO_TRUST, TrustStore, read_trust_store
from verification.errors import FactsInsufficient, FactsUnreadable, PolicyUnreadable
from verification.etsi_report import etsi_report
from verification.judgement import facts_of_unreadable, judge, judge_again
from verification.policy import DEFAULT_POLICY
from verification.policy_file import read_policy
from verification.reasons import Cause
from verification.report import Indication, ReadMode
from verification.sandbox import Sandbox, SandboxLimits
from verification.signed_revisions import write_revisions
from verification.stored_facts import read_facts, written_facts
from verification.summary import summary
from verification.workshop import Workshop

if TYPE_CHECKING:
    from collections.abc import Iterable, Iterator
    from pathlib import Path

    from verification.facts import FileFacts
    from verification.policy import ValidationPolicy
    from verification.report import ValidationReport


class ReportForm(Enum):
    """Text for people, one JSON object per file and line, or one ETSI TS 119 102-2 report per file."""

    TEXT = "text"
    JSON = "json"
    ETSI = "etsi"


class ExitCode(IntEnum):
    """What ``kyso verify`` promises to scripts; the gravest that any file deserves."""

    ALL_PASSED = 0
    SOME_FAILED = 1
    NOT_DECIDED = 2
    SOME_UNREADABLE = 3
    BAD_USAGE = 64


@dataclass(frozen=True, slots=True)
class Choices:
    """What the caller may choose: anchors, moment (now by default), policy file, a folder to keep facts in.

    Without ``trust`` nobody is trusted, so that at best a signature is INDETERMINATE. A time without zone is in UTC.
    Into ``revisions`` goes what each signature signed, as a file and as pictures.
    """

    trust: Path | None = None
    at: datetime | None = None
    policy: Path | None = None
    facts: Path | None = None
    revisions: Path | None = None


@dataclass(frozen=True, slots=True)
class _Question:
    trust: TrustStore
    at: datetime
    policy: ValidationPolicy
    revisions: Path | None


class _BadUsage(Exception):
    """What was asked for cannot be understood; never leaves this module."""


def run(files: list[Path], choices: Choices, *, form: ReportForm, out: TextIO, err: TextIO) -> int:
    """Verify the files in order and print a report on each as soon as it is there; answers the exit code."""
    try:
        question = _question(files, choices)
        with Workshop(Sandbox(SandboxLimits(children=1))) as workshop:
            kept = _kept(_found_out(files, question, workshop, err), choices.facts)
            return _exit_code(_printed((judge(facts, question.policy) for facts in kept), form, out))
    except _BadUsage as error:
        err.write(f"kyso verify: {error}\n")
        return ExitCode.BAD_USAGE


def run_again(files: list[Path], *, policy: Path | None, form: ReportForm, out: TextIO, err: TextIO) -> int:
    """Judge kept facts again under a policy; answers the exit code. Files that hold no such facts are bad usage."""
    try:
        chosen = _policy(policy)
        return _exit_code(_printed((_judged_again(file, chosen) for file in files), form, out))
    except _BadUsage as error:
        err.write(f"kyso rejudge: {error}\n")
        return ExitCode.BAD_USAGE


def _question(files: list[Path], choices: Choices) -> _Question:
    if not files:
        msg = "cần ít nhất một tệp PDF (no file given)"
        raise _BadUsage(msg)
    try:
        trust = read_trust_store(choices.trust) if choices.trust is not None else NO_TRUST
    except CertsError as error:
        msg = f"--trust: {error}"
        raise _BadUsage(msg) from error
    # The command line is where a clock may be asked; everything below is told the time.
    moment = choices.at or datetime.now(UTC)  # noqa: TID251
    return _Question(
        trust, moment if moment.tzinfo else moment.replace(tzinfo=UTC), _policy(choices.policy), choices.revisions
    )


def _policy(path: Path | None) -> ValidationPolicy:
    try:
        return read_policy(path.read_text(encoding="utf-8")) if path is not None else DEFAULT_POLICY
    except (PolicyUnreadable, UnicodeDecodeError) as error:
        msg = f"--policy: {path}: {error}"
        raise _BadUsage(msg) from error
    except OSError as error:
        msg = f"--policy: {path}: {error.strerror}"
        raise _BadUsage(msg) from error


def _found_out(files: list[Path], question: _Question, workshop: Workshop, err: TextIO) -> Iterator[FileFacts]:
    for file in files:
        try:
            pdf = file.read_bytes()
        except OSError as error:
            err.write(f"kyso verify: {file}: {error.strerror}\n")
            yield facts_of_unreadable(
                b"", cause=Cause.UNREADABLE, at=question.at, policy=question.policy, file=file.name
            )
            continue
        facts = workshop.find_out(
            pdf,
            anchors=question.trust.anchors,
            known=question.trust.known,
            at=question.at,
            policy=question.policy,
            file=file.name,
        )
        if question.revisions is not None:
            try:
                write_revisions(pdf, facts, workshop, into=question.revisions / file.stem)
            except OSError as error:
                err.write(f"kyso verify: {error.filename}: {error.strerror}\n")
        yield facts


def _kept(found: Iterable[FileFacts], folder: Path | None) -> Iterator[FileFacts]:
    for facts in found:
        if folder is not None:
            try:
                folder.mkdir(parents=True, exist_ok=True)
                (folder / f"{facts.sha256}.json").write_text(written_facts(facts), encoding="utf-8")
            except OSError as error:
                msg = f"--facts: {error.filename}: {error.strerror}"
                raise _BadUsage(msg) from error
        yield facts


def _judged_again(file: Path, policy: ValidationPolicy) -> ValidationReport:
    try:
        return judge_again(read_facts(file.read_bytes()), policy)
    except OSError as error:
        msg = f"{file}: {error.strerror}"
        raise _BadUsage(msg) from error
    except (FactsUnreadable, FactsInsufficient) as error:
        msg = f"{file}: {error}. {error.hint}"
        raise _BadUsage(msg) from error


def _printed(reports: Iterable[ValidationReport], form: ReportForm, out: TextIO) -> Iterator[ValidationReport]:
    for index, report in enumerate(reports):
        match form:
            case ReportForm.JSON:
                out.write(json.dumps(report.as_json(), ensure_ascii=False) + "\n")
            case ReportForm.ETSI:
                out.write(etsi_report(report))
            case ReportForm.TEXT:
                out.write(("\n" if index else "") + summary(report))
            case _:
                assert_never(form)
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
