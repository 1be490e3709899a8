"""Calls the systems that asked for notifications, signed as Standard Webhooks has it (version 1, HMAC-SHA256).

Every attempt has the same ``webhook-id``: whoever drops identifiers that it has seen gets each exactly once. Addresses
come from outside, so they are reached through the guarded client only.
"""

from __future__ import annotations

import base64
import hashlib
import hmac
from typing import TYPE_CHECKING

from api.notifying.herald import Undelivered
from certs.errors import AddressForbidden, OnlineUnavailable

if TYPE_CHECKING:
    from datetime import datetime

    from certs.online import OnlineClient
    from issuance.notifications import Notification
    from storage.outbox import Due


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


class CallPost:
    """Implements :class:`api.notifying.herald.Post`."""

    def __init__(self, online: OnlineClient, *, master: str) -> None:
        self._online = online
        self._master = master

    def send(self, due: Due, *, at: datetime) -> None:
        """POST it; any 2xx acknowledges it."""
        notification = due.notification
        headers = signed_headers(notification, master=self._master, seconds=int(at.timestamp()))
        try:
            self._online.notify(notification.url, notification.body, headers=headers)
        except (OnlineUnavailable, AddressForbidden) as error:
            raise Undelivered(code=error.code) from error


def _key(account: str, *, master: str) -> bytes:
    return hmac.digest(master.encode(), f"webhooks of {account}".encode(), hashlib.sha256)
