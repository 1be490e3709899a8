"""Certificates for the conversation of the S3 server's parts with each other.

SeaweedFS believes whoever reaches the inner ports: a plain GET to its master deletes a bucket with everything Object
Lock protects, and so does its gRPC interface; the JWT keys cover neither. With mutual TLS on all inner ports only the
server itself gets in. The authority lives for the moment of making: nobody can issue a further certificate.
"""

from __future__ import annotations

from dataclasses import dataclass
from datetime import UTC, datetime, timedelta
from ipaddress import IPv4Address
from typing import TYPE_CHECKING

from cryptography import x509
from cryptography.hazmat.primitives import hashes, serialization
from cryptography.hazmat.primitives.asymmetric import ec
from cryptography.x509.oid import ExtendedKeyUsageOID, NameOID

from storage.embedded.place import write_whole

if TYPE_CHECKING:
    from pathlib import Path

    from storage.embedded.account import Account

# Made anew at every start; long enough for a server that is never stopped, and forgiving to a clock that is set back.
_LIFETIME = timedelta(days=3650)
_CLOCK_TOLERANCE = timedelta(days=2)
_GRPC_PARTS = ("MASTER", "VOLUME", "FILER", "S3", "ADMIN", "WORKER", "CLIENT")
_HTTP_PARTS = ("MASTER", "VOLUME", "FILER", "CLIENT")
_SECRET = 0o600


@dataclass(frozen=True, slots=True)
class InnerTls:
    """Three PEM files: the authority's certificate, and one certificate with its key that all parts share."""

    authority: Path
    certificate: Path
    key: Path

    @classmethod
    def beneath(cls, folder: Path) -> InnerTls:
        """The files in this folder."""
        return cls(folder / "authority.pem", folder / "certificate.pem", folder / "key.pem")

    def environment(self) -> dict[str, str]:
        """The settings of SeaweedFS's ``security.toml`` as environment variables."""
        settings = {"WEED_GRPC_CA": str(self.authority), "WEED_HTTPS_CLIENT_ENABLED": "true"}
        for part in _GRPC_PARTS:
            settings |= {f"WEED_GRPC_{part}_CERT": str(self.certificate), f"WEED_GRPC_{part}_KEY": str(self.key)}
        for part in _HTTP_PARTS:
            settings |= {f"WEED_HTTPS_{part}_CERT": str(self.certificate), f"WEED_HTTPS_{part}_KEY": str(self.key)}
            settings[f"WEED_HTTPS_{part}_CA"] = str(self.authority)
        return settings


def make_inner_tls(files: InnerTls, *, account: Account) -> None:
    """Write new files that only the account can read, replacing those of the last start."""
    issuer_key, key = ec.generate_private_key(ec.SECP256R1()), ec.generate_private_key(ec.SECP256R1())
    issuer = _name("Ky So embedded storage")
    authority = _certificate(subject=issuer, key=issuer_key.public_key(), issuer=issuer).add_extension(
        x509.BasicConstraints(ca=True, path_length=0), critical=True
    )
    usages = x509.ExtendedKeyUsage([ExtendedKeyUsageOID.SERVER_AUTH, ExtendedKeyUsageOID.CLIENT_AUTH])
    addresses = x509.SubjectAlternativeName([x509.IPAddress(IPv4Address("127.0.0.1")), x509.DNSName("localhost")])
    leaf = (
        _certificate(subject=_name("127.0.0.1"), key=key.public_key(), issuer=issuer)
        .add_extension(x509.BasicConstraints(ca=False, path_length=None), critical=True)
        .add_extension(usages, critical=False)
        .add_extension(addresses, critical=False)
    )
    pem = serialization.Encoding.PEM
    write_whole(
        files.authority,
        authority.sign(issuer_key, hashes.SHA256()).public_bytes(pem),
        mode=_SECRET,
        user=account.user,
        group=account.group,
    )
    write_whole(
        files.certificate,
        leaf.sign(issuer_key, hashes.SHA256()).public_bytes(pem),
        mode=_SECRET,
        user=account.user,
        group=account.group,
    )
    private = key.private_bytes(pem, serialization.PrivateFormat.PKCS8, serialization.NoEncryption())
    write_whole(files.key, private, mode=_SECRET, user=account.user, group=account.group)


def _certificate(*, subject: x509.Name, key: ec.EllipticCurvePublicKey, issuer: x509.Name) -> x509.CertificateBuilder:
    now = datetime.now(UTC)
    return (
        x509.CertificateBuilder()
        .subject_name(subject)
        .issuer_name(issuer)
        .public_key(key)
        .serial_number(x509.random_serial_number())
        .not_valid_before(now - _CLOCK_TOLERANCE)
        .not_valid_after(now + _LIFETIME)
    )


def _name(common_name: str) -> x509.Name:
    return x509.Name([x509.NameAttribute(NameOID.COMMON_NAME, common_name)])
