"""Throw-away keys, certificates and PDFs for tests; nothing here is a secret."""

from __future__ import annotations

from dataclasses import dataclass
from datetime import UTC, datetime, timedelta
from functools import lru_cache
from io import BytesIO
from typing import TYPE_CHECKING

import pypdf
from cryptography import x509
from cryptography.hazmat.primitives import hashes
from cryptography.hazmat.primitives.asymmetric import ec, ed25519, padding, rsa
from cryptography.hazmat.primitives.serialization import Encoding
from cryptography.x509.oid import NameOID
from PIL import Image, ImageDraw
from pypdf.generic import NameObject, RectangleObject, StreamObject

from certs.algorithms import DigestAlgorithm, SignatureAlgorithm, SignatureScheme
from certs.certificate import SigningCertificate
from signing.layout import Box, Layout, OpenCells, layout_with_seal
from signing.prepared import SignatureValue

if TYPE_CHECKING:
    from signing.prepared import PreparedSignature

NOW = datetime(2026, 11, 23, 2, 15, 42, tzinfo=UTC)

Key = rsa.RSAPrivateKey | ec.EllipticCurvePrivateKey | ed25519.Ed25519PrivateKey

_HASHES = {
    DigestAlgorithm.SHA256: hashes.SHA256(),
    DigestAlgorithm.SHA384: hashes.SHA384(),
    DigestAlgorithm.SHA512: hashes.SHA512(),
}


@dataclass(frozen=True)
class SoftwareSigner:
    """A key in memory with a self-signed certificate."""

    key: Key
    certificate: SigningCertificate
    algorithm: SignatureAlgorithm

    def sign(self, prepared: PreparedSignature) -> SignatureValue:
        """What a device would answer."""
        digest = _HASHES[prepared.algorithm.digest]
        if isinstance(self.key, rsa.RSAPrivateKey):
            pss = padding.PSS(mgf=padding.MGF1(digest), salt_length=digest.digest_size)
            scheme = pss if prepared.algorithm.scheme is SignatureScheme.RSA_PSS else padding.PKCS1v15()
            return SignatureValue(self.key.sign(prepared.dtbs, scheme, digest))
        if isinstance(self.key, ec.EllipticCurvePrivateKey):
            return SignatureValue(self.key.sign(prepared.dtbs, ec.ECDSA(digest)))
        return SignatureValue(self.key.sign(prepared.dtbs))


@lru_cache(maxsize=16)
def software_signer(
    algorithm: SignatureAlgorithm = SignatureAlgorithm.RSA_SHA256, name: str = "Người Ký Mẫu"
) -> SoftwareSigner:
    """A signer for this algorithm, the same one every time."""
    key = _key(algorithm.scheme)
    subject = x509.Name([x509.NameAttribute(NameOID.COMMON_NAME, name)])
    certificate = (
        x509.CertificateBuilder()
        .subject_name(subject)
        .issuer_name(subject)
        .public_key(key.public_key())
        .serial_number(x509.random_serial_number())
        .not_valid_before(NOW - timedelta(days=30))
        .not_valid_after(NOW + timedelta(days=700))
        .add_extension(
            x509.KeyUsage(
                digital_signature=True,
                content_commitment=True,
                key_encipherment=False,
                data_encipherment=False,
                key_agreement=False,
                key_cert_sign=False,
                crl_sign=False,
                encipher_only=False,
                decipher_only=False,
            ),
            critical=True,
        )
        .sign(key, None if isinstance(key, ed25519.Ed25519PrivateKey) else hashes.SHA256())
    )
    return SoftwareSigner(key, SigningCertificate(certificate.public_bytes(Encoding.DER)), algorithm)


def _key(scheme: SignatureScheme) -> Key:
    if scheme is SignatureScheme.ECDSA:
        return ec.generate_private_key(ec.SECP256R1())
    if scheme is SignatureScheme.ED25519:
        return ed25519.Ed25519PrivateKey.generate()
    return rsa.generate_private_key(public_exponent=65537, key_size=2048)


def blank_pdf(*, pages: int = 1, rotation: int = 0, crop: tuple[float, float, float, float] | None = None) -> bytes:
    """A4 pages with a short content stream that leaves the graphics state changed, as careless software does."""
    writer = pypdf.PdfWriter()
    for _ in range(pages):
        page = writer.add_blank_page(width=595.28, height=841.89)
        content = StreamObject()
        content.set_data(b"0.5 0 0 0.5 10 10 cm 1 0 0 rg 0 0 20 20 re f")
        page[NameObject("/Contents")] = writer._add_object(content)
        if rotation:
            page.rotate(rotation)
        if crop is not None:
            page.cropbox = RectangleObject(crop)
    output = BytesIO()
    writer.write(output)
    return output.getvalue()


def open_cells(*, page: int = 1) -> OpenCells:
    """Cells that fit on an A4 page."""
    return OpenCells(
        number=Box(page=1, left=40, top=30, width=12, height=6),
        date=Box(page=1, left=110, top=30, width=60, height=6),
        signature=Box(page=page, left=110, top=200, width=50, height=22),
    )


def layout(*, page: int = 1) -> Layout:
    """The same with a seal of 36 mm."""
    return layout_with_seal(open_cells(page=page), seal_diameter=36)


def picture(colour: str) -> bytes:
    """A transparent PNG with a ring."""
    image = Image.new("RGBA", (200, 88))
    ImageDraw.Draw(image).ellipse((4, 4, 196, 84), outline=colour, width=4)
    output = BytesIO()
    image.save(output, "PNG")
    return output.getvalue()
