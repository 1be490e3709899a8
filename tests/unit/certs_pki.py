"""Certificates, answers and tokens with any defect a test wants, made with ``cryptography`` and asn1crypto.

Nothing of ``certs`` takes part, so that maker and reader do not share a mistake.
"""

from __future__ import annotations

import hashlib
from dataclasses import dataclass, field, replace
from datetime import UTC, datetime, timedelta
from typing import TYPE_CHECKING, TypedDict, Unpack

from asn1crypto import algos, cms, core, tsp
from asn1crypto import x509 as asn1_x509
from cryptography import x509
from cryptography.hazmat.primitives import hashes
from cryptography.hazmat.primitives.asymmetric import ec, ed25519, padding, rsa
from cryptography.hazmat.primitives.serialization import Encoding
from cryptography.x509 import ocsp
from cryptography.x509.oid import AuthorityInformationAccessOID, ExtendedKeyUsageOID, NameOID

if TYPE_CHECKING:
    from collections.abc import Sequence

NOW = datetime(2026, 3, 2, 8, 0, tzinfo=UTC)
DAY = timedelta(days=1)

Key = ec.EllipticCurvePrivateKey | rsa.RSAPrivateKey | ed25519.Ed25519PrivateKey


@dataclass(frozen=True)
class Member:
    """A certificate with its key."""

    certificate: x509.Certificate
    key: Key

    @property
    def der(self) -> bytes:
        return self.certificate.public_bytes(Encoding.DER)


@dataclass(frozen=True)
class Profile:
    """What a certificate is to say; the defaults make an end-entity certificate for signing."""

    name: str
    is_ca: bool = False
    path_length: int | None = None
    not_before: datetime = NOW - 30 * DAY
    not_after: datetime = NOW + 365 * DAY
    purposes: Sequence[x509.ObjectIdentifier] = ()
    purposes_critical: bool = True
    cert_sign: bool | None = None
    crl_sign: bool | None = None
    ocsp_url: str | None = None
    crl_url: str | None = None
    nocheck: bool = False
    extra: tuple[tuple[x509.ExtensionType, bool], ...] = ()
    key: Key = field(default_factory=lambda: ec.generate_private_key(ec.SECP256R1()))


def name_of(common_name: str) -> x509.Name:
    return x509.Name([x509.NameAttribute(NameOID.COMMON_NAME, common_name)])


def make(profile: Profile, issuer: Member | None = None) -> Member:
    """A certificate; self-signed where no issuer is given."""
    builder = (
        x509.CertificateBuilder()
        .subject_name(name_of(profile.name))
        .issuer_name(issuer.certificate.subject if issuer else name_of(profile.name))
        .public_key(profile.key.public_key())
        .serial_number(x509.random_serial_number())
        .not_valid_before(profile.not_before)
        .not_valid_after(profile.not_after)
        .add_extension(x509.SubjectKeyIdentifier.from_public_key(profile.key.public_key()), critical=False)
        .add_extension(x509.BasicConstraints(ca=profile.is_ca, path_length=profile.path_length), critical=True)
        .add_extension(_key_usage(profile), critical=True)
    )
    if profile.purposes:
        builder = builder.add_extension(x509.ExtendedKeyUsage(profile.purposes), critical=profile.purposes_critical)
    if profile.nocheck:
        builder = builder.add_extension(x509.OCSPNoCheck(), critical=False)
    if profile.ocsp_url:
        location = x509.UniformResourceIdentifier(profile.ocsp_url)
        access = x509.AccessDescription(AuthorityInformationAccessOID.OCSP, location)
        builder = builder.add_extension(x509.AuthorityInformationAccess([access]), critical=False)
    if profile.crl_url:
        point = x509.DistributionPoint([x509.UniformResourceIdentifier(profile.crl_url)], None, None, None)
        builder = builder.add_extension(x509.CRLDistributionPoints([point]), critical=False)
    for extension, critical in profile.extra:
        builder = builder.add_extension(extension, critical=critical)
    signing_key = issuer.key if issuer else profile.key
    digest = None if isinstance(signing_key, ed25519.Ed25519PrivateKey) else hashes.SHA256()
    return Member(builder.sign(signing_key, digest), profile.key)


class Changes(TypedDict, total=False):
    """What of a profile a test may want otherwise."""

    path_length: int | None
    not_before: datetime
    not_after: datetime
    purposes: Sequence[x509.ObjectIdentifier]
    purposes_critical: bool
    crl_sign: bool | None
    crl_url: str | None
    ocsp_url: str | None
    key: Key


def authority(name: str = "Root", issuer: Member | None = None, **changes: Unpack[Changes]) -> Member:
    return make(replace(Profile(name=name, is_ca=True), **changes), issuer)


def timestamp_authority(issuer: Member, **changes: Unpack[Changes]) -> Member:
    return make(replace(Profile(name="TSA", purposes=(ExtendedKeyUsageOID.TIME_STAMPING,)), **changes), issuer)


@dataclass(frozen=True)
class OcspAnswer:
    """An OCSP answer about ``subject``; the defaults are good, fresh and signed by the issuer."""

    subject: Member
    issuer: Member
    signer: Member | None = None
    certificates: tuple[Member, ...] = ()
    status: ocsp.OCSPCertStatus = ocsp.OCSPCertStatus.GOOD
    revoked_at: datetime | None = None
    reason: x509.ReasonFlags | None = None
    this_update: datetime = NOW - timedelta(minutes=1)
    next_update: datetime | None = NOW + DAY

    def der(self) -> bytes:
        signer = self.signer or self.issuer
        builder = (
            ocsp.OCSPResponseBuilder()
            .add_response(
                self.subject.certificate,
                self.issuer.certificate,
                hashes.SHA1(),
                self.status,
                self.this_update,
                self.next_update,
                self.revoked_at,
                self.reason,
            )
            .responder_id(ocsp.OCSPResponderEncoding.HASH, signer.certificate)
        )
        if self.certificates:
            builder = builder.certificates([each.certificate for each in self.certificates])
        assert not isinstance(signer.key, ed25519.Ed25519PrivateKey)
        return builder.sign(signer.key, hashes.SHA256()).public_bytes(Encoding.DER)


def crl(
    issuer: Member,
    *revoked: Member,
    last_update: datetime = NOW - timedelta(minutes=1),
    next_update: datetime = NOW + DAY,
    extra: tuple[tuple[x509.ExtensionType, bool], ...] = (),
    reason: x509.ReasonFlags | None = None,
) -> bytes:
    builder = (
        x509.CertificateRevocationListBuilder()
        .issuer_name(issuer.certificate.subject)
        .last_update(last_update)
        .next_update(next_update)
    )
    for extension, critical in extra:
        builder = builder.add_extension(extension, critical=critical)
    for member in revoked:
        entry = (
            x509.RevokedCertificateBuilder()
            .serial_number(member.certificate.serial_number)
            .revocation_date(NOW - timedelta(hours=1))
        )
        if reason:
            entry = entry.add_extension(x509.CRLReason(reason), critical=False)
        builder = builder.add_revoked_certificate(entry.build())
    return builder.sign(issuer.key, hashes.SHA256()).public_bytes(Encoding.DER)


@dataclass(frozen=True)
class Token:
    """A timestamp token to be made; the defaults are those of an honest one over ``digest``."""

    tsa: Member
    digest: bytes = bytes(32)
    imprint_algorithm: str = "sha256"
    nonce: int | None = None
    gen_time: datetime = NOW
    digest_algorithm: str = "sha256"
    certificates: tuple[Member, ...] | None = None
    signers: int = 1
    without: frozenset[str] = frozenset()
    bound_to: Member | None = None
    content_type: str = "tst_info"
    ess: str = "signing_certificate_v2"
    pss: bool = False
    by_key_identifier: bool = False

    def der(self) -> bytes:
        content = self._tst_info().dump()
        info = self._signer_info(content)
        certificates = (self.tsa,) if self.certificates is None else self.certificates
        signed = cms.SignedData(
            {
                "version": "v3",
                "digest_algorithms": [{"algorithm": self.digest_algorithm}],
                "encap_content_info": {
                    "content_type": "tst_info",
                    "content": core.ParsableOctetString(content),
                },
                "certificates": [asn1_x509.Certificate.load(each.der) for each in certificates],
                "signer_infos": [info] * self.signers,
            }
        )
        return bytes(cms.ContentInfo({"content_type": "signed_data", "content": signed}).dump())

    def _tst_info(self) -> tsp.TSTInfo:
        values = {
            "version": "v1",
            "policy": "2.999.7",
            "message_imprint": {
                "hash_algorithm": {"algorithm": self.imprint_algorithm},
                "hashed_message": self.digest,
            },
            "serial_number": 7,
            "gen_time": self.gen_time,
            "accuracy": {"seconds": 1, "millis": 500, "micros": 20},
            "tsa": asn1_x509.GeneralName("directory_name", self._asn1_certificate.subject),
        }
        if self.nonce is not None:
            values["nonce"] = self.nonce
        return tsp.TSTInfo(values)

    @property
    def _asn1_certificate(self) -> asn1_x509.Certificate:
        return asn1_x509.Certificate.load(self.tsa.der)

    def _signer_info(self, content: bytes) -> cms.SignerInfo:
        certificate = self._asn1_certificate
        attributes = cms.CMSAttributes(self._attributes(content))
        scheme = self._scheme()
        if self.by_key_identifier:
            identifier = cms.SignerIdentifier({"subject_key_identifier": certificate.key_identifier})
        else:
            names = {"issuer": certificate.issuer, "serial_number": certificate.serial_number}
            identifier = cms.SignerIdentifier({"issuer_and_serial_number": names})
        info = cms.SignerInfo(
            {
                "version": "v3" if self.by_key_identifier else "v1",
                "sid": identifier,
                "digest_algorithm": {"algorithm": self.digest_algorithm},
                "signature_algorithm": scheme,
                "signature": self._sign(attributes.dump()),
            }
        )
        if "signed_attrs" not in self.without:
            info["signed_attrs"] = attributes
        return info

    def _attributes(self, content: bytes) -> list[cms.CMSAttribute]:
        digest = hashlib.new(self.digest_algorithm, content).digest()
        bound = (self.bound_to or self.tsa).der
        if self.ess == "signing_certificate_v2":
            identifier = tsp.SigningCertificateV2({"certs": [{"cert_hash": hashlib.sha256(bound).digest()}]})
        else:
            identifier = tsp.SigningCertificate({"certs": [{"cert_hash": hashlib.sha1(bound).digest()}]})
        listed = {"content_type": self.content_type, "message_digest": digest, self.ess: identifier}
        return [
            cms.CMSAttribute({"type": kind, "values": [value]})
            for kind, value in listed.items()
            if kind not in self.without
        ]

    def _scheme(self) -> algos.SignedDigestAlgorithm:
        match self.tsa.key:
            case ec.EllipticCurvePrivateKey():
                return algos.SignedDigestAlgorithm({"algorithm": f"{self.digest_algorithm}_ecdsa"})
            case ed25519.Ed25519PrivateKey():
                return algos.SignedDigestAlgorithm({"algorithm": "ed25519"})
        if not self.pss:
            return algos.SignedDigestAlgorithm({"algorithm": "rsassa_pkcs1v15"})
        digest = {"algorithm": self.digest_algorithm}
        mask = algos.MaskGenAlgorithm({"algorithm": "mgf1", "parameters": digest})
        parameters = algos.RSASSAPSSParams({"hash_algorithm": digest, "mask_gen_algorithm": mask, "salt_length": 32})
        return algos.SignedDigestAlgorithm({"algorithm": "rsassa_pss", "parameters": parameters})

    def _sign(self, message: bytes) -> bytes:
        digest = {"sha1": hashes.SHA1(), "sha256": hashes.SHA256(), "sha512": hashes.SHA512()}[self.digest_algorithm]
        match self.tsa.key:
            case ec.EllipticCurvePrivateKey() as key:
                return key.sign(message, ec.ECDSA(digest))
            case ed25519.Ed25519PrivateKey() as key:
                return key.sign(message)
        scheme = padding.PSS(padding.MGF1(digest), 32) if self.pss else padding.PKCS1v15()
        return self.tsa.key.sign(message, scheme, digest)


def response(token: bytes | None, *, status: str = "granted", failure: str | None = None) -> bytes:
    """A ``TimeStampResp``."""
    info: dict[str, object] = {"status": status}
    if failure:
        info["fail_info"] = {failure}
    parts = tsp.PKIStatusInfo(info).dump() + (token or b"")
    return bytes(core.Sequence(contents=parts).dump())


def _key_usage(profile: Profile) -> x509.KeyUsage:
    return x509.KeyUsage(
        digital_signature=not profile.is_ca,
        content_commitment=not profile.is_ca,
        key_encipherment=False,
        data_encipherment=False,
        key_agreement=False,
        key_cert_sign=profile.is_ca if profile.cert_sign is None else profile.cert_sign,
        crl_sign=profile.is_ca if profile.crl_sign is None else profile.crl_sign,
        encipher_only=False,
        decipher_only=False,
    )
