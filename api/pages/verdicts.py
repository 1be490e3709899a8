"""A verification report in the words of a public page: one big answer, then one card for each signature."""

from __future__ import annotations

import re
from dataclasses import dataclass
from enum import Enum
from typing import TYPE_CHECKING, assert_never

from api.language import Language
from api.pages.texts import TEXTS
from issuance.calendar import VIETNAM, vietnam_date
from issuance.documents import DocumentState
from verification.report import Indication, ReadMode, SignatureKind, SignatureReport, Text, ValidationReport

if TYPE_CHECKING:
    from datetime import date, datetime

    from api.public_facts import PublicFacts
    from api.register_check import RegisterCheck


class Tone(Enum):
    """How an answer looks; the value is the class in the style sheet."""

    GOOD = "good"
    UNSURE = "unsure"
    BAD = "bad"
    NONE = "none"


@dataclass(frozen=True, slots=True)
class Headline:
    """The answer in one line and what it means in one or two sentences."""

    tone: str
    title: str
    text: str


@dataclass(frozen=True, slots=True)
class SignatureCard:
    """One signature as people read it."""

    tone: str
    kind: str
    is_timestamp: bool
    verdict: str
    reason: str
    who: str | None
    organization: str | None
    issuer: str | None
    when: str | None
    proven: bool
    level: str
    intact: str


_COMMON_NAME = re.compile(r"(?:^|[,+])CN=((?:[^,+\\]|\\.)+)")
_TONES = {
    Indication.TOTAL_PASSED: Tone.GOOD,
    Indication.INDETERMINATE: Tone.UNSURE,
    Indication.TOTAL_FAILED: Tone.BAD,
    Indication.NO_SIGNATURE_FOUND: Tone.NONE,
}


def headline(report: ValidationReport, check: RegisterCheck, language: Language) -> Headline:
    """Answer what the person asked: whether the file is what it claims to be."""
    reason = in_language(report.verdict.reason, language)
    if check.is_issued_file:
        if (later := _later(check, report, language)) is not None:
            return later
        if report.indication is Indication.TOTAL_PASSED:
            return _said("headline_attachment" if check.attachment else "headline_issued", Tone.GOOD, language)
        if report.indication is not Indication.TOTAL_FAILED:
            return _said("headline_issued_unsure", Tone.UNSURE, language, reason=reason)
    elif check.code_given and check.facts is not None and not check.same_bytes:
        return _said("headline_other", Tone.BAD, language, reason=reason)
    elif check.facts is not None:
        return _said("headline_earlier", Tone.UNSURE, language)
    return _by_signatures(report, reason, language)


def _later(check: RegisterCheck, report: ValidationReport, language: Language) -> Headline | None:
    """What came after the issue, which a valid signature alone would hide."""
    if check.facts is None or report.indication is Indication.TOTAL_FAILED:
        return None
    reason = next((event.reason or "" for event in reversed(check.facts.events)), "")
    match check.facts.standing:
        case DocumentState.RECALLED:
            return _said("headline_recalled", Tone.BAD, language, reason=reason)
        case DocumentState.REPLACED:
            return _said("headline_replaced", Tone.UNSURE, language, reason=reason)
        case DocumentState.CORRECTED if report.indication is Indication.TOTAL_PASSED:
            return _said("headline_corrected", Tone.GOOD, language, reason=reason)
        case _ if check.facts.copy is not None and not check.facts.copy.original_in_force:
            return _said("original_gone", Tone.UNSURE, language)
        case _:
            return None


def _by_signatures(report: ValidationReport, reason: str, language: Language) -> Headline:
    if report.read is ReadMode.UNREADABLE:
        return _said("headline_unreadable", Tone.NONE, language)
    match report.indication:
        case Indication.TOTAL_PASSED:
            return _said("headline_passed", Tone.GOOD, language)
        case Indication.INDETERMINATE:
            return Headline(Tone.UNSURE.value, TEXTS[language]["headline_indeterminate"], reason)
        case Indication.TOTAL_FAILED:
            return Headline(Tone.BAD.value, TEXTS[language]["headline_failed"], reason)
        case Indication.NO_SIGNATURE_FOUND:
            return _said("headline_none", Tone.NONE, language)
    assert_never(report.indication)


def signature_card(signature: SignatureReport, language: Language) -> SignatureCard:
    """Who, when, which level, intact or not."""
    texts = TEXTS[language]
    signer = signature.signer
    when = signature.best_signature_time or signature.claimed_signing_time
    intact = {True: "sig_intact_yes", False: "sig_intact_no", None: "sig_intact_unknown"}[signature.intact]
    return SignatureCard(
        tone=_TONES[signature.indication].value,
        kind=texts[f"kind_{signature.kind.value}"],
        is_timestamp=signature.kind is SignatureKind.DOCUMENT_TIMESTAMP,
        verdict=texts[f"verdict_{signature.indication.value}"],
        reason=in_language(signature.verdict.reason, language),
        who=(signer.common_name or signer.subject) if signer else None,
        organization=signer.organization if signer else None,
        issuer=_common_name(signer.issuer) if signer else None,
        when=moment_for_people(when, language) if when else None,
        proven=signature.best_signature_time is not None,
        level=texts[f"level_{signature.level.value}"],
        intact=texts[intact],
    )


def register_sentence(check: RegisterCheck, language: Language) -> str:
    """What the register says about the bytes."""
    if check.facts is None:
        return TEXTS[language]["register_unknown"]
    if not check.is_issued_file:
        return TEXTS[language]["register_not_same"]
    return TEXTS[language]["register_attachment" if check.attachment else "register_same"]


@dataclass(frozen=True, slots=True)
class EventLine:
    """What happened after the issue, as people read it; ``by_code`` leads to the other document."""

    title: str
    day: str
    reason: str
    by: str | None
    by_code: str | None


def event_lines(facts: PublicFacts, language: Language) -> list[EventLine]:
    """Everything that happened after the issue, newest first."""
    return [
        EventLine(
            title=TEXTS[language][f"event_{event.state.value}"],
            day=day_for_people(vietnam_date(event.at)),
            reason=event.reason or "",
            by=event.by_number,
            by_code=event.by_code,
        )
        for event in reversed(facts.events)
    ]


@dataclass(frozen=True, slots=True)
class ActLine:
    """What the document did to an earlier one, as people read it; ``code`` leads to that one."""

    title: str
    day: str
    number: str
    code: str | None


def act_lines(facts: PublicFacts, language: Language) -> list[ActLine]:
    """Everything that the document did to others, oldest first."""
    return [
        ActLine(
            title=TEXTS[language][f"act_{act.state.value}"],
            day=day_for_people(vietnam_date(act.at)),
            number=act.number or "",
            code=act.code,
        )
        for act in facts.acts
    ]


_BANNERS = {
    DocumentState.ISSUED: ("issued", Tone.GOOD),
    DocumentState.DELIVERED: ("delivered", Tone.GOOD),
    DocumentState.CORRECTED: ("corrected", Tone.GOOD),
    DocumentState.REPLACED: ("replaced", Tone.UNSURE),
    DocumentState.RECALLED: ("recalled", Tone.BAD),
}


def state_banner(facts: PublicFacts, language: Language) -> Headline:
    """Whether the document with this code is in force, and of a copy, whether its original is."""
    if facts.in_force and facts.copy is not None and not facts.copy.original_in_force:
        return _said("original_gone", Tone.UNSURE, language)
    key, tone = _BANNERS.get(facts.standing, ("not_issued", Tone.UNSURE))
    return _said(key, tone, language)


def in_language(text: Text, language: Language) -> str:
    """One of the two sentences."""
    return text.vi if language is Language.VI else text.en


def moment_for_people(at: datetime, language: Language) -> str:
    """A time in Vietnam, as people there write it."""
    suffix = "giờ Việt Nam" if language is Language.VI else "Vietnam time"
    return f"{at.astimezone(VIETNAM):%H:%M:%S, %d/%m/%Y} ({suffix})"


def day_for_people(day: date) -> str:
    """A day as it is written in Vietnam."""
    return f"{day:%d/%m/%Y}"


def size_for_people(length: int, language: Language) -> str:
    """A length in KB or MB with the language's decimal sign."""
    value, unit = (length / 1024, "KB") if length < 1024 * 1024 else (length / (1024 * 1024), "MB")
    text = f"{value:.1f} {unit}"
    return text.replace(".", ",") if language is Language.VI else text


def _common_name(distinguished_name: str) -> str:
    """The common name out of an RFC 4514 string, which is what people know an authority by; else the whole string."""
    match = _COMMON_NAME.search(distinguished_name)
    return match[1].replace("\\", "") if match else distinguished_name


def _said(key: str, tone: Tone, language: Language, *, reason: str = "") -> Headline:
    texts = TEXTS[language]
    return Headline(tone.value, texts[key], texts[f"{key}_text"].replace("{reason}", reason))
