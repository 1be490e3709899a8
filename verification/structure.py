"""What the bytes of the file tell without a PDF parser, so that no parser can be led astray about it.

A header that is not the first byte, or bytes after the last end-of-file mark, are how one file is made to be two things
at once (polyglots); honest programs seldom do it (ISO 32000-2, 7.5.2 and 7.5.5).
"""

from __future__ import annotations

import re

_HEADER, _END = b"%PDF-", b"%%EOF"
_HEADER_WITHIN = 1024  # where readers have always looked for it
_TAIL = 4096
_SIGNATURE = re.compile(rb"/ByteRange\s*\[")
_SYNTAX = re.compile(rb"\b(\d+\s+\d+\s+obj|xref|startxref|trailer)\b")
_SPACE = b"\x00\t\n\x0c\r "


def header_is_first(pdf: bytes) -> bool:
    """Whether the file begins with its PDF header."""
    return pdf.startswith(_HEADER)


def from_header(pdf: bytes) -> bytes:
    """The file without what stands before its header, as readers see it; all of it where there is no header."""
    start = pdf.find(_HEADER, 0, _HEADER_WITHIN)
    return pdf[start:] if start > 0 else pdf


def ends_at_end_mark(pdf: bytes) -> bool:
    """Whether nothing but white space follows the last ``%%EOF``."""
    end = pdf.rfind(_END)
    return end >= 0 and len(pdf) - end < _TAIL and not pdf[end + len(_END) :].strip(_SPACE)


def behind_the_end(pdf: bytes, *, last_section: int, covered: int) -> bytes:
    """What stands behind the end of the newest revision that was read, but for white space.

    ``last_section`` is where the newest cross-reference section begins, ``covered`` where the last signature's coverage
    ends (0 without a signature: then only what follows the last end mark is looked at).
    """
    if covered == 0:
        return pdf[pdf.rfind(_END) + len(_END) :].strip(_SPACE)
    mark = pdf.find(_END, last_section)
    return pdf[max(covered, mark + len(_END)) :].strip(_SPACE)


def speaks_pdf(octets: bytes) -> bool:
    """Whether a reader that repairs files, or searches them from the end, would find something in these bytes."""
    return _SYNTAX.search(octets) is not None


def has_signature_behind(pdf: bytes, end: int) -> bool:
    """Whether something that looks like a signature stands behind this byte.

    Behind the last signature that was found there should be none: either a field was hidden from us or it is damaged.
    """
    return _SIGNATURE.search(pdf, end) is not None
