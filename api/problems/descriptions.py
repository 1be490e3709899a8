"""Problem documents in the description of the interface: which call may answer which code, with an example each."""

from __future__ import annotations

from collections import defaultdict
from typing import TYPE_CHECKING

from api.language import Language
from api.problems.error_classes import hint_of
from api.problems.responses import MEDIA_TYPE
from api.problems.table import ROWS, Problem

if TYPE_CHECKING:
    from collections.abc import Mapping

ALWAYS = ("request-invalid", "too-many-requests", "internal-error", "database-unavailable")
SIGNED_IN = ("unauthenticated", "role-missing")
REPEATED = ("idempotency-key-invalid", "idempotency-mismatch", "idempotency-in-flight")

PROBLEM_SCHEMA: Mapping[str, object] = {
    "type": "object",
    "description": "A problem document (RFC 9457). `vi` is one Vietnamese sentence for people, always there.",
    "required": ["type", "title", "status", "code", "hint", "instance", "vi"],
    "properties": {
        "type": {"type": "string", "format": "uri", "examples": ["urn:kyso:problem:wrong-state"]},
        "title": {"type": "string", "description": "in the language of Accept-Language, Vietnamese by default"},
        "status": {"type": "integer"},
        "detail": {"type": "string"},
        "code": {"type": "string", "enum": sorted(ROWS)},
        "hint": {"type": "string", "description": "what to do next, for those who run or integrate the service"},
        "instance": {"type": "string", "description": "the request id, also in X-Request-Id"},
        "vi": {"type": "string"},
        "problems": {"type": "object", "additionalProperties": {"type": "string"}},
        "findings": {"type": "array", "items": {"type": "object"}},
        "reasons": {"type": "array", "items": {"type": "string"}},
        "numbers": {"type": "array", "items": {"type": "string"}},
    },
}


def problem_answers(*codes: str) -> dict[int | str, dict[str, object]]:
    """The ``responses`` of a route for these codes, grouped by status."""
    grouped: dict[int, dict[str, object]] = defaultdict(dict)
    for code in dict.fromkeys((*codes, *ALWAYS)):
        example = Problem(code=code, hint=hint_of(code)).document(language=Language.VI, request_id="7d1f9f0a")
        grouped[ROWS[code].status][code] = {"summary": ROWS[code].en, "value": example}
    return {
        status: {
            "description": "; ".join(f"`{code}`" for code in examples),
            "content": {MEDIA_TYPE: {"schema": {"$ref": "#/components/schemas/Problem"}, "examples": examples}},
        }
        for status, examples in sorted(grouped.items())
    }
