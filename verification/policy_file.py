"""A validation policy as a TOML file: what an operator reads, changes, names and keeps beside the reports under it.

The file says everything; nothing is inherited from the policy that the program uses by default, so that a report of
today means the same under the same file in ten years. A check that the file does not name fails the signature.
"""

from __future__ import annotations

import json
import re
import tomllib
from datetime import UTC, date, datetime, timedelta
from typing import TYPE_CHECKING, TypeVar

from verification.errors import PolicyUnreadable
from verification.policy import AlgorithmRule, Check, Purpose, ValidationPolicy, Weight

if TYPE_CHECKING:
    from collections.abc import Iterator, Mapping
    from enum import Enum

_Choice = TypeVar("_Choice", bound="Enum")
_Plain = TypeVar("_Plain", int, str)
_NAMES = {int: "a number", str: "text"}
_KNOWN = frozenset(
    {
        "name",
        "version",
        "clock_tolerance_seconds",
        "revocation_freshness_hours",
        "cells",
        "anchors",
        "checks",
        "algorithm",
    }
)
_LABEL = re.compile(r"[A-Za-z0-9][A-Za-z0-9._-]{0,63}")
_FINGERPRINT = re.compile(r"[0-9a-f]{64}")
_MOST_SECONDS, _MOST_HOURS = 86_400, 24 * 366


def read_policy(text: str) -> ValidationPolicy:
    """The policy that the text describes; raises :class:`PolicyUnreadable` with the entry that is wrong."""
    try:
        entries = tomllib.loads(text)
    except tomllib.TOMLDecodeError as error:
        raise PolicyUnreadable(str(error)) from error
    _demand_known(entries, _KNOWN, where="")
    hours = entries.get("revocation_freshness_hours")
    return ValidationPolicy(
        name=_label(entries, "name"),
        version=_label(entries, "version"),
        algorithms=tuple(_rules(entries.get("algorithm"))),
        weights={
            _choice(Check, key, where="checks"): _choice(Weight, value, where=f"checks.{key}")
            for key, value in _table(entries, "checks").items()
        },
        clock_tolerance=timedelta(seconds=_number(entries, "clock_tolerance_seconds", most=_MOST_SECONDS)),
        cells=tuple(_exactly(cell, str, where="cells") for cell in _list(entries.get("cells", []), where="cells")),
        anchors={
            _choice(Purpose, key, where="anchors"): tuple(_fingerprints(value, where=f"anchors.{key}"))
            for key, value in _table(entries, "anchors").items()
        },
        freshness=None
        if hours is None
        else timedelta(hours=_number(entries, "revocation_freshness_hours", most=_MOST_HOURS)),
    )


def written_policy(policy: ValidationPolicy) -> str:
    """The policy as such a text, to begin one's own with."""
    return "\n".join(_lines(policy)) + "\n"


def _lines(policy: ValidationPolicy) -> Iterator[str]:
    yield "# Chính sách kiểm tra chữ ký số (validation policy): docs/verification.md"
    yield f'name = "{policy.name}"'
    yield f'version = "{policy.version}"'
    yield f"clock_tolerance_seconds = {int(policy.clock_tolerance.total_seconds())}"
    if policy.freshness is not None:
        yield f"revocation_freshness_hours = {int(policy.freshness.total_seconds()) // 3600}"
    yield f"cells = [{_quoted(policy.cells)}]"
    if policy.anchors:
        yield "\n[anchors] # SHA-256"
    for purpose, fingerprints in policy.anchors.items():
        yield f"{purpose.value} = [{_quoted(fingerprints)}]"
    yield "\n[checks] # fail, warn, info, ignore"
    for check, weight in policy.weights.items():
        yield f'{check.value} = "{weight.value}"'
    for rule in policy.algorithms:
        yield f'\n[[algorithm]]\nname = "{rule.name}"'
        if rule.bits:
            yield f"bits = {rule.bits}"
        if rule.until is not None:
            yield f"until = {rule.until.astimezone(UTC):%Y-%m-%dT%H:%M:%SZ}"


def _quoted(items: tuple[str, ...]) -> str:
    return ", ".join(json.dumps(item, ensure_ascii=False) for item in items)


def _rules(entries: object) -> Iterator[AlgorithmRule]:
    for entry in _list(entries, where="algorithm"):
        if not isinstance(entry, dict):
            msg = "algorithm: must be a table"
            raise PolicyUnreadable(msg)
        _demand_known(entry, frozenset({"name", "bits", "until"}), where="algorithm.")
        name = _exactly(entry.get("name"), str, where="algorithm.name")
        bits = _exactly(entry.get("bits", 0), int, where=f"algorithm {name}: bits")
        yield AlgorithmRule(name, bits=bits, until=_moment(entry.get("until"), where=f"algorithm {name}: until"))


def _moment(value: object, *, where: str) -> datetime | None:
    """A TOML date is the beginning of that day, a time without zone is meant in UTC."""
    match value:
        case None:
            return None
        case datetime():
            return value if value.tzinfo else value.replace(tzinfo=UTC)
        case date():
            return datetime(value.year, value.month, value.day, tzinfo=UTC)
    msg = f"{where}: must be a date"
    raise PolicyUnreadable(msg)


def _fingerprints(value: object, *, where: str) -> Iterator[str]:
    for item in _list(value, where=where):
        fingerprint = _exactly(item, str, where=where).replace(":", "").lower()
        if not _FINGERPRINT.fullmatch(fingerprint):
            msg = f"{where}: {item!r} is no SHA-256 fingerprint"
            raise PolicyUnreadable(msg)
        yield fingerprint


def _label(entries: Mapping[str, object], key: str) -> str:
    value = _exactly(entries.get(key), str, where=key)
    if not _LABEL.fullmatch(value):
        msg = f"{key}: letters, digits, dots, hyphens and underscores only"
        raise PolicyUnreadable(msg)
    return value


def _number(entries: Mapping[str, object], key: str, *, most: int) -> int:
    value = _exactly(entries.get(key, 0), int, where=key)
    if not 0 <= value <= most:
        msg = f"{key}: must be from 0 to {most}"
        raise PolicyUnreadable(msg)
    return value


def _table(entries: Mapping[str, object], key: str) -> Mapping[str, object]:
    value = entries.get(key, {})
    if not isinstance(value, dict):
        msg = f"{key}: must be a table"
        raise PolicyUnreadable(msg)
    return value


def _list(value: object, *, where: str) -> list[object]:
    if not isinstance(value, list):
        msg = f"{where}: must be a list"
        raise PolicyUnreadable(msg)
    return value


def _exactly(value: object, kind: type[_Plain], *, where: str) -> _Plain:
    if type(value) is not kind:
        msg = f"{where}: must be {_NAMES[kind]}"
        raise PolicyUnreadable(msg)
    return value


def _choice(kind: type[_Choice], value: object, *, where: str) -> _Choice:
    try:
        return kind(value)
    except ValueError as error:
        msg = f"{where}: {value!r} is none of {', '.join(str(each.value) for each in kind)}"
        raise PolicyUnreadable(msg) from error


def _demand_known(entries: Mapping[str, object], known: frozenset[str], *, where: str) -> None:
    for key in entries:
        if key not in known:
            msg = f"{where}{key}: is no entry of a policy"
            raise PolicyUnreadable(msg)
