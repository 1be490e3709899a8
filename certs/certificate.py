"""A signing certificate with the chain that leads to its anchor, and whether it may sign (RFC 5280)."""

from __future__ import annotations

from dataclasses import dataclass
from functools import cached_property, lru_cache
from typing import TYPE_CHECKING

from cryptography import x509
from cryptography.exceptions import UnsupportedAlgorithm
from cryptography.hazmat.primitives import hashes
from cryptography.hazmat.primitives.serialization import Encoding
from cryptography.x509.oid import NameOID

from certs.errors import CertificateUnfit, CertificateUnreadable

if TYPE_CHECKING:
    from datetime import datetime


UNREADABLE = (
    ValueError,
    TypeError,
    UnsupportedAlgorithm,
    x509.InvalidVersion,
    x509.DuplicateExtension,
    x509.UnsupportedGeneralNameType,
)
"""What ``cryptography`` raises for damaged certificates, CRLs and OCSP responses, often only when looked into."""


@dataclass(frozen=True)
class SigningCertificate:
    """An end-entity certificate and its issuers, nearest first, as DER; the anchor may be left out of the chain."""

    der: bytes
    chain: tuple[bytes, ...] = ()

    @cached_property
    def x509(self) -> x509.Certificate:
        """The parsed certificate."""
        return parse_certificate(self.der)

    @property
    def subject(self) -> str:
        """The subject as an RFC 4514 string."""
        return self.x509.subject.rfc4514_string()

    @property
    def common_name(self) -> str:
        """The subject's common name, or the whole subject where there is none."""
        names = self.x509.subject.get_attributes_for_oid(NameOID.COMMON_NAME)
        return str(names[0].value) if names else self.subject

    @property
    def sha256(self) -> str:
        """The certificate's fingerprint in lower-case hexadecimal."""
        return self.x509.fingerprint(hashes.SHA256()).hex()

    def demand_fit_to_sign(self, *, at: datetime) -> None:
        """Raise :class:`CertificateUnfit` unless the certificate may sign documents at this time.

        Checks validity (RFC 5280, 4.1.2.5) and key usage: digitalSignature or nonRepudiation (4.2.1.3), no CA.
        Revocation and the path to an anchor are for :mod:`certs.revocation` and the validator.
        """
        if at < self.x509.not_valid_before_utc:
            raise CertificateUnfit(subject=self.subject, reason=f"valid only from {self.x509.not_valid_before_utc:%F}")
        if at > self.x509.not_valid_after_utc:
            raise CertificateUnfit(subject=self.subject, reason=f"expired on {self.x509.not_valid_after_utc:%F}")
        try:
            usage = self.x509.extensions.get_extension_for_class(x509.KeyUsage).value
        except x509.ExtensionNotFound:
            usage = None
        if usage is not None and not (usage.digital_signature or usage.content_commitment):
            raise CertificateUnfit(subject=self.subject, reason="its key usage does not allow signing documents")
        try:
            constraints = self.x509.extensions.get_extension_for_class(x509.BasicConstraints).value
        except x509.ExtensionNotFound:
            return
        if constraints.ca:
            raise CertificateUnfit(subject=self.subject, reason="it is a CA certificate")


@lru_cache(maxsize=512)
def parse_certificate(der: bytes) -> x509.Certificate:
    """One DER certificate whose names, dates, extensions and key can be read; raises :class:`CertificateUnreadable`.

    ``cryptography`` parses these parts when they are first asked for; asked for here, they never fail later.
    """
    try:
        certificate = x509.load_der_x509_certificate(der)
        _ = certificate.subject, certificate.issuer, certificate.extensions, certificate.public_key()
        _ = certificate.not_valid_before_utc, certificate.not_valid_after_utc
    except UNREADABLE as error:
        raise CertificateUnreadable(str(error)) from error
    return certificate


def certificates_from_bytes(material: bytes) -> tuple[bytes, ...]:
    """Every certificate in PEM text or in one DER file, as DER, in file order.

    Raises :class:`CertificateUnreadable` where there is none.
    """
    try:
        if b"-----BEGIN" in material:
            return tuple(c.public_bytes(Encoding.DER) for c in x509.load_pem_x509_certificates(material))
    except UNREADABLE as error:
        raise CertificateUnreadable(str(error)) from error
    parse_certificate(material)
    return (material,)
