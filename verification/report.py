"""The answer of a verification: one verdict for the file and one for each signature, with the facts they rest on.

Indications and sub-indications are those of ETSI EN 319 102-1, clauses 5.1.2 and 5.1.3. The JSON form is a promise to
programs outside this repository; its schema is in the documentation of ``POST /v1/verifications``.
"""

from __future__ import annotations

from dataclasses import dataclass
from datetime import UTC
from enum import Enum
from typing import TYPE_CHECKING

if TYPE_CHECKING:
    from datetime import datetime


class Indication(Enum):
    """The main indication of EN 319 102-1, and one word for a file that nobody signed."""

    TOTAL_PASSED = "TOTAL_PASSED"
    INDETERMINATE = "INDETERMINATE"
    TOTAL_FAILED = "TOTAL_FAILED"
    NO_SIGNATURE_FOUND = "NO_SIGNATURE_FOUND"


class SubIndication(Enum):
    """Why a signature did not pass (EN 319 102-1, Table 6)."""

    FORMAT_FAILURE = "FORMAT_FAILURE"
    HASH_FAILURE = "HASH_FAILURE"
    SIG_CRYPTO_FAILURE = "SIG_CRYPTO_FAILURE"
    REVOKED = "REVOKED"
    EXPIRED = "EXPIRED"
    NOT_YET_VALID = "NOT_YET_VALID"
    SIG_CONSTRAINTS_FAILURE = "SIG_CONSTRAINTS_FAILURE"
    CHAIN_CONSTRAINTS_FAILURE = "CHAIN_CONSTRAINTS_FAILURE"
    CERTIFICATE_CHAIN_GENERAL_FAILURE = "CERTIFICATE_CHAIN_GENERAL_FAILURE"
    CRYPTO_CONSTRAINTS_FAILURE = "CRYPTO_CONSTRAINTS_FAILURE"
    POLICY_PROCESSING_ERROR = "POLICY_PROCESSING_ERROR"
    SIGNATURE_POLICY_NOT_AVAILABLE = "SIGNATURE_POLICY_NOT_AVAILABLE"
    TIMESTAMP_ORDER_FAILURE = "TIMESTAMP_ORDER_FAILURE"
    NO_SIGNING_CERTIFICATE_FOUND = "NO_SIGNING_CERTIFICATE_FOUND"
    NO_CERTIFICATE_CHAIN_FOUND = "NO_CERTIFICATE_CHAIN_FOUND"
    NO_CERTIFICATE_CHAIN_FOUND_NO_POE = "NO_CERTIFICATE_CHAIN_FOUND_NO_POE"
    REVOKED_NO_POE = "REVOKED_NO_POE"
    REVOKED_CA_NO_POE = "REVOKED_CA_NO_POE"
    OUT_OF_BOUNDS_NOT_REVOKED = "OUT_OF_BOUNDS_NOT_REVOKED"
    OUT_OF_BOUNDS_NO_POE = "OUT_OF_BOUNDS_NO_POE"
    REVOCATION_OUT_OF_BOUNDS_NO_POE = "REVOCATION_OUT_OF_BOUNDS_NO_POE"
    CRYPTO_CONSTRAINTS_FAILURE_NO_POE = "CRYPTO_CONSTRAINTS_FAILURE_NO_POE"
    NO_POE = "NO_POE"
    TRY_LATER = "TRY_LATER"
    SIGNED_DATA_NOT_FOUND = "SIGNED_DATA_NOT_FOUND"


class ReadMode(Enum):
    """How the file could be read: as ISO 32000 says, only with errors forgiven, or not at all."""

    STRICT = "strict"
    LAX = "lax"
    UNREADABLE = "unreadable"


class SignatureKind(Enum):
    """An official's signature, the agency's seal, or a document timestamp (EN 319 142-1, 5.4.3)."""

    SIGNATURE = "signature"
    SEAL = "seal"
    DOCUMENT_TIMESTAMP = "document_timestamp"


class Level(Enum):
    """What the signature carries: a baseline level of EN 319 142-1, plain PKCS#7, or something unknown."""

    B_B = "B_B"
    B_T = "B_T"
    B_LT = "B_LT"
    B_LTA = "B_LTA"
    PKCS7 = "PKCS7"
    UNKNOWN = "UNKNOWN"


class Coverage(Enum):
    """How much of the file the signature's ``/ByteRange`` covers."""

    ENTIRE_FILE = "ENTIRE_FILE"
    ENTIRE_REVISION = "ENTIRE_REVISION"
    PARTIAL = "PARTIAL"


class ChangeClass(Enum):
    """What was changed after a signature, the gravest first found; ``UNDEFINED`` is never allowed."""

    NONE = "none"
    EXTENSION = "extension"
    SIGNING_OR_FORM_FILLING = "signing_or_form_filling"
    ANNOTATION = "annotation"
    UNDEFINED = "undefined"


@dataclass(frozen=True, slots=True)
class Text:
    """A sentence for people, in Vietnamese and in English."""

    vi: str
    en: str

    def as_json(self) -> dict[str, str]:
        """Both languages."""
        return {"vi": self.vi, "en": self.en}


@dataclass(frozen=True, slots=True)
class Verdict:
    """An indication with its sub-indication (None when passed) and the reason in words."""

    indication: Indication
    sub_indication: SubIndication | None
    reason: Text

    @property
    def passed(self) -> bool:
        """Whether this is TOTAL_PASSED."""
        return self.indication is Indication.TOTAL_PASSED

    def as_json(self) -> dict[str, object]:
        """The three members that every verdict has in the JSON form."""
        return {
            "indication": self.indication.value,
            "sub_indication": self.sub_indication.value if self.sub_indication else None,
            "reason": self.reason.as_json(),
        }


@dataclass(frozen=True, slots=True)
class Changes:
    """What happened to the file after a signature; ``fields`` are the form fields that were filled or signed.

    ``page_difference`` says whether a page looks otherwise than it was signed, outside of these fields; None where not
    all pages could be compared as pictures.
    """

    change_class: ChangeClass
    fields: tuple[str, ...] = ()
    page_difference: bool | None = None

    def as_json(self) -> dict[str, object]:
        """The JSON form."""
        return {
            "class": self.change_class.value,
            "page_difference": self.page_difference,
            "fields": list(self.fields),
        }


@dataclass(frozen=True, slots=True)
class Signer:
    """Who a certificate names; ``serial`` is hexadecimal, and so is the certificate's SHA-256."""

    subject: str
    common_name: str | None
    organization: str | None
    serial: str
    issuer: str
    certificate_sha256: str

    def as_json(self) -> dict[str, object]:
        """The JSON form."""
        return {
            "subject": self.subject,
            "common_name": self.common_name,
            "organization": self.organization,
            "serial": self.serial,
            "issuer": self.issuer,
            "certificate_sha256": self.certificate_sha256,
        }


@dataclass(frozen=True, slots=True)
class Timestamp:
    """A time-stamp token that protects a signature: in its CMS object (``field`` None) or in a later field."""

    time: datetime
    authority: str | None
    field: str | None
    verdict: Verdict

    def as_json(self) -> dict[str, object]:
        """The JSON form."""
        return {
            "kind": "signature" if self.field is None else "document",
            "field": self.field,
            "time": moment(self.time),
            "authority": self.authority,
            **self.verdict.as_json(),
        }


@dataclass(frozen=True, slots=True)
class Algorithms:
    """Digest, signature scheme, and the size of the signer's key."""

    digest: str
    signature: str
    key_bits: int

    def as_json(self) -> dict[str, object]:
        """The JSON form."""
        return {"digest": self.digest, "signature": self.signature, "key_bits": self.key_bits}


@dataclass(frozen=True, slots=True)
class SignerClaims:
    """What the signer says of the signature (EN 319 122-1, 5.2.3 and 5.2.6); nothing but their word stands behind it.

    ``commitment`` is a generic commitment type, such as ``approval``, or a dotted OID.
    """

    commitment: str | None
    roles: tuple[str, ...]

    def as_json(self) -> dict[str, object]:
        """The JSON form."""
        return {"commitment": self.commitment, "roles": list(self.roles)}


@dataclass(frozen=True, slots=True)
class SignatureReport:
    """One filled signature field. What could not be found out is None.

    ``best_signature_time`` is the earliest proven time (EN 319 102-1, 5.5.4); None where nothing proves one.
    ``renew_before`` is when the proofs run out unless the document is given newer ones. ``end`` is where the signed
    revision ends, counted from the header of the file; 0 where nobody knows.
    """

    field: str
    kind: SignatureKind
    sub_filter: str | None
    level: Level
    verdict: Verdict
    intact: bool | None
    valid: bool | None
    coverage: Coverage
    end: int
    changes_after: Changes
    signer: Signer | None
    claimed_signing_time: datetime | None
    best_signature_time: datetime | None
    timestamps: tuple[Timestamp, ...]
    algorithms: Algorithms | None
    renew_before: datetime | None
    claims: SignerClaims | None = None

    @property
    def indication(self) -> Indication:
        """The signature's main indication."""
        return self.verdict.indication

    @property
    def sub_indication(self) -> SubIndication | None:
        """The signature's sub-indication."""
        return self.verdict.sub_indication

    @property
    def reason(self) -> Text:
        """The verdict in words."""
        return self.verdict.reason

    def as_json(self) -> dict[str, object]:
        """The JSON form."""
        return {
            "field": self.field,
            "kind": self.kind.value,
            "sub_filter": self.sub_filter,
            "level": self.level.value,
            **self.verdict.as_json(),
            "intact": self.intact,
            "valid": self.valid,
            "coverage": self.coverage.value,
            "changes_after": self.changes_after.as_json(),
            "signer": self.signer.as_json() if self.signer else None,
            "claimed_signing_time": moment(self.claimed_signing_time),
            "best_signature_time": moment(self.best_signature_time),
            "timestamps": [timestamp.as_json() for timestamp in self.timestamps],
            "algorithms": self.algorithms.as_json() if self.algorithms else None,
            "renew_before": moment(self.renew_before),
            "claims": self.claims.as_json() if self.claims else None,
        }


@dataclass(frozen=True, slots=True)
class Caution:
    """Something that does not decide the verdict but that a reader should know.

    ``is_remark``: the policy weighs it as information, not as a warning.
    """

    code: str
    text: Text
    is_remark: bool = False

    def as_json(self) -> dict[str, object]:
        """The JSON form."""
        return {"code": self.code, "weight": "info" if self.is_remark else "warn", **self.text.as_json()}


@dataclass(frozen=True, slots=True)
class ValidationReport:
    """The report on one file. ``pages`` is 0 where they could not be counted."""

    file: str
    sha256: str
    length: int
    pages: int
    read: ReadMode
    validated_at: datetime
    policy: str
    verdict: Verdict
    signatures: tuple[SignatureReport, ...] = ()
    warnings: tuple[Caution, ...] = ()

    @property
    def indication(self) -> Indication:
        """The file's main indication: the worst of its signatures."""
        return self.verdict.indication

    @property
    def sub_indication(self) -> SubIndication | None:
        """The file's sub-indication."""
        return self.verdict.sub_indication

    @property
    def reason(self) -> Text:
        """The verdict in words."""
        return self.verdict.reason

    @property
    def wants_revocation_data(self) -> bool:
        """Whether data about revocation from elsewhere might decide what the file leaves open."""
        verdicts = [self.verdict]
        for signature in self.signatures:
            verdicts += [signature.verdict, *(timestamp.verdict for timestamp in signature.timestamps)]
        return any(verdict.sub_indication is SubIndication.TRY_LATER for verdict in verdicts)

    def as_json(self) -> dict[str, object]:
        """The JSON form; the caller fills in ``register``, which this package knows nothing of."""
        return {
            "file": self.file,
            "sha256": self.sha256,
            "bytes": self.length,
            "pages": self.pages,
            "read": self.read.value,
            "validated_at": moment(self.validated_at),
            "policy": self.policy,
            **self.verdict.as_json(),
            "signatures": [signature.as_json() for signature in self.signatures],
            "warnings": [warning.as_json() for warning in self.warnings],
            "register": {"known": False, "state": None, "lookup_code": None, "number": None, "same_bytes": None},
        }


def moment(time: datetime | None) -> str | None:
    """A time as reports write it: UTC, seconds, ``Z``."""
    return time.astimezone(UTC).isoformat(timespec="seconds").replace("+00:00", "Z") if time else None
