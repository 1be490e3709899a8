"""Set right what crashes left: ask for every document whose work nobody holds, and compare the stores.

The worker does it by itself every hour and only tells; ``kyso reconcile`` does it at once, and takes orphans away where
the operator says so. Both call what a worker calls anyway, so nothing here is a second way of doing anything.
"""

from __future__ import annotations

import hashlib
from dataclasses import asdict, dataclass
from datetime import timedelta
from typing import TYPE_CHECKING

import structlog

from api.problems.error_classes import error_classes
from api.routes.health import PROBE
from issuance.sweep import Removal, Sweep, sweep

if TYPE_CHECKING:
    from collections.abc import Callable

    from issuance.ports import Clock, UnitOfWork
    from issuance.sweep import Shelf

GRACE = timedelta(hours=24)
_OF_NO_DOCUMENT = frozenset({hashlib.sha256(PROBE).hexdigest()})


@dataclass(frozen=True, slots=True)
class Reconciliation:
    """How many unfinished documents were asked for, how many wait for a person, and what the sweep found."""

    asked_for: int
    waiting_for_somebody: int
    swept: Sweep

    def as_json(self) -> dict[str, object]:
        """For the command line."""
        return asdict(self)


def reconcile(
    *, uow: UnitOfWork, shelf: Shelf, clock: Clock, removal: Removal = Removal.TELL, grace: timedelta = GRACE
) -> Reconciliation:
    """Ask for what is unfinished, then sweep; may run beside everything else, and twice."""
    asked_for, waiting = _ask_for_unfinished(uow)
    swept = sweep(uow=uow, shelf=shelf, clock=clock, grace=grace, removal=removal, exempt=_OF_NO_DOCUMENT)
    return Reconciliation(asked_for=asked_for, waiting_for_somebody=waiting, swept=swept)


def reconciling(*, uow: UnitOfWork, shelf: Shelf, clock: Clock) -> Callable[[], None]:
    """What the worker does every hour: nothing is taken away, what is missing becomes an error in the log."""
    log = structlog.get_logger("kyso.reconcile")

    def reconcile_now() -> None:
        found = reconcile(uow=uow, shelf=shelf, clock=clock)
        tell = log.error if found.swept.missing else log.info
        tell(
            "reconciled",
            asked_for=found.asked_for,
            waiting_for_somebody=found.waiting_for_somebody,
            missing=found.swept.missing,
            orphans=len(found.swept.orphans),
        )

    return reconcile_now


def _ask_for_unfinished(uow: UnitOfWork) -> tuple[int, int]:
    """One with an obstacle that does not pass by itself is left to the person whom it waits for."""
    passing = {one.code for one in error_classes() if one.transient}
    with uow() as register:
        unfinished = register.unfinished_documents()
    waiting = 0
    for document_id in unfinished:
        with uow() as register:
            document = register.document(document_id)
            if document is not None and document.obstacle is not None and document.obstacle.code not in passing:
                waiting += 1
            else:
                register.enqueue_advance(document_id)
    return len(unfinished) - waiting, waiting
