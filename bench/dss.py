"""EU DSS, the European Commission's reference validator, as a second opinion (``deploy/interop``)."""

from __future__ import annotations

import json
import shutil
import subprocess
from dataclasses import dataclass
from typing import TYPE_CHECKING, TypedDict, cast

from bench.ground import PROJECT

if TYPE_CHECKING:
    from pathlib import Path

_FOLDER = PROJECT / "deploy" / "interop"
_JAR = _FOLDER / "target" / "interop.jar"
_BUILD_WITHIN, _JUDGE_WITHIN = 900, 300


class DssUnavailable(RuntimeError):
    """DSS cannot be asked here; the message says what is missing."""


class _Changes(TypedDict):
    undefined: list[str]


class _Signature(TypedDict):
    field: str
    indication: str
    subIndication: str | None
    level: str
    errors: list[str]
    warnings: list[str]
    changes: _Changes


class _Opinion(TypedDict):
    unreadable: str | None
    signatures: list[_Signature]


@dataclass(frozen=True, slots=True)
class DssVerdict:
    """What DSS says of one signature; ``undefined_changes`` are those that it cannot put down to signing or filling."""

    field: str
    indication: str
    level: str
    remarks: tuple[str, ...]
    undefined_changes: tuple[str, ...]


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


def judge(file: Path, *, trust: Path) -> tuple[DssVerdict, ...]:
    """The verdict on each signature, offline, by the default policy of DSS and the anchors in this folder.

    Raises :class:`DssUnavailable` where it cannot read the file or does not run.
    """
    command = ["java", "-jar", str(_JAR), str(trust), str(file)]
    ran = subprocess.run(command, capture_output=True, text=True, timeout=_JUDGE_WITHIN, check=False)
    if ran.returncode != 0:
        raise DssUnavailable(ran.stderr)
    opinion = cast("_Opinion", json.loads(ran.stdout))
    if opinion["unreadable"] is not None:
        raise DssUnavailable(opinion["unreadable"])
    return tuple(
        DssVerdict(
            field=signature["field"],
            indication="/".join(filter(None, (signature["indication"], signature["subIndication"]))),
            level=signature["level"],
            remarks=(*signature["errors"], *signature["warnings"]),
            undefined_changes=tuple(signature["changes"]["undefined"]),
        )
        for signature in opinion["signatures"]
    )
