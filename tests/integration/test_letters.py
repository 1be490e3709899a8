"""Letters on their way: what they say, through a real mail server, once unless a worker dies, never after the end."""

from __future__ import annotations

import ssl
import threading
from datetime import UTC, datetime, timedelta
from email.message import EmailMessage
from email.utils import parsedate_to_datetime
from typing import TYPE_CHECKING, Any
from uuid import uuid4

import psycopg
import pytest
from cryptography import x509
from cryptography.hazmat.primitives.serialization import Encoding, NoEncryption, PrivateFormat

from api.notifying.herald import WAITS, Herald, Undelivered
from api.notifying.letters import LetterPost, letter_of
from api.notifying.smtp import SmtpTls
from issuance.afterwards import recall
from issuance.documents import DocumentState
from issuance.following import follow, stop_letters
from issuance.lookup_code import printed_lookup_code
from issuance.notifications import LETTERS
from storage.database import conninfo
from storage.outbox import Outbox, Way
from tests.integration.test_issuance_outcomes import standing
from tests.mail_server import LOGIN, Mailbox, receiving
from tests.register_material import settle_people
from tests.small_agency import RealClock
from tests.unit.certs_pki import Profile, authority, make

if TYPE_CHECKING:
    from collections.abc import Iterator
    from pathlib import Path
    from uuid import UUID

    from sqlalchemy import Engine

    from issuance.documents import Document
    from issuance.followers import Follower
    from issuance.notifications import LetterFacts
    from storage.unit_of_work import PostgresUnitOfWork

SENDER = "ky-so@tinh-mau.example.vn"
PUBLIC_URL = "https://ky-so.example.vn"
AT = datetime(2026, 11, 24, 3, 4, 5, tzinfo=UTC)
FACTS: LetterFacts = {
    "event": "document.recalled",
    "agency": "Ủy ban nhân dân xã Mẫu",
    "type": "Giấy phép",
    "number": "07/GP-UBND",
    "issued_on": "2026-11-23",
    "lookup_code": "7K3MQX9P2BDFHT5W4",
}


@pytest.fixture
def mailbox() -> Iterator[Mailbox]:
    with receiving() as one:
        yield one


@pytest.fixture
def outbox(engine: Engine, register_url: str) -> Outbox:
    with psycopg.connect(conninfo(register_url)) as connection:
        connection.execute("TRUNCATE notifications")
    return Outbox(engine, Way.LETTER)


def herald(outbox: Outbox, mailbox: Mailbox, *, lease: timedelta = timedelta(minutes=1), **changes: object) -> Herald:
    post = LetterPost(mailbox.server(**changes), sender=SENDER, public_url=PUBLIC_URL)
    return Herald(outbox, post, RealClock(), lease=lease)


def recalled(uow: PostgresUnitOfWork, *, address: str = "ba.mau@example.vn") -> tuple[Document, Follower]:
    """A document of whose recall a follower is to be told."""
    people = settle_people(uow)
    document = standing(uow, people, DocumentState.ISSUED)
    act: dict[str, Any] = {"uow": uow, "clock": RealClock(), "actor": people.clerk, "document_id": document.id}
    follower = follow(**act, follower_id=uuid4(), address=address)
    return recall(**act, reason="Sai thể thức"), follower


def waiting(url: str) -> list[tuple[int, bool, str | None]]:
    """Attempts, whether there will be another one, and the problem of every letter."""
    query = "SELECT attempts, due_at IS NOT NULL, problem FROM notifications WHERE follower IS NOT NULL"
    with psycopg.connect(conninfo(url)) as connection:
        return connection.execute(query).fetchall()


def written(facts: LetterFacts, *, identifier: UUID | None = None, follower: UUID | None = None) -> EmailMessage:
    """The letter that tells this."""
    return letter_of(
        facts,
        identifier=identifier or uuid4(),
        follower=follower or uuid4(),
        address="ba.mau@example.vn",
        sender=SENDER,
        public_url=PUBLIC_URL,
        at=AT,
    )


def test_a_letter_is_for_people_in_both_languages_and_ends_with_one_click() -> None:
    follower, identifier = uuid4(), uuid4()
    letter = written(FACTS, identifier=identifier, follower=follower)
    assert letter["Subject"] == "Giấy phép số 07/GP-UBND đã bị thu hồi"
    assert letter["From"] == f"Ký Số <{SENDER}>"
    assert letter["To"] == "ba.mau@example.vn"
    assert parsedate_to_datetime(letter["Date"]) == AT
    assert letter["Message-ID"] == f"<{identifier}@ky-so.example.vn>"
    assert letter["Auto-Submitted"] == "auto-generated"
    stop = f"{PUBLIC_URL}/letters/{follower}/stop"
    assert (letter["List-Unsubscribe"], letter["List-Unsubscribe-Post"]) == (f"<{stop}>", "List-Unsubscribe=One-Click")
    text = letter.get_content()
    assert "Ủy ban nhân dân xã Mẫu thông báo: Giấy phép số 07/GP-UBND ngày 23/11/2026 đã bị" in text
    assert "the document 07/GP-UBND of 23/11/2026 has been recalled" in text
    for line in (f"{PUBLIC_URL}/d/7K3MQX9P2BDFHT5W4", printed_lookup_code("7K3MQX9P2BDFHT5W4"), stop):
        assert text.count(line) == 2
    assert max(map(len, letter.as_bytes().splitlines())) <= 998  # RFC 5322, 2.1.1
    assert letter.as_bytes().isascii()


@pytest.mark.parametrize("event", sorted(LETTERS))
def test_every_event_has_its_words(event: str) -> None:
    facts: LetterFacts = {**FACTS, "event": event}
    letter = written(facts)
    assert "{" not in letter.get_content()


def test_whatever_a_type_is_called_it_makes_no_other_header() -> None:
    facts: LetterFacts = {**FACTS, "type": "Giấy phép\r\nBcc: ke.gian@example.vn"}
    letter = written(facts)
    assert letter["Bcc"] is None
    assert "\r\nBcc" not in letter.as_string().partition("\r\n\r\n")[0]


def test_a_recall_reaches_its_follower(
    postgres_register: PostgresUnitOfWork, outbox: Outbox, mailbox: Mailbox, register_url: str
) -> None:
    document, follower = recalled(postgres_register)
    herald(outbox, mailbox).send_due()
    ((sender, receiver, letter),) = mailbox.letters
    assert (sender, receiver, letter["To"]) == (SENDER, follower.address, follower.address)
    assert f"/d/{document.lookup_code}" in letter.get_content()
    assert waiting(register_url) == [(1, False, None)]
    herald(outbox, mailbox).send_due()
    assert len(mailbox.letters) == 1


def test_calls_and_letters_do_not_take_each_others(
    postgres_register: PostgresUnitOfWork, outbox: Outbox, mailbox: Mailbox, engine: Engine
) -> None:
    recalled(postgres_register)
    calls = Outbox(engine, Way.CALL)
    call = calls.take_due(lease=timedelta(minutes=1))
    assert call is not None
    assert (call.notification.follower, call.address) == (None, None)
    assert calls.take_due(lease=timedelta(minutes=1)) is None
    assert calls.figures().waiting == outbox.figures().waiting == 1
    herald(outbox, mailbox).send_due()
    assert (calls.figures().waiting, outbox.figures().waiting) == (1, 0)


@pytest.mark.parametrize(
    ("at_address", "at_letter", "problem", "is_repeated"),
    [
        ("550 No such user", "", "mail-address-refused", False),
        ("451 Try again later", "", "mail-address-refused", True),
        ("", "554 Looks like spam", "mail-refused", True),
        ("", "452 Disk full", "mail-refused", True),
    ],
)
def test_what_the_mail_server_refuses_is_repeated_unless_it_never_helps(
    postgres_register: PostgresUnitOfWork,
    outbox: Outbox,
    mailbox: Mailbox,
    register_url: str,
    at_address: str,
    at_letter: str,
    problem: str,
    is_repeated: bool,  # noqa: FBT001 - of a row
) -> None:
    recalled(postgres_register)
    mailbox.at_address, mailbox.at_letter = at_address, at_letter
    before = outbox.figures()
    herald(outbox, mailbox).send_due()
    assert waiting(register_url) == [(1, is_repeated, problem)]
    after = outbox.figures()
    assert (after.failed - before.failed, after.given_up - before.given_up) == (int(is_repeated), int(not is_repeated))
    mailbox.at_address = mailbox.at_letter = ""
    with psycopg.connect(conninfo(register_url)) as connection:
        connection.execute("UPDATE notifications SET due_at = now() WHERE due_at IS NOT NULL")
    assert outbox.send_again() == int(not is_repeated)
    herald(outbox, mailbox).send_due()
    assert len(mailbox.letters) == 1


def test_a_mail_server_that_is_away_costs_an_attempt_and_at_last_the_letter(
    postgres_register: PostgresUnitOfWork, outbox: Outbox, mailbox: Mailbox, register_url: str
) -> None:
    recalled(postgres_register)
    nobody = herald(outbox, mailbox, port=1)
    nobody.send_due()
    assert waiting(register_url) == [(1, True, "mail-server-unavailable")]
    with psycopg.connect(conninfo(register_url)) as connection:
        connection.execute("UPDATE notifications SET due_at = now(), attempts = %s", (len(WAITS),))
    nobody.send_due()
    assert waiting(register_url) == [(len(WAITS) + 1, False, "mail-server-unavailable")]


def test_nothing_is_sent_to_one_who_wants_no_more(
    postgres_register: PostgresUnitOfWork, outbox: Outbox, mailbox: Mailbox, register_url: str
) -> None:
    _, follower = recalled(postgres_register)
    held = outbox.take_due(lease=timedelta(minutes=1))
    assert held is not None
    stop_letters(uow=postgres_register, clock=RealClock(), follower_id=follower.id)
    outbox.record_failure(held.notification.id, problem="mail-refused", wait=timedelta(0))  # as its worker would
    herald(outbox, mailbox).send_due()
    assert mailbox.letters == []
    assert waiting(register_url) == []


def test_what_a_dead_worker_held_is_sent_by_another_under_the_same_message_id(
    postgres_register: PostgresUnitOfWork, outbox: Outbox, mailbox: Mailbox
) -> None:
    recalled(postgres_register)
    held = outbox.take_due(lease=timedelta(0))
    assert held is not None
    post = LetterPost(mailbox.server(), sender=SENDER, public_url=PUBLIC_URL)
    post.send(held, at=datetime.now(UTC))  # and dies before it can say so
    herald(outbox, mailbox).send_due()
    assert len({letter["Message-ID"] for letter in mailbox.received}) == 1
    assert len(mailbox.received) == 2


def test_many_workers_send_each_letter_once(
    postgres_register: PostgresUnitOfWork, outbox: Outbox, mailbox: Mailbox
) -> None:
    for place in range(20):
        recalled(postgres_register, address=f"nguoi.{place}@example.vn")
    threads = [threading.Thread(target=herald(outbox, mailbox).send_due) for _ in range(4)]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join()
    assert sorted(receiver for _, receiver, _ in mailbox.letters) == sorted(
        f"nguoi.{place}@example.vn" for place in range(20)
    )


def test_one_that_cannot_be_written_holds_up_no_other(
    postgres_register: PostgresUnitOfWork, outbox: Outbox, mailbox: Mailbox, register_url: str
) -> None:
    _, odd = recalled(postgres_register)
    with psycopg.connect(conninfo(register_url)) as connection:
        connection.execute("UPDATE notifications SET body = 'odd' WHERE follower = %s", (odd.id,))
    recalled(postgres_register)
    herald(outbox, mailbox).send_due()
    assert len(mailbox.letters) == 1
    assert sorted(waiting(register_url)) == [(1, False, None), (1, True, "internal-error")]


class TestTls:
    """What a mail server outside one's own network is told, and in which order."""

    @pytest.fixture
    def strict(self, tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Iterator[Mailbox]:
        """One that takes letters over TLS alone, from who logs in; its authority is trusted by this machine."""
        with receiving(starttls=self.context("localhost", tmp_path, monkeypatch)) as one:
            yield one

    def context(self, name: str, folder: Path, monkeypatch: pytest.MonkeyPatch) -> ssl.SSLContext:
        """A server's TLS with a certificate for this name, from an authority that this machine trusts."""
        root = authority("Mail Root")
        server_name = x509.SubjectAlternativeName([x509.DNSName(name)])
        holder = make(Profile(name=name, extra=((server_name, False),)), root)
        key = holder.key.private_bytes(Encoding.PEM, PrivateFormat.PKCS8, NoEncryption())
        (folder / "server.pem").write_bytes(key + holder.certificate.public_bytes(Encoding.PEM))
        (folder / "root.pem").write_bytes(root.certificate.public_bytes(Encoding.PEM))
        monkeypatch.setenv("SSL_CERT_FILE", str(folder / "root.pem"))
        context = ssl.SSLContext(ssl.PROTOCOL_TLS_SERVER)
        context.load_cert_chain(folder / "server.pem")
        return context

    def hand_in(self, mailbox: Mailbox, **changes: object) -> None:
        letter = EmailMessage()
        letter.set_content("Mẫu")
        facts: dict[str, object] = {
            "host": "localhost",
            "tls": SmtpTls.STARTTLS,
            "user": LOGIN[0],
            "password": LOGIN[1],
        }
        mailbox.server(**facts | changes).hand_in(letter, sender=SENDER, address="ba.mau@example.vn")

    def test_a_login_goes_over_tls(self, strict: Mailbox) -> None:
        self.hand_in(strict)
        assert [letter.get_content().strip() for letter in strict.received] == ["Mẫu"]

    def test_a_wrong_password_is_told_as_such(self, strict: Mailbox) -> None:
        with pytest.raises(Undelivered) as undelivered:
            self.hand_in(strict, password="wrong")
        assert (undelivered.value.code, undelivered.value.is_final) == ("mail-login-refused", False)
        assert strict.letters == []

    def test_a_server_without_tls_gets_no_password_and_no_letter(self, mailbox: Mailbox) -> None:
        with pytest.raises(Undelivered) as undelivered:
            self.hand_in(mailbox)
        assert undelivered.value.code == "mail-server-unavailable"
        assert mailbox.letters == []

    def test_a_certificate_for_another_name_is_refused(self, tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
        context = self.context("other.example.vn", tmp_path, monkeypatch)
        with receiving(starttls=context) as impostor:
            with pytest.raises(Undelivered) as undelivered:
                self.hand_in(impostor)
            assert undelivered.value.code == "mail-server-unavailable"
            assert impostor.letters == []

    def test_nothing_shows_the_password(self, mailbox: Mailbox) -> None:
        assert "hunter2" not in repr(mailbox.server(password="hunter2"))
