"""Renew the proofs of issued files before they end: the worker by itself, or ``kyso renew``."""

from __future__ import annotations

from contextlib import suppress
from dataclasses import dataclass
from typing import TYPE_CHECKING

import structlog

from api.problems.error_classes import BASES
from issuance.errors import Overtaken
from issuance.renewal import renew

if TYPE_CHECKING:
    from collections.abc import Iterator
    from datetime import datetime

    from api.problems.error_classes import OurError
    from issuance.outside import Outside
    from issuance.proofs import Proof

_AT_ONCE = 100  # files


@dataclass(frozen=True, slots=True)
class Renewal:
    """What became of the proof of one file: renewed, or why not."""

    proof: Proof
    error: OurError | None


def renewals(outside: Outside, *, due_by: datetime) -> Iterator[Renewal]:
    """Renew every proof that is due by this moment, the most urgent first; each file once, one that fails as well.

    Raises :class:`storage.errors.StorageUnavailable` where the register is away.
    """
    begun, failed = outside.clock.now(), 0
    while True:
        with outside.uow() as register:
            # What failed is due as before and comes first again.
            due = register.ending_proofs(due_by=due_by, made_before=begun, limit=_AT_ONCE + failed)[failed:]
        if not due:
            return
        for proof in due:
            renewal = Renewal(proof, error=_renewed(proof, outside))
            failed += renewal.error is not None
            yield renewal


def renewing(outside: Outside) -> Iterator[None]:
    """What the worker does every hour, file by file; what fails is told and tried again at the next look."""
    log = structlog.get_logger("kyso.renewals")
    for renewal in renewals(outside, due_by=outside.clock.now()):
        if renewal.error is None:
            log.info("proof renewed", **_named(renewal.proof))
        else:
            code, reason = renewal.error.code, str(renewal.error)
            log.error("proof not renewed", **_named(renewal.proof), code=code, reason=reason)
        yield


def _renewed(proof: Proof, outside: Outside) -> OurError | None:
    try:
        with suppress(Overtaken):
            renew(proof, outside=outside)
    except BASES as error:
        return error
    return None


def _named(proof: Proof) -> dict[str, str]:
    attachment = {"attachment": str(proof.attachment_id)} if proof.attachment_id else {}
    return {"document": str(proof.document_id)} | attachment
