"""Hands a letter to the operator's mail server (RFC 5321), over TLS unless that is in the operator's own network."""

from __future__ import annotations

import smtplib
import ssl
from contextlib import suppress
from dataclasses import dataclass, field
from enum import Enum
from typing import TYPE_CHECKING

from api.notifying.herald import Undelivered

if TYPE_CHECKING:
    from email.message import EmailMessage

_PATIENCE = 10.0  # seconds for each answer of the server
_PERMANENT = 500  # RFC 5321, 4.2.1: the answer will be the same next time


class SmtpTls(Enum):
    """How a connection is protected: upgraded before anything is said (RFC 3207), from its start (RFC 8314), or not."""

    STARTTLS = "starttls"
    IMPLICIT = "implicit"
    NONE = "none"


@dataclass(frozen=True, slots=True)
class MailServer:
    """Where letters are handed in; without a ``user`` nobody logs in."""

    host: str
    port: int
    tls: SmtpTls
    user: str = ""
    password: str = field(default="", repr=False)

    def hand_in(self, letter: EmailMessage, *, sender: str, address: str) -> None:
        """Give it to the server, for this one address; raises :class:`Undelivered`."""
        try:
            client = self._connected()
        except (OSError, smtplib.SMTPException) as error:
            raise Undelivered(code=_code_of(error)) from error
        try:
            client.send_message(letter, from_addr=sender, to_addrs=[address])
        except smtplib.SMTPRecipientsRefused as error:
            is_final = all(code >= _PERMANENT for code, _ in error.recipients.values())
            raise Undelivered(code="mail-address-refused", is_final=is_final) from error
        except (OSError, smtplib.SMTPException) as error:
            raise Undelivered(code=_code_of(error)) from error
        finally:
            _leave(client)

    def greet(self) -> None:
        """Connect, log in and leave; raises :class:`Undelivered`."""
        try:
            _leave(self._connected())
        except (OSError, smtplib.SMTPException) as error:
            raise Undelivered(code=_code_of(error)) from error

    def _connected(self) -> smtplib.SMTP:
        trusted = ssl.create_default_context()
        if self.tls is SmtpTls.IMPLICIT:
            client: smtplib.SMTP = smtplib.SMTP_SSL(self.host, self.port, timeout=_PATIENCE, context=trusted)
        else:
            client = smtplib.SMTP(self.host, self.port, timeout=_PATIENCE)
        try:
            if self.tls is SmtpTls.STARTTLS:
                client.starttls(context=trusted)
            if self.user:
                client.login(self.user, self.password)
        except BaseException:
            client.close()
            raise
        return client


def _leave(client: smtplib.SMTP) -> None:
    """Say goodbye; whatever the server answers, what it took it has."""
    with suppress(OSError, smtplib.SMTPException):
        client.quit()
    client.close()


def _code_of(error: OSError | smtplib.SMTPException) -> str:
    if isinstance(error, smtplib.SMTPAuthenticationError):
        return "mail-login-refused"
    return "mail-refused" if isinstance(error, smtplib.SMTPResponseException) else "mail-server-unavailable"
