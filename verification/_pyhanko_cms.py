"""The door to a signature's CMS object: what it says of its signer, its algorithms and its time (RFC 5652, 5.3)."""

from __future__ import annotations

import hashlib
from dataclasses import dataclass
from datetime import UTC
from functools import lru_cache
from typing import TYPE_CHECKING

from asn1crypto import x509
from cryptography.x509.oid import NameOID
from pyhanko.pdf_utils.misc import PdfError
from pyhanko.sign.general import CMSExtractionError
from pyhanko.sign.validation.errors import SignatureValidationError
from pyhanko.sign.validation.generic_cms import (
    extract_tst_data_iter,
    get_signing_cert_attr,
)

from certs.certificate import SigningCertificate
from certs.errors import CertificateUnreadable
from verification._pyhanko_certificates import certificates_of
from verification._pyhanko_sha1 import is_encapsulated
from verification._pyhanko_trust import key_bits, scheme_and_digest
from verification.foreign_text import well_formed
from verification.report import Algorithms, Signer

if TYPE_CHECKING:
    from datetime import datetime

    from asn1crypto import cms
    from cryptography.x509 import Certificate
    from pyhanko.sign.validation import EmbeddedPdfSignature

_LONGEST = 16_384  # octets of a certificate whose names are kept at hand


@dataclass(frozen=True)
class CmsFacts:
    """What the CMS object holds. ``names_certificate``: it carries an ESS signing-certificate attribute (RFC 5035)."""

    signer: Signer
    algorithms: Algorithms
    claimed_time: datetime | None
    names_certificate: bool


def facts_of(signature: EmbeddedPdfSignature) -> CmsFacts | None:
    """Read the CMS object; None where the signer's certificate is not in it.

    Raises what pyHanko and asn1crypto raise on damaged ones.
    """
    try:
        certificate = certificates_of(signature.signed_data).signer_cert
    except CMSExtractionError:
        return None
    scheme, digest = scheme_and_digest(signature.signer_info["signature_algorithm"])
    if is_encapsulated(signature):
        digest = "sha1"  # what stands for the file, whatever stands for the content
    return CmsFacts(
        signer=signer_of(certificate),
        algorithms=Algorithms(
            digest=digest or str(signature.md_algorithm), signature=scheme, key_bits=key_bits(certificate.public_key)
        ),
        claimed_time=_claimed_time(signature),
        names_certificate=_names_certificate(signature),
    )


def _claimed_time(signature: EmbeddedPdfSignature) -> datetime | None:
    """What the signer says; a time without zone is taken as UTC, one that cannot be read is nobody's harm."""
    try:
        claimed = signature.self_reported_timestamp
    except (PdfError, ValueError, TypeError, OverflowError):
        return None
    return claimed.replace(tzinfo=UTC) if claimed is not None and claimed.tzinfo is None else claimed


def _names_certificate(signature: EmbeddedPdfSignature) -> bool:
    """Whether there is such an attribute; whether it names the right certificate is for the engine."""
    try:
        return get_signing_cert_attr(signature.signer_info["signed_attrs"]) is not None
    except SignatureValidationError:
        return True


def signature_timestamps(signature: EmbeddedPdfSignature) -> tuple[cms.SignedData, ...]:
    """The time-stamp tokens in the unsigned attributes (EN 319 122-1, 5.3)."""
    return tuple(extract_tst_data_iter(signature.signer_info, signed=False))


def chain_of(signed_data: cms.SignedData) -> SigningCertificate | None:
    """The signer's certificate and all others in the CMS object, as they lie there; None where the signer's is not."""
    try:
        found = certificates_of(signed_data)
    except CMSExtractionError:
        return None
    return SigningCertificate(found.signer_cert.dump(), tuple(other.dump() for other in found.other_certs))


def signer_of(certificate: x509.Certificate) -> Signer:
    """Who the certificate names."""
    der: bytes = certificate.dump()
    return _named(der) if len(der) <= _LONGEST else _named.__wrapped__(der)


@lru_cache(maxsize=512)
def _named(der: bytes) -> Signer:
    known = SigningCertificate(der)
    digest = hashlib.sha256(der).hexdigest()
    try:
        names = known.x509
        organizations = names.subject.get_attributes_for_oid(NameOID.ORGANIZATION_NAME)
        return Signer(
            subject=well_formed(known.subject),
            common_name=_common_name(names),
            organization=well_formed(str(organizations[0].value)) if organizations else None,
            serial=f"{names.serial_number:x}",
            issuer=well_formed(names.issuer.rfc4514_string()),
            certificate_sha256=digest,
        )
    except (CertificateUnreadable, ValueError):
        # `cryptography` refuses some certificates that are in use all the same.
        forgiven = x509.Certificate.load(der)
        native = forgiven.subject.native
        return Signer(
            subject=well_formed(forgiven.subject.human_friendly),
            common_name=well_formed(str(native.get("common_name", ""))) or None,
            organization=well_formed(str(native.get("organization_name", ""))) or None,
            serial=f"{forgiven.serial_number:x}",
            issuer=well_formed(forgiven.issuer.human_friendly),
            certificate_sha256=digest,
        )


def _common_name(certificate: Certificate) -> str | None:
    names = certificate.subject.get_attributes_for_oid(NameOID.COMMON_NAME)
    return well_formed(str(names[0].value)) if names else None
