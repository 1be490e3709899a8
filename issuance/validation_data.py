"""What a validator needs to judge the signatures that a document carries so far (ETSI EN 319 142-1, 5.4)."""

from __future__ import annotations

from typing import TYPE_CHECKING

from certs.timestamps import TimeStampToken

if TYPE_CHECKING:
    from uuid import UUID

    from certs.revocation import RevocationInfo
    from issuance.outside import Outside


def gather_validation_data(document_id: UUID, *, outside: Outside) -> RevocationInfo:
    """Certificates, OCSP responses and CRLs for every completed signature and its timestamp.

    Raises as :meth:`issuance.ports.RevocationSource.gather`.
    """
    with outside.uow() as register:
        stamped = register.stamped_signatures(document_id)
    return outside.revocation.gather(
        certificates=tuple(credential.certificate for credential, _ in stamped),
        tokens=tuple(TimeStampToken(token) for _, token in stamped),
        at=outside.clock.now(),
    )
