"""The door to certificates in CMS objects: the same few officials and authorities sign over and over.

asn1crypto parses a certificate field by field as it is asked, and pyHanko takes the certificates out of a CMS object
anew for each of its questions, so that each is parsed again and again. Here each is parsed once, by its whole DER.
"""

from __future__ import annotations

from functools import lru_cache

from asn1crypto import cms, x509
from pyhanko.sign import general
from pyhanko.sign.validation import generic_cms

from verification._pyhanko_errors import READ_ERRORS

_KEPT = 128
_LONGEST = 4096  # octets; longer ones are parsed each time, so that nobody fills our memory with them

CertificatesOf = general.SignedDataCerts
extract_anew = general.extract_certificate_info


def certificates_of(signed_data: cms.SignedData) -> CertificatesOf:
    """The signer's certificate and all others; raises ``CMSExtractionError`` where the signer's is not there."""
    found = [(each.chosen.untag(), each.name) for each in signed_data["certificates"]]
    certificates = [known_certificate(each) for each, kind in found if kind == "certificate"]
    signer, others = general._partition_certs(certificates, general.extract_signer_info(signed_data))  # noqa: SLF001
    return CertificatesOf(signer, others, [each for each, kind in found if kind == "v2_attr_cert"])


def known_certificate(certificate: x509.Certificate) -> x509.Certificate:
    """The same certificate as it was parsed before, if it is kept; only to be read."""
    der = certificate.dump()
    return (_known(der) or certificate) if len(der) <= _LONGEST else certificate


@lru_cache(maxsize=_KEPT)
def _known(der: bytes) -> x509.Certificate | None:
    """One that is whole, and that asn1crypto would write with the same octets whatever was looked at; None otherwise.

    It takes a default that was looked at for a change, and writes all around it anew when it is asked for the octets.
    """
    try:
        certificate = x509.Certificate.load(der, strict=True)
        _ = certificate.native
    except READ_ERRORS:
        return None
    return x509.Certificate.load(der) if certificate.dump() == der else None


def use_it() -> None:
    """Have pyHanko look for certificates here; it offers no other way in (pinned, and tested against its own)."""
    generic_cms.extract_certificate_info = certificates_of  # type: ignore[attr-defined]
