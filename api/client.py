"""A small client of the HTTP interface, for the demonstration, the command line and tests.

Every call opens a connection of its own, so that a restarted server is met like a fresh one. POST calls carry an
``Idempotency-Key``; give the same one to repeat a call whose answer was lost.
"""

from __future__ import annotations

import base64
import json
import ssl
import uuid
from dataclasses import dataclass, field
from http.client import HTTPConnection, HTTPException, HTTPSConnection
from typing import TYPE_CHECKING, Self
from urllib.parse import quote, urlencode, urlsplit

from api.forms.attachments import AttachedAnswer, AttachmentAnswer, AttachmentsAnswer
from api.forms.copies import CopyMetadata, OutsideCopyMetadata, PaperCopyAnswer, PaperCopyForm
from api.forms.documents import CopiesAnswer, CreatedAnswer, DocumentAnswer, DocumentPage, DocumentSummary, MetadataForm
from api.forms.followers import FollowedAnswer, FollowerAnswer, FollowersAnswer
from api.forms.signature_requests import BatchAnswer, SignatureRequestAnswer, SignatureRequestStatus

if TYPE_CHECKING:
    from collections.abc import Mapping, Sequence
    from datetime import date
    from uuid import UUID

_DEFAULT_TIMEOUT = 90.0


class Unreachable(Exception):
    """The service did not answer; whether it did what was asked is not known, and the same call may be repeated."""


class Refused(Exception):
    """The service answered with a problem document (RFC 9457)."""

    def __init__(self, *, status: int, problem: Mapping[str, object]) -> None:
        self.status = status
        self.problem = problem
        self.code = str(problem.get("code", "unknown"))
        self.vi = str(problem.get("vi", ""))
        self.hint = str(problem.get("hint", ""))
        super().__init__(f"{status} {self.code}: {problem.get('detail') or problem.get('title') or ''}")


@dataclass(frozen=True, slots=True)
class Answer:
    """An HTTP answer; header names in lower case."""

    status: int
    headers: Mapping[str, str]
    body: bytes = field(repr=False)

    def json(self) -> dict[str, object]:
        """The body as a JSON object."""
        parsed = json.loads(self.body)
        if not isinstance(parsed, dict):
            msg = "the answer is not a JSON object"
            raise Unreachable(msg)
        return parsed


class Client:
    """Calls one service; ``with_token`` gives a client that acts for an account."""

    def __init__(self, base_url: str, *, token: str | None = None, timeout: float = _DEFAULT_TIMEOUT) -> None:
        self._base = urlsplit(base_url)
        self._token = token
        self._timeout = timeout

    def with_token(self, *, client_id: str, secret: str) -> Self:
        """A client for this account; its token is good for ten minutes."""
        form = urlencode({"grant_type": "client_credentials", "client_id": client_id, "client_secret": secret})
        answer = self.call(
            "POST", "/oauth2/token", body=form.encode(), headers={"Content-Type": "application/x-www-form-urlencoded"}
        )
        return type(self)(self._base.geturl(), token=str(answer.json()["access_token"]), timeout=self._timeout)

    def create_document(
        self, pdf: bytes, metadata: MetadataForm, *, name: str = "document.pdf", idempotency_key: str | None = None
    ) -> CreatedAnswer:
        """Submit a draft."""
        description = metadata.model_dump_json(exclude_none=True)
        body, media_type = multipart({"metadata": description}, file=pdf, name=name)
        answer = self._post("/v1/documents", body, media_type, idempotency_key)
        return CreatedAnswer.model_validate_json(answer.body)

    def revise(self, document: UUID, pdf: bytes, *, name: str = "document.pdf") -> CreatedAnswer:
        """Put a better file in the place of a draft's or a returned document's."""
        body, media_type = multipart({}, file=pdf, name=name)
        answer = self._post(f"/v1/documents/{document}/file", body, media_type, None)
        return CreatedAnswer.model_validate_json(answer.body)

    def submit(self, document: UUID) -> DocumentAnswer:
        """Hand the draft to its signatory."""
        return self._step(document, "submit", {})

    def sign(self, document: UUID, *, credential: str, activation: str, wait: int | None = None) -> DocumentAnswer:
        """Sign with a key that the server holds; the state tells whether a worker still has it."""
        return self._step(document, "signature", {"credential": credential, "activation": activation}, wait=wait)

    def ask_token(self, document: UUID, *, certificate: str) -> SignatureRequestAnswer:
        """What the official's own token has to sign; the certificate as PEM or as base64 of its DER."""
        answer = self._send(f"/v1/documents/{document}/signature-requests", {"certificate": certificate})
        return SignatureRequestAnswer.model_validate_json(answer.body)

    def ask_token_for(self, documents: Sequence[UUID], *, certificate: str) -> BatchAnswer:
        """The same for several documents."""
        order = {"certificate": certificate, "documents": [str(one) for one in documents]}
        return BatchAnswer.model_validate_json(self._send("/v1/signature-requests", order).body)

    def redeem(
        self,
        request: UUID,
        *,
        signature: bytes | None = None,
        cms: bytes | None = None,
        idempotency_key: str | None = None,
        wait: int | None = None,
    ) -> DocumentAnswer:
        """Give the token's answer: the value alone, or a whole CMS object."""
        given = {"signature": signature, "cms": cms}
        order = {name: base64.b64encode(octets).decode() for name, octets in given.items() if octets is not None}
        answer = self._send(f"/v1/signature-requests/{request}/value", order, idempotency_key, _prefer(wait))
        return DocumentAnswer.model_validate_json(answer.body)

    def redeem_all(self, values: Mapping[UUID, bytes]) -> BatchAnswer:
        """Give the values of several requests."""
        order = [{"id": str(one), "signature": base64.b64encode(value).decode()} for one, value in values.items()]
        return BatchAnswer.model_validate_json(self._send("/v1/signature-requests/values", {"values": order}).body)

    def redeem_with_file(self, request: UUID, pdf: bytes, *, name: str = "document.pdf") -> DocumentAnswer:
        """Give the whole file, signed."""
        body, media_type = multipart({}, file=pdf, name=name)
        answer = self._post(f"/v1/signature-requests/{request}/file", body, media_type, None)
        return DocumentAnswer.model_validate_json(answer.body)

    def signature_request(self, request: UUID) -> SignatureRequestStatus:
        """How far the request has come."""
        return SignatureRequestStatus.model_validate_json(self.call("GET", f"/v1/signature-requests/{request}").body)

    def file_to_sign(self, request: UUID) -> bytes:
        """The file for programs that sign whole files."""
        return self.call("GET", f"/v1/signature-requests/{request}/file").body

    def issue(
        self,
        document: UUID,
        *,
        credential: str,
        activation: str | None = None,
        issued_on: date | None = None,
        wait: int | None = None,
    ) -> DocumentAnswer:
        """Number, date and seal."""
        order = {"credential": credential, "activation": activation}
        order["issued_on"] = issued_on.isoformat() if issued_on else None
        return self._step(document, "issue", {k: v for k, v in order.items() if v is not None}, wait=wait)

    def change(self, document: UUID, step: str, *, reason: str, by: UUID | None = None) -> DocumentAnswer:
        """Return, reject, withdraw, void, deliver, recall, replace or correct the document."""
        order = {"reason": reason} | ({"by": str(by)} if by else {})
        return self._step(document, step, order)

    def attach(self, document: UUID, pdf: bytes, *, title: str) -> AttachedAnswer:
        """Add a file of its own to a draft."""
        body, media_type = multipart({"title": title}, file=pdf, name="attachment.pdf")
        answer = self._post(f"/v1/documents/{document}/attachments", body, media_type, None)
        return AttachedAnswer.model_validate_json(answer.body)

    def detach(self, document: UUID, attachment: UUID) -> None:
        """Take a file away from a draft."""
        self._post(f"/v1/documents/{document}/attachments/{attachment}/remove", None, "", None)

    def attachments(self, document: UUID) -> tuple[AttachmentAnswer, ...]:
        """The files that go out with a document."""
        answer = self.call("GET", f"/v1/documents/{document}/attachments")
        return AttachmentsAnswer.model_validate_json(answer.body).items

    def attachment_file(self, document: UUID, attachment: UUID) -> bytes:
        """The sealed file, or the one that was sent in while there is none."""
        return self.call("GET", f"/v1/documents/{document}/attachments/{attachment}/file").body

    def copy(self, original: UUID, pdf: bytes, metadata: CopyMetadata, *, wait: int | None = None) -> DocumentAnswer:
        """A copy of a paper of the register from its scan, or an extract of a document."""
        return self._copied(f"/v1/documents/{original}/copies", pdf, metadata, wait=wait)

    def copy_paper(
        self,
        pdf: bytes,
        metadata: OutsideCopyMetadata,
        *,
        wait: int | None = None,
        idempotency_key: str | None = None,
    ) -> DocumentAnswer:
        """A copy of a paper that others issued, from its scan."""
        return self._copied("/v1/copies", pdf, metadata, wait=wait, idempotency_key=idempotency_key)

    def copies(self, original: UUID) -> tuple[DocumentSummary, ...]:
        """The copies that were made of a document or paper."""
        return CopiesAnswer.model_validate_json(self.call("GET", f"/v1/documents/{original}/copies").body).items

    def _copied(
        self,
        path: str,
        pdf: bytes,
        metadata: CopyMetadata,
        *,
        wait: int | None,
        idempotency_key: str | None = None,
    ) -> DocumentAnswer:
        described = metadata.model_dump(mode="json", exclude_none=True)
        if metadata.activation is not None:
            described["activation"] = metadata.activation.get_secret_value()
        body, media_type = multipart({"metadata": json.dumps(described)}, file=pdf, name="copy.pdf")
        return DocumentAnswer.model_validate_json(
            self._post(path, body, media_type, idempotency_key, _prefer(wait)).body
        )

    def paper_copy(self, original: UUID, order: PaperCopyForm) -> PaperCopyAnswer:
        """Take a number for a paper copy of a document."""
        answer = self._post(
            f"/v1/documents/{original}/paper-copies", order.model_dump_json().encode(), "application/json", None
        )
        return PaperCopyAnswer.model_validate_json(answer.body)

    def printed(self, document: UUID, *, copy: UUID | None = None) -> bytes:
        """An issued document for a printer, or a paper copy of it."""
        which = "print" if copy is None else f"paper-copies/{copy}/print"
        return self.call("GET", f"/v1/documents/{document}/{which}").body

    def make_link(self, document: UUID, *, valid_hours: int = 72) -> str:
        """A link for one download of an issued document, for the one it is for."""
        order = json.dumps({"valid_hours": valid_hours}).encode()
        return str(self._post(f"/v1/documents/{document}/links", order, "application/json", None).json()["url"])

    def follow(self, document: UUID, address: str) -> FollowedAnswer:
        """Have what becomes of the document told to this mail address."""
        answer = self._send(f"/v1/documents/{document}/followers", {"address": address})
        return FollowedAnswer.model_validate_json(answer.body)

    def followers(self, document: UUID) -> tuple[FollowerAnswer, ...]:
        """Who is written to about it."""
        return FollowersAnswer.model_validate_json(self.call("GET", f"/v1/documents/{document}/followers").body).items

    def unfollow(self, document: UUID, follower: UUID) -> None:
        """Write to this follower no more."""
        self._post(f"/v1/documents/{document}/followers/{follower}/remove", None, "", None)

    def document(self, document: UUID) -> DocumentAnswer:
        """The document with its story."""
        return DocumentAnswer.model_validate_json(self.call("GET", f"/v1/documents/{document}").body)

    def documents(self, **query: str) -> DocumentPage:
        """A page of the agency's documents; ``state``, ``dossier_code``, ``limit`` and ``cursor`` narrow it."""
        return DocumentPage.model_validate_json(self.call("GET", f"/v1/documents?{urlencode(query)}").body)

    def file(self, document: UUID, *, revision: int | None = None) -> bytes:
        """The PDF, the newest revision unless one is named."""
        query = f"?revision={revision}" if revision else ""
        return self.call("GET", f"/v1/documents/{document}/file{query}").body

    def lookup(self, code: str) -> dict[str, object]:
        """The public facts of a document."""
        return self.call("GET", f"/v1/lookup/{quote(code, safe='')}").json()

    def verify(self, pdf: bytes, *, name: str = "document.pdf") -> dict[str, object]:
        """The verification report of a file."""
        body, media_type = multipart({}, file=pdf, name=name)
        return self.call("POST", "/v1/verifications", body=body, headers={"Content-Type": media_type}).json()

    def ready(self) -> bool:
        """Whether the service and what it needs answer."""
        try:
            return self.call("GET", "/readyz").status == 200  # noqa: PLR2004 - OK
        except (Refused, Unreachable):
            return False

    def call(
        self, method: str, path: str, *, body: bytes | None = None, headers: Mapping[str, str] | None = None
    ) -> Answer:
        """One call; raises :class:`Refused` for 4xx and 5xx, :class:`Unreachable` where no answer came."""
        answer = self._exchange(method, path, body, dict(headers or {}))
        if answer.status >= 400:  # noqa: PLR2004 - errors begin here (RFC 9110, 15)
            raise Refused(status=answer.status, problem=_problem(answer))
        return answer

    def _step(
        self, document: UUID, step: str, order: Mapping[str, str | None], *, wait: int | None = None
    ) -> DocumentAnswer:
        body = json.dumps(order).encode() if order else None
        answer = self._post(f"/v1/documents/{document}/{step}", body, "application/json", None, _prefer(wait))
        return DocumentAnswer.model_validate_json(answer.body)

    def _send(
        self,
        path: str,
        order: Mapping[str, object],
        idempotency_key: str | None = None,
        more: Mapping[str, str] | None = None,
    ) -> Answer:
        return self._post(path, json.dumps(order).encode(), "application/json", idempotency_key, more)

    def _post(
        self,
        path: str,
        body: bytes | None,
        media_type: str,
        idempotency_key: str | None,
        more: Mapping[str, str] | None = None,
    ) -> Answer:
        headers = {"Idempotency-Key": idempotency_key or str(uuid.uuid4()), **(more or {})}
        if body is not None:
            headers["Content-Type"] = media_type
        return self.call("POST", path, body=body, headers=headers)

    def _exchange(self, method: str, path: str, body: bytes | None, headers: dict[str, str]) -> Answer:
        if self._token is not None:
            headers["Authorization"] = f"Bearer {self._token}"
        connection = self._connection()
        try:
            connection.request(method, f"{self._base.path}{path}", body=body, headers=headers)
            response = connection.getresponse()
            found = {name.lower(): value for name, value in response.getheaders()}
            return Answer(status=response.status, headers=found, body=response.read())
        except (OSError, HTTPException) as error:
            msg = f"{self._base.netloc} did not answer: {error}"
            raise Unreachable(msg) from error
        finally:
            connection.close()

    def _connection(self) -> HTTPConnection:
        host, port = self._base.hostname or "", self._base.port
        if self._base.scheme == "https":
            return HTTPSConnection(host, port, timeout=self._timeout, context=ssl.create_default_context())
        return HTTPConnection(host, port, timeout=self._timeout)


def multipart(fields: Mapping[str, str], *, file: bytes, name: str) -> tuple[bytes, str]:
    """A multipart/form-data body with one PDF named ``file``, and its media type (RFC 7578)."""
    boundary = uuid.uuid4().hex
    head = b"".join(
        f'--{boundary}\r\nContent-Disposition: form-data; name="{key}"\r\n\r\n{value}\r\n'.encode()
        for key, value in fields.items()
    )
    quoted = name.replace("\\", "_").replace('"', "%22").replace("\r", "%0D").replace("\n", "%0A")
    head += (
        f'--{boundary}\r\nContent-Disposition: form-data; name="file"; filename="{quoted}"\r\n'
        "Content-Type: application/pdf\r\n\r\n"
    ).encode()
    return head + file + f"\r\n--{boundary}--\r\n".encode(), f"multipart/form-data; boundary={boundary}"


def _prefer(wait: int | None) -> dict[str, str]:
    return {} if wait is None else {"Prefer": f"wait={wait}"}


def _problem(answer: Answer) -> Mapping[str, object]:
    try:
        parsed = json.loads(answer.body)
    except ValueError:
        return {"title": answer.body[:200].decode("utf-8", "replace")}
    return parsed if isinstance(parsed, dict) else {}
