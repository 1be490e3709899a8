"""Whether an OCSP response or a CRL may be believed, and what it says of one certificate.

RFC 6960, 3.2 and 4.2.2.2; RFC 5280, 6.3.3. An answer that may not be believed raises :class:`Unusable`; a revoked
certificate is an answer like any other, and is told apart by :attr:`Verdict.revoked_at`.
"""

from __future__ import annotations

import hashlib
from dataclasses import dataclass
from datetime import UTC, datetime, timedelta
from enum import Enum
from functools import lru_cache
from typing import TYPE_CHECKING

from cryptography import x509
from cryptography.hazmat.primitives import hashes
from cryptography.hazmat.primitives.serialization import Encoding
from cryptography.x509 import ocsp
from cryptography.x509.oid import ExtendedKeyUsageOID, ExtensionOID

from certs.certificate import UNREADABLE
from certs.paths import is_issued_by
from certs.signature_values import is_signed_by
from certs.tsp import AlgorithmIdentifier

if TYPE_CHECKING:
    from collections.abc import Iterable, Iterator
    from functools import _lru_cache_wrapper

_SHA_2 = hashes.SHA256 | hashes.SHA384 | hashes.SHA512
_SKEW = timedelta(minutes=5)
_REMEMBERED = 32_768  # octets: every OCSP response and the lists of small authorities
_LIFE_WITHOUT_NEXT_UPDATE = timedelta(hours=24)


class Shortcoming(Enum):
    """What is wrong with an answer that proves nothing, as far as it matters to a reader."""

    OTHER = "other"
    STALE = "stale"
    FUTURE = "future"
    FORGED = "forged"


class Unusable(Exception):
    """This answer proves nothing; another source may. Never leaves :mod:`certs`."""

    def __init__(self, reason: str, shortcoming: Shortcoming = Shortcoming.OTHER) -> None:
        super().__init__(reason)
        self.shortcoming = shortcoming


@dataclass(frozen=True, slots=True)
class Verdict:
    """What a believable answer says; ``responder`` is the delegated OCSP signer where there was one."""

    good_until: datetime
    revoked_at: datetime | None = None
    reason: str = "unspecified"
    responder: x509.Certificate | None = None


@lru_cache(maxsize=1024)
def key_hash(issuer: x509.Certificate) -> bytes:
    """SHA-1 of the ``subjectPublicKey`` bits, by which OCSP names an issuer (RFC 6960, 4.1.1)."""
    return x509.SubjectKeyIdentifier.from_public_key(issuer.public_key()).digest


def ocsp_question(certificate: x509.Certificate, *, issuer: x509.Certificate) -> bytes:
    """An OCSP request without nonce; SHA-1 only names the issuer here, and is what responders index by (RFC 5019)."""
    builder = ocsp.OCSPRequestBuilder().add_certificate(certificate, issuer, hashes.SHA1())  # noqa: S303
    return builder.build().public_bytes(Encoding.DER)


def judge_ocsp(der: bytes, *, certificate: x509.Certificate, issuer: x509.Certificate, at: datetime) -> Verdict:
    """Judge an ``OCSPResponse`` for this certificate at this time; raises :class:`Unusable`."""
    said = _remembered(_ocsp_word, der, certificate, issuer)
    good_until = _freshness(said.this_update, said.next_update, at=at)
    responder = next((signer for signer in said.signers if signer == issuer or _is_valid(signer, at=at)), None)
    if responder is None:
        msg = "the OCSP response is not signed by the issuer or its delegate"
        raise Unusable(msg, Shortcoming.FORGED)
    if said.is_unknown:
        msg = "the OCSP responder does not know the certificate"
        raise Unusable(msg)
    delegated = None if responder == issuer else responder
    return Verdict(good_until=good_until, revoked_at=said.revoked_at, reason=said.reason, responder=delegated)


def judge_crl(der: bytes, *, certificate: x509.Certificate, issuer: x509.Certificate, at: datetime) -> Verdict:
    """Judge the issuer's ``CertificateList`` for this certificate at this time; raises :class:`Unusable`."""
    said = _remembered(_crl_word, der, certificate, issuer)
    good_until = _freshness(said.this_update, said.next_update, at=at)
    if said.objection is not None:
        raise Unusable(said.objection)
    return Verdict(good_until=good_until, revoked_at=said.revoked_at, reason=said.reason)


@dataclass(frozen=True, slots=True)
class _Word:
    """What an answer says of one certificate whatever the time is; ``signers`` are those who may speak for the issuer.

    ``objection`` is why a CRL does not speak of the certificate, which counts once it is known to be fresh.
    """

    this_update: datetime
    next_update: datetime | None
    revoked_at: datetime | None = None
    reason: str = "unspecified"
    is_unknown: bool = False
    signers: tuple[x509.Certificate, ...] = ()
    objection: str | None = None


def _remembered(
    word: _lru_cache_wrapper[_Word], der: bytes, certificate: x509.Certificate, issuer: x509.Certificate
) -> _Word:
    """The word, read and its signature checked once for all who ask; large lists are not kept for that."""
    return word(der, certificate, issuer) if len(der) <= _REMEMBERED else word.__wrapped__(der, certificate, issuer)


@lru_cache(maxsize=256)
def _ocsp_word(der: bytes, certificate: x509.Certificate, issuer: x509.Certificate) -> _Word:
    try:
        response = ocsp.load_der_ocsp_response(der)
        if response.response_status is not ocsp.OCSPResponseStatus.SUCCESSFUL:
            msg = f"the OCSP responder answered {response.response_status.name.lower()}"
            raise Unusable(msg)
        single = _single_for(response.responses, certificate=certificate, issuer=issuer)
        signers = tuple(_signers(response, issuer=issuer))
        revoked = single.certificate_status is ocsp.OCSPCertStatus.REVOKED
        reason = single.revocation_reason
        return _Word(
            this_update=single.this_update_utc,
            next_update=single.next_update_utc,
            revoked_at=(single.revocation_time_utc or datetime.min.replace(tzinfo=UTC)) if revoked else None,
            reason=reason.value if revoked and reason else "unspecified",
            is_unknown=single.certificate_status is ocsp.OCSPCertStatus.UNKNOWN,
            signers=signers,
        )
    except UNREADABLE as error:
        msg = f"the OCSP response cannot be read: {error}"
        raise Unusable(msg) from error


@lru_cache(maxsize=256)
def _crl_word(der: bytes, certificate: x509.Certificate, issuer: x509.Certificate) -> _Word:
    try:
        crl = x509.load_der_x509_crl(der)
        if crl.issuer != issuer.subject or not _may_sign_crls(issuer):
            msg = "the CRL is not of the issuer"
            raise Unusable(msg)
        if not isinstance(crl.signature_hash_algorithm, _SHA_2 | None):
            msg = "the CRL is signed with a digest that is not accepted"
            raise Unusable(msg)
        if not crl.is_signature_valid(issuer.public_key()):  # type: ignore[arg-type] # a foreign key type is a TypeError
            msg = "the CRL's signature is wrong"
            raise Unusable(msg, Shortcoming.FORGED)
        entry = crl.get_revoked_certificate_by_serial_number(certificate.serial_number)
        return _Word(
            this_update=crl.last_update_utc,
            next_update=crl.next_update_utc,
            revoked_at=entry.revocation_date_utc if entry is not None else None,
            reason=_reason(entry) if entry is not None else "unspecified",
            objection=_objection_to_scope(crl, certificate=certificate),
        )
    except UNREADABLE as error:
        msg = f"the CRL cannot be read: {error}"
        raise Unusable(msg) from error


def _single_for(
    singles: Iterable[ocsp.OCSPSingleResponse], *, certificate: x509.Certificate, issuer: x509.Certificate
) -> ocsp.OCSPSingleResponse:
    name_hash = _sha1(issuer.subject.public_bytes())
    for single in singles:
        if (
            single.serial_number == certificate.serial_number
            and isinstance(single.hash_algorithm, hashes.SHA1)
            and single.issuer_name_hash == name_hash
            and single.issuer_key_hash == key_hash(issuer)
        ):
            return single
    msg = "the OCSP response speaks of another certificate"
    raise Unusable(msg)


def _signers(response: ocsp.OCSPResponse, *, issuer: x509.Certificate) -> Iterator[x509.Certificate]:
    """Whose key signed: the issuer's own, or that of delegates whom the same issuer appointed (RFC 6960, 4.2.2.2)."""
    algorithm = AlgorithmIdentifier(oid=response.signature_algorithm_oid.dotted_string, parameters=None)
    for candidate in (issuer, *response.certificates):
        if not _is_named(candidate, response) or not (candidate == issuer or _is_delegate(candidate, issuer)):
            continue
        if is_signed_by(
            candidate.public_key(),
            message=response.tbs_response_bytes,
            signature=response.signature,
            algorithm=algorithm,
        ):
            yield candidate


def _is_named(candidate: x509.Certificate, response: ocsp.OCSPResponse) -> bool:
    if response.responder_name is not None:
        return candidate.subject == response.responder_name
    return response.responder_key_hash == key_hash(candidate)


def _is_delegate(candidate: x509.Certificate, issuer: x509.Certificate) -> bool:
    try:
        purposes = candidate.extensions.get_extension_for_class(x509.ExtendedKeyUsage).value
    except x509.ExtensionNotFound:
        return False
    lives = candidate.not_valid_before_utc <= candidate.not_valid_after_utc
    return lives and ExtendedKeyUsageOID.OCSP_SIGNING in purposes and is_issued_by(candidate, issuer)


def _is_valid(delegate: x509.Certificate, *, at: datetime) -> bool:
    return delegate.not_valid_before_utc <= at <= delegate.not_valid_after_utc


def _freshness(this_update: datetime, next_update: datetime | None, *, at: datetime) -> datetime:
    """Until when the answer may be used again.

    Our own time is moved and never the answer's, which may lie at the end of all time.
    """
    if this_update > at + _SKEW:
        msg = f"the answer is of the future ({this_update:%FT%TZ})"
        raise Unusable(msg, Shortcoming.FUTURE)
    until = next_update or this_update + _LIFE_WITHOUT_NEXT_UPDATE
    if until < at - _SKEW:
        msg = f"the answer is out of date since {until:%FT%TZ}"
        raise Unusable(msg, Shortcoming.STALE)
    return until


def _may_sign_crls(issuer: x509.Certificate) -> bool:
    try:
        return issuer.extensions.get_extension_for_class(x509.KeyUsage).value.crl_sign
    except x509.ExtensionNotFound:
        return True


def _objection_to_scope(crl: x509.CertificateRevocationList, *, certificate: x509.Certificate) -> str | None:
    """Delta, indirect and partial CRLs, and what is critical and not understood (RFC 5280, 5.2)."""
    for extension in crl.extensions:
        value = extension.value
        if isinstance(value, x509.IssuingDistributionPoint):
            partial = value.only_some_reasons or value.only_contains_attribute_certs or value.relative_name
            if value.indirect_crl or partial:
                return "the CRL is indirect or partial"
            if (value.only_contains_user_certs and _is_ca(certificate)) or (
                value.only_contains_ca_certs and not _is_ca(certificate)
            ):
                return "the CRL covers other certificates"
            if value.full_name and not set(value.full_name) & set(_distribution_names(certificate)):
                return "the CRL is that of another distribution point"
        elif extension.critical or extension.oid == ExtensionOID.DELTA_CRL_INDICATOR:
            return f"the CRL has the critical extension {extension.oid.dotted_string}"
    return None


def _distribution_names(certificate: x509.Certificate) -> list[x509.GeneralName]:
    try:
        points = certificate.extensions.get_extension_for_class(x509.CRLDistributionPoints).value
    except x509.ExtensionNotFound:
        return []
    return [name for point in points for name in point.full_name or ()]


def _is_ca(certificate: x509.Certificate) -> bool:
    try:
        return certificate.extensions.get_extension_for_class(x509.BasicConstraints).value.ca
    except x509.ExtensionNotFound:
        return False


def _reason(entry: x509.RevokedCertificate) -> str:
    try:
        return entry.extensions.get_extension_for_class(x509.CRLReason).value.reason.value
    except x509.ExtensionNotFound:
        return "unspecified"


def _sha1(octets: bytes) -> bytes:
    return hashlib.sha1(octets, usedforsecurity=False).digest()
