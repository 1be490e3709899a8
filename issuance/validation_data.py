"""What a validator needs to judge the signatures that a document carries so far (ETSI EN 319 142-1, 5.4)."""

from __future__ import annotations

from typing import TYPE_CHECKING

from certs.timestamps import TimeStampToken

if TYPE_CHECKING:
    from uuid import UUID

    from certs.certificate import SigningCertificate
    from certs.revocation import RevocationInfo
    from issuance.outside import Outside


def gather_validation_data(document_id: UUID, *, outside: Outside) -> RevocationInfo:
    """Certificates, OCSP responses and CRLs for every completed signature and its timestamp.

    Raises as :meth:`issuance.ports.RevocationSource.gather`.
    """
    certificates: list[SigningCertificate] = []
    tokens: list[TimeStampToken] = []
    with outside.uow() as register:
        for request in register.signature_requests(document_id):
            if request.timestamp is None:
                continue
            credential = register.credential(request.credential)
            if credential is not None:
                certificates.append(credential.certificate)
                tokens.append(TimeStampToken(request.timestamp))
    return outside.revocation.gather(certificates=tuple(certificates), tokens=tuple(tokens), at=outside.clock.now())
