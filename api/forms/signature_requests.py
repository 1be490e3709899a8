"""The JSON of signature requests: what an official's program asks for, gets to sign, and answers."""

from __future__ import annotations

import base64
import binascii
from datetime import datetime
from enum import Enum
from typing import TYPE_CHECKING, Annotated
from uuid import UUID

from pydantic import AfterValidator, BaseModel, ConfigDict, Field, model_validator

from api.forms.documents import DocumentSummary
from certs.algorithms import SignatureScheme
from certs.certificate import SigningCertificate, certificates_from_bytes
from issuance.documents import DocumentState
from issuance.token_answers import CmsObject, RawValue, TokenAnswer

if TYPE_CHECKING:
    from issuance.documents import Document
    from issuance.ports import SignatureRequest
    from issuance.token_signature import HandedOut

MOST_AT_ONCE = 50
_NAMES = {
    SignatureScheme.RSA_PKCS1: "rsassa_pkcs1v15",
    SignatureScheme.RSA_PSS: "rsassa_pss",
    SignatureScheme.ECDSA: "ecdsa",
    SignatureScheme.ED25519: "ed25519",
}


def _base64(text: str) -> str:
    try:
        base64.b64decode(text, validate=True)
    except (binascii.Error, ValueError) as error:
        msg = "must be base64"
        raise ValueError(msg) from error
    return text


Base64 = Annotated[str, Field(min_length=4, max_length=40_000), AfterValidator(_base64)]
Certificate = Annotated[
    str,
    Field(
        min_length=100,
        max_length=20_000,
        description="the certificate on the token: base64 of its DER, or PEM",
    ),
]


class _Form(BaseModel):
    """Requests name exactly their fields: a misspelt one is refused, not ignored."""

    model_config = ConfigDict(extra="forbid", frozen=True)


class SignatureRequestOrder(_Form):
    """Which certificate will sign; it must be enrolled for the caller's account."""

    certificate: Certificate

    def signing_certificate(self) -> SigningCertificate:
        """The certificate; raises ``CertificateUnreadable``."""
        return read_certificate(self.certificate)


class SignatureRequestsOrder(SignatureRequestOrder):
    """The same for several documents."""

    documents: tuple[UUID, ...] = Field(min_length=1, max_length=MOST_AT_ONCE)


class ValueOrder(_Form):
    """What the token answered: exactly one of the two, base64."""

    signature: Base64 | None = Field(
        default=None, description="the value over `dtbs`; ECDSA as DER or as `r || s` of equal length"
    )
    cms: Base64 | None = Field(default=None, description="a detached CMS object (DER) over the document's digest")

    @model_validator(mode="after")
    def _one_of_them(self) -> ValueOrder:
        if (self.signature is None) == (self.cms is None):
            msg = "give either signature or cms"
            raise ValueError(msg)
        return self

    def answer(self) -> TokenAnswer:
        """The answer as the core knows it."""
        if self.cms is not None:
            return CmsObject(base64.b64decode(self.cms))
        return RawValue(base64.b64decode(self.signature or ""))


class IdentifiedValue(ValueOrder):
    """An answer, and the request that it answers."""

    id: UUID


class ValuesOrder(_Form):
    """The answers to several requests."""

    values: tuple[IdentifiedValue, ...] = Field(min_length=1, max_length=MOST_AT_ONCE)


class RequestState(Enum):
    """Where a signature request stands."""

    PREPARED = "prepared"
    """It waits for its value."""
    EXPIRED = "expired"
    """No value came in time."""
    COMPLETING = "completing"
    """The value was taken; a worker adds the timestamp."""
    COMPLETED = "completed"
    """The signature is in the document."""


class SignatureRequestAnswer(BaseModel):
    """One signature by the official's own token; all octets are base64."""

    id: UUID
    document: UUID
    state: RequestState
    dtbs: str = Field(description="the data to be signed: DER of the signed attributes (RFC 5652, 5.4)")
    dtbsr: str = Field(description="its digest, for tokens that are given a digest")
    document_digest: str = Field(description="the digest over the document, for programs that make whole CMS objects")
    digest_algorithm: str = Field(examples=["sha256"])
    signature_algorithm: str = Field(examples=["rsassa_pkcs1v15", "ecdsa"])
    expires_at: datetime

    @classmethod
    def of(cls, handed_out: HandedOut, *, state: RequestState) -> SignatureRequestAnswer:
        """What the official's program gets."""
        request, prepared = handed_out.request, handed_out.prepared
        return cls.model_validate(
            {
                "id": request.id,
                "document": request.document_id,
                "state": state,
                "dtbs": _text(prepared.dtbs),
                "dtbsr": _text(prepared.dtbsr),
                "document_digest": _text(prepared.document_digest),
                "digest_algorithm": request.algorithm.digest.value,
                "signature_algorithm": _NAMES[request.algorithm.scheme],
                "expires_at": request.expires_at,
            }
        )


class SignatureRequestStatus(BaseModel):
    """How far a signature request has come, and how its document stands."""

    id: UUID
    document: UUID
    state: RequestState
    document_state: DocumentState
    expires_at: datetime

    @classmethod
    def of(cls, request: SignatureRequest, document: Document, *, at: datetime) -> SignatureRequestStatus:
        """The status at this moment."""
        return cls.model_validate(
            {
                "id": request.id,
                "document": document.id,
                "state": state_of(request, document, at=at),
                "document_state": document.state,
                "expires_at": request.expires_at,
            }
        )


class BatchItem(BaseModel):
    """One of several: what came of it, or the problem (RFC 9457) that stood against it."""

    id: UUID = Field(description="the document's id where requests were asked for, the request's where values came")
    request: SignatureRequestAnswer | None = None
    document: DocumentSummary | None = None
    problem: dict[str, object] | None = None


class BatchAnswer(BaseModel):
    """In the order of the request; one that fails does not stop the others."""

    items: tuple[BatchItem, ...]


def state_of(request: SignatureRequest, document: Document, *, at: datetime) -> RequestState:
    """Where the request stands."""
    if request.value is not None:
        waiting = document.current.sha256 == request.base
        return RequestState.COMPLETING if waiting else RequestState.COMPLETED
    late = request.expires_at is not None and at >= request.expires_at
    return RequestState.EXPIRED if late else RequestState.PREPARED


def read_certificate(text: str) -> SigningCertificate:
    """A certificate as base64 of its DER or as PEM; raises ``CertificateUnreadable``."""
    octets = text.encode("utf-8")
    if b"-----BEGIN" not in octets:
        try:
            octets = base64.b64decode(octets, validate=True)
        except (binascii.Error, ValueError):
            octets = b""
    return SigningCertificate(der=certificates_from_bytes(octets)[0])


def _text(octets: bytes) -> str:
    return base64.b64encode(octets).decode("ascii")
