"""What the text of a page is made of, as our own strict reader finds it: contents, fonts and forms, and nothing else.

pypdf builds every object that a page leads to before it can say a letter, which takes most of the time. Here a file is
read only as far as letters depend on it, and only where it is written as the standard says; anything else is
:class:`OutOfTheOrdinary`, and pypdf reads the page.
"""

from __future__ import annotations

import hashlib
from dataclasses import dataclass
from typing import TYPE_CHECKING, Self

from pypdf.generic import ArrayObject, DecodedStreamObject, DictionaryObject, NameObject, NumberObject

from signing.errors import DocumentUnfit
from signing.pdf.document import Document, Node
from signing.pdf.lean import LeanFile
from signing.pdf.pages import each_page, holder
from signing.pdf.syntax import Irregular
from signing.pdf.values import Name, Stream
from signing.source import Source
from verification.letters import OutOfTheOrdinary, shown
from verification.second_reader import SECOND_READER_ERRORS

if TYPE_CHECKING:
    from pypdf.generic import PdfObject

    from signing.pdf.values import Value


@dataclass(frozen=True, slots=True)
class PlainPage:
    """Decoded contents, and resources with the fonts and forms that they may use; ``digest`` is the SHA-256 of both."""

    contents: bytes
    resources: DictionaryObject
    digest: bytes

    def letters(self) -> str:
        """All text that the page shows, in the order of its contents; raises :class:`OutOfTheOrdinary`."""
        try:
            return "".join(shown(self.contents, self.resources))
        except SECOND_READER_ERRORS as error:
            raise OutOfTheOrdinary from error


class PlainPages:
    """The pages of a file; raises :class:`OutOfTheOrdinary` wherever the file is written in another way."""

    def __init__(self, document: Document, pages: list[Node]) -> None:
        self._document = document
        self._pages = pages

    @classmethod
    def of(cls, pdf: bytes) -> Self:
        """All pages of the tree, none of which is read any further."""
        try:
            document = Document(Source(pdf), LeanFile(pdf))
            return cls(document, list(each_page(document)))
        except (Irregular, DocumentUnfit) as error:
            raise OutOfTheOrdinary from error

    def __len__(self) -> int:
        return len(self._pages)

    def __getitem__(self, number: int) -> PlainPage:
        """A page; pages count from 0."""
        try:
            return self._page(self._pages[number])
        except (Irregular, DocumentUnfit) as error:
            raise OutOfTheOrdinary from error

    def _page(self, page: Node) -> PlainPage:
        digest = _Digest()
        contents = self._contents(page)
        digest.tell(contents)
        owner = holder(page, "/Resources")
        resources = owner.dictionary("/Resources") if owner is not None else None
        if resources is None:
            raise OutOfTheOrdinary
        known = DictionaryObject()
        for kind, borrowed in (("/Font", self._font), ("/XObject", self._drawn)):
            found = resources.dictionary(kind)
            known[NameObject(kind)] = named = DictionaryObject()
            for name in found.dictionary_value if found is not None else ():
                one = found.entry(name) if found is not None else None
                if one is not None:
                    digest.tell(kind.encode(), name.encode())
                    named[NameObject(name)] = borrowed(one, digest)
        return PlainPage(contents, known, digest.value)

    def _contents(self, page: Node) -> bytes:
        found = page.entry("/Contents")
        if found is None:
            raise OutOfTheOrdinary
        if isinstance(found.value, Stream):
            return self._content(found)
        # Each of several streams ends a line (ISO 32000-2, 7.8.2).
        return b"".join(self._content(part) + b"\n" for part in found.items())

    def _content(self, node: Node | None) -> bytes:
        if node is None or not isinstance(node.value, Stream):
            raise OutOfTheOrdinary
        return self._document.reader.content(node.value)

    def _font(self, font: Node, digest: _Digest) -> DictionaryObject:
        borrowed = DictionaryObject()
        for key in ("/Subtype", "/BaseFont"):
            found = font.entry(key)
            if found is not None:
                borrowed[NameObject(key)] = _name(found.value, digest)
        encoding, letters = font.entry("/Encoding"), font.entry("/ToUnicode")
        if encoding is not None:
            borrowed[NameObject("/Encoding")] = _encoding(encoding, digest)
        if letters is not None:
            borrowed[NameObject("/ToUnicode")] = self._stream(letters, digest)
        elif font.has("/FontDescriptor") and borrowed.get("/Subtype") == "/Type1":
            raise OutOfTheOrdinary  # the file of the font itself says what its letters are
        return borrowed

    def _drawn(self, drawn: Node, digest: _Digest) -> DictionaryObject:
        """A form, or a picture, which shows no text."""
        kind = drawn.entry("/Subtype")
        if kind is not None and kind.value == "/Image":
            return DictionaryObject({NameObject("/Subtype"): _name(kind.value, digest)})
        return self._stream(drawn, digest)

    def _stream(self, node: Node, digest: _Digest) -> DecodedStreamObject:
        stream = DecodedStreamObject()
        stream.set_data(self._content(node))
        digest.tell(b"stream", stream.get_data())
        return stream


class _Digest:
    """Of pieces in order, each with its length."""

    def __init__(self) -> None:
        self._digest = hashlib.sha256()

    def tell(self, *pieces: bytes) -> None:
        for piece in pieces:
            self._digest.update(len(piece).to_bytes(8) + piece)

    @property
    def value(self) -> bytes:
        return self._digest.digest()


def _encoding(encoding: Node, digest: _Digest) -> PdfObject:
    """A name, or a base encoding with differences (ISO 32000-2, 9.6.5)."""
    if isinstance(encoding.value, Name):
        return _name(encoding.value, digest)
    if not isinstance(encoding.value, dict):
        raise OutOfTheOrdinary
    borrowed = DictionaryObject()
    base, differences = encoding.entry("/BaseEncoding"), encoding.array("/Differences")
    if base is not None:
        borrowed[NameObject("/BaseEncoding")] = _name(base.value, digest)
    if differences is not None:
        digest.tell(b"differences", str(len(differences.raw_items)).encode())
        borrowed[NameObject("/Differences")] = ArrayObject(_code(value, digest) for value in differences.raw_items)
    return borrowed


def _code(value: Value, digest: _Digest) -> PdfObject:
    if type(value) is not int:
        return _name(value, digest)
    digest.tell(b"code", str(value).encode())
    return NumberObject(value)


def _name(value: Value, digest: _Digest) -> NameObject:
    if not isinstance(value, Name) or not value.isascii():
        raise OutOfTheOrdinary
    digest.tell(b"name", value.encode("ascii"))
    return NameObject(value)
