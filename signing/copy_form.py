"""The forms of a copy (Decree 30/2020, art. 25), in the words that an electronic copy says of itself."""

from __future__ import annotations

from enum import Enum


class CopyForm(Enum):
    """The value is what stands in cell 14."""

    TRUE_COPY = "Sao y"
    RECOPY = "Sao lục"
    EXTRACT = "Trích sao"
