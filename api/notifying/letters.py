"""Letters to followers: what happened to the document, where to look it up, and how to get no more of them.

Plain text, in Vietnamese and then in English, with nothing in it that the lookup does not tell everybody who holds the
code. One button ends them, in the mail program too (RFC 8058).
"""

from __future__ import annotations

import json
from dataclasses import dataclass
from datetime import date
from email.headerregistry import Address
from email.message import EmailMessage
from email.policy import SMTP
from email.utils import format_datetime
from typing import TYPE_CHECKING, cast
from urllib.parse import urlsplit

from issuance.lookup_code import printed_lookup_code

if TYPE_CHECKING:
    from collections.abc import Mapping
    from datetime import datetime
    from uuid import UUID

    from api.notifying.smtp import MailServer
    from issuance.notifications import LetterFacts
    from storage.outbox import Due

_NAME = "Ký Số"


@dataclass(frozen=True, slots=True)
class _News:
    """What an event means to whoever holds the document: the subject, then a sentence in each language."""

    subject: str
    vi: str
    en: str


_NEWS: Mapping[str, _News] = {
    "document.issued": _News(
        "đã được ban hành",
        "đã được ban hành. Bạn có thể tra cứu và kiểm tra văn bản tại địa chỉ dưới đây.",
        "has been issued. You can look it up and check it at the address below.",
    ),
    "document.corrected": _News(
        "đã được đính chính",
        "đã được đính chính. Văn bản vẫn có hiệu lực; xem nội dung đính chính tại địa chỉ dưới đây.",
        "has been corrected by a notice. It remains in force; see what was corrected at the address below.",
    ),
    "document.replaced": _News(
        "đã được thay thế",
        "đã được thay thế bằng văn bản khác. Hãy xem văn bản thay thế tại địa chỉ dưới đây; đừng dùng bản cũ nữa.",
        "has been replaced by another document, which you find at the address below. Do not use the old one any more.",
    ),
    "document.recalled": _News(
        "đã bị thu hồi",
        "đã bị cơ quan ban hành thu hồi và không còn giá trị sử dụng. Lý do được nêu tại địa chỉ dưới đây.",
        "has been recalled by its agency and is no longer valid. The reason is given at the address below.",
    ),
}

_TEXT = """\
{agency} thông báo: {type} số {number} ngày {day} {vi}

Tra cứu: {lookup}
Mã tra cứu: {code}

Bạn nhận thư này vì địa chỉ của bạn được khai khi nộp hồ sơ, để biết khi có thay đổi đối với văn bản.
Không muốn nhận thư về văn bản này nữa: {stop}

--
{agency} informs you: the document {number} of {day} {en}

Look it up: {lookup}
Lookup code: {code}

You get this letter because your address was given with the application, to hear what becomes of the document.
No more letters about this document: {stop}
"""


class LetterPost:
    """Implements :class:`api.notifying.herald.Post`; ``sender`` is the address that letters come from."""

    def __init__(self, server: MailServer, *, sender: str, public_url: str) -> None:
        self._server = server
        self._sender = sender
        self._public_url = public_url

    def send(self, due: Due, *, at: datetime) -> None:
        """Hand it to the mail server; what that took and could not deliver comes back to ``sender``."""
        follower, address = due.notification.follower, due.address
        if follower is None or address is None:
            msg = "what has no follower is no letter"
            raise ValueError(msg)
        letter = letter_of(
            cast("LetterFacts", json.loads(due.notification.body)),
            identifier=due.notification.id,
            follower=follower,
            address=address,
            sender=self._sender,
            public_url=self._public_url,
            at=at,
        )
        self._server.hand_in(letter, sender=self._sender, address=address)


def letter_of(
    facts: LetterFacts,
    *,
    identifier: UUID,
    follower: UUID,
    address: str,
    sender: str,
    public_url: str,
    at: datetime,
) -> EmailMessage:
    """The letter; the same ``identifier`` makes the same Message-ID, by which mail programs know a second copy."""
    news = _NEWS[facts["event"]]
    stop = f"{public_url}/letters/{follower}/stop"
    letter = EmailMessage(policy=SMTP)
    letter["From"] = Address(_NAME, addr_spec=sender)
    letter["To"] = Address(addr_spec=address)
    letter["Subject"] = " ".join(f"{facts['type']} số {facts['number']} {news.subject}".split())
    letter["Date"] = format_datetime(at)
    letter["Message-ID"] = f"<{identifier}@{urlsplit(public_url).hostname}>"
    letter["Auto-Submitted"] = "auto-generated"  # RFC 3834: nobody's holiday answer comes back
    letter["List-Unsubscribe"] = f"<{stop}>"
    letter["List-Unsubscribe-Post"] = "List-Unsubscribe=One-Click"
    letter["Content-Language"] = "vi, en"
    text = _TEXT.format(
        **facts,
        vi=news.vi,
        en=news.en,
        day=f"{date.fromisoformat(facts['issued_on']):%d/%m/%Y}",
        lookup=f"{public_url}/d/{facts['lookup_code']}",
        code=printed_lookup_code(facts["lookup_code"]),
        stop=stop,
    )
    letter.set_content(text, cte="quoted-printable")
    return letter
