"""What was found out about a file and its signatures, without any opinion: verdicts need this and a policy, no more."""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING

if TYPE_CHECKING:
    from datetime import datetime, timedelta

    from certs.revocation_lack import Lack
    from verification.reasons import Cause
    from verification.report import (
        Algorithms,
        ChangeClass,
        Changes,
        Coverage,
        Indication,
        Level,
        ReadMode,
        SignatureKind,
        Signer,
        SignerClaims,
        SubIndication,
        Timestamp,
    )


@dataclass(frozen=True, slots=True)
class AlgorithmUse:
    """An algorithm that a good answer leans on, the key's bits (0 for digests), and by when its use is proven."""

    name: str
    bits: int
    at: datetime


@dataclass(frozen=True, slots=True)
class Reliance:
    """What a good answer leans on: algorithms, and the SHA-256 fingerprints of the anchors at the chains' ends."""

    algorithms: tuple[AlgorithmUse, ...] = ()
    signing_anchor: str | None = None
    timestamping_anchors: tuple[str, ...] = ()


@dataclass(frozen=True, slots=True)
class SignatureFacts:
    """One filled signature field. Where ``problem`` is set, everything that needs the CMS object is None or empty.

    ``end`` is where its coverage ends, counted in the bytes that were read. ``engine`` is the answer of EN 319 102-1
    alone, which knows nothing of PDF revisions; ``lack`` is why it could not tell the state of a certificate.
    """

    field: str
    kind: SignatureKind
    sub_filter: str | None
    revision: int
    problem: Cause | None
    shared: bool
    coverage: Coverage
    end: int
    padded: bool
    as_standard: bool
    changes: Changes
    names_certificate: bool
    names_another: bool
    intact: bool | None
    valid: bool | None
    engine: tuple[Indication, SubIndication | None] | None
    level: Level
    signer: Signer | None
    algorithms: Algorithms | None
    claimed_signing_time: datetime | None
    best_signature_time: datetime | None
    own_timestamps: tuple[Timestamp, ...]
    damaged_timestamps: int
    document_timestamps: tuple[Timestamp, ...]
    renew_before: datetime | None
    reliance: Reliance
    lack: Lack | None
    claims: SignerClaims | None = None


@dataclass(frozen=True, slots=True)
class DocumentFacts:
    """What was found out about the file around its signatures.

    ``fields_in_disagreement`` are form fields besides the cells; None in facts from before they were looked at.
    """

    header_is_first: bool
    ends_at_end_mark: bool
    speaks_behind_end: bool
    cells_in_disagreement: tuple[str, ...]
    changes_after_last: ChangeClass
    has_hidden_signature: bool
    signatures_as_standard: bool
    over_text: tuple[str, ...]
    counts_its_pages: bool
    fields_in_disagreement: tuple[str, ...] | None = None


@dataclass(frozen=True, slots=True)
class SignedRevision:
    """The first ``end`` bytes, which a signature covers, and the fields that were rightly filled or signed since."""

    end: int
    fields: tuple[str, ...]


@dataclass(frozen=True, slots=True)
class Comparison:
    """What the pages show, drawn by another program (:mod:`verification.pictures`).

    ``differs`` is for each revision that was asked about; None where not all of its pages could be compared.
    ``pages`` is what PDFium counts, 0 where it cannot read the file. ``letters_agree`` is None where nothing was read.
    """

    pages: int
    differs: tuple[bool | None, ...]
    letters_agree: bool | None


@dataclass(frozen=True, slots=True)
class FileFacts:
    """All that a verdict on a file needs besides a policy; with it a file can be judged again without the file.

    ``at`` is the moment for which the facts hold. What could only be found out with a policy in hand (which revocation
    data is fresh enough) is so for ``tolerance`` and ``freshness`` of that policy. ``unreadable`` says why there is
    nothing else; otherwise ``document`` is there.
    """

    file: str
    sha256: str
    length: int
    pages: int
    read: ReadMode
    at: datetime
    tolerance: timedelta
    freshness: timedelta | None
    unreadable: Cause | None = None
    document: DocumentFacts | None = None
    signatures: tuple[SignatureFacts, ...] = ()
    comparison: Comparison | None = None
