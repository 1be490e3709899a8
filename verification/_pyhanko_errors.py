"""The door to what reading a PDF with pyHanko may end in."""

from __future__ import annotations

import zlib

from cryptography.exceptions import UnsupportedAlgorithm
from pyhanko.pdf_utils.misc import PdfError
from pyhanko_certvalidator.errors import PathError, ValidationError

READ_ERRORS = (
    PdfError,
    PathError,
    ValidationError,
    UnsupportedAlgorithm,
    ValueError,
    KeyError,
    IndexError,
    TypeError,
    AttributeError,
    AssertionError,
    NameError,  # asn1crypto, asked for the size of a key on a curve that it does not know
    NotImplementedError,
    ArithmeticError,
    OSError,
    RecursionError,
    zlib.error,
)
"""What was seen to escape from pyHanko and asn1crypto on damaged files."""
