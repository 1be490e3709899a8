"""EU DSS, the European Commission's reference validator, as a second opinion (``deploy/interop``).

One Java process judges any number of files: to start it takes longer than to judge dozens.
"""

from __future__ import annotations

import json
import shutil
import subprocess
from dataclasses import dataclass
from datetime import UTC
from pathlib import Path
from typing import TYPE_CHECKING, TypedDict, cast

if TYPE_CHECKING:
    from collections.abc import Iterable
    from datetime import datetime

_FOLDER = Path(__file__).resolve().parents[2] / "deploy" / "interop"
_JAR = _FOLDER / "target" / "interop.jar"
COMMAND = ("java", "-Xmx2g", "-jar", str(_JAR))
"""Reads questions and writes opinions, a line each, until there are no more."""
SIGN_COMMAND = ("java", "-Xmx2g", "-cp", str(_JAR), "kyso.interop.Signing")
"""Reads what to sign with and then tasks, a line each, and answers each when it is done (``bench/dss_signer.py``)."""
_BUILD_WITHIN, _JUDGE_WITHIN = 900, 3600
_WORST = ("TOTAL_PASSED", "NO_SIGNATURE_FOUND", "INDETERMINATE", "TOTAL_FAILED")
_OF_TIMESTAMPS = {"PASSED": "TOTAL_PASSED", "FAILED": "TOTAL_FAILED"}


class DssUnavailable(RuntimeError):
    """DSS cannot be asked here; the message says what is missing."""


class _Changes(TypedDict):
    extensions: list[str]
    filledOrSigned: list[str]
    annotations: list[str]
    undefined: list[str]
    pagesAddedOrRemoved: list[int]
    pagesThatLookDifferent: list[int]


class _Signature(TypedDict):
    field: str | None
    indication: str
    subIndication: str | None
    level: str
    intact: bool
    valid: bool
    errors: list[str]
    warnings: list[str]
    changes: _Changes


class _Timestamp(TypedDict):
    indication: str
    subIndication: str | None


class _Opinion(TypedDict):
    unreadable: str | None
    signatures: list[_Signature]
    timestamps: list[_Timestamp]


@dataclass(frozen=True, slots=True)
class Question:
    """A file, the folder of its anchors, files with what is known from elsewhere, and when (None: now).

    ``known`` are certificates (``.crt``), OCSP responses (``.ocsp``) and CRLs (``.crl``).
    """

    file: Path
    trust: Path
    known: tuple[Path, ...] = ()
    at: datetime | None = None


@dataclass(frozen=True, slots=True)
class DssVerdict:
    """What DSS says of one signature; ``undefined_changes`` are those that it cannot put down to signing or filling.

    ``changes`` is the gravest class of them in our words; ``intact`` and ``valid``: digest and value are right.
    """

    field: str | None
    indication: str
    sub_indication: str | None
    level: str
    intact: bool
    valid: bool
    remarks: tuple[str, ...]
    changes: str
    undefined_changes: tuple[str, ...]
    page_difference: bool

    @property
    def in_words(self) -> str:
        """Indication and sub-indication with a stroke between."""
        return "/".join(filter(None, (self.indication, self.sub_indication)))


@dataclass(frozen=True, slots=True)
class DssOpinion:
    """What DSS says of one file: ``unreadable`` is its reason where it could not open it, and None otherwise.

    ``indication`` with sub-indication is the worst of all signatures; of the time-stamps where there are no others.
    """

    unreadable: str | None
    indication: str
    sub_indication: str | None
    signatures: tuple[DssVerdict, ...]

    @property
    def in_words(self) -> str:
        """Indication and sub-indication with a stroke between."""
        return "/".join(filter(None, (self.indication, self.sub_indication)))


def build() -> None:
    """Build the validator where its sources are newer than it; Maven asks Maven Central the first time.

    Raises :class:`DssUnavailable`.
    """
    if shutil.which("java") is None or shutil.which("mvn") is None:
        msg = "Java 17 or newer and Maven are needed (Debian: openjdk-17-jdk-headless, maven)"
        raise DssUnavailable(msg)
    sources = (_FOLDER / "pom.xml", *(_FOLDER / "src").rglob("*.java"))
    if _JAR.exists() and _JAR.stat().st_mtime > max(source.stat().st_mtime for source in sources):
        return
    command = ["mvn", "--batch-mode", "--quiet", "--file", str(_FOLDER / "pom.xml"), "package"]
    built = subprocess.run(command, capture_output=True, text=True, timeout=_BUILD_WITHIN, check=False)
    if built.returncode != 0:
        raise DssUnavailable("\n".join(built.stdout.splitlines()[:5]))


def opinions(questions: Iterable[Question]) -> list[DssOpinion]:
    """One opinion for each question, offline, in their order; raises :class:`DssUnavailable` where it does not run."""
    asked = [written(question) for question in questions]
    ran = subprocess.run(
        COMMAND, input="".join(asked), capture_output=True, text=True, timeout=_JUDGE_WITHIN, check=False
    )
    answers = [read(line) for line in ran.stdout.splitlines()]
    if ran.returncode != 0 or len(answers) != len(asked):
        raise DssUnavailable(ran.stderr)
    return answers


def written(question: Question) -> str:
    """The question as the line that the Java process reads."""
    at = question.at.astimezone(UTC).strftime("%Y-%m-%dT%H:%M:%SZ") if question.at else None
    known = [str(each) for each in question.known]
    return json.dumps({"file": str(question.file), "trust": str(question.trust), "known": known, "at": at}) + "\n"


def read(answer: str) -> DssOpinion:
    """The opinion in the line that it answers."""
    opinion = cast("_Opinion", json.loads(answer))
    if opinion["unreadable"] is not None:
        return DssOpinion(opinion["unreadable"], "UNREADABLE", None, ())
    judged: list[_Signature] | list[_Timestamp] = opinion["signatures"] or opinion["timestamps"]
    verdicts = [(_OF_TIMESTAMPS.get(each["indication"], each["indication"]), each["subIndication"]) for each in judged]
    worst = max(verdicts, key=lambda verdict: _WORST.index(verdict[0]), default=("NO_SIGNATURE_FOUND", None))
    return DssOpinion(None, *worst, tuple(_verdict(signature) for signature in opinion["signatures"]))


def _verdict(signature: _Signature) -> DssVerdict:
    changes = signature["changes"]
    by_class = {
        "undefined": changes["undefined"] or changes["pagesAddedOrRemoved"],
        "annotation": changes["annotations"],
        "signing_or_form_filling": changes["filledOrSigned"],
        "extension": changes["extensions"],
    }
    return DssVerdict(
        field=signature["field"],
        indication=signature["indication"],
        sub_indication=signature["subIndication"],
        level=signature["level"],
        intact=signature["intact"],
        valid=signature["valid"],
        remarks=(*signature["errors"], *signature["warnings"]),
        changes=next((name for name, found in by_class.items() if found), "none"),
        undefined_changes=tuple(changes["undefined"]),
        page_difference=bool(changes["pagesThatLookDifferent"] or changes["pagesAddedOrRemoved"]),
    )
