"""The one door to pyHanko's PDF layer: everything else in this package imports PDF primitives from here.

Only reading and incremental writing are used. CMS objects are formatted in :mod:`signing.cms`, and pyHanko's own
signers are not used at all, so that there is one way to sign whoever holds the key.
"""

from __future__ import annotations

import zlib
from contextlib import contextmanager
from io import BytesIO
from typing import TYPE_CHECKING

from asn1crypto.crl import CertificateList
from asn1crypto.ocsp import OCSPResponse
from asn1crypto.x509 import Certificate
from pyhanko.pdf_utils.generic import (
    ArrayObject,
    BooleanObject,
    DictionaryObject,
    FloatObject,
    IndirectObject,
    NameObject,
    NumberObject,
    PdfObject,
    StreamObject,
    TextStringObject,
    pdf_date,
    pdf_name,
)
from pyhanko.pdf_utils.incremental_writer import IncrementalPdfFileWriter
from pyhanko.pdf_utils.misc import PdfError, PdfReadError
from pyhanko.pdf_utils.reader import PdfFileReader
from pyhanko.sign.fields import (
    FieldMDPAction,
    FieldMDPSpec,
    MDPPerm,
    SigFieldSpec,
    SigSeedSubFilter,
    append_signature_field,
    ensure_sig_flags,
    enumerate_sig_fields,
)
from pyhanko.sign.signers.cms_embedder import SigMDPSetup
from pyhanko.sign.signers.pdf_byterange import DocumentTimestamp, PdfSignedData, SignatureObject
from pyhanko.sign.validation.dss import DocumentSecurityStore

from signing.errors import DocumentUnfit
from signing.prepared import Increment, Placeholder, ReservedRegion
from signing.source import Source

if TYPE_CHECKING:
    from collections.abc import Iterator

__all__ = [
    "ArrayObject",
    "BooleanObject",
    "DictionaryObject",
    "DocumentSecurityStore",
    "DocumentTimestamp",
    "FieldMDPAction",
    "FieldMDPSpec",
    "FloatObject",
    "IndirectObject",
    "MDPPerm",
    "NameObject",
    "NumberObject",
    "PdfError",
    "PdfFileReader",
    "PdfObject",
    "PdfReadError",
    "PdfSignedData",
    "SigFieldSpec",
    "SigMDPSetup",
    "SigSeedSubFilter",
    "SignatureObject",
    "StreamObject",
    "TextStringObject",
    "Writer",
    "append_signature_field",
    "asn1_certificate",
    "asn1_crl",
    "asn1_ocsp",
    "dictionary",
    "dictionary_at",
    "ensure_sig_flags",
    "entry",
    "enumerate_sig_fields",
    "increment",
    "integer_at",
    "name",
    "numbers",
    "pdf_date",
    "reading",
    "rectangle_at",
    "written",
]

name = pdf_name
asn1_certificate = Certificate.load
asn1_crl = CertificateList.load
asn1_ocsp = OCSPResponse.load


def dictionary(entries: dict[str, PdfObject]) -> DictionaryObject:
    """A PDF dictionary from Python strings (with their slash) to objects."""
    return DictionaryObject({pdf_name(key): value for key, value in entries.items()})


def entry(of: DictionaryObject, key: str) -> PdfObject | None:
    """The value of a key with references followed (``DictionaryObject.get`` does not), or None."""
    return of[key] if key in of else None  # noqa: SIM401


def dictionary_at(of: DictionaryObject, key: str) -> DictionaryObject | None:
    """The dictionary under a key, or None; raises :class:`DocumentUnfit` where something else stands there."""
    value = entry(of, key)
    if value is not None and not isinstance(value, DictionaryObject):
        raise DocumentUnfit(reasons=(f"{key} is not a dictionary",))
    return value


def integer_at(of: DictionaryObject, key: str, *, default: int) -> int:
    """The whole number under a key; raises :class:`DocumentUnfit` where something else stands there."""
    value = entry(of, key)
    if value is None:
        return default
    if not isinstance(value, int):
        raise DocumentUnfit(reasons=(f"{key} is not a whole number",))
    return value


def rectangle_at(of: DictionaryObject, key: str) -> tuple[float, float, float, float]:
    """A rectangle as (llx, lly, urx, ury), corners in order; raises :class:`DocumentUnfit` for anything else."""
    value = entry(of, key)
    if not isinstance(value, ArrayObject) or len(value) != 4:  # noqa: PLR2004 - ISO 32000-2, 7.9.5
        raise DocumentUnfit(reasons=(f"{key} is not a rectangle",))
    with reading():
        a, b, c, d = (float(side) for side in value)
    return min(a, c), min(b, d), max(a, c), max(b, d)


def numbers(*values: float) -> ArrayObject:
    """A PDF array of numbers, rounded to a thousandth of a point."""
    return ArrayObject(FloatObject(f"{value:.3f}") for value in values)


ESCAPING = (
    PdfError,
    ValueError,
    KeyError,
    IndexError,
    TypeError,
    AttributeError,
    AssertionError,
    NotImplementedError,
    ArithmeticError,
    OSError,
    RecursionError,
    zlib.error,
)
"""What was seen to escape from parsers on damaged files and on bombs."""


@contextmanager
def reading() -> Iterator[None]:
    """Turn whatever escapes while a file is read into :class:`DocumentUnfit`.

    Besides its own errors pyHanko lets ``KeyError``, ``ValueError`` and others through on damaged files.
    """
    try:
        yield
    except ESCAPING as error:
        raise DocumentUnfit(reasons=(f"the PDF is damaged: {type(error).__name__}: {error}",)) from error


class Writer(IncrementalPdfFileWriter):
    """Appends to a source, in memory: the increments hold what was asked for and nothing else.

    pyHanko would also write the document's metadata anew in every revision: one more change for validators to weigh,
    in a stream that says which PDF/A part the sender's file follows, and a third of the time that a signature takes.
    """

    def __init__(self, source: Source) -> None:
        self._source = source
        super().__init__(source.stream())

    def appended(self) -> Increment:
        """Everything that was added or changed; no bytes where nothing was."""
        return Increment(self._source.length, self._section().getvalue() if self.objects else b"")

    def appended_with(self, signature: PdfSignedData) -> Placeholder:
        """The same with a signature dictionary among it, whose ``/ByteRange`` is put in."""
        section = self._section()
        start, end = signature.contents.offsets
        signature.byte_range.fill_offsets(section, start, end, section.tell())
        return Placeholder(Increment(self._source.length, section.getvalue()), ReservedRegion(start=start, end=end))

    def _section(self) -> _Section:
        section = _Section(self._source.length)
        if not self._source.ends_a_line():
            section.write(b"\n")
        self._write_updated_section(section)
        return section

    def _update_meta(self) -> None:
        """Leave title, dates and producer as they are."""


class _Section(BytesIO):
    """Where an increment is written: positions count from the start of the file that it will be appended to."""

    def __init__(self, behind: int) -> None:
        super().__init__()
        self._behind = behind

    def tell(self) -> int:
        return self._behind + super().tell()

    def seek(self, position: int, whence: int = 0) -> int:
        return self._behind + super().seek(position - self._behind, whence)


def increment(base: bytes | Source) -> Writer:
    """A writer that appends to this file; raises :class:`DocumentUnfit` where it is encrypted or cannot be read."""
    with reading():
        writer = Writer(Source.over(base))
        encrypted = writer.prev.encrypted
    if encrypted:
        raise DocumentUnfit(reasons=("the PDF is encrypted; remove the password",))
    return writer


def written(writer: Writer, *, onto: bytes) -> bytes:
    """The file with the increment appended."""
    return writer.appended().onto(onto)
