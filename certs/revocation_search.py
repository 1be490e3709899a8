"""Revocation data for the chains of a stranger's file: whatever can be had within limits, good news or bad.

Gathering for our own documents (:mod:`certs.revocation`) refuses what it must not build on. Here nothing is refused,
since the validator judges; but certificates from a file decide whom we ask, so only chains that reach an anchor are
asked about, and one file may cost no more than its limits.
"""

from __future__ import annotations

from contextlib import suppress
from dataclasses import dataclass
from datetime import timedelta
from itertools import pairwise
from typing import TYPE_CHECKING

from cryptography import x509
from cryptography.hazmat.primitives.serialization import Encoding

from certs.certificate import parse_certificate
from certs.errors import AddressForbidden, CertificateUnreadable, OnlineUnavailable
from certs.paths import load_readable, path_to_anchor
from certs.responders import Responders, Subject, crl_urls, ocsp_urls
from certs.revocation import EMPTY, RevocationInfo
from certs.revocation_answers import Unusable

if TYPE_CHECKING:
    from collections.abc import Iterator
    from datetime import datetime

    from certs.anchors import AnchorSource
    from certs.certificate import SigningCertificate
    from certs.kept_answers import AnswerKeeper
    from certs.online import OnlineClient

_NO_ANSWER = (Unusable, OnlineUnavailable, AddressForbidden)


@dataclass(frozen=True, slots=True)
class Chains:
    """The chains of a file: those that signed it, and those that gave it times."""

    signing: tuple[SigningCertificate, ...] = ()
    timestamping: tuple[SigningCertificate, ...] = ()


@dataclass(frozen=True, slots=True)
class SearchLimits:
    """What one verification may cost; redirects are requests, too."""

    requests: int = 20
    within: timedelta = timedelta(seconds=15)


class RevocationSearch:
    """Looks among kept answers first, then asks. Safe to use from several threads."""

    def __init__(
        self, online: OnlineClient, anchors: AnchorSource, kept: AnswerKeeper, limits: SearchLimits | None = None
    ) -> None:
        self._online = online
        self._anchors = anchors
        self._kept = kept
        self._limits = limits or SearchLimits()

    def search(self, chains: Chains, *, stored: tuple[bytes, ...] = (), at: datetime) -> RevocationInfo:
        """Certificates, OCSP responses and CRLs about every certificate below an anchor, as far as they can be had.

        ``stored`` are certificates of CAs (DER) that complete chains of which the file holds the beginning only.
        Never raises for what a file or a responder says.
        """
        asked = self._online.limited(requests=self._limits.requests, within=self._limits.within)
        responders = Responders(asked, self._kept, ahead=timedelta(0))
        found = EMPTY
        for chain, anchors in self._with_anchors(chains):
            for subject in _subjects(chain, anchors=anchors, stored=stored, at=at):
                found = found.merged_with(_about(subject, responders, at=at))
        return found

    def _with_anchors(self, chains: Chains) -> Iterator[tuple[SigningCertificate, tuple[bytes, ...]]]:
        for chain in dict.fromkeys(chains.signing):
            yield chain, self._anchors.signing
        for chain in dict.fromkeys(chains.timestamping):
            yield chain, self._anchors.timestamping


def _subjects(
    chain: SigningCertificate, *, anchors: tuple[bytes, ...], stored: tuple[bytes, ...], at: datetime
) -> Iterator[Subject]:
    """Every certificate of the chain below its anchor; none where no anchor is reached."""
    try:
        certificate = parse_certificate(chain.der)
    except CertificateUnreadable:
        return
    candidates = load_readable((*chain.chain, *stored))
    path = path_to_anchor(certificate, candidates=candidates, anchors=load_readable(anchors), at=at) or ()
    for below, issuer in pairwise(path):
        yield Subject(below, issuer)


def _about(subject: Subject, responders: Responders, *, at: datetime) -> RevocationInfo:
    """The first believable answer about one certificate, OCSP before CRL, with what the answer itself needs."""
    own = RevocationInfo(certificates=(subject.issuer.public_bytes(Encoding.DER),))
    for url in ocsp_urls(subject.certificate):
        with suppress(*_NO_ANSWER):
            der, verdict = responders.ocsp(subject, url=url, at=at)
            answer = own.merged_with(RevocationInfo(ocsps=(der,)))
            if verdict.responder is None or _needs_no_check(verdict.responder):
                return answer
            return answer.merged_with(_from_crl(Subject(verdict.responder, subject.issuer), responders, at=at))
    return own.merged_with(_from_crl(subject, responders, at=at))


def _from_crl(subject: Subject, responders: Responders, *, at: datetime) -> RevocationInfo:
    for url in crl_urls(subject.certificate):
        with suppress(*_NO_ANSWER):
            der, _ = responders.crl(subject, url=url, at=at)
            return RevocationInfo(crls=(der,))
    return EMPTY


def _needs_no_check(responder: x509.Certificate) -> bool:
    """RFC 6960, 4.2.2.2.1."""
    try:
        responder.extensions.get_extension_for_class(x509.OCSPNoCheck)
    except x509.ExtensionNotFound:
        return False
    return True
