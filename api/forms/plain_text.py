"""Text from outside: composed (NFC), without control characters, so that it can be stored, shown and compared."""

from __future__ import annotations

import unicodedata
from typing import Annotated

from pydantic import AfterValidator, StringConstraints


def _plain(text: str) -> str:
    composed = unicodedata.normalize("NFC", text)
    if any(unicodedata.category(character) in {"Cc", "Cs", "Zl", "Zp"} for character in composed):
        msg = "must not contain control characters"
        raise ValueError(msg)
    return composed


Name = Annotated[str, StringConstraints(strip_whitespace=True, min_length=1, max_length=100), AfterValidator(_plain)]
"""An identifier or short name."""

Line = Annotated[str, StringConstraints(strip_whitespace=True, min_length=1, max_length=500), AfterValidator(_plain)]
"""One line of text; 500 characters as Decree 30/2020, Annex VI, allows a subject."""

Paragraph = Annotated[
    str, StringConstraints(strip_whitespace=True, min_length=1, max_length=5_000), AfterValidator(_plain)
]
"""A paragraph of a document."""

WebAddress = Annotated[str, StringConstraints(pattern=r"^https?://[^\s]+$", max_length=2000), AfterValidator(_plain)]
"""An http or https address."""
