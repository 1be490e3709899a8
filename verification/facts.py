"""What was found out about a file and its signatures, without any opinion: verdicts need this and a policy, no more."""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING

if TYPE_CHECKING:
    from datetime import datetime

    from verification.reasons import Cause
    from verification.report import (
        Algorithms,
        ChangeClass,
        Changes,
        Coverage,
        Indication,
        Level,
        SignatureKind,
        Signer,
        SubIndication,
        Timestamp,
    )


@dataclass(frozen=True, slots=True)
class SignatureFacts:
    """One filled signature field. Where ``problem`` is set, everything that needs the CMS object is None or empty.

    ``end`` is where its coverage ends, counted in the bytes that were read. ``engine`` is the answer of EN 319 102-1
    alone, which knows nothing of PDF revisions.
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


@dataclass(frozen=True, slots=True)
class DocumentFacts:
    """What was found out about the file around its signatures."""

    header_is_first: bool
    ends_at_end_mark: bool
    speaks_behind_end: bool
    cells_in_disagreement: tuple[str, ...]
    changes_after_last: ChangeClass
    has_hidden_signature: bool
    signatures_as_standard: bool
    over_text: tuple[str, ...]
    counts_its_pages: bool
