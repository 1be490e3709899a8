"""What escapes from pypdf, the second reader, on damaged files; it forgives much and declares little."""

from __future__ import annotations

import zlib

from pypdf.errors import PyPdfError

SECOND_READER_ERRORS = (
    PyPdfError,
    ArithmeticError,
    AssertionError,
    AttributeError,
    LookupError,
    NotImplementedError,
    OSError,
    RecursionError,
    TypeError,
    ValueError,
    zlib.error,
)
