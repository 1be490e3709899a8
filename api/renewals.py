"""Renew the proofs of issued documents before they end: the worker by itself, or ``kyso renew``."""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING

import structlog

from api.error_classes import BASES
from issuance.errors import Overtaken
from issuance.renewal import renew

if TYPE_CHECKING:
    from collections.abc import Iterator
    from datetime import datetime
    from uuid import UUID

    from api.error_classes import OurError
    from issuance.outside import Outside

_AT_ONCE = 100  # documents


@dataclass(frozen=True, slots=True)
class Renewal:
    """What became of one document's proof: renewed, or why not."""

    document_id: UUID
    error: OurError | None


def renewals(outside: Outside, *, due_by: datetime) -> Iterator[Renewal]:
    """Renew every proof that is due by this moment, the most urgent first; each document once, one that fails as well.

    Raises :class:`storage.errors.StorageUnavailable` where the register is away.
    """
    begun, failed = outside.clock.now(), 0
    while True:
        with outside.uow() as register:
            # What failed is due as before and comes first again.
            due = register.ending_proofs(due_by=due_by, made_before=begun, limit=_AT_ONCE + failed)[failed:]
        if not due:
            return
        for document_id in due:
            renewal = _renewed(document_id, outside, made_before=begun)
            failed += renewal.error is not None
            yield renewal


def renewing(outside: Outside) -> Iterator[None]:
    """What the worker does every hour, document by document; what fails is told and tried again at the next look."""
    log = structlog.get_logger("kyso.renewals")
    for renewal in renewals(outside, due_by=outside.clock.now()):
        if renewal.error is None:
            log.info("proof renewed", document=str(renewal.document_id))
        else:
            code, reason = renewal.error.code, str(renewal.error)
            log.error("proof not renewed", document=str(renewal.document_id), code=code, reason=reason)
        yield


def _renewed(document_id: UUID, outside: Outside, *, made_before: datetime) -> Renewal:
    try:
        renew(document_id, made_before=made_before, outside=outside)
    except Overtaken:
        return Renewal(document_id, error=None)
    except BASES as error:
        return Renewal(document_id, error=error)
    return Renewal(document_id, error=None)
