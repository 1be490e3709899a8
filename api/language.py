"""Which of the two languages somebody is answered in: Vietnamese, unless English is asked for."""

from __future__ import annotations

from enum import Enum


class Language(Enum):
    """The languages of this service."""

    VI = "vi"
    EN = "en"


def preferred_language(accept_language: str | None) -> Language:
    """Vietnamese unless English is wanted more (RFC 9110, 12.5.4)."""
    weights = {"vi": 0.0, "en": 0.0}
    for item in (accept_language or "")[:500].split(","):
        tag, _, parameter = item.strip().partition(";")
        primary = tag.strip().lower().partition("-")[0]
        if primary in weights:
            weights[primary] = max(weights[primary], _quality(parameter))
    return Language.EN if weights["en"] > weights["vi"] else Language.VI


def _quality(parameter: str) -> float:
    name, _, value = parameter.strip().partition("=")
    if name.strip().lower() != "q":
        return 1.0
    try:
        return min(max(float(value), 0.0), 1.0)
    except ValueError:
        return 0.0
