"""Sends notifications to the systems that asked for them, signed as Standard Webhooks has it (version 1, HMAC-SHA256).

Delivered at least once, with the same ``webhook-id`` every time: whoever drops identifiers that it has seen gets each
exactly once. Addresses come from outside, so they are reached through the guarded client only.
"""

from __future__ import annotations

import base64
import hashlib
import hmac
from concurrent.futures import FIRST_COMPLETED, Future, ThreadPoolExecutor, wait
from datetime import timedelta
from typing import TYPE_CHECKING

import structlog

from api.webhook_lanes import PLACES, Lanes
from certs.errors import AddressForbidden, OnlineUnavailable

if TYPE_CHECKING:
    from collections.abc import Iterator

    from certs.online import OnlineClient
    from issuance.notifications import Notification
    from issuance.ports import Clock
    from storage.outbox import Due, Outbox

WAITS = tuple(
    timedelta(seconds=seconds)
    for seconds in (5, 30, 120, 600, 1800, 3600, 7200, 14400, 28800, 43200, 86400, 86400, 86400)
)
"""How long the first, second, … failure is waited out: four and a half days altogether, then it is given up."""

LEASE = timedelta(minutes=1)  # longer than the client's own limit
_LOOK_AGAIN = 0.5  # seconds: as long as something that has just become due waits at most while others are being sent


def secret_of(account: str, *, master: str) -> str:
    """The secret that an account's system checks signatures with, ``whsec_…``; derived, so that none is kept."""
    return "whsec_" + base64.b64encode(_key(account, master=master)).decode()


def signed_headers(notification: Notification, *, master: str, seconds: int) -> dict[str, str]:
    """The three headers of Standard Webhooks; ``seconds`` since 1970 is when this attempt is made."""
    signed = f"{notification.id}.{seconds}.".encode() + notification.body
    signature = hmac.digest(_key(notification.account, master=master), signed, hashlib.sha256)
    return {
        "webhook-id": str(notification.id),
        "webhook-timestamp": str(seconds),
        "webhook-signature": f"v1,{base64.b64encode(signature).decode()}",
        "Content-Type": "application/json",
    }


class Herald:
    """Takes what is due out of the outbox, several receivers beside each other; several heralds may do so."""

    def __init__(
        self, outbox: Outbox, online: OnlineClient, clock: Clock, *, master: str, lease: timedelta = LEASE
    ) -> None:
        self._outbox = outbox
        self._online = online
        self._clock = clock
        self._master = master
        self._lease = lease
        self._lanes = Lanes()
        self._log = structlog.get_logger("kyso.webhooks")

    def send_due(self) -> None:
        """Send all that is due. Raises the errors of the database; what was being sent is then sent again."""
        for _ in self.sending():
            pass

    def sending(self) -> Iterator[None]:
        """The same in steps, between which the caller may stop; what is on its way then is waited for."""
        under_way: dict[Future[bool], str] = {}
        with ThreadPoolExecutor(PLACES, thread_name_prefix="webhook") as places:
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
        """Whether the receiver acknowledged it."""
        notification = due.notification
        headers = signed_headers(notification, master=self._master, seconds=int(self._clock.now().timestamp()))
        try:
            self._online.notify(notification.url, notification.body, headers=headers)
        except (OnlineUnavailable, AddressForbidden) as error:
            again = WAITS[due.attempt - 1] if due.attempt <= len(WAITS) else None
            told = self._log.warning if again is not None else self._log.error
            told("notification not delivered", id=str(notification.id), attempt=due.attempt, code=error.code)
            self._outbox.record_failure(notification.id, problem=error.code, wait=again)
            return False
        self._outbox.record_delivery(notification.id)
        return True


def _key(account: str, *, master: str) -> bytes:
    return hmac.digest(master.encode(), f"webhooks of {account}".encode(), hashlib.sha256)
