"""What anyone may know of a document: agency, type, number, date, state, digest, the signers' roles; never a person."""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING, Literal

from issuance.documents import Document, DocumentState

if TYPE_CHECKING:
    from datetime import date

    from issuance.ports import Repositories

SignerKind = Literal["signature", "seal"]


@dataclass(frozen=True, slots=True)
class PublicSigner:
    """Who stands behind a signature: the official's position, or the agency for its seal."""

    kind: SignerKind
    role: str


@dataclass(frozen=True, slots=True)
class PublicFacts:
    """A document as the public sees it; number, date, digest and signers only once it is issued."""

    code: str
    agency_id: str
    agency: str
    type: str
    state: DocumentState
    number: str | None
    issued_on: date | None
    sha256: str | None
    signers: tuple[PublicSigner, ...]


def public_facts(register: Repositories, document: Document) -> PublicFacts:
    """The public side of a document."""
    agency = register.agency(document.draft.agency)
    agency_name = agency.name if agency else document.draft.agency
    issued = document.state is DocumentState.ISSUED
    return PublicFacts(
        code=document.lookup_code,
        agency_id=document.draft.agency,
        agency=agency_name,
        type=document.draft.document_type,
        state=document.state,
        number=str(document.number) if issued and document.number else None,
        issued_on=document.issued_on if issued else None,
        sha256=document.current.sha256 if issued else None,
        signers=_signers(register, document, agency_name) if issued else (),
    )


def _signers(register: Repositories, document: Document, agency_name: str) -> tuple[PublicSigner, ...]:
    signatory = register.account(document.draft.signatory)
    position = signatory.position if signatory else None
    return (
        PublicSigner(kind="signature", role=position or "người có thẩm quyền"),
        PublicSigner(kind="seal", role=agency_name),
    )
