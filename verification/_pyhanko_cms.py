"""The door to a signature's CMS object: what it says of its signer, its algorithms and its time (RFC 5652, 5.3)."""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING

from cryptography.x509.oid import NameOID
from pyhanko.sign.general import extract_certificate_info
from pyhanko.sign.validation.generic_cms import (
    extract_tst_data_iter,
    get_signing_cert_attr,
)

from certs.certificate import SigningCertificate
from certs.errors import CertificateUnreadable
from verification._pyhanko_trust import key_bits, scheme_and_digest
from verification.report import Algorithms, Signer

if TYPE_CHECKING:
    from datetime import datetime

    from asn1crypto import cms, x509
    from cryptography.x509 import Certificate
    from pyhanko.sign.validation import EmbeddedPdfSignature


@dataclass(frozen=True)
class CmsFacts:
    """What the CMS object holds. ``names_certificate``: it carries an ESS signing-certificate attribute (RFC 5035)."""

    signer: Signer
    algorithms: Algorithms
    claimed_time: datetime | None
    names_certificate: bool


def facts_of(signature: EmbeddedPdfSignature) -> CmsFacts:
    """Read the CMS object; raises what pyHanko and asn1crypto raise on damaged ones."""
    certificate = extract_certificate_info(signature.signed_data).signer_cert
    scheme, digest = scheme_and_digest(signature.signer_info["signature_algorithm"])
    return CmsFacts(
        signer=signer_of(certificate),
        algorithms=Algorithms(
            digest=digest or str(signature.md_algorithm), signature=scheme, key_bits=key_bits(certificate.public_key)
        ),
        claimed_time=signature.self_reported_timestamp,
        names_certificate=get_signing_cert_attr(signature.signer_info["signed_attrs"]) is not None,
    )


def signature_timestamps(signature: EmbeddedPdfSignature) -> tuple[cms.SignedData, ...]:
    """The time-stamp tokens in the unsigned attributes (EN 319 122-1, 5.3)."""
    return tuple(extract_tst_data_iter(signature.signer_info, signed=False))


def signer_of(certificate: x509.Certificate) -> Signer:
    """Who the certificate names."""
    known = SigningCertificate(certificate.dump())
    try:
        names = known.x509
        organizations = names.subject.get_attributes_for_oid(NameOID.ORGANIZATION_NAME)
        return Signer(
            subject=known.subject,
            common_name=_common_name(names),
            organization=str(organizations[0].value) if organizations else None,
            serial=f"{names.serial_number:x}",
            issuer=names.issuer.rfc4514_string(),
        )
    except (CertificateUnreadable, ValueError):
        # `cryptography` refuses some certificates that are in use all the same.
        native = certificate.subject.native
        return Signer(
            subject=certificate.subject.human_friendly,
            common_name=native.get("common_name"),
            organization=native.get("organization_name"),
            serial=f"{certificate.serial_number:x}",
            issuer=certificate.issuer.human_friendly,
        )


def _common_name(certificate: Certificate) -> str | None:
    names = certificate.subject.get_attributes_for_oid(NameOID.COMMON_NAME)
    return str(names[0].value) if names else None
