"""Certification paths from a certificate up to a trust anchor, as far as gathering and timestamping need them.

Names, signatures, validity, basic constraints, key usage and path length (RFC 5280, 6.1.3 and 6.1.4). Whoever judges a
signature uses the full algorithm of :mod:`verification`; here a path says whom to ask for revocation data and whose
time to believe. What is not understood is not accepted: a critical extension beyond those named ends the path.
"""

from __future__ import annotations

from functools import lru_cache
from typing import TYPE_CHECKING

from cryptography import x509
from cryptography.exceptions import InvalidSignature
from cryptography.x509.oid import ExtensionOID

from certs.certificate import UNREADABLE, parse_certificate
from certs.errors import CertificateUnreadable

if TYPE_CHECKING:
    from collections.abc import Iterable, Iterator
    from datetime import datetime

_LONGEST = 8
_MOST_STEPS = 200
"""Signatures that are checked for one path; honest chains take a handful."""
_UNDERSTOOD = frozenset(
    {
        ExtensionOID.BASIC_CONSTRAINTS,
        ExtensionOID.KEY_USAGE,
        ExtensionOID.EXTENDED_KEY_USAGE,
        ExtensionOID.CERTIFICATE_POLICIES,
        ExtensionOID.SUBJECT_ALTERNATIVE_NAME,
    }
)


def load_readable(ders: Iterable[bytes]) -> tuple[x509.Certificate, ...]:
    """Parse what can be parsed: foreign collections of certificates hold all sorts of things."""
    readable = []
    for der in ders:
        try:
            readable.append(parse_certificate(der))
        except CertificateUnreadable:
            continue
    return tuple(readable)


def path_to_anchor(
    certificate: x509.Certificate,
    *,
    candidates: tuple[x509.Certificate, ...],
    anchors: tuple[x509.Certificate, ...],
    at: datetime,
) -> tuple[x509.Certificate, ...] | None:
    """The shortest path first found: the certificate, its issuers, and the anchor last; None where there is none.

    A certificate that is itself an anchor is its own path.
    """
    if not _valid(certificate, at=at):
        return None
    return _path(certificate, _valid_of(candidates, at=at), _valid_of(anchors, at=at))


@lru_cache(maxsize=256)
def _path(
    certificate: x509.Certificate, candidates: tuple[x509.Certificate, ...], anchors: tuple[x509.Certificate, ...]
) -> tuple[x509.Certificate, ...] | None:
    """The same among certificates of which none has ended, remembered: time is all that could change it."""
    if not _understood(certificate):
        return None
    return _extend((certificate,), candidates=candidates, anchors=anchors, steps=iter(range(_MOST_STEPS)))


@lru_cache(maxsize=1024)
def is_issued_by(certificate: x509.Certificate, issuer: x509.Certificate) -> bool:
    """Whether the names match and the issuer's key made the signature.

    Remembered, since the same few chains are walked for every document and neither certificate can change.
    """
    try:
        certificate.verify_directly_issued_by(issuer)
    except (InvalidSignature, *UNREADABLE):
        return False
    return True


def key_identifier(certificate: x509.Certificate) -> bytes | None:
    """The subject key identifier that the certificate states."""
    try:
        return certificate.extensions.get_extension_for_class(x509.SubjectKeyIdentifier).value.digest
    except x509.ExtensionNotFound:
        return None


def _extend(
    path: tuple[x509.Certificate, ...],
    *,
    candidates: tuple[x509.Certificate, ...],
    anchors: tuple[x509.Certificate, ...],
    steps: Iterator[int],
) -> tuple[x509.Certificate, ...] | None:
    last = path[-1]
    if last in anchors:
        return path
    if len(path) >= _LONGEST:
        return None
    for issuer in (*anchors, *candidates):
        if issuer in path or issuer.subject != last.issuer or not _may_issue(issuer, depth=len(path) - 1):
            continue
        if next(steps, None) is None:
            return None  # a stranger's file may hold certificates that issued each other in every order
        if is_issued_by(last, issuer):
            longer = _extend((*path, issuer), candidates=candidates, anchors=anchors, steps=steps)
            if longer is not None:
                return longer
    return None


def _may_issue(issuer: x509.Certificate, *, depth: int) -> bool:
    """``depth`` counts the CA certificates that stand between this issuer and the end of the path."""
    if not _understood(issuer):
        return False
    try:
        constraints = issuer.extensions.get_extension_for_class(x509.BasicConstraints).value
    except x509.ExtensionNotFound:
        return False
    if not constraints.ca or (constraints.path_length is not None and constraints.path_length < depth):
        return False
    try:
        return issuer.extensions.get_extension_for_class(x509.KeyUsage).value.key_cert_sign
    except x509.ExtensionNotFound:
        return True


def _valid_of(certificates: tuple[x509.Certificate, ...], *, at: datetime) -> tuple[x509.Certificate, ...]:
    return tuple(certificate for certificate in certificates if _valid(certificate, at=at))


def _valid(certificate: x509.Certificate, *, at: datetime) -> bool:
    return certificate.not_valid_before_utc <= at <= certificate.not_valid_after_utc


def _understood(certificate: x509.Certificate) -> bool:
    return all(not extension.critical or extension.oid in _UNDERSTOOD for extension in certificate.extensions)
