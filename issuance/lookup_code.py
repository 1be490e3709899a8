"""The code by which anyone looks a document up: 16 random Crockford characters (80 bits) and a check symbol.

Printed in groups of four, read without regard to case, spaces, hyphens, and with O for 0 and I or L for 1.
The check symbol is Crockford's modulo 37, so that a misread character is told apart from an unknown document; codes
whose check symbol would be one of ``*~$=U`` are drawn again, so that a code is letters and digits and safe in any URL.
"""

from __future__ import annotations

from typing import TYPE_CHECKING

if TYPE_CHECKING:
    from collections.abc import Callable

_ALPHABET = "0123456789ABCDEFGHJKMNPQRSTVWXYZ"
_LENGTH = 16
ENTROPY_BYTES = 10
_READ_AS = str.maketrans({"O": "0", "I": "1", "L": "1"})


def draw_lookup_code(random_bytes: Callable[[int], bytes]) -> str:
    """A new code of 17 characters without hyphens; ``random_bytes(n)`` gives n cryptographically random bytes."""
    while True:
        value = int.from_bytes(random_bytes(ENTROPY_BYTES), "big")
        check = value % 37
        if check < len(_ALPHABET):
            digits = "".join(_ALPHABET[(value >> shift) & 31] for shift in range(5 * (_LENGTH - 1), -1, -5))
            return digits + _ALPHABET[check]


def parse_lookup_code(text: str) -> str | None:
    """The code in its stored form, or None where the text is not a code or its check symbol is wrong."""
    code = "".join(c for c in text.upper() if c not in " -\u00a0").translate(_READ_AS)
    if len(code) != _LENGTH + 1 or any(c not in _ALPHABET for c in code):
        return None
    value = 0
    for character in code[:-1]:
        value = value * 32 + _ALPHABET.index(character)
    return code if _ALPHABET.index(code[-1]) == value % 37 else None


def printed_lookup_code(code: str) -> str:
    """The code in groups of four, the check symbol last: ``XXXX-XXXX-XXXX-XXXX-X``."""
    return "-".join(code[i : i + 4] for i in range(0, len(code), 4))
