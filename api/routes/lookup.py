"""What anyone may know of a document whose code they hold."""

from __future__ import annotations

from dataclasses import asdict
from datetime import date, datetime
from typing import Literal

from fastapi import APIRouter, Response
from pydantic import BaseModel, Field

from api.callers.guards import Guards
from api.dependencies import Caller, Guarded, Parts
from api.errors import CodeUnknown
from api.problems.descriptions import problem_answers
from api.public_facts import PublicFacts, is_published, public_facts
from api.wiring import Application
from issuance.documents import DocumentState
from issuance.lookup_code import parse_lookup_code

router = APIRouter(tags=["public"])


class SignerAnswer(BaseModel):
    """Who stands behind a signature: a position or an agency, never a person."""

    kind: Literal["signature", "seal"]
    role: str


class AgencyAnswer(BaseModel):
    """An agency."""

    id: str
    name: str


class EventAnswer(BaseModel):
    """What happened to the document after it was issued: corrected, replaced or recalled, when, why, through which."""

    state: DocumentState
    at: datetime
    reason: str | None
    by_number: str | None = Field(examples=["07/TB-UBND"])
    by_code: str | None = Field(description="the lookup code of the document that corrects, replaces or recalls it")


class ActAnswer(BaseModel):
    """What the document itself did to an earlier one: corrected, replaced or recalled it."""

    state: DocumentState
    at: datetime
    number: str | None = Field(examples=["05/TB-UBND"])
    code: str | None = Field(description="the lookup code of the earlier document, where it may be looked up")


class FileAnswer(BaseModel):
    """A file that went out with the document."""

    place: int
    sha256: str


class CopyFacts(BaseModel):
    """Of a copy: its form, what it was made from, and what became of that where it is known here."""

    form: str = Field(examples=["Sao y"])
    original: str = Field(examples=["Quyết định số 12/QĐ-TTg ngày 05/01/2026 của Thủ tướng Chính phủ"])
    original_state: DocumentState | None
    original_code: str | None


class LookupAnswer(BaseModel):
    """The public facts; number, date, digest and signers only once the document is issued."""

    lookup_code: str = Field(examples=["7K3MQX9P2BDFHT5W4"])
    agency: AgencyAnswer
    type: str
    number: str | None
    issued_on: date | None
    state: DocumentState
    issued: bool = Field(description="issued and in force: neither replaced nor recalled")
    sha256: str | None
    signers: tuple[SignerAnswer, ...]
    events: tuple[EventAnswer, ...]
    acts: tuple[ActAnswer, ...]
    attachments: tuple[FileAnswer, ...]
    copy_of: CopyFacts | None


def find_facts(application: Application, guards: Guards, code: str, *, caller: str) -> PublicFacts | None:
    """The public facts for a code as somebody typed it; None for every code that names no document.

    Raises ``TooManyRequests`` for an address that guesses.
    """
    guards.missed_lookups.demand(caller)
    guards.lookups.demand(caller)
    guards.lookups.count(caller)
    parsed = parse_lookup_code(code)
    with application.outside.uow() as register:
        # A code with a wrong check symbol is looked for all the same, so that every miss takes equally long.
        document = register.document_by_lookup_code(parsed or "-")
        shown = document if document and is_published(register, document) else None
        facts = public_facts(register, shown) if shown else None
    if facts is None:
        guards.missed_lookups.count(caller)
    return facts


@router.get(
    "/v1/lookup/{code}",
    operation_id="lookUpDocument",
    response_model=LookupAnswer,
    responses=problem_answers("not-found"),
)
def look_up(application: Parts, guards: Guarded, caller: Caller, code: str, response: Response) -> LookupAnswer:
    """Agency, number, date, state, SHA-256 and the signers' roles; no personal data."""
    facts = find_facts(application, guards, code, caller=caller)
    if facts is None:
        raise CodeUnknown
    response.headers["Cache-Control"] = "no-store"
    response.headers["X-Robots-Tag"] = "noindex"
    return LookupAnswer(
        lookup_code=facts.code,
        agency=AgencyAnswer(id=facts.agency_id, name=facts.agency),
        type=facts.type,
        number=facts.number,
        issued_on=facts.issued_on,
        state=facts.state,
        issued=facts.in_force,
        sha256=facts.sha256,
        signers=tuple(SignerAnswer(kind=signer.kind, role=signer.role) for signer in facts.signers),
        events=tuple(EventAnswer.model_validate(asdict(event)) for event in facts.events),
        acts=tuple(ActAnswer.model_validate(asdict(act)) for act in facts.acts),
        attachments=tuple(FileAnswer.model_validate(asdict(one)) for one in facts.attachments),
        copy_of=CopyFacts.model_validate(asdict(facts.copy)) if facts.copy else None,
    )
