"""The main job, strictly through the running HTTP interface: what a one-stop system, an official and a clerk would do.

Typeset, submit, sign, issue, fetch, look up, verify. Each step is told in one line with its time. A part of the service
that is restarted meanwhile is waited for: every call that is made here may be repeated.
"""

from __future__ import annotations

import hashlib
import uuid
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from dataclasses import asdict
from datetime import datetime, timedelta
from pathlib import Path
from typing import TYPE_CHECKING, TypeVar

from api.client import Client, Refused, Unreachable
from api.demo.notice import Notice, typeset_notice
from api.demo.outcome import Outcome, Verification
from api.demo.people import (
    AGENCY,
    CLERK,
    SEAL_CREDENTIAL,
    SERIES,
    SIGNATORY,
    SIGNATORY_CREDENTIAL,
    SUBMITTER,
    DemonstrationSecrets,
)
from api.demo.persistence import persistently
from api.demo.telling import Line, Teller, near, seconds, size_of
from api.forms.documents import BoxForm, DocumentAnswer, LayoutForm, MetadataForm
from issuance.documents import MAIN_PATH, DocumentState
from issuance.lookup_code import printed_lookup_code

if TYPE_CHECKING:
    from uuid import UUID

    from signing.layout import Box

Answered = TypeVar("Answered")

_PATIENCE = timedelta(seconds=90)
_WAIT = 20  # seconds that one call may take


class DemonstrationFailed(Exception):
    """A step did not end as it must; ``step`` and ``reason`` are for people, in Vietnamese."""

    def __init__(self, *, step: str, reason: str) -> None:
        super().__init__(f"{step}: {reason}")
        self.step = step
        self.reason = reason


class _Contradiction(Exception):
    """Two answers of the service do not agree."""

    def __init__(self, *, reason: str) -> None:
        super().__init__(reason)


class _NotYet(Unreachable):
    """The service still works on the document."""

    def __init__(self, *, state: DocumentState) -> None:
        super().__init__(f"dịch vụ vẫn đang xử lý văn bản (trạng thái {state.value})")


def run_scenario(client: Client, *, home: Path, secrets: DemonstrationSecrets, teller: Teller, at: datetime) -> Outcome:
    """Issue the sample notice and tell how it went; ``at`` is the moment it is written.

    The issued file is left in ``home/issued``. Raises :class:`DemonstrationFailed` where the service refuses a step,
    or cannot do it within a minute and a half.
    """
    players = _Players(client, secrets)
    with _told(teller, "Soạn thông báo mẫu") as line:
        notice = typeset_notice(created_at=at)
        line.remark = f"2 trang A4, {size_of(notice.pdf)}"
    document = _sign_and_issue(players, notice, teller)
    with _told(teller, "Tải văn bản đã phát hành") as line:
        issued = players.ask(CLERK, lambda clerk: clerk.file(document.id))
        sha256 = hashlib.sha256(issued).hexdigest()
        if sha256 != document.sha256:
            raise _Contradiction(reason="mã băm của tệp khác với mã trong sổ đăng ký")
        pdf = _keep(issued, folder=home.absolute() / "issued", document=document)
        line.remark = f"{size_of(issued)}, SHA-256 {sha256[:16]}…"
    with _told(teller, "Tra cứu theo mã") as line:
        facts = players.ask(None, lambda public: public.lookup(document.lookup_code))
        if (facts["sha256"], facts["number"]) != (sha256, document.number):
            raise _Contradiction(reason="kết quả tra cứu khác với văn bản đã phát hành")
        line.remark = "số, ngày, mã băm trùng với văn bản"
    with _told(teller, "Kiểm tra chữ ký số") as line:
        verification = Verification.of(players.ask(None, lambda public: public.verify(issued, name=pdf.name)))
        line.remark = f"{verification.signatures} chữ ký số, {verification.timestamps} dấu thời gian của văn bản"
    return Outcome(
        document_id=document.id,
        lookup_code=document.lookup_code,
        number=document.number or "",
        pdf=pdf,
        sha256=sha256,
        verification=verification,
        seconds=teller.elapsed,
    )


def tell_outcome(outcome: Outcome, teller: Teller) -> None:
    """The verdict, and where the document is."""
    verdict = outcome.verification
    level = verdict.level.value.replace("_", "-", 1)
    words = f"{verdict.indication.value} · mức {level} · {verdict.reason}"
    teller.verdict(words, style="bold green" if outcome.succeeded else "bold red")
    teller.fact("Số, ký hiệu", outcome.number)
    teller.fact("Mã tra cứu", printed_lookup_code(outcome.lookup_code))
    teller.fact("Văn bản", near(outcome.pdf))
    teller.fact("Tổng cộng", seconds(outcome.seconds))


class _Players:
    """The three accounts and the public, each with a client of its own; whatever they ask may be asked again."""

    def __init__(self, client: Client, secrets: DemonstrationSecrets) -> None:
        self._public = client
        self._secrets = secrets
        self._clients: dict[str, Client] = {}

    def ask(self, account: str | None, question: Callable[[Client], Answered]) -> Answered:
        """The answer, patiently; ``None`` asks as the public does, without a token."""
        return persistently(lambda: question(self._client(account)), patience=_PATIENCE)

    def move(
        self, account: str, document: UUID, *, to: DocumentState, step: Callable[[Client], DocumentAnswer]
    ) -> None:
        """Take the step until the document has arrived; a step whose answer was lost is not taken twice."""

        def arrive() -> None:
            client = self._client(account)
            if MAIN_PATH.index(client.document(document).state) < MAIN_PATH.index(to):
                reached = step(client).state
                if MAIN_PATH.index(reached) < MAIN_PATH.index(to):
                    raise _NotYet(state=reached)

        persistently(arrive, patience=_PATIENCE)

    @property
    def activation(self) -> str:
        """The signatory's code."""
        return self._secrets.activation

    def _client(self, account: str | None) -> Client:
        if account is None:
            return self._public
        if account not in self._clients:
            secret = self._secrets.accounts[account]
            self._clients[account] = self._public.with_token(client_id=account, secret=secret)
        return self._clients[account]


def _sign_and_issue(players: _Players, notice: Notice, teller: Teller) -> DocumentAnswer:
    """From the draft to the issued document as the clerk reads it."""
    with _told(teller, "Gửi dự thảo") as line:
        key, metadata = str(uuid.uuid4()), metadata_of(notice)
        name = "thong-bao.pdf"
        draft = players.ask(
            SUBMITTER, lambda one: one.create_document(notice.pdf, metadata, name=name, idempotency_key=key)
        )
        line.remark = f"mã tra cứu {printed_lookup_code(draft.lookup_code)}"
    with _told(teller, "Trình ký") as line:
        players.move(SUBMITTER, draft.id, to=DocumentState.SUBMITTED, step=lambda one: one.submit(draft.id))
        line.remark = f"{notice.text.position} {notice.text.signer}"
    with _told(teller, "Người có thẩm quyền ký số") as line:
        sign = {"credential": SIGNATORY_CREDENTIAL, "activation": players.activation}
        players.move(
            SIGNATORY, draft.id, to=DocumentState.SIGNED, step=lambda one: one.sign(draft.id, wait=_WAIT, **sign)
        )
        line.remark = "khóa trong token PKCS#11, có dấu thời gian"
    with _told(teller, "Vào số, ghi ngày, ký số cơ quan") as line:
        players.move(
            CLERK,
            draft.id,
            to=DocumentState.ISSUED,
            step=lambda one: one.issue(draft.id, credential=SEAL_CREDENTIAL, wait=_WAIT),
        )
        issued = players.ask(CLERK, lambda one: one.document(draft.id))
        line.remark = f"số {issued.number}, ngày {issued.issued_on:%d/%m/%Y}"
    return issued


def metadata_of(notice: Notice) -> MetadataForm:
    """What the submitting system says of the notice."""

    def form(box: Box) -> BoxForm:
        return BoxForm.model_validate(asdict(box))

    cells, text = notice.cells, notice.text
    return MetadataForm(
        agency=AGENCY,
        type=text.document_type,
        subject=text.subject,
        signatory=SIGNATORY,
        series=SERIES,
        recipients=text.recipients,
        layout=LayoutForm(
            number=form(cells.number), date=form(cells.date), signature=form(cells.signature), code=form(cells.code)
        ),
    )


def _keep(pdf: bytes, *, folder: Path, document: DocumentAnswer) -> Path:
    """Write the issued file under its year and number."""
    year = document.issued_on.year if document.issued_on else 0
    number = (document.number or str(document.id)).replace("/", "-")
    folder.mkdir(parents=True, exist_ok=True)
    file = folder / f"{year}-{number}.pdf"
    file.write_bytes(pdf)
    return file


@contextmanager
def _told(teller: Teller, name: str) -> Iterator[Line]:
    """A step with its line; what goes against it becomes :class:`DemonstrationFailed`."""
    try:
        with teller.step(name) as line:
            yield line
    except Refused as refusal:
        reason = f"{refusal.vi or refusal} ({refusal.code})"
        raise DemonstrationFailed(step=name, reason=reason) from refusal
    except (Unreachable, _Contradiction) as error:
        raise DemonstrationFailed(step=name, reason=str(error)) from error
