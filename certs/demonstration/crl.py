"""The demonstration CRLs, one for each issuer, made when asked for (RFC 5280, 5)."""

from __future__ import annotations

from datetime import datetime, timedelta
from typing import TYPE_CHECKING

from cryptography import x509
from cryptography.hazmat.primitives import hashes
from cryptography.hazmat.primitives.serialization import Encoding

if TYPE_CHECKING:
    from certs.demonstration.certificates import Issuer
    from certs.demonstration.register import Entries, Revocation

_VALIDITY = timedelta(days=7)


def write_crl(issuer: Issuer, entries: Entries, *, at: datetime) -> bytes:
    """The issuer's complete ``CertificateList`` as DER, valid for a week; its number is the time in seconds."""
    authority = x509.AuthorityKeyIdentifier.from_issuer_public_key(issuer.key.public_key())
    builder = (
        x509.CertificateRevocationListBuilder()
        .issuer_name(issuer.certificate.subject)
        .last_update(at)
        .next_update(at + _VALIDITY)
        .add_extension(x509.CRLNumber(int(at.timestamp())), critical=False)
        .add_extension(authority, critical=False)
    )
    for (name, serial_number), revocation in sorted(entries.revoked.items(), key=lambda item: item[1].at):
        if name == issuer.name:
            builder = builder.add_revoked_certificate(_entry(serial_number, revocation))
    return builder.sign(issuer.key, hashes.SHA256()).public_bytes(Encoding.DER)


def _entry(serial_number: int, revocation: Revocation) -> x509.RevokedCertificate:
    builder = x509.RevokedCertificateBuilder().serial_number(serial_number).revocation_date(revocation.at)
    # RFC 5280, 5.3.1: "unspecified" is said by leaving the reason out.
    if revocation.reason is not x509.ReasonFlags.unspecified:
        builder = builder.add_extension(x509.CRLReason(revocation.reason), critical=False)
    return builder.build()
