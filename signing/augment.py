"""Raise a signed document's level: validation data (B-LT), then a document timestamp over all of it (B-LTA).

ETSI EN 319 142-1, 5.4 and 6.3. The old bytes stay as they are; each step is one more increment.
"""

from __future__ import annotations

from typing import TYPE_CHECKING

from signing._pyhanko import DocumentSecurityStore, asn1_certificate, asn1_crl, asn1_ocsp, increment, reading, written

if TYPE_CHECKING:
    from certs.revocation import RevocationInfo
    from signing._pyhanko import Writer


def embed_validation_data(pdf: bytes, *, revocation: RevocationInfo) -> bytes:
    """Add certificates, OCSP responses and CRLs to the document security store (no VRI: EN 319 142-1, 5.4.2.3).

    What the store already has is kept and not repeated; where it has everything, the file is answered as it is, since
    a revision that adds nothing would be one more change to explain.
    """
    writer = increment(pdf)
    supply_validation_data(writer, revocation)
    return written(writer, onto=pdf) if writer.objects else pdf


def supply_validation_data(writer: Writer, revocation: RevocationInfo) -> None:
    """The same within an increment that has more to say."""
    with reading():
        DocumentSecurityStore.supply_dss_in_writer(
            writer,
            None,
            certs=[asn1_certificate(certificate) for certificate in revocation.certificates],
            ocsps=[asn1_ocsp(response) for response in revocation.ocsps],
            crls=[asn1_crl(crl) for crl in revocation.crls],
        )
