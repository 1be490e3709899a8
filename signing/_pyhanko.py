"""The door to pyHanko's PDF reader, for files that the lean reader leaves to others.

pyHanko says what is wrong with a damaged file, reads more careless ones, and is what our validator reads with. What it
reads is handed on as values of :mod:`signing.pdf.values`: written out by pyHanko and read again by our own parser.
"""

from __future__ import annotations

from contextlib import contextmanager
from io import BytesIO
from typing import TYPE_CHECKING

from pyhanko.pdf_utils.generic import (
    DictionaryObject,
    PdfObject,
    Reference,
    StreamObject,
    TrailerReference,
)
from pyhanko.pdf_utils.misc import PdfError
from pyhanko.pdf_utils.reader import PdfFileReader

from signing.errors import ESCAPING, DocumentDamaged, DocumentEncrypted
from signing.pdf.syntax import Irregular, dictionary_at, parse
from signing.pdf.values import Stream, serialised

if TYPE_CHECKING:
    from collections.abc import Iterator

    from signing.pdf.values import Dictionary, Ref, Value
    from signing.source import Source


@contextmanager
def reading() -> Iterator[None]:
    """Turn whatever escapes while a file is read into :class:`DocumentUnfit`.

    Besides its own errors pyHanko lets ``KeyError``, ``ValueError`` and others through on damaged files.
    """
    try:
        yield
    except (PdfError, Irregular, *ESCAPING) as error:
        raise DocumentDamaged(reason=f"{type(error).__name__}: {error}") from error


class PyHankoFile:
    """A :class:`signing.pdf.document.Reader`; raises :class:`DocumentUnfit` for encrypted and damaged files."""

    version: tuple[int, int]

    def __init__(self, source: Source) -> None:
        with reading():
            self._reader = PdfFileReader(source.stream())
            encrypted = bool(self._reader.encrypted)
        if encrypted:
            raise DocumentEncrypted
        with reading():
            self.version = self._reader.input_version
            self.startxref = int(self._reader.last_startxref or 0)
            self.trailer = _entries(self._reader.trailer.flatten())
            self.has_streams = bool(self._reader.has_xref_stream)

    def get(self, ref: Ref) -> Value:
        """The object that a reference leads to."""
        with reading():
            found = self._reader.get_object(Reference(*ref, self._reader)).get_object()
            if isinstance(found, StreamObject):
                return Stream(_entries(DictionaryObject(found)), found.encoded_data)
            return parse(_written(found), 0)[0]

    def content(self, stream: Stream) -> bytes:
        """The data of a stream, decoded."""
        with reading():
            entries = DictionaryObject.read_from_stream(
                BytesIO(serialised(stream.entries)), TrailerReference(self._reader)
            )
            return bytes(StreamObject(entries, encoded_data=stream.data).data)


def _entries(of: DictionaryObject) -> Dictionary:
    entries, _ = dictionary_at(_written(of), 0)
    return {key: value for key, value in entries.items() if key != "/Length"}


def _written(value: PdfObject) -> bytes:
    output = BytesIO()
    value.write_to_stream(output, None)
    return output.getvalue()
