"""Trusted lists for tests: a signer, an operator, and lists right and wrong."""

from __future__ import annotations

from dataclasses import dataclass
from datetime import UTC, datetime, timedelta
from typing import TYPE_CHECKING

from cryptography.hazmat.primitives import hashes
from cryptography.hazmat.primitives.asymmetric import ec, padding, rsa

from certs._signed_xml import XmlSigner
from certs.algorithms import SignatureAlgorithm
from certs.certificate import SigningCertificate
from certs.trusted_list_writer import Operator, next_services, write_trusted_list

if TYPE_CHECKING:
    from certs.anchors import TrustAnchors
    from certs.trusted_list import ListedService, TrustedList
    from tests.unit.certs_pki import Member

ISSUED_AT = datetime(2026, 3, 1, 8, 0, tzinfo=UTC)
LIFE = timedelta(days=90)
OPERATOR = Operator(
    name="Cơ quan mẫu",
    territory="VN",
    street="1 phố Mẫu",
    locality="Hà Nội",
    email="ds@example.vn",
    website="https://example.vn/danh-sach",
)


def signer_of(member: Member) -> XmlSigner:
    """This member signs lists, with its own key in memory."""
    key = member.key
    certificate = SigningCertificate(member.der)
    if isinstance(key, rsa.RSAPrivateKey):
        return XmlSigner(
            certificate,
            SignatureAlgorithm.RSA_SHA256,
            lambda message: key.sign(message, padding.PKCS1v15(), hashes.SHA256()),
        )
    assert isinstance(key, ec.EllipticCurvePrivateKey)
    return XmlSigner(
        certificate, SignatureAlgorithm.ECDSA_SHA256, lambda message: key.sign(message, ec.ECDSA(hashes.SHA256()))
    )


@dataclass(frozen=True)
class ListMaker:
    """Writes lists of one signer."""

    member: Member

    @property
    def pins(self) -> frozenset[str]:
        """What the signer is pinned by."""
        return frozenset({SigningCertificate(self.member.der).sha256})

    def of(
        self,
        anchors: TrustAnchors,
        *,
        sequence: int = 1,
        issued_at: datetime = ISSUED_AT,
        life: timedelta = LIFE,
        before: TrustedList | None = None,
    ) -> bytes:
        """A list of these anchors."""
        services = next_services(anchors, before=before, at=issued_at)
        return self.write(services, sequence=sequence, issued_at=issued_at, life=life)

    def write(
        self,
        services: tuple[ListedService, ...],
        *,
        sequence: int = 1,
        issued_at: datetime = ISSUED_AT,
        life: timedelta = LIFE,
    ) -> bytes:
        """A list of these services."""
        return write_trusted_list(
            services,
            operator=OPERATOR,
            sequence=sequence,
            issued_at=issued_at,
            next_update=issued_at + life,
            signer=signer_of(self.member),
        )
