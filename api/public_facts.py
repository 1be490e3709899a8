"""What anyone may know of a document: agency, type, number, date, state, digest, the signers' roles; never a person."""

from __future__ import annotations

from dataclasses import asdict, dataclass
from typing import TYPE_CHECKING, Literal

from issuance.capacity import printed_capacity
from issuance.document_types import Publication
from issuance.documents import CHANGED, IN_FORCE, PUBLISHED, Document, DocumentState

if TYPE_CHECKING:
    from datetime import date, datetime

    from issuance.documents import CopyOf
    from issuance.ports import Repositories

SignerKind = Literal["signature", "seal"]


@dataclass(frozen=True, slots=True)
class PublicSigner:
    """Who stands behind a signature: the official's position, or the agency for its seal."""

    kind: SignerKind
    role: str


@dataclass(frozen=True, slots=True)
class PublicEvent:
    """What happened to a document after it was issued, why, and the number of the one that did it.

    ``by_code`` is there where that one may be looked up.
    """

    state: DocumentState
    at: datetime
    reason: str | None
    by_number: str | None
    by_code: str | None


@dataclass(frozen=True, slots=True)
class PublicAct:
    """What a document did to an earlier one: corrected, replaced or recalled it; its code where it may be looked up."""

    state: DocumentState
    at: datetime
    number: str | None
    code: str | None


@dataclass(frozen=True, slots=True)
class PublicAttachment:
    """A file that went out with the document; its title may name people, so that only its place is told."""

    place: int
    sha256: str


@dataclass(frozen=True, slots=True)
class PublicCopy:
    """Of a copy: its form, and what it was made from, with the state and code where that is known here."""

    form: str
    original: str
    original_state: DocumentState | None
    original_code: str | None

    def as_json(self) -> dict[str, str | None]:
        """As lookup and verification tell it."""
        state = self.original_state.value if self.original_state else None
        return asdict(self) | {"original_state": state}

    @property
    def original_in_force(self) -> bool:
        """Whether nothing is known here that took the original's place."""
        return self.original_state is None or self.original_state in IN_FORCE


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
    events: tuple[PublicEvent, ...] = ()
    acts: tuple[PublicAct, ...] = ()
    attachments: tuple[PublicAttachment, ...] = ()
    copy: PublicCopy | None = None

    @property
    def in_force(self) -> bool:
        """Whether it was issued, and nothing has taken its place."""
        return self.state in IN_FORCE

    @property
    def standing(self) -> DocumentState:
        """What was done to it last, or where it stands: that it was handed over hides no correction."""
        return self.events[-1].state if self.events else self.state


def public_facts(register: Repositories, document: Document) -> PublicFacts:
    """The public side of a document."""
    agency = register.agency(document.draft.agency)
    agency_name = agency.name if agency else document.draft.agency
    issued = document.state in PUBLISHED
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
        events=_events(register, document) if issued else (),
        acts=_acts(register, document) if issued else (),
        attachments=_attachments(register, document) if issued else (),
        copy=_copy(register, document.draft.copy) if issued and document.draft.copy else None,
    )


def is_published(register: Repositories, document: Document) -> bool:
    """Whether the agency lets the holder of the code know anything of this type."""
    found = register.document_type(agency=document.draft.agency, name=document.draft.document_type)
    return found is None or found.publication is Publication.BY_CODE


def _events(register: Repositories, document: Document) -> tuple[PublicEvent, ...]:
    """What changed it after the issue, oldest first; to whom it was handed over is not for the public."""
    events = []
    for step in register.timeline(document.id):
        if step.state in CHANGED:
            other = register.document(step.other) if step.other else None
            number, code = _named(register, other)
            events.append(PublicEvent(step.state, step.at, step.reason, by_number=number, by_code=code))
    return tuple(events)


def _acts(register: Repositories, document: Document) -> tuple[PublicAct, ...]:
    """What it did to others, oldest first: whoever holds a replacement learns what it replaces."""
    acts = []
    for whose, step in register.steps_through(document.id):
        if step.state in CHANGED:
            number, code = _named(register, register.document(whose))
            acts.append(PublicAct(step.state, step.at, number=number, code=code))
    return tuple(acts)


def _named(register: Repositories, other: Document | None) -> tuple[str | None, str | None]:
    """The number of another document, and its code where the holder of this one may look it up."""
    if other is None:
        return None, None
    number = str(other.number) if other.number else None
    return number, other.lookup_code if is_published(register, other) else None


def _copy(register: Repositories, copy: CopyOf) -> PublicCopy:
    original = register.document(copy.original.entry) if copy.original.entry else None
    told = original is not None and is_published(register, original)
    return PublicCopy(
        form=copy.form.value,
        original=str(copy.original),
        original_state=original.state if original and told else None,
        original_code=original.lookup_code if original and told else None,
    )


def _attachments(register: Repositories, document: Document) -> tuple[PublicAttachment, ...]:
    return tuple(PublicAttachment(one.place, one.current.sha256) for one in register.attachments(document.id))


def _signers(register: Repositories, document: Document, agency_name: str) -> tuple[PublicSigner, ...]:
    if document.draft.copy is not None:
        return (PublicSigner(kind="seal", role=agency_name),)
    signatory = register.account(document.draft.signatory)
    position = (signatory.position if signatory else None) or "người có thẩm quyền"
    return (
        PublicSigner(kind="signature", role=f"{printed_capacity(document.draft.capacity)} {position}".strip()),
        PublicSigner(kind="seal", role=agency_name),
    )
