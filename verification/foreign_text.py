"""Names that come from a file, before they reach a report: nothing in them may break what the report is written in."""

from __future__ import annotations

_LONGEST = 1024


def well_formed(text: str) -> str:
    """The text without halves of characters (PDF strings may hold unpaired surrogates), cut at a sane length."""
    return text[:_LONGEST].encode("utf-16", "surrogatepass").decode("utf-16", "replace")


def printable(text: str) -> str:
    """The text for a terminal: what would move the cursor or turn the writing around is shown as a question mark."""
    return "".join(character if character.isprintable() else "?" for character in text)
