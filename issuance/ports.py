"""What the register needs from outside, as small protocols; ``hsm``, ``storage`` and ``certs`` implement them."""

from __future__ import annotations

from dataclasses import dataclass
from enum import Enum
from typing import TYPE_CHECKING, Protocol

from issuance.companions import Companions
from issuance.followers import Followers
from issuance.names import Names
from issuance.rulebook import Rulebook
from issuance.signature_requests import SignatureRequests
from signing.claims import NO_CLAIMS, Claims

if TYPE_CHECKING:
    from collections.abc import Iterator, Mapping
    from contextlib import AbstractContextManager
    from datetime import date, datetime
    from uuid import UUID

    from certs.algorithms import SignatureAlgorithm
    from certs.certificate import SigningCertificate
    from certs.revocation import RevocationInfo
    from certs.timestamps import TimeStampToken
    from issuance.documents import Document, DocumentState, Purpose, Revision
    from issuance.entries import EntryThen, RegisterEntry
    from issuance.notifications import Notification
    from issuance.numbers import DocumentNumber, NumberingRule, NumberSeries
    from issuance.statistics import Punctuality, StepDuration
    from signing.prepared import SignatureValue


class Clock(Protocol):
    """The time."""

    def now(self) -> datetime:
        """The present moment, aware, UTC."""
        ...


class SigningDevice(Protocol):
    """Keys that can sign; ``key`` is a PKCS#11 URI (RFC 7512). Errors are those of the device's package."""

    def sign(self, *, key: str, dtbs: bytes, algorithm: SignatureAlgorithm) -> SignatureValue:
        """Sign the data (not its digest), once."""
        ...


class Timestamper(Protocol):
    """A timestamp authority, or several with failover (RFC 3161)."""

    def stamp(self, digest: bytes) -> TimeStampToken:
        """A checked token over this SHA-256 digest."""
        ...


class RevocationSource(Protocol):
    """Revocation data for signing certificates and timestamps."""

    def gather(
        self,
        *,
        certificates: tuple[SigningCertificate, ...],
        tokens: tuple[TimeStampToken, ...],
        authorities: tuple[SigningCertificate, ...] = (),
        at: datetime,
        afterwards: bool = False,
    ) -> RevocationInfo:
        """Everything a validator needs to judge these chains at this time: certificates, OCSP responses, CRLs.

        Of what was signed before, asked about ``afterwards``, a revoked certificate is an answer and no error.
        """
        ...


class Blobs(Protocol):
    """Immutable bytes named by their SHA-256."""

    def put(self, blob: bytes, *, retain_until: datetime | None = None) -> str:
        """Store and read back; answers the SHA-256 in hexadecimal. Storing the same bytes again is no error."""
        ...

    def get(self, sha256: str) -> bytes:
        """The bytes, checked against their name."""
        ...


class Role(Enum):
    """What an account may do in its agency."""

    SUBMITTER = "submitter"
    SIGNATORY = "signatory"
    CLERK = "clerk"


@dataclass(frozen=True, slots=True)
class Agency:
    """An issuing agency; ``id`` is its identifier (QĐ 20/2020, QCVN 102:2016), ``seal_diameter`` in millimetres."""

    id: str
    name: str
    parent: str | None
    place: str
    seal_diameter: float
    seal_image: bytes


@dataclass(frozen=True, slots=True)
class Account:
    """A person or a system that acts; ``signature_image`` is the official's handwritten signature as PNG.

    One that was closed does nothing any more; what it did stays.
    """

    id: str
    agency: str
    full_name: str
    position: str | None
    roles: frozenset[Role]
    signature_image: bytes | None = None
    closed_at: datetime | None = None


@dataclass(frozen=True, slots=True)
class Credential:
    """A key with its certificate: an official's own (``holder`` is the account) or the agency's (``holder`` None).

    ``key`` is None where the official keeps it, on a token of their own. One that was withdrawn signs no more.
    """

    name: str
    agency: str
    purpose: Purpose
    holder: str | None
    key: str | None
    algorithm: SignatureAlgorithm
    certificate: SigningCertificate
    withdrawn_at: datetime | None = None


@dataclass(frozen=True, slots=True)
class SignatureRequest:
    """A signature between its two halves: prepared, recorded before the key is used, and redeemed once.

    ``base`` is the revision it builds on; ``increment`` the bytes that were added to it, so that the prepared file is
    ``base bytes + increment``; the first ``filled`` of them are number and date. ``value`` is None until the device has
    answered, ``timestamp`` (the DER token over the value) until the authority has. ``turn`` counts the officials who
    signed before. One that an official's own token answers has an ``id`` and an end, then the name of the answer that
    was taken, and with a program that makes whole CMS objects the ``container`` that it made.
    """

    document_id: UUID
    purpose: Purpose
    base: str
    increment: bytes
    reserved_start: int
    reserved_end: int
    document_digest: bytes
    signed_attributes: bytes
    algorithm: SignatureAlgorithm
    credential: str
    created_at: datetime
    value: bytes | None = None
    timestamp: bytes | None = None
    turn: int = 0
    filled: int = 0
    claims: Claims = NO_CLAIMS
    id: UUID | None = None
    expires_at: datetime | None = None
    container: bytes | None = None
    redeemed_by: UUID | None = None


@dataclass(frozen=True, slots=True)
class AuditEvent:
    """One act, traceable to an actor; ``facts`` holds digests, numbers and codes, never personal data or secrets."""

    at: datetime
    actor: str
    action: str
    document_id: UUID | None
    facts: Mapping[str, str]


@dataclass(frozen=True, slots=True)
class TimelineStep:
    """When a document reached a state, through whom, and where the law asks for it, why and by which other document.

    After issuing, ``reason`` is what the public is told.
    """

    state: DocumentState
    at: datetime
    actor: str
    reason: str | None = None
    other: UUID | None = None


class Repositories(Rulebook, Companions, Followers, SignatureRequests, Names, Protocol):
    """One open transaction. Nothing is visible to others until the ``with`` block of :class:`UnitOfWork` ends well."""

    # documents
    def add_document(self, document: Document) -> None:
        """Insert a new row; its first revision is added separately."""
        ...

    def document(self, document_id: UUID) -> Document | None:
        """The document, or None."""
        ...

    def locked_document(self, document_id: UUID) -> Document | None:
        """The document with its row locked until the transaction ends."""
        ...

    def save_document(self, document: Document) -> None:
        """Write back all but what the sender said of the document."""
        ...

    def document_by_lookup_code(self, code: str) -> Document | None:
        """The document with this code, in its stored form (17 characters)."""
        ...

    def document_by_sha256(self, sha256: str) -> Document | None:
        """The document that has a revision with this digest."""
        ...

    def documents(
        self,
        *,
        agency: str,
        state: DocumentState | None,
        dossier_code: str | None,
        after: UUID | None,
        limit: int,
        due_before: datetime | None = None,
    ) -> list[Document]:
        """Newest first (ids are UUIDv7-ordered), at most ``limit``, older than ``after``.

        ``due_before`` leaves those that were due before this moment and are neither issued nor ended.
        """
        ...

    def due_documents(self, *, agency: str, until: datetime, limit: int) -> list[Document]:
        """Those that are due by this moment and are neither issued nor ended, the most urgent first."""
        ...

    def expected_documents(self, *, until: datetime, after: UUID | None, limit: int) -> list[Document]:
        """Of all agencies, those whose sender gave an address, due by this moment and neither issued nor ended.

        In order of their identifiers, from the one behind ``after`` on.
        """
        ...

    def unfinished_documents(self) -> list[UUID]:
        """Documents in a state that the service itself leaves: signing, awaiting_timestamp, numbered, sealed."""
        ...

    def add_revision(self, document_id: UUID, revision: Revision) -> None:
        """Append to the chain of revisions; one without a predecessor begins a new chain."""
        ...

    def revisions(self, document_id: UUID) -> list[Revision]:
        """The chain, oldest first."""
        ...

    def revision_digests(self) -> Iterator[str]:
        """The SHA-256 of every file that is named, revisions and attachments, rising, each once; read in the block."""
        ...

    def add_timeline_step(self, document_id: UUID, step: TimelineStep) -> None:
        """Append a step."""
        ...

    def timeline(self, document_id: UUID) -> list[TimelineStep]:
        """The steps, oldest first."""
        ...

    def steps_through(self, document_id: UUID) -> list[tuple[UUID, TimelineStep]]:
        """The steps that other documents took through this one, with whose they are, oldest first."""
        ...

    # numbers
    def next_number(self, series: NumberSeries, *, issued_on: date) -> DocumentNumber:
        """Take the next number of the series under its row lock and remember the date; ``series.symbol`` stands behind.

        Raises ``issuance.errors.DateInvalid`` where the date lies before the newest one of the series.
        """
        ...

    def add_series(self, series: NumberSeries) -> None:
        """Insert a series that starts at 01, or behind what the register has; one that exists stays as it is."""
        ...

    def pass_entries(self, *, agency: str, year: int, series: str, symbol: str) -> None:
        """Let the series of this name or symbol go on behind all numbers and dates that the register has of either."""
        ...

    def all_series(self, agency: str) -> list[NumberSeries]:
        """The agency's series, the newest year first, then by name."""
        ...

    def series(self, *, agency: str, name: str, year: int) -> NumberSeries | None:
        """The series, or None where the agency has none of this name in this year."""
        ...

    def continued_series(self, *, agency: str, name: str, year: int) -> NumberSeries | None:
        """The series, opened at 01 where the agency had one of this name in an earlier year; None where it had none."""
        ...

    def add_numbering_rule(self, rule: NumberingRule) -> None:
        """Insert or replace; another series of the agency must not use the symbol."""
        ...

    def numbering_rule(self, *, agency: str, document_type: str) -> NumberingRule | None:
        """The agency's rule for this type, or None."""
        ...

    # register
    def add_entry(self, entry: RegisterEntry) -> None:
        """Append; each (number, symbol, agency) of a year, and each number of a series, is there once."""
        ...

    def void_entry(self, entry_id: UUID, *, at: datetime, reason: str) -> None:
        """Mark the number as void, once."""
        ...

    def entry(self, entry_id: UUID) -> RegisterEntry | None:
        """The entry, or None."""
        ...

    def entries(self, *, agency: str, year: int, until: datetime) -> list[EntryThen]:
        """What had been registered at this moment, as it then stood; by series and number."""
        ...

    def taken_numbers(self, *, agency: str, year: int) -> set[DocumentNumber]:
        """Every number of the year."""
        ...

    # figures
    def punctuality(self, *, agency: str | None, since: datetime, until: datetime, now: datetime) -> list[Punctuality]:
        """Documents that were due between these moments, by agency and procedure; all agencies for None."""
        ...

    def step_durations(self, *, agency: str | None, since: datetime, until: datetime) -> list[StepDuration]:
        """How long these documents stayed in each state that they have left."""
        ...

    # notifications, audit and jobs
    def has_notification(self, notification_id: UUID) -> bool:
        """Whether it was written down already."""
        ...

    def add_notification(self, notification: Notification) -> None:
        """Append; a worker sends it once this transaction is committed. The same one is never there twice."""
        ...

    def append_audit(self, event: AuditEvent) -> None:
        """Append an event; it is never changed or removed."""
        ...

    def enqueue_advance(self, document_id: UUID) -> None:
        """Ask a worker to take the document's due step; one waiting job per document is enough."""
        ...


class UnitOfWork(Protocol):
    """Opens transactions: commits when the block ends well, rolls back when it raises."""

    def __call__(self) -> AbstractContextManager[Repositories]:
        """Open a transaction."""
        ...
