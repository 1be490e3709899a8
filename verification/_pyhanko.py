"""The door to pyHanko's PDF layer: opens a file and finds every filled signature field in it.

pyHanko skips signatures whose ``/SubFilter`` it does not know, with no more than a log line, and lets one broken CMS
object hide the others. Here each filled field is met on its own, and what cannot be read is said.
"""

from __future__ import annotations

import logging
from collections import Counter
from contextlib import contextmanager
from dataclasses import dataclass
from io import BytesIO
from typing import TYPE_CHECKING

from pyhanko.pdf_utils.crypt import AuthStatus
from pyhanko.pdf_utils.decode_limits import DecodeLimits, DocumentDecodeBudget, StreamDecodeLimits
from pyhanko.pdf_utils.generic import DictionaryObject, IndirectObject
from pyhanko.pdf_utils.misc import PdfError
from pyhanko.sign.fields import enumerate_sig_fields
from pyhanko.sign.validation import EmbeddedPdfSignature
from pyhanko.sign.validation.status import SignatureCoverageLevel

from signing.layout import SEAL_FIELD
from verification._pyhanko_anchor import use_it as look_at_anchors_too
from verification._pyhanko_certificates import use_it as know_certificates
from verification._pyhanko_errors import READ_ERRORS
from verification._pyhanko_hex import use_it as read_hexadecimal_in_pieces
from verification._pyhanko_names import use_it as keep_prepared_names
from verification._pyhanko_reader import Reader
from verification._pyhanko_sha1 import SHA1_CONTENT, holds_digest
from verification._pyhanko_values import use_it as remember_values
from verification.coverage import covered_length
from verification.foreign_text import well_formed
from verification.reasons import Cause
from verification.report import Coverage, ReadMode, SignatureKind
from verification.structure import from_header

if TYPE_CHECKING:
    from collections.abc import Iterator

    from pyhanko.pdf_utils.reader import PdfFileReader

# pyHanko logs what it refuses, with pieces of the file; whoever wants that attaches a handler of their own.
logging.getLogger("pyhanko").addHandler(logging.NullHandler())
logging.getLogger("pyhanko_certvalidator").addHandler(logging.NullHandler())

read_hexadecimal_in_pieces()
keep_prepared_names()
look_at_anchors_too()
know_certificates()
remember_values()

_MIB = 1024 * 1024
_LIMITS = DecodeLimits(
    per_stream=StreamDecodeLimits(max_output_size=64 * _MIB),
    document_budget=DocumentDecodeBudget(base_allowance=128 * _MIB),
)
_TIMESTAMP = "/ETSI.RFC3161"
_RANGE_LENGTH, _FARTHEST = 4, 1 << 40
_SUPPORTED = frozenset({"/ETSI.CAdES.detached", "/adbe.pkcs7.detached", SHA1_CONTENT, _TIMESTAMP})

Signature = EmbeddedPdfSignature
"""A signature as pyHanko read it; outside of the doors it is only handed on."""


class Unreadable(Exception):
    """The file cannot be read in this mode."""

    def __init__(self, cause: Cause) -> None:
        super().__init__(cause.value)
        self.cause = cause


class Damaged(Exception):
    """One part of the file cannot be read; the rest may be."""


@dataclass(frozen=True)
class FilledField:
    """A signature field with a value. ``signature`` is None exactly where ``problem`` says why."""

    name: str
    kind: SignatureKind
    sub_filter: str | None
    shared: bool
    signature: EmbeddedPdfSignature | None
    problem: Cause | None

    @property
    def revision(self) -> int:
        """The revision that holds the signature, counted from 0; -1 where it is not known."""
        return int(self.signature.signed_revision) if self.signature else -1


@dataclass(frozen=True)
class OpenDocument:
    """A file that could be read, and its filled signature fields in order of their revisions."""

    pdf: bytes
    mode: ReadMode
    reader: Reader
    pages: int
    fields: tuple[FilledField, ...]

    @property
    def last_section(self) -> int:
        """Where the newest cross-reference section begins."""
        return self.reader.last_startxref or 0


@contextmanager
def reading(reader: PdfFileReader) -> Iterator[None]:
    """Turn whatever escapes while a part of the file is read into :class:`Damaged`.

    What only strict reading refuses becomes :class:`Unreadable`, so that the whole file is read again more laxly.
    """
    try:
        yield
    except PdfError as error:
        if reader.strict:
            raise Unreadable(Cause.UNREADABLE) from error
        raise Damaged from error
    except READ_ERRORS as error:
        raise Damaged from error


def open_document(pdf: bytes, *, mode: ReadMode) -> OpenDocument:
    """Read the file strictly or with errors forgiven; raises :class:`Unreadable`.

    Files that mix both kinds of cross-reference (ISO 32000-2, 7.5.8.4) count as not strict, as with pyHanko, and so do
    those whose header is not the first byte; of these ``pdf`` is what begins at the header.
    """
    if mode is ReadMode.LAX:
        pdf = from_header(pdf)
    try:
        reader = Reader(BytesIO(pdf), strict=mode is ReadMode.STRICT, decode_limits=_LIMITS)
        if mode is ReadMode.STRICT and reader.xrefs.hybrid_xrefs_present:
            raise Unreadable(Cause.UNREADABLE)
        _unlock(reader)
        pages = int(reader.root["/Pages"]["/Count"])
        fields = _filled_fields(reader)
    except READ_ERRORS as error:
        raise Unreadable(Cause.UNREADABLE) from error
    plausible = pages if 0 <= pages <= len(pdf) else 0
    return OpenDocument(pdf=pdf, mode=mode, reader=reader, pages=plausible, fields=fields)


def _unlock(reader: Reader) -> None:
    """Files that open without a password are read; all others are refused."""
    if reader.security_handler is None:
        return
    try:
        opened = reader.decrypt("").status is not AuthStatus.FAILED
    except READ_ERRORS as error:
        raise Unreadable(Cause.ENCRYPTED) from error
    if not opened:
        raise Unreadable(Cause.ENCRYPTED)


def _filled_fields(reader: Reader) -> tuple[FilledField, ...]:
    found = list(enumerate_sig_fields(reader, filled_status=True))
    uses = Counter(_value_reference(field_ref) for _, _, field_ref in found)
    fields = [
        _filled_field(reader, well_formed(str(name)), field_ref, shared=_is_shared(field_ref, uses))
        for name, _, field_ref in found
    ]
    return tuple(sorted(fields, key=lambda field: field.revision))


def _value_reference(field_ref: IndirectObject) -> object:
    value = field_ref.get_object().raw_get("/V")
    return value.reference if isinstance(value, IndirectObject) else None


def _is_shared(field_ref: IndirectObject, uses: Counter[object]) -> bool:
    reference = _value_reference(field_ref)
    return reference is not None and uses[reference] > 1


def _filled_field(reader: Reader, name: str, field_ref: IndirectObject, *, shared: bool) -> FilledField:
    kind, sub_filter, problem, signature = SignatureKind.SIGNATURE, None, None, None
    try:
        with reading(reader):
            value = field_ref.get_object()["/V"]
            type_, sub_filter = _name(value, "/Type"), _name(value, "/SubFilter")
            kind = _kind(name, type_, sub_filter)
            problem = _misfit(field_ref, type_, sub_filter)
            if problem is None:
                signature = EmbeddedPdfSignature(reader, field_ref.get_object(), name)
                _demand_content(signature, kind, sub_filter)
                _demand_range(signature)
    except Damaged:
        signature, problem = None, Cause.SIGNATURE_UNREADABLE
    label = well_formed(sub_filter.removeprefix("/")) if sub_filter else None
    return FilledField(name, kind, label, shared, signature, problem)


def _name(value: DictionaryObject, key: str) -> str | None:
    return str(value[key]) if key in value else None


def _kind(name: str, type_: str | None, sub_filter: str | None) -> SignatureKind:
    """Our own seals stand in the field ``SigSeal``; document timestamps say what they are (EN 319 142-1, 5.4.3)."""
    if type_ == "/DocTimeStamp" or sub_filter == _TIMESTAMP:
        return SignatureKind.DOCUMENT_TIMESTAMP
    return SignatureKind.SEAL if name == SEAL_FIELD else SignatureKind.SIGNATURE


def _misfit(field_ref: IndirectObject, type_: str | None, sub_filter: str | None) -> Cause | None:
    # ISO 32000-2, Table 255: a document timestamp has this one /SubFilter, and nothing else has.
    if (type_ == "/DocTimeStamp") != (sub_filter == _TIMESTAMP):
        return Cause.SIGNATURE_UNREADABLE
    if sub_filter not in _SUPPORTED or _value_reference(field_ref) is None:
        return Cause.UNSUPPORTED_FORMAT
    return None


def _demand_content(signature: EmbeddedPdfSignature, kind: SignatureKind, sub_filter: str | None) -> None:
    """A signature encapsulates nothing, or a digest where its format says so, a document timestamp its TSTInfo.

    RFC 5652, 5.2; RFC 3161, 2.4.2; ISO 32000-1, 12.8.3.3.1.
    """
    content = signature.signed_data["encap_content_info"]["content_type"].native
    fits = content == ("tst_info" if kind is SignatureKind.DOCUMENT_TIMESTAMP else "data")
    if not fits or (sub_filter == SHA1_CONTENT and not holds_digest(signature.signed_data)):
        msg = "the CMS object holds another kind of content than its /SubFilter says"
        raise ValueError(msg)


def _demand_range(signature: EmbeddedPdfSignature) -> None:
    """Two ranges that begin in some revision (ISO 32000-2, 12.8.1); whether they cover it is another question."""
    numbers = [int(number) for number in signature.byte_range]
    if len(numbers) != _RANGE_LENGTH or max(map(abs, numbers)) > _FARTHEST or signature.signed_revision < 0:
        msg = "/ByteRange is not two ranges of offset and length"
        raise ValueError(msg)


def coverage_of(document: OpenDocument, signature: EmbeddedPdfSignature) -> Coverage:
    """How much of the file the signature covers: by the bytes, and by pyHanko's look at the cross-references.

    Both must agree that the signed revision is covered to its end.
    """
    with reading(document.reader):
        end = covered_length(
            document.pdf, byte_range=tuple(map(int, signature.byte_range)), contents=signature.pkcs7_content
        )
        level = signature.evaluate_signature_coverage()
    if end is None or level < SignatureCoverageLevel.ENTIRE_REVISION:
        return Coverage.PARTIAL
    return Coverage.ENTIRE_FILE if end == len(document.pdf) else Coverage.ENTIRE_REVISION


def range_end(signature: EmbeddedPdfSignature) -> int:
    """Where the signature's coverage ends, as its ``/ByteRange`` says."""
    _, _, resumed, after = map(int, signature.byte_range)
    return resumed + after


def covered_end(document: OpenDocument) -> int:
    """Where the coverage of the last signature ends, counted in the bytes that were read; 0 without a signature.

    The end of the file where some signature cannot be read, since nobody knows what that one covers.
    """
    if any(field.signature is None for field in document.fields):
        return len(document.pdf)
    with reading(document.reader):
        return max((range_end(field.signature) for field in document.fields if field.signature), default=0)


def has_other_fields(document: OpenDocument, *, but: tuple[str, ...]) -> bool:
    """Whether the form has fields besides signatures and those of these names; tells without looking into them."""
    with reading(document.reader):
        root = document.reader.root
        if "/AcroForm" not in root or "/Fields" not in root["/AcroForm"]:
            return False
        fields = [field.get_object() for field in root["/AcroForm"]["/Fields"]]
        return any(
            "/Kids" in field or ("/FT" in field and field["/FT"] != "/Sig")
            for field in fields
            if not ("/T" in field and str(field["/T"]) in but)
        )


def text_cells(document: OpenDocument, names: tuple[str, ...]) -> dict[str, str]:
    """The values of those text fields that the file has; empty text where one is not filled."""
    with reading(document.reader):
        root = document.reader.root
        if "/AcroForm" not in root or "/Fields" not in root["/AcroForm"]:
            return {}
        fields = [field.get_object() for field in root["/AcroForm"]["/Fields"]]
        return {
            str(field["/T"]): str(field["/V"]) if "/V" in field else ""
            for field in fields
            if "/T" in field and str(field["/T"]) in names
        }
