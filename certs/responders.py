"""Asking OCSP responders and CRL distribution points about one certificate, or their kept answers."""

from __future__ import annotations

from dataclasses import dataclass
from functools import lru_cache
from typing import TYPE_CHECKING, Protocol

from cryptography import x509
from cryptography.x509.oid import AuthorityInformationAccessOID

from certs.kept_answers import AnswerSource, KeptAnswer
from certs.revocation_answers import Unusable, Verdict, judge_crl, judge_ocsp, key_hash, ocsp_question

if TYPE_CHECKING:
    from collections.abc import Callable, Iterable
    from datetime import datetime, timedelta

    from certs.kept_answers import AnswerKeeper


class Asker(Protocol):
    """What asks over HTTP: :class:`certs.online.OnlineClient`, or a part of it with limits of its own."""

    def fetch(self, url: str, /) -> bytes:
        """GET; the body of a 200 answer."""
        ...

    def post(self, url: str, body: bytes, /, *, content_type: str) -> bytes:
        """POST; the body of a 200 answer."""
        ...


@dataclass(frozen=True, slots=True)
class Subject:
    """A certificate below its anchor, and the issuer who answers for it."""

    certificate: x509.Certificate
    issuer: x509.Certificate


class Responders:
    """Asks, judges and keeps; an answer that ends within ``ahead`` is asked for anew."""

    def __init__(self, online: Asker, kept: AnswerKeeper, *, ahead: timedelta) -> None:
        self._online = online
        self._kept = kept
        self._ahead = ahead

    def ocsp(self, subject: Subject, *, url: str, at: datetime) -> tuple[bytes, Verdict]:
        """The responder's word; raises :class:`Unusable` and what the client raises."""

        def ask() -> bytes:
            question = ocsp_question(subject.certificate, issuer=subject.issuer)
            return self._online.post(url, question, content_type="application/ocsp-request")

        def judge(der: bytes) -> Verdict:
            return judge_ocsp(der, certificate=subject.certificate, issuer=subject.issuer, at=at)

        source = AnswerSource(key_hash(subject.issuer), subject.certificate.serial_number, url)
        return self._kept_or(source, ask=ask, judge=judge, at=at)

    def crl(self, subject: Subject, *, url: str, at: datetime) -> tuple[bytes, Verdict]:
        """The issuer's list and what it says of the certificate; raises as :meth:`ocsp`."""

        def ask() -> bytes:
            return self._online.fetch(url)

        def judge(der: bytes) -> Verdict:
            return judge_crl(der, certificate=subject.certificate, issuer=subject.issuer, at=at)

        return self._kept_or(AnswerSource(key_hash(subject.issuer), None, url), ask=ask, judge=judge, at=at)

    def _kept_or(
        self, source: AnswerSource, *, ask: Callable[[], bytes], judge: Callable[[bytes], Verdict], at: datetime
    ) -> tuple[bytes, Verdict]:
        """A kept answer is judged again: it costs microseconds, and the certificate or the keeper may be another."""
        kept = self._kept.find(source, at=at + self._ahead)
        if kept is not None:
            try:
                return kept.der, judge(kept.der)
            except Unusable:
                pass  # a CRL that was published anew may speak of what the kept one does not
        der = ask()
        verdict = judge(der)
        self._kept.keep(source, KeptAnswer(der, verdict.good_until))
        return der, verdict


@lru_cache(maxsize=1024)
def ocsp_urls(certificate: x509.Certificate) -> tuple[str, ...]:
    """The responders that the certificate names."""
    try:
        access = certificate.extensions.get_extension_for_class(x509.AuthorityInformationAccess).value
    except x509.ExtensionNotFound:
        return ()
    return _web_addresses(
        each.access_location for each in access if each.access_method == AuthorityInformationAccessOID.OCSP
    )


@lru_cache(maxsize=1024)
def crl_urls(certificate: x509.Certificate) -> tuple[str, ...]:
    """Complete CRLs of the issuer itself: points with a ``cRLIssuer`` or ``reasons`` of their own are left out."""
    try:
        points = certificate.extensions.get_extension_for_class(x509.CRLDistributionPoints).value
    except x509.ExtensionNotFound:
        return ()
    own = (point for point in points if point.crl_issuer is None and point.reasons is None)
    return _web_addresses(name for point in own for name in point.full_name or ())


def _web_addresses(names: Iterable[x509.GeneralName]) -> tuple[str, ...]:
    return tuple(
        name.value
        for name in names
        if isinstance(name, x509.UniformResourceIdentifier) and name.value.lower().startswith(("http://", "https://"))
    )
