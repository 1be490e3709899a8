"""Sign one file that belongs to no register: the way of ``signature_step`` and ``archive_step`` without their rows.

The intent is kept by the caller before the key is used, and so is each thing that somebody else gave: whoever goes on
after a crash embeds the value that was made, or has the very same data signed, and never any other.
"""

from __future__ import annotations

import hashlib
from dataclasses import dataclass, replace
from typing import TYPE_CHECKING

from certs.revocation import EMPTY, RevocationInfo
from certs.timestamps import TimeStampToken
from issuance.errors import DraftRefused, NotPassed
from issuance.half_signed import HalfSigned
from signing.claims import NO_CLAIMS, Claims
from signing.complete import complete, complete_document_timestamp
from signing.compose import ARCHIVE_FIELDS
from signing.lint import Severity
from signing.linted import Linted, lint, lint_timestamp
from signing.prepared import (
    Increment,
    Placeholder,
    PreparedSignature,
    SignatureValue,
    demand_increment,
)
from signing.profiles import Certification, SignatureLevel, SignatureProfile
from signing.values import demand_right_value

if TYPE_CHECKING:
    from datetime import datetime

    from certs.algorithms import SignatureAlgorithm
    from certs.certificate import SigningCertificate
    from issuance.half_signed import Progress
    from issuance.outside import SigningMeans
    from signing.field_place import FieldPlace
    from signing.profiles import Appearance
    from verification.report import ValidationReport

FIELD = "Signature1"
"""The name of the field where nothing else is asked for."""


@dataclass(frozen=True, slots=True)
class FileOrder:
    """How files are to be signed; ``key`` is a PKCS#11 URI, ``where`` None makes the signature invisible.

    ``claimed_at`` is the signing time that the appearance tells; None, where it tells none, is the moment itself.
    """

    key: str
    certificate: SigningCertificate
    algorithm: SignatureAlgorithm
    level: SignatureLevel
    appearance: Appearance | None = None
    where: FieldPlace | None = None
    reason: str | None = None
    location: str | None = None
    field_name: str = FIELD
    certification: Certification = Certification.NONE
    claimed_at: datetime | None = None
    claims: Claims = NO_CLAIMS


@dataclass(frozen=True, slots=True)
class SignedFile:
    """A signed file with our own validator's report on it."""

    pdf: bytes
    report: ValidationReport


def sign_file(pdf: bytes, *, order: FileOrder, progress: Progress, means: SigningMeans) -> SignedFile:
    """The file signed at the level that is ordered, and found TOTAL_PASSED at that level by our own validator.

    Raises :class:`issuance.errors.DraftRefused`, :class:`issuance.errors.NotPassed`, and the errors of what it reaches
    for; the same call may be made again and goes on.
    """
    # 1. The certificate must be fit now: validity, key usage, path and revocation.
    now = means.clock.now()
    order.certificate.demand_fit_to_sign(at=now)
    known = means.revocation.gather(certificates=(order.certificate,), tokens=(), at=now)
    # 2. Look the file through and prepare it, or take up what an earlier attempt prepared.
    half = progress.recall()
    if half is None:
        half = _prepared_half(pdf, order=order, means=means)
    linted = lint(_prepared(half, pdf, order), base=pdf)
    # 3. Keep what will be signed ★, sign, keep the value ★.
    if half.value is None:
        progress.keep(half)
        half = _signed(half, linted, order=order, means=means)
        progress.keep(half)
    # 4. The timestamp over the value ★.
    if half.timestamp is None and order.level is not SignatureLevel.B_B:
        half = replace(half, timestamp=means.stamp(hashlib.sha256(_value(half)).digest()).der)
        progress.keep(half)
    # 5. Complete, raise to the level, and validate: TOTAL_PASSED or nothing leaves.
    token = None if half.timestamp is None else TimeStampToken(half.timestamp)
    signed = complete(linted.prepared, value=SignatureValue(_value(half)), token=token).onto(pdf)
    if token is not None:
        known = means.revocation.gather(certificates=(order.certificate,), tokens=(token,), at=means.clock.now())
    raised = _raised(signed, known, order=order, means=means)
    return SignedFile(raised, report=_demand_level(raised, known, order=order, means=means))


def _prepared_half(pdf: bytes, *, order: FileOrder, means: SigningMeans) -> HalfSigned:
    findings = tuple(f for f in means.workshop.inspect(pdf) if f.severity is Severity.REFUSE)
    if findings:
        raise DraftRefused(findings=findings)
    profile = SignatureProfile(
        field_name=order.field_name,
        algorithm=order.algorithm,
        certification=order.certification,
        appearance=order.appearance,
        reason=order.reason,
        location=order.location,
        claims=order.claims,
        claimed_signing_time=order.claimed_at or means.clock.now(),
    )
    with_field = means.workshop.append_field(pdf, field_name=order.field_name, where=order.where)
    prepared = means.workshop.prepare(with_field, profile=profile, certificate=order.certificate)
    return HalfSigned(
        increment=with_field[len(pdf) :] + prepared.placeholder.increment.octets,
        reserved=prepared.placeholder.reserved,
        document_digest=prepared.document_digest,
        signed_attributes=prepared.signed_attributes,
    )


def _prepared(half: HalfSigned, pdf: bytes, order: FileOrder) -> PreparedSignature:
    return PreparedSignature(
        placeholder=Placeholder(Increment(len(pdf), half.increment), reserved=half.reserved),
        document_digest=half.document_digest,
        signed_attributes=half.signed_attributes,
        certificate=order.certificate,
        algorithm=order.algorithm,
        claims=order.claims,
    )


def _signed(half: HalfSigned, linted: Linted, *, order: FileOrder, means: SigningMeans) -> HalfSigned:
    value = means.device.sign(key=order.key, dtbs=linted.prepared.dtbs, algorithm=order.algorithm)
    demand_right_value(linted.prepared, value)
    return replace(half, value=value.octets)


def _value(half: HalfSigned) -> bytes:
    if half.value is None:
        msg = "the device has not answered yet"
        raise RuntimeError(msg)
    return half.value


def _raised(signed: bytes, known: RevocationInfo, *, order: FileOrder, means: SigningMeans) -> bytes:
    """The signed file at B-LT or B-LTA where that is ordered (EN 319 142-1, 5.4)."""
    if order.level in {SignatureLevel.B_B, SignatureLevel.B_T}:
        return signed
    if order.level is SignatureLevel.B_LT:
        validated = means.workshop.embed_validation_data(signed, revocation=known)
        demand_increment(old=signed, new=validated)
        return validated
    archive = means.workshop.prepare_document_timestamp(signed, field_name=ARCHIVE_FIELDS[0], revocation=known)
    linted = lint_timestamp(archive, base=signed)
    return complete_document_timestamp(linted, token=means.stamp(linted.document_digest)).onto(signed)


def _demand_level(pdf: bytes, known: RevocationInfo, *, order: FileOrder, means: SigningMeans) -> ValidationReport:
    """TOTAL_PASSED at the level; at B-LT and B-LTA with nothing but what the file itself carries."""
    carried = order.level in {SignatureLevel.B_LT, SignatureLevel.B_LTA}
    report = means.demand_passed(pdf, known=EMPTY if carried else known, at=means.clock.now())
    reached = report.signatures[0].level.value
    if reached != order.level.value:
        reason = f"the signature reached {reached}, not {order.level.value}"
        raise NotPassed(indication=report.indication.value, sub_indication=None, reason=reason)
    return report
