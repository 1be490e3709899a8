"""A real mail server on loopback (aiosmtpd): it keeps what it takes, and refuses what a test tells it to refuse."""

from __future__ import annotations

import email
import socket
import threading
from contextlib import contextmanager
from dataclasses import dataclass, field
from email.policy import default
from typing import TYPE_CHECKING, Any

from aiosmtpd.controller import Controller
from aiosmtpd.smtp import AuthResult, LoginPassword

from api.notifying.smtp import MailServer, SmtpTls

if TYPE_CHECKING:
    import ssl
    from collections.abc import Iterator
    from email.message import EmailMessage

    from aiosmtpd.smtp import SMTP, Envelope, Session

LOGIN = ("ky-so", "a password of this test")


@dataclass
class Mailbox:
    """What arrived, as (sender, receiver, letter); ``at_address`` and ``at_letter`` answer instead of "250 OK"."""

    port: int = 0
    letters: list[tuple[str, str, EmailMessage]] = field(default_factory=list)
    at_address: str = ""
    at_letter: str = ""
    lock: threading.Lock = field(default_factory=threading.Lock)

    def server(self, **changes: object) -> MailServer:
        """How it is reached from here."""
        facts: dict[str, object] = {"host": "127.0.0.1", "port": self.port, "tls": SmtpTls.NONE}
        return MailServer(**facts | changes)  # type: ignore[arg-type]

    @property
    def received(self) -> list[EmailMessage]:
        """The letters alone."""
        return [letter for _, _, letter in self.letters]


class _Handler:
    def __init__(self, mailbox: Mailbox) -> None:
        self._mailbox = mailbox

    async def handle_RCPT(  # noqa: N802 - aiosmtpd's name
        self, server: SMTP, session: Session, envelope: Envelope, address: str, rcpt_options: list[str]
    ) -> str:
        del server, session, rcpt_options
        if self._mailbox.at_address:
            return self._mailbox.at_address
        envelope.rcpt_tos.append(address)
        return "250 OK"

    async def handle_DATA(  # noqa: N802 - aiosmtpd's name
        self, server: SMTP, session: Session, envelope: Envelope
    ) -> str:
        del server, session
        if self._mailbox.at_letter:
            return self._mailbox.at_letter
        assert isinstance(envelope.content, bytes)
        letter = email.message_from_bytes(envelope.content, policy=default)
        with self._mailbox.lock:
            self._mailbox.letters += [(str(envelope.mail_from), one, letter) for one in envelope.rcpt_tos]
        return "250 OK"


def _knows(_server: SMTP, _session: Session, _envelope: Envelope, _mechanism: str, given: object) -> AuthResult:
    known = LoginPassword(LOGIN[0].encode(), LOGIN[1].encode())
    return AuthResult(success=given == known, handled=False)


@contextmanager
def receiving(*, starttls: ssl.SSLContext | None = None) -> Iterator[Mailbox]:
    """Run a server; with ``starttls`` it takes letters only over TLS and after :data:`LOGIN`."""
    mailbox = Mailbox()
    strict: dict[str, Any] = (
        {"tls_context": starttls, "require_starttls": True, "auth_required": True, "authenticator": _knows}
        if starttls
        else {}
    )
    with socket.create_server(("127.0.0.1", 0)) as free:
        mailbox.port = free.getsockname()[1]
    controller = Controller(_Handler(mailbox), hostname="127.0.0.1", port=mailbox.port, **strict)
    controller.start()
    try:
        yield mailbox
    finally:
        controller.stop()
