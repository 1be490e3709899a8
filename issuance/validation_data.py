"""What a validator needs to judge the signatures that a document carries so far (ETSI EN 319 142-1, 5.4)."""

from __future__ import annotations

from typing import TYPE_CHECKING

from certs.timestamps import TimeStampToken

if TYPE_CHECKING:
    from collections.abc import Iterable

    from certs.revocation import RevocationInfo
    from issuance.outside import Outside
    from issuance.ports import Credential


def gather_validation_data(stamped: Iterable[tuple[Credential, bytes]], *, outside: Outside) -> RevocationInfo:
    """Certificates, OCSP responses and CRLs for every signature and its timestamp, which is given as DER.

    Raises as :meth:`issuance.ports.RevocationSource.gather`.
    """
    stamped = tuple(stamped)
    return outside.revocation.gather(
        certificates=tuple(credential.certificate for credential, _ in stamped),
        tokens=tuple(TimeStampToken(token) for _, token in stamped),
        at=outside.clock.now(),
    )
