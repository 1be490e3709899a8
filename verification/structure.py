"""What lies before and behind the PDF in the file: neither is covered by the standard's idea of a document.

A header that is not the first byte, or bytes after the last end-of-file mark, are how one file is made to be two things
at once (polyglots); honest programs seldom do it (ISO 32000-2, 7.5.2 and 7.5.5).
"""

from __future__ import annotations

_END = b"%%EOF"
_TAIL = 4096


def header_is_first(pdf: bytes) -> bool:
    """Whether the file begins with its PDF header."""
    return pdf.startswith(b"%PDF-")


def ends_at_end_mark(pdf: bytes) -> bool:
    """Whether nothing but white space follows the last ``%%EOF``."""
    end = pdf.rfind(_END)
    return end >= 0 and len(pdf) - end < _TAIL and not pdf[end + len(_END) :].strip(b"\x00\t\n\x0c\r ")
