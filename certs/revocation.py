"""Revocation data: what it is, and how it is gathered for validators to judge by later (RFC 5280, RFC 6960)."""

from __future__ import annotations

from dataclasses import dataclass
from datetime import timedelta
from itertools import pairwise
from typing import TYPE_CHECKING

from cryptography import x509
from cryptography.hazmat.primitives.serialization import Encoding

from certs.certificate import parse_certificate
from certs.errors import AddressForbidden, CertificateUnfit, OnlineUnavailable, RevocationUnavailable
from certs.kept_answers import AnswersInMemory
from certs.paths import load_readable, path_to_anchor
from certs.responders import Responders, Subject, crl_urls, ocsp_urls
from certs.revocation_answers import Unusable

if TYPE_CHECKING:
    from datetime import datetime

    from certs.anchors import AnchorSource
    from certs.certificate import SigningCertificate
    from certs.kept_answers import AnswerKeeper
    from certs.responders import Asker
    from certs.revocation_answers import Verdict
    from certs.timestamps import TimeStampToken

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


class RevocationGatherer:
    """Fetches revocation data for whole chains, OCSP first, and believes none of it unchecked.

    Answers are kept until their ``nextUpdate``, in memory where nothing else is given; one that ends within ``ahead``
    is asked for anew, so that who looks ahead renews what others lean on. Safe to use from several threads.
    """

    def __init__(
        self,
        online: Asker,
        anchors: AnchorSource,
        kept: AnswerKeeper | None = None,
        *,
        ahead: timedelta = timedelta(0),
    ) -> None:
        self._responders = Responders(online, kept or AnswersInMemory(), ahead=ahead)
        self._anchors = anchors

    def gather(
        self,
        *,
        certificates: tuple[SigningCertificate, ...],
        tokens: tuple[TimeStampToken, ...],
        authorities: tuple[SigningCertificate, ...] = (),
        at: datetime,
        afterwards: bool = False,
    ) -> RevocationInfo:
        """Certificates, OCSP responses and CRLs for every certificate of these chains below its anchor.

        ``authorities`` are certificates of timestamp authorities whose tokens are not at hand. ``afterwards`` is said
        of signatures that were made before: what a revocation since then means for them is a validator's to say.

        Raises :class:`CertificateUnfit` for a chain without a trusted path and, unless asked afterwards, for a revoked
        certificate, :class:`RevocationUnavailable` where no trustworthy answer could be had, and the error of an
        unreadable token.
        """
        gathered = EMPTY
        signing, timestamping = load_readable(self._anchors.signing), load_readable(self._anchors.timestamping)
        for chain in certificates:
            found = self._for_chain(chain, anchors=signing, at=at, afterwards=afterwards)
            gathered = gathered.merged_with(found)
        for chain in (*(token.signer for token in tokens), *authorities):
            found = self._for_chain(chain, anchors=timestamping, at=at, afterwards=afterwards)
            gathered = gathered.merged_with(found)
        return gathered

    def _for_chain(
        self, chain: SigningCertificate, *, anchors: tuple[x509.Certificate, ...], at: datetime, afterwards: bool
    ) -> RevocationInfo:
        path = path_to_anchor(
            parse_certificate(chain.der), candidates=load_readable(chain.chain), anchors=anchors, at=at
        )
        if path is None:
            raise CertificateUnfit(subject=chain.subject, reason=_NO_TRUSTED_PATH)
        gathered = RevocationInfo(certificates=tuple(each.public_bytes(Encoding.DER) for each in path[:-1]))
        for certificate, issuer in pairwise(path):
            found = self._for_certificate(Subject(certificate, issuer), at=at, afterwards=afterwards)
            gathered = gathered.merged_with(found)
        return gathered

    def _for_certificate(self, subject: Subject, *, at: datetime, afterwards: bool) -> RevocationInfo:
        obstacles: list[str] = []
        for url in ocsp_urls(subject.certificate):
            try:
                der, verdict = self._responders.ocsp(subject, url=url, at=at)
                # First whether the responder may still speak, then what it says.
                responder = self._for_responder(subject, verdict, at=at)
                if not afterwards:
                    _demand_good(subject, verdict)
                return RevocationInfo(ocsps=(der,)).merged_with(responder)
            except (Unusable, OnlineUnavailable, AddressForbidden, RevocationUnavailable) as error:
                obstacles.append(str(error))
        return self._from_crl(subject, obstacles=obstacles, at=at, afterwards=afterwards)

    def _from_crl(
        self, subject: Subject, *, obstacles: list[str], at: datetime, afterwards: bool = False
    ) -> RevocationInfo:
        for url in crl_urls(subject.certificate):
            try:
                der, verdict = self._responders.crl(subject, url=url, at=at)
                if not afterwards:
                    _demand_good(subject, verdict)
                return RevocationInfo(crls=(der,))
            except (Unusable, OnlineUnavailable, AddressForbidden) as error:
                obstacles.append(str(error))
        raise RevocationUnavailable(
            subject=subject.certificate.subject.rfc4514_string(),
            reason="; ".join(obstacles) or "the certificate names no OCSP responder and no CRL",
        )

    def _for_responder(self, subject: Subject, verdict: Verdict, *, at: datetime) -> RevocationInfo:
        """What a delegated responder needs: its certificate, and a CRL unless it needs none (RFC 6960, 4.2.2.2.1)."""
        if verdict.responder is None:
            return EMPTY
        own = RevocationInfo(certificates=(verdict.responder.public_bytes(Encoding.DER),))
        try:
            verdict.responder.extensions.get_extension_for_class(x509.OCSPNoCheck)
        except x509.ExtensionNotFound:
            return own.merged_with(self._for_delegate(Subject(verdict.responder, subject.issuer), at=at))
        return own

    def _for_delegate(self, delegate: Subject, *, at: datetime) -> RevocationInfo:
        try:
            return self._from_crl(delegate, obstacles=[], at=at)
        except CertificateUnfit as error:
            msg = f"the OCSP responder's certificate is {error.reason}"
            raise Unusable(msg) from error


def _demand_good(subject: Subject, verdict: Verdict) -> None:
    if verdict.revoked_at is not None:
        raise CertificateUnfit(
            subject=subject.certificate.subject.rfc4514_string(),
            reason=f"revoked on {verdict.revoked_at:%FT%TZ} ({verdict.reason})",
        )
