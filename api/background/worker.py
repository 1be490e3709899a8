"""What a worker does: every due step of a document, and every hour a look ahead, so that signing need not wait.

A step that could not be finished leaves a note in the register.
"""

from __future__ import annotations

from datetime import timedelta
from functools import partial
from typing import TYPE_CHECKING

import structlog

from api.background.list_refreshing import refreshing
from api.background.reconciliation import reconciling
from api.background.renewals import renewing
from api.notifying.herald import Herald
from api.notifying.letters import LetterPost
from api.notifying.webhooks import CallPost
from api.problems.error_classes import BASES
from certs.errors import CertsError
from issuance.advance import advance, record_obstacle
from issuance.deadline_warnings import warn_of_deadlines
from issuance.following import forget_followers
from storage.jobs import Chore

if TYPE_CHECKING:
    from collections.abc import Callable, Iterator
    from uuid import UUID

    from api.wiring import Application
    from certs.revocation import RevocationGatherer
    from issuance.outside import Outside

_HOUR, _SECOND = timedelta(hours=1), timedelta(seconds=1)
LETTER_LEASE = timedelta(minutes=3)  # a mail server may be slow at each of a dozen answers


def chores_of(application: Application) -> tuple[Chore, ...]:
    """What a worker does beside its jobs; without a secret to sign with, or a mail server, notifications wait."""
    outside, settings = application.outside, application.settings
    reconcile = reconciling(uow=outside.uow, shelf=application.shelf, clock=outside.clock)
    ahead = partial(looking_ahead, outside, application.ahead)
    chores = [
        Chore("reconcile", _HOUR, reconcile),
        Chore("revocation data", _HOUR, ahead),
        Chore("proofs", _HOUR, partial(renewing, outside)),
        Chore("followers", _HOUR, partial(forgetting, outside)),
        Chore("deadlines", _HOUR, partial(warning, outside, settings.deadline_warning_days)),
    ]
    if application.trust.sources:
        lists = refreshing(application.trust, kept=application.lists, online=application.online, clock=outside.clock)
        chores.append(Chore("trusted lists", _HOUR, lists))
    if settings.webhook_secret is not None:
        calls = CallPost(application.online, master=settings.webhook_secret.get_secret_value())
        chores.append(Chore("webhooks", _SECOND, Herald(application.calls, calls, outside.clock).sending))
    if settings.mail_server is not None:
        letters = LetterPost(settings.mail_server, sender=settings.mail_from, public_url=settings.public_url)
        herald = Herald(application.letters, letters, outside.clock, lease=LETTER_LEASE)
        chores.append(Chore("letters", _SECOND, herald.sending))
    return tuple(chores)


def advancing(outside: Outside) -> Callable[[UUID], None]:
    """The function that a worker calls for each job.

    Every error becomes the document's obstacle and is raised again, so that the queue repeats a transient one. Should
    the register be away too, that error is the transient one that is raised.
    """
    log = structlog.get_logger("kyso.worker")

    def advance_one(document_id: UUID) -> None:
        try:
            advance(document_id, outside=outside)
        except BASES as error:
            log.warning("step not finished", document=str(document_id), code=error.code, transient=error.transient)
            record_obstacle(document_id, code=error.code, text=str(error), uow=outside.uow, clock=outside.clock)
            raise
        except Exception as error:  # the outermost boundary of a job
            log.exception("step failed", document=str(document_id))
            text = f"defect: {type(error).__name__}"
            record_obstacle(document_id, code="internal-error", text=text, uow=outside.uow, clock=outside.clock)
            raise

    return advance_one


def warning(outside: Outside, days: int) -> Iterator[None]:
    """Tell the sending systems what is due within so many working days, and what is late."""
    log = structlog.get_logger("kyso.worker")
    for count in warn_of_deadlines(uow=outside.uow, clock=outside.clock, warning_days=days):
        if count:
            log.info("deadlines told", warnings=count)
        yield


def forgetting(outside: Outside) -> Iterator[None]:
    """Forget the addresses of those to whom nothing more can be told."""
    log = structlog.get_logger("kyso.worker")
    for count in forget_followers(uow=outside.uow, clock=outside.clock, actor="kyso worker"):
        log.info("followers forgotten", followers=count)
        yield


def looking_ahead(outside: Outside, gatherer: RevocationGatherer) -> Iterator[None]:
    """Renew the revocation data of every credential, one by one; what fails is told and tried again at the next look.

    A certificate that turns out to be revoked or expired is told as well: it will not sign any more.
    """
    log = structlog.get_logger("kyso.worker")
    with outside.uow() as register:
        credentials = register.credentials()
    for credential in credentials:
        try:
            gatherer.gather(certificates=(credential.certificate,), tokens=(), at=outside.clock.now())
        except CertsError as error:
            log.warning("no revocation data ahead", credential=credential.name, code=error.code, reason=str(error))
        yield
