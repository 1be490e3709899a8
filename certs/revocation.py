"""Revocation data: what it is, and how it is gathered for validators to judge by later (RFC 5280, RFC 6960)."""

from __future__ import annotations

import threading
from dataclasses import dataclass
from itertools import pairwise
from typing import TYPE_CHECKING

from cryptography import x509
from cryptography.hazmat.primitives.serialization import Encoding
from cryptography.x509.oid import AuthorityInformationAccessOID

from certs.certificate import parse_certificate
from certs.errors import AddressForbidden, CertificateUnfit, OnlineUnavailable, RevocationUnavailable
from certs.paths import load_readable, path_to_anchor
from certs.revocation_answers import Unusable, Verdict, judge_crl, judge_ocsp, key_hash, ocsp_question

if TYPE_CHECKING:
    from collections.abc import Callable, Iterable
    from datetime import datetime

    from certs.anchors import TrustAnchors
    from certs.certificate import SigningCertificate
    from certs.online import OnlineClient
    from certs.timestamps import TimeStampToken

_KEPT_ANSWERS = 1024
_NO_TRUSTED_PATH = "no trusted path"


@dataclass(frozen=True, slots=True)
class RevocationInfo:
    """DER certificates, OCSP responses (``OCSPResponse``) and CRLs (``CertificateList``), each once."""

    certificates: tuple[bytes, ...] = ()
    ocsps: tuple[bytes, ...] = ()
    crls: tuple[bytes, ...] = ()

    def merged_with(self, other: RevocationInfo) -> RevocationInfo:
        """Both together, without repetitions, in order of first appearance."""
        return RevocationInfo(
            certificates=tuple(dict.fromkeys(self.certificates + other.certificates)),
            ocsps=tuple(dict.fromkeys(self.ocsps + other.ocsps)),
            crls=tuple(dict.fromkeys(self.crls + other.crls)),
        )


EMPTY = RevocationInfo()


@dataclass(frozen=True, slots=True)
class _Subject:
    """A certificate below its anchor, and the issuer who answers for it."""

    certificate: x509.Certificate
    issuer: x509.Certificate


@dataclass(frozen=True, slots=True)
class _Source:
    """What an answer is kept under: whose word, about which certificate (None: all of them), from where."""

    issuer_key: bytes
    serial_number: int | None
    url: str


class RevocationGatherer:
    """Fetches revocation data for whole chains, OCSP first, and believes none of it unchecked.

    Answers are kept in memory until their ``nextUpdate``. Safe to use from several threads.
    """

    def __init__(self, online: OnlineClient, anchors: TrustAnchors) -> None:
        self._online = online
        self._signing = load_readable(anchors.signing)
        self._timestamping = load_readable(anchors.timestamping)
        self._kept: dict[_Source, tuple[bytes, datetime]] = {}
        self._lock = threading.Lock()

    def gather(
        self, *, certificates: tuple[SigningCertificate, ...], tokens: tuple[TimeStampToken, ...], at: datetime
    ) -> RevocationInfo:
        """Certificates, OCSP responses and CRLs for every certificate of these chains below its anchor.

        Raises :class:`CertificateUnfit` for a chain without a trusted path and for a revoked certificate,
        :class:`RevocationUnavailable` where no trustworthy answer could be had, and the error of an unreadable token.
        """
        gathered = EMPTY
        for chain in certificates:
            gathered = gathered.merged_with(self._for_chain(chain, anchors=self._signing, at=at))
        for token in tokens:
            gathered = gathered.merged_with(self._for_chain(token.signer, anchors=self._timestamping, at=at))
        return gathered

    def _for_chain(
        self, chain: SigningCertificate, *, anchors: tuple[x509.Certificate, ...], at: datetime
    ) -> RevocationInfo:
        path = path_to_anchor(
            parse_certificate(chain.der), candidates=load_readable(chain.chain), anchors=anchors, at=at
        )
        if path is None:
            raise CertificateUnfit(subject=chain.subject, reason=_NO_TRUSTED_PATH)
        gathered = RevocationInfo(certificates=tuple(each.public_bytes(Encoding.DER) for each in path[:-1]))
        for certificate, issuer in pairwise(path):
            gathered = gathered.merged_with(self._for_certificate(_Subject(certificate, issuer), at=at))
        return gathered

    def _for_certificate(self, subject: _Subject, *, at: datetime) -> RevocationInfo:
        obstacles: list[str] = []
        for url in _ocsp_urls(subject.certificate):
            try:
                der, verdict = self._ocsp(subject, url=url, at=at)
                # First whether the responder may still speak, then what it says.
                responder = self._for_responder(subject, verdict, at=at)
                _demand_good(subject, verdict)
                return RevocationInfo(ocsps=(der,)).merged_with(responder)
            except (Unusable, OnlineUnavailable, AddressForbidden, RevocationUnavailable) as error:
                obstacles.append(str(error))
        return self._from_crl(subject, obstacles=obstacles, at=at)

    def _from_crl(self, subject: _Subject, *, obstacles: list[str], at: datetime) -> RevocationInfo:
        for url in _crl_urls(subject.certificate):
            try:
                der, verdict = self._crl(subject, url=url, at=at)
                _demand_good(subject, verdict)
                return RevocationInfo(crls=(der,))
            except (Unusable, OnlineUnavailable, AddressForbidden) as error:
                obstacles.append(str(error))
        raise RevocationUnavailable(
            subject=subject.certificate.subject.rfc4514_string(),
            reason="; ".join(obstacles) or "the certificate names no OCSP responder and no CRL",
        )

    def _for_responder(self, subject: _Subject, verdict: Verdict, *, at: datetime) -> RevocationInfo:
        """What a delegated responder needs: its certificate, and a CRL unless it needs none (RFC 6960, 4.2.2.2.1)."""
        if verdict.responder is None:
            return EMPTY
        own = RevocationInfo(certificates=(verdict.responder.public_bytes(Encoding.DER),))
        try:
            verdict.responder.extensions.get_extension_for_class(x509.OCSPNoCheck)
        except x509.ExtensionNotFound:
            return own.merged_with(self._for_delegate(_Subject(verdict.responder, subject.issuer), at=at))
        return own

    def _for_delegate(self, delegate: _Subject, *, at: datetime) -> RevocationInfo:
        try:
            return self._from_crl(delegate, obstacles=[], at=at)
        except CertificateUnfit as error:
            msg = f"the OCSP responder's certificate is {error.reason}"
            raise Unusable(msg) from error

    def _ocsp(self, subject: _Subject, *, url: str, at: datetime) -> tuple[bytes, Verdict]:
        def ask() -> bytes:
            question = ocsp_question(subject.certificate, issuer=subject.issuer)
            return self._online.post(url, question, content_type="application/ocsp-request")

        def judge(der: bytes) -> Verdict:
            return judge_ocsp(der, certificate=subject.certificate, issuer=subject.issuer, at=at)

        source = _Source(key_hash(subject.issuer), subject.certificate.serial_number, url)
        return self._kept_or(source, ask=ask, judge=judge, at=at)

    def _crl(self, subject: _Subject, *, url: str, at: datetime) -> tuple[bytes, Verdict]:
        def ask() -> bytes:
            return self._online.fetch(url)

        def judge(der: bytes) -> Verdict:
            return judge_crl(der, certificate=subject.certificate, issuer=subject.issuer, at=at)

        return self._kept_or(_Source(key_hash(subject.issuer), None, url), ask=ask, judge=judge, at=at)

    def _kept_or(
        self, source: _Source, *, ask: Callable[[], bytes], judge: Callable[[bytes], Verdict], at: datetime
    ) -> tuple[bytes, Verdict]:
        """A kept answer is judged again: it costs microseconds, and the certificate may be another."""
        kept = self._kept.get(source)
        if kept is not None and at < kept[1]:
            return kept[0], judge(kept[0])
        der = ask()
        verdict = judge(der)
        with self._lock:
            if len(self._kept) >= _KEPT_ANSWERS:
                del self._kept[next(iter(self._kept))]
            self._kept[source] = (der, verdict.good_until)
        return der, verdict


def _demand_good(subject: _Subject, verdict: Verdict) -> None:
    if verdict.revoked_at is not None:
        raise CertificateUnfit(
            subject=subject.certificate.subject.rfc4514_string(),
            reason=f"revoked on {verdict.revoked_at:%FT%TZ} ({verdict.reason})",
        )


def _ocsp_urls(certificate: x509.Certificate) -> list[str]:
    try:
        access = certificate.extensions.get_extension_for_class(x509.AuthorityInformationAccess).value
    except x509.ExtensionNotFound:
        return []
    return _web_addresses(
        each.access_location for each in access if each.access_method == AuthorityInformationAccessOID.OCSP
    )


def _crl_urls(certificate: x509.Certificate) -> list[str]:
    """Complete CRLs of the issuer itself: points with a ``cRLIssuer`` or ``reasons`` of their own are left out."""
    try:
        points = certificate.extensions.get_extension_for_class(x509.CRLDistributionPoints).value
    except x509.ExtensionNotFound:
        return []
    own = (point for point in points if point.crl_issuer is None and point.reasons is None)
    return _web_addresses(name for point in own for name in point.full_name or ())


def _web_addresses(names: Iterable[x509.GeneralName]) -> list[str]:
    return [
        name.value
        for name in names
        if isinstance(name, x509.UniformResourceIdentifier) and name.value.lower().startswith(("http://", "https://"))
    ]
