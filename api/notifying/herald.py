"""Sends what is due in an outbox, whichever way it goes, until it is delivered or given up.

Delivered at least once, with the same identifier every time. Each way has its post: calls to systems
(``api/notifying/webhooks.py``) and letters to followers (``api/notifying/letters.py``).
"""

from __future__ import annotations

from concurrent.futures import FIRST_COMPLETED, Future, ThreadPoolExecutor, wait
from datetime import timedelta
from typing import TYPE_CHECKING, Protocol

import structlog

from api.notifying.lanes import PLACES, Lanes

if TYPE_CHECKING:
    from collections.abc import Iterator
    from datetime import datetime

    from issuance.ports import Clock
    from storage.outbox import Due, Outbox

WAITS = tuple(
    timedelta(seconds=seconds)
    for seconds in (5, 30, 120, 600, 1800, 3600, 7200, 14400, 28800, 43200, 86400, 86400, 86400)
)
"""How long the first, second, … failure is waited out: four and a half days altogether, then it is given up."""

LEASE = timedelta(minutes=1)  # longer than the limit of any post
_LOOK_AGAIN = 0.5  # seconds: as long as something that has just become due waits at most while others are being sent


class Undelivered(Exception):
    """It did not arrive; ``code`` is what is kept of the reason.

    ``is_final`` where the receiver answered that it never will; then it is given up at once.
    """

    def __init__(self, *, code: str, is_final: bool = False) -> None:
        super().__init__(code)
        self.code = code
        self.is_final = is_final


class Post(Protocol):
    """One way by which notifications go out; called by several threads at once."""

    def send(self, due: Due, *, at: datetime) -> None:
        """Deliver it within the lease, or raise :class:`Undelivered`."""
        ...


class Herald:
    """Takes what is due out of the outbox, several receivers beside each other; several heralds may do so."""

    def __init__(self, outbox: Outbox, post: Post, clock: Clock, *, lease: timedelta = LEASE) -> None:
        self._outbox = outbox
        self._post = post
        self._clock = clock
        self._lease = lease
        self._lanes = Lanes()
        self._log = structlog.get_logger("kyso.notifications")

    def send_due(self) -> None:
        """Send all that is due. Raises the errors of the database; what was being sent is then sent again."""
        for _ in self.sending():
            pass

    def sending(self) -> Iterator[None]:
        """The same in steps, between which the caller may stop; what is on its way then is waited for."""
        under_way: dict[Future[bool], str] = {}
        with ThreadPoolExecutor(PLACES, thread_name_prefix="herald") as places:
            try:
                while True:
                    while self._lanes.has_room and (due := self._next()) is not None:
                        self._lanes.begin(due.receiver)
                        under_way[places.submit(self._send, due)] = due.receiver
                    if not under_way:
                        return
                    for done in wait(under_way, timeout=_LOOK_AGAIN, return_when=FIRST_COMPLETED).done:
                        self._note(done, under_way.pop(done))
                    yield
            finally:
                self._lanes.clear()  # the pool waits for all that is left

    def _next(self) -> Due | None:
        return self._outbox.take_due(lease=self._lease, passing_over=self._lanes.closed())

    def _note(self, sent: Future[bool], receiver: str) -> None:
        if sent.result():
            self._lanes.acknowledged(receiver)
        else:
            self._lanes.failed(receiver)

    def _send(self, due: Due) -> bool:
        """Whether the receiver answered, be it with a refusal."""
        identifier = due.notification.id
        try:
            self._post.send(due, at=self._clock.now())
        except Undelivered as error:
            return self._failed(due, error)
        except Exception as error:  # noqa: BLE001 - a defect of ours holds up what it met and nothing else
            self._log.error("notification not sent", id=str(identifier), defect=type(error).__name__)
            return self._failed(due, Undelivered(code="internal-error"))
        self._outbox.record_delivery(identifier)
        return True

    def _failed(self, due: Due, error: Undelivered) -> bool:
        identifier = due.notification.id
        is_last = error.is_final or due.attempt > len(WAITS)
        told = self._log.error if is_last else self._log.warning
        told("notification not delivered", id=str(identifier), attempt=due.attempt, code=error.code)
        self._outbox.record_failure(identifier, problem=error.code, wait=None if is_last else WAITS[due.attempt - 1])
        return error.is_final
