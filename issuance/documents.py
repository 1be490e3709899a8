"""A document's life in the register, from draft to issued, as values that change only along the table of steps."""

from __future__ import annotations

import hashlib
from dataclasses import dataclass, replace
from enum import Enum
from typing import TYPE_CHECKING

from issuance.document_types import NumberingOrder
from issuance.errors import WrongState

if TYPE_CHECKING:
    from datetime import date, datetime
    from uuid import UUID

    from issuance.capacity import Capacity
    from issuance.cosigners import Cosigner
    from issuance.numbers import DocumentNumber
    from signing.copy_form import CopyForm
    from signing.layout import Layout


class DocumentState(Enum):
    """Where a document stands; the values are those of the API."""

    DRAFT = "draft"
    SUBMITTED = "submitted"
    SIGNING = "signing"
    AWAITING_TIMESTAMP = "awaiting_timestamp"
    PARTLY_SIGNED = "partly_signed"
    SIGNED = "signed"
    NUMBERED = "numbered"
    SEALED = "sealed"
    ISSUED = "issued"
    DELIVERED = "delivered"
    CORRECTED = "corrected"
    REPLACED = "replaced"
    RECALLED = "recalled"
    RETURNED = "returned"
    REJECTED = "rejected"
    WITHDRAWN = "withdrawn"
    VOIDED = "voided"


STEPS: dict[DocumentState, frozenset[DocumentState]] = {
    DocumentState.DRAFT: frozenset({DocumentState.SUBMITTED, DocumentState.WITHDRAWN}),
    DocumentState.SUBMITTED: frozenset(
        {DocumentState.SIGNING, DocumentState.RETURNED, DocumentState.REJECTED, DocumentState.WITHDRAWN}
    ),
    DocumentState.RETURNED: frozenset({DocumentState.SUBMITTED, DocumentState.WITHDRAWN}),
    # Before the device has signed, the signatory may still decide otherwise.
    DocumentState.SIGNING: frozenset(
        {DocumentState.AWAITING_TIMESTAMP, DocumentState.RETURNED, DocumentState.REJECTED}
    ),
    DocumentState.AWAITING_TIMESTAMP: frozenset({DocumentState.PARTLY_SIGNED, DocumentState.SIGNED}),
    # One of several has signed; the next in order signs, or decides otherwise.
    DocumentState.PARTLY_SIGNED: frozenset(
        {DocumentState.SIGNING, DocumentState.RETURNED, DocumentState.REJECTED, DocumentState.WITHDRAWN}
    ),
    DocumentState.SIGNED: frozenset({DocumentState.NUMBERED, DocumentState.REJECTED}),
    # From here on there is a number, which never returns: the only other way out is to void it.
    DocumentState.NUMBERED: frozenset({DocumentState.SEALED, DocumentState.VOIDED}),
    DocumentState.SEALED: frozenset({DocumentState.ISSUED, DocumentState.VOIDED}),
    # An issued file is never edited; another document corrects, replaces or recalls it (Decree 30/2020, art. 18).
    DocumentState.ISSUED: frozenset(
        {DocumentState.DELIVERED, DocumentState.CORRECTED, DocumentState.REPLACED, DocumentState.RECALLED}
    ),
    DocumentState.DELIVERED: frozenset({DocumentState.CORRECTED, DocumentState.REPLACED, DocumentState.RECALLED}),
    # What was corrected before anybody fetched it is handed over with its correction.
    DocumentState.CORRECTED: frozenset(
        {DocumentState.DELIVERED, DocumentState.CORRECTED, DocumentState.REPLACED, DocumentState.RECALLED}
    ),
    DocumentState.REPLACED: frozenset({DocumentState.RECALLED}),
    DocumentState.RECALLED: frozenset(),
    DocumentState.REJECTED: frozenset(),
    DocumentState.WITHDRAWN: frozenset(),
    DocumentState.VOIDED: frozenset(),
}
"""The only steps there are; ``docs/issuance-cycle.md`` draws them."""

MAIN_PATH = (
    DocumentState.DRAFT,
    DocumentState.SUBMITTED,
    DocumentState.SIGNING,
    DocumentState.AWAITING_TIMESTAMP,
    DocumentState.SIGNED,
    DocumentState.NUMBERED,
    DocumentState.SEALED,
    DocumentState.ISSUED,
)
"""The way of a document that nothing happens to."""

BEING_ISSUED = frozenset({DocumentState.NUMBERED, DocumentState.SEALED})
"""The number is given, and a worker seals, archives and issues."""

IN_FORCE = frozenset({DocumentState.ISSUED, DocumentState.DELIVERED, DocumentState.CORRECTED})
"""Issued, and nothing has taken the place of it."""

PUBLISHED = IN_FORCE | {DocumentState.REPLACED, DocumentState.RECALLED}
"""Issued once; the file and its facts stay provable whatever came later."""

CLOSED = frozenset({DocumentState.REPLACED} | {state for state, steps in STEPS.items() if not steps})
"""Nothing comes of it any more; what was replaced may at most be recalled as well."""

CHANGED = frozenset({DocumentState.CORRECTED, DocumentState.REPLACED, DocumentState.RECALLED})
"""What another document, or the agency, did to an issued one; a delivery that follows hides none of it."""


@dataclass(frozen=True, slots=True)
class Revision:
    """One revision of the PDF, named by its SHA-256; every revision begins with its predecessor's bytes."""

    sha256: str
    length: int
    predecessor: str | None = None

    @classmethod
    def of(cls, pdf: bytes, *, after: Revision | None = None) -> Revision:
        """Describe these bytes, which follow the given revision."""
        return cls(
            sha256=hashlib.sha256(pdf).hexdigest(),
            length=len(pdf),
            predecessor=after.sha256 if after else None,
        )


@dataclass(frozen=True, slots=True)
class Original:
    """What a copy was made from; ``entry`` is its number in the agency's own register, None where others issued it."""

    document_type: str
    number: str
    issued_on: date
    agency: str
    entry: UUID | None = None

    def __str__(self) -> str:
        return f"{self.document_type} số {self.number} ngày {self.issued_on:%d/%m/%Y} của {self.agency}"


@dataclass(frozen=True, slots=True)
class CopyOf:
    """In which form (Decree 30/2020, art. 25), and of what."""

    form: CopyForm
    original: Original


@dataclass(frozen=True, slots=True)
class Draft:
    """What the sending system says of a document; names as in Decree 30/2020, Annex VI.

    An empty ``series`` asks for the one in which the agency numbers this type; the register never keeps it empty.
    ``capacity`` is what stands above the signature, line by line; ``order`` is the type's when the draft came. ``copy``
    says of a copy what it was made from; its signatory decided on it and signs nothing in the file.
    """

    agency: str
    document_type: str
    subject: str
    signatory: str
    series: str
    dossier_code: str | None = None
    procedure_code: str | None = None
    recipients: tuple[str, ...] = ()
    due_at: datetime | None = None
    callback_url: str | None = None
    external_id: str | None = None
    drafting_unit: str | None = None
    capacity: tuple[Capacity, ...] = ()
    order: NumberingOrder = NumberingOrder.SIGNATURE_FIRST
    cosigners: tuple[Cosigner, ...] = ()
    copy: CopyOf | None = None


class Purpose(Enum):
    """Whose key a signature uses: the official's own, or the agency's."""

    SIGNATURE = "signature"
    SEAL = "seal"


@dataclass(frozen=True, slots=True)
class Intent:
    """What will be signed, by whom and with which credential; committed before the key is used."""

    purpose: Purpose
    actor: str
    credential: str
    at: datetime


@dataclass(frozen=True, slots=True)
class Obstacle:
    """Why the step that is due has not been finished: the error's stable code and what it said (no personal data)."""

    code: str
    text: str
    at: datetime


@dataclass(frozen=True, slots=True)
class Document:
    """A row of the register. ``current`` is the newest good revision; ``number`` and ``issued_on`` come together.

    ``cosigned`` is how many of the draft's cosigners have signed. A copy has no ``layout``: its only cell is number 14.
    """

    id: UUID
    lookup_code: str
    draft: Draft
    layout: Layout | None
    state: DocumentState
    current: Revision
    created_by: str
    created_at: datetime
    intent: Intent | None = None
    number: DocumentNumber | None = None
    issued_on: date | None = None
    obstacle: Obstacle | None = None
    cosigned: int = 0

    @property
    def open_signers(self) -> tuple[str, ...]:
        """Whose signatures the draft asks for beyond those that cosigners made, in order; the signatory is the last."""
        return (*(one.account for one in self.draft.cosigners[self.cosigned :]), self.draft.signatory)

    @property
    def due_signer(self) -> str:
        """Whose turn it is to sign: the next cosigner, and after the last one the signatory."""
        return self.open_signers[0]

    def cosigned_by(self, account: str) -> bool:
        """Whether this account has signed as a cosigner."""
        return any(one.account == account for one in self.draft.cosigners[: self.cosigned])

    def step_to(self, state: DocumentState) -> Document:
        """The document in its next state; raises :class:`WrongState` where the table has no such step."""
        if state not in STEPS[self.state]:
            raise WrongState(state=self.state.value, step=state.value)
        return replace(self, state=state, obstacle=None)

    def revised(self, revision: Revision) -> Document:
        """The document with a newer revision, which must follow the current one."""
        if revision.predecessor != self.current.sha256:
            msg = "a revision follows the current one"
            raise RuntimeError(msg)
        return replace(self, current=revision)
