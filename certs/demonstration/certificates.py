"""The certificate profiles of the demonstration authority (RFC 5280; RFC 3161, 2.3; RFC 6960, 4.2.2.2)."""

from __future__ import annotations

from dataclasses import dataclass
from datetime import datetime, timedelta
from enum import Enum
from typing import TYPE_CHECKING

from cryptography import x509
from cryptography.hazmat.primitives import hashes
from cryptography.x509.oid import AuthorityInformationAccessOID, ExtendedKeyUsageOID, NameOID

if TYPE_CHECKING:
    from cryptography.hazmat.primitives.asymmetric.ec import EllipticCurvePrivateKey
    from cryptography.hazmat.primitives.asymmetric.types import CertificatePublicKeyTypes

ORGANIZATION = "Ký Số - HẠ TẦNG MẪU, KHÔNG CÓ GIÁ TRỊ PHÁP LÝ"
SIGNATURE_POLICY = "2.999.1.1"
SEAL_POLICY = "2.999.1.2"
TIMESTAMP_POLICY = "2.999.2.1"

ROOT_LIFE = timedelta(days=20 * 365)
AUTHORITY_LIFE = timedelta(days=10 * 365)
HOLDER_LIFE = timedelta(days=3 * 365)
_BACKDATED = timedelta(hours=1)


class CertificateKind(Enum):
    """Whose certificate: an official's own for signing, or the agency's for sealing."""

    SIGNATURE = "signature"
    SEAL = "seal"


@dataclass(frozen=True, slots=True)
class Issuer:
    """A certificate with its key, and the address below which its responders answer."""

    certificate: x509.Certificate
    key: EllipticCurvePrivateKey
    responder_url: str
    name: str

    @property
    def crl_url(self) -> str:
        """Where its CRL is fetched."""
        return f"{self.responder_url}/{self.name}.crl"

    @property
    def certificate_url(self) -> str:
        """Where its certificate is fetched."""
        return f"{self.responder_url}/{self.name}.crt"


def sample_name(common_name: str) -> x509.Name:
    """The name of one of the infrastructure's own certificates."""
    return x509.Name(
        [
            x509.NameAttribute(NameOID.COUNTRY_NAME, "VN"),
            x509.NameAttribute(NameOID.ORGANIZATION_NAME, ORGANIZATION),
            x509.NameAttribute(NameOID.COMMON_NAME, common_name),
        ]
    )


def root_certificate(key: EllipticCurvePrivateKey, *, common_name: str, at: datetime) -> x509.Certificate:
    """A self-signed root."""
    name = sample_name(common_name)
    builder = _builder(subject=name, issuer=name, key=key.public_key(), at=at, life=ROOT_LIFE)
    builder = _as_ca(builder, path_length=1)
    return builder.sign(key, hashes.SHA256())


def issuing_certificate(key: CertificatePublicKeyTypes, *, issuer: Issuer, at: datetime) -> x509.Certificate:
    """The CA that issues to officials and agencies."""
    builder = _below(issuer, subject=sample_name("CA MẪU - Ký Số"), key=key, at=at, life=AUTHORITY_LIFE)
    return _as_ca(builder, path_length=0).sign(issuer.key, hashes.SHA256())


def ocsp_certificate(key: CertificatePublicKeyTypes, *, issuer: Issuer, at: datetime) -> x509.Certificate:
    """The delegated OCSP signer; ``ocsp-nocheck`` ends the question of who vouches for it."""
    name = sample_name("OCSP MẪU - Ký Số")
    builder = _below(issuer, subject=name, key=key, at=at, life=AUTHORITY_LIFE)
    builder = _for_signing(builder, commitment=_Commitment.NONE)
    builder = builder.add_extension(x509.ExtendedKeyUsage([ExtendedKeyUsageOID.OCSP_SIGNING]), critical=False)
    return builder.add_extension(x509.OCSPNoCheck(), critical=False).sign(issuer.key, hashes.SHA256())


def timestamping_certificate(key: CertificatePublicKeyTypes, *, issuer: Issuer, at: datetime) -> x509.Certificate:
    """The timestamp authority: extended key usage critical and timeStamping alone (RFC 3161, 2.3)."""
    name = sample_name("TSA MẪU - Ký Số")
    builder = _below(issuer, subject=name, key=key, at=at, life=AUTHORITY_LIFE)
    builder = _for_signing(builder, commitment=_Commitment.NONE)
    builder = builder.add_extension(x509.ExtendedKeyUsage([ExtendedKeyUsageOID.TIME_STAMPING]), critical=True)
    return builder.sign(issuer.key, hashes.SHA256())


def holder_certificate(
    key: CertificatePublicKeyTypes,
    *,
    issuer: Issuer,
    ocsp_url: str,
    subject: x509.Name,
    kind: CertificateKind,
    at: datetime,
) -> x509.Certificate:
    """An official's or an agency's certificate: digitalSignature and nonRepudiation, a policy for each kind."""
    builder = _below(issuer, subject=subject, key=key, at=at, life=HOLDER_LIFE, ocsp_url=ocsp_url)
    builder = _for_signing(builder, commitment=_Commitment.CONTENT)
    policy = SIGNATURE_POLICY if kind is CertificateKind.SIGNATURE else SEAL_POLICY
    information = x509.PolicyInformation(x509.ObjectIdentifier(policy), None)
    builder = builder.add_extension(x509.CertificatePolicies([information]), critical=False)
    return builder.sign(issuer.key, hashes.SHA256())


class _Commitment(Enum):
    NONE = "digitalSignature only"
    CONTENT = "digitalSignature and nonRepudiation"


def _builder(
    *, subject: x509.Name, issuer: x509.Name, key: CertificatePublicKeyTypes, at: datetime, life: timedelta
) -> x509.CertificateBuilder:
    identifier = x509.SubjectKeyIdentifier.from_public_key(key)
    return (
        x509.CertificateBuilder()
        .subject_name(subject)
        .issuer_name(issuer)
        .public_key(key)
        .serial_number(x509.random_serial_number())
        .not_valid_before(at - _BACKDATED)
        .not_valid_after(at + life)
        .add_extension(identifier, critical=False)
    )


def _below(
    issuer: Issuer,
    *,
    subject: x509.Name,
    key: CertificatePublicKeyTypes,
    at: datetime,
    life: timedelta,
    ocsp_url: str | None = None,
) -> x509.CertificateBuilder:
    """A certificate under this issuer, with the addresses where its status and its issuer are found."""
    access = [_access(AuthorityInformationAccessOID.CA_ISSUERS, issuer.certificate_url)]
    if ocsp_url is not None:
        access.insert(0, _access(AuthorityInformationAccessOID.OCSP, ocsp_url))
    point = x509.DistributionPoint([x509.UniformResourceIdentifier(issuer.crl_url)], None, None, None)
    authority = x509.AuthorityKeyIdentifier.from_issuer_public_key(issuer.key.public_key())
    return (
        _builder(subject=subject, issuer=issuer.certificate.subject, key=key, at=at, life=life)
        .add_extension(authority, critical=False)
        .add_extension(x509.AuthorityInformationAccess(access), critical=False)
        .add_extension(x509.CRLDistributionPoints([point]), critical=False)
    )


def _access(method: x509.ObjectIdentifier, url: str) -> x509.AccessDescription:
    return x509.AccessDescription(method, x509.UniformResourceIdentifier(url))


def _as_ca(builder: x509.CertificateBuilder, *, path_length: int) -> x509.CertificateBuilder:
    usage = _key_usage(key_cert_sign=True, crl_sign=True)
    constraints = x509.BasicConstraints(ca=True, path_length=path_length)
    return builder.add_extension(constraints, critical=True).add_extension(usage, critical=True)


def _for_signing(builder: x509.CertificateBuilder, *, commitment: _Commitment) -> x509.CertificateBuilder:
    usage = _key_usage(digital_signature=True, content_commitment=commitment is _Commitment.CONTENT)
    constraints = x509.BasicConstraints(ca=False, path_length=None)
    return builder.add_extension(constraints, critical=True).add_extension(usage, critical=True)


def _key_usage(
    *,
    digital_signature: bool = False,
    content_commitment: bool = False,
    key_cert_sign: bool = False,
    crl_sign: bool = False,
) -> x509.KeyUsage:
    return x509.KeyUsage(
        digital_signature=digital_signature,
        content_commitment=content_commitment,
        key_encipherment=False,
        data_encipherment=False,
        key_agreement=False,
        key_cert_sign=key_cert_sign,
        crl_sign=crl_sign,
        encipher_only=False,
        decipher_only=False,
    )
