"""What the demonstration ended with, and whether that counts as success."""

from __future__ import annotations

import json
from dataclasses import dataclass
from pathlib import Path
from typing import TYPE_CHECKING, cast

from issuance.documents import DocumentState
from verification.report import Indication, Level, SignatureKind

if TYPE_CHECKING:
    from collections.abc import Mapping
    from uuid import UUID

_LEVELS = (Level.UNKNOWN, Level.PKCS7, Level.B_B, Level.B_T, Level.B_LT, Level.B_LTA)


@dataclass(frozen=True, slots=True)
class Verification:
    """What a verification report says in short; ``level`` is the lowest of its signatures.

    ``issued`` tells whether the register knows these very bytes as an issued document.
    """

    indication: Indication
    reason: str
    level: Level
    signatures: int
    timestamps: int
    issued: bool

    @classmethod
    def of(cls, report: Mapping[str, object]) -> Verification:
        """Read the answer of ``POST /v1/verifications``."""
        found = cast("list[Mapping[str, str]]", report["signatures"])
        signed = [one for one in found if one["kind"] != SignatureKind.DOCUMENT_TIMESTAMP.value]
        register = cast("Mapping[str, object]", report["register"])
        return cls(
            indication=Indication(report["indication"]),
            reason=cast("Mapping[str, str]", report["reason"])["vi"],
            level=min((Level(one["level"]) for one in signed), key=_LEVELS.index, default=Level.UNKNOWN),
            signatures=len(signed),
            timestamps=len(found) - len(signed),
            issued=register["state"] == DocumentState.ISSUED.value and register["same_bytes"] is True,
        )


@dataclass(frozen=True, slots=True)
class Outcome:
    """The issued document, ``pdf`` on disk, with the verdict on it."""

    document_id: UUID
    lookup_code: str
    number: str
    pdf: Path
    sha256: str
    verification: Verification
    seconds: float

    @property
    def succeeded(self) -> bool:
        """Whether the verdict is TOTAL_PASSED and the register says ISSUED."""
        return self.verification.indication is Indication.TOTAL_PASSED and self.verification.issued

    def as_json(self) -> str:
        """One line, with the names that ``make demo JSON=1`` promises."""
        facts = {
            "document_id": str(self.document_id),
            "lookup_code": self.lookup_code,
            "number": self.number,
            "pdf": str(self.pdf),
            "sha256": self.sha256,
            "indication": self.verification.indication.value,
            "level": self.verification.level.value,
            "signatures": self.verification.signatures,
            "seconds": round(self.seconds, 3),
        }
        return json.dumps(facts, ensure_ascii=False)
